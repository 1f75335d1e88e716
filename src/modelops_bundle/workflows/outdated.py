"""``why --results``: how many stored results the last change has made stale."""

from __future__ import annotations

from dataclasses import dataclass

from modelops_bundle.results.store import ManagedStore

__all__ = ["Outdated", "outdated_results"]


@dataclass(frozen=True, slots=True)
class Outdated:
    """Stored results of one model.

    Attributes:
        current: How many are true now.
        last: How many the last change has made stale: those of the digest under which the newest stale
            one was stored.
        last_seconds: How long these took to compute.
        older: How many were stale before.
    """

    current: int
    last: int
    last_seconds: float
    older: int


def outdated_results(store: ManagedStore, model_id: str, digest: str | None) -> Outdated:
    """Stored results of a model by whether they are true.

    Args:
        store: Where they are.
        model_id: Id of the model.
        digest: Its digest now; ``None`` when it has none.
    """
    records = {
        key: record for key, record in store.contexts().items() if record.model_id == model_id
    }
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    newest: dict[str, float] = {}
    for row in store.list(records.keys()):
        model = records[row.context].context.model
        counts[model] = counts.get(model, 0) + 1
        seconds[model] = seconds.get(model, 0.0) + row.duration
        newest[model] = max(newest.get(model, 0.0), row.created)
    stale = sorted(counts.keys() - {digest}, key=lambda model: newest[model])
    last = stale[-1] if stale else ""
    return Outdated(
        current=counts.get(digest or "", 0),
        last=counts.get(last, 0),
        last_seconds=seconds.get(last, 0.0),
        older=sum(counts[model] for model in stale[:-1]),
    )
