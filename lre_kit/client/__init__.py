"""A client for an office's API, for Python programs.

Use it so::

    from lre_kit.client import LreClient, ProblemError

    with LreClient("https://lettres.example/lre", key) as office:
        letter = office.deposit({"name": "Ada", "email": "ada@example.net"}, ["notice.pdf"])
        print(letter["number"])
"""

from lre_kit.client.asking import ProblemError
from lre_kit.client.calls import LreClient
from lre_kit.client.credentials import ClientCredentials, TokenRefusedError
from lre_kit.client.transport import (
    HttpxTransport,
    OfficeUnreachableError,
    StandardTransport,
    Transport,
)

__all__ = [
    "ClientCredentials",
    "HttpxTransport",
    "LreClient",
    "OfficeUnreachableError",
    "ProblemError",
    "StandardTransport",
    "TokenRefusedError",
    "Transport",
]
