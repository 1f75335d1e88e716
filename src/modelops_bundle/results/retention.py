"""Which stored results to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from modelops_bundle.results.store import Stored

__all__ = ["Retention", "choose_drops"]


@dataclass(frozen=True, slots=True)
class Retention:
    """What is dropped of the results that are not those of a current digest.

    Attributes:
        older_than: Seconds since a result was stored from which on it is dropped; ``None`` for any age.
        largest: Bytes that may be left in the store; results that are not true any more go first, and of each
            kind the oldest. ``None`` for any size.
        everything: Whether results of current digests may go as well.
    """

    older_than: float | None = None
    largest: int | None = None
    everything: bool = False


def choose_drops(
    stored: Iterable[Stored], current: Collection[str], retention: Retention, now: float
) -> list[Stored]:
    """Results to drop.

    Args:
        stored: Results that may go, oldest first.
        current: Digests of the contexts that registered models have now.
        retention: What the user asked for.
        now: Seconds since 1970.
    """
    rows = sorted(stored, key=lambda row: row.context in current)
    left = sum(row.size for row in rows)
    drops = []
    for row in rows:
        if row.context in current and not retention.everything:
            continue
        if retention.older_than is not None and now - row.created < retention.older_than:
            continue
        if retention.largest is not None and left <= retention.largest:
            break
        drops.append(row)
        left -= row.size
    return drops
