"""Which server an address leads to: what is sent there, a key above all, is for nobody else."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["is_loopback", "origin_of"]


def is_loopback(host: str | None) -> bool:
    """Whether a host, without its port, is this machine by its very name."""
    name = (host or "").strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, as RFC 6454 has them: who gets what is sent there.

    Raises:
        ValueError: It is no address, or programs disagree about which host it has.
    """
    parts = urlsplit(url)
    if "\\" in parts.netloc:
        raise ValueError("a host has no such character")
    usual = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", parts.port or usual
