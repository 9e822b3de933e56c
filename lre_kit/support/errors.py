"""What can be wrong with a request to the office."""

from lre_kit.errors import InputError, UnlawfulActError


class RequestError(InputError):
    """A request or an answer is empty, too long, or of a kind that there is not."""

    slug = "request-unusable"


class RequestClosedError(UnlawfulActError):
    """The request is closed already."""

    slug = "request-closed"
