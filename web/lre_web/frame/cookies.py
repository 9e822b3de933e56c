"""Our cookies: unreadable to scripts, not sent from elsewhere, of one host name and one office alone."""

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from lre_web.mounting import USUAL, mounted


def cookie_name(name: str) -> str:
    """Return the name a cookie of ours bears in browsers.

    By https it gets the prefix that no other host and no plain connection can set (``__Host-``,
    RFC 6265bis §4.1.3); an office that is not mounted under the usual name has cookies of its own.
    """
    mount = mounted()
    own = name if mount.name == USUAL else f"{name}_{mount.name}"
    return f"__Host-{own}" if is_secure() else own


def is_secure() -> bool:
    """Tell whether browsers reach the office by https."""
    return mounted().office.links.base_url.startswith("https://")


def read_cookie(name: str) -> str:
    """Return the value of one of our cookies; empty if there is none."""
    return request.cookies.get(cookie_name(name), "")


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None) -> None:
    """Set one of our cookies."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_cookie(response: BaseResponse, name: str) -> None:
    """Take one of our cookies back."""
    response.delete_cookie(cookie_name(name), path="/", secure=is_secure(), httponly=True, samesite="Lax")
