"""Who may ask for what. The server knows no users, so it goes by where a request comes from.

A web page may send requests to this machine from the browser of anybody who looks at it. It cannot hide its
origin, nor (by a name of its own that leads here) the host that it asked for.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from modelops_bundle.adapters.addresses import is_loopback

__all__ = ["host_of", "refusal_of_reload"]

#: Headers of proxies, behind which nobody knows who asks.
_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def host_of(header: str) -> str:
    """The host in a ``Host`` header, without its port."""
    if header.startswith("["):
        return header.partition("]")[0].lower() + "]"
    return header.partition(":")[0].lower()


def refusal_of_reload(request: Request) -> str | None:
    """Why a request may not reload the catalog; ``None`` when it may."""
    headers = request.headers
    if request.client is None or not is_loopback(request.client.host):
        return "Only programs on the same machine may ask for this."
    if any(name in headers for name in _PROXIES):
        return "This may not be asked for through a proxy."
    if not is_loopback(host_of(headers.get("host", ""))):
        return "This may only be asked for at localhost."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return "Pages of other origins may not ask for this."
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "Pages of other origins may not ask for this."
    return None
