"""How much patience a provider gets, and how much it may send."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on asking one provider.

    Attributes:
        connect_seconds: For a connection to come about.
        read_seconds: Between two pieces of an answer.
        total_seconds: For all pages, with every wait and every further try.
        retries: Further tries of a request that failed, was turned away (429) or met a fault (5xx).
        backoff_seconds: Wait before the second further try; it doubles for each one after that. What
            ``Retry-After`` says counts more.
        page_bytes: What a page may have, decompressed.
        pages: Number of pages.
        kept_seconds: Age up to which a page that was kept is used without asking again.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    total_seconds: float = 120
    retries: int = 4
    backoff_seconds: float = 0.5
    page_bytes: int = 64 * 1024 * 1024
    pages: int = 1000
    kept_seconds: float = 300
