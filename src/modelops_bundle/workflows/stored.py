"""``results``: what is stored, whose it is, and whether it is still true."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelops_bundle.errors import InvalidEntryError, MopsError, UsageError
from modelops_bundle.results.record import Failure, Output, Result
from modelops_bundle.results.retention import Retention, choose_drops
from modelops_bundle.results.store import ContextRecord, ManagedStore, Stored
from modelops_bundle.workflows.subject import find_subject
from modelops_bundle.workflows.surroundings import Surroundings
from modelops_bundle.workflows.workspace import Workspace

if TYPE_CHECKING:
    from pyarrow import Table

__all__ = [
    "Collected",
    "ContextSummary",
    "Listing",
    "Shown",
    "Verified",
    "chosen_contexts",
    "collect",
    "current_contexts",
    "list_results",
    "output_table",
    "results_of",
    "show_result",
    "verify",
]


@dataclass(frozen=True, slots=True)
class ContextSummary:
    """The results of one context.

    Attributes:
        digest: The context's digest.
        record: The context.
        current: Whether a registered model has it now.
        count: How many results there are.
        unsound: How many of these may not be reused.
        size: Bytes that they take.
        seconds: How long their simulations took.
        newest: When the last one was stored, seconds since 1970.
    """

    digest: str
    record: ContextRecord
    current: bool
    count: int
    unsound: int
    size: int
    seconds: float
    newest: float


@dataclass(frozen=True, slots=True)
class Listing:
    """What is stored.

    Attributes:
        contexts: One for each context, by model, the newest last.
        results: The results of the model that was asked for; empty when none was.
        failures: Simulations of that model that failed and have no result since; empty when none was.
        warnings: What the user should know, in words.
    """

    contexts: Sequence[ContextSummary]
    results: Sequence[Stored]
    failures: Sequence[Failure] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One result with all that is known of it.

    Attributes:
        key: Its key, 64 hex digits.
        result: The result.
        record: Its context; ``None`` when that was not stored.
        current: Whether a registered model has that context now.
        size: Bytes of its outputs.
    """

    key: str
    result: Result
    record: ContextRecord | None
    current: bool
    size: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading every result again has shown.

    Attributes:
        read: How many were read.
        damaged: Keys of those that are not what was stored.
        problems: The same, in words.
    """

    read: int
    damaged: Sequence[str]
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Collected:
    """What is, or would be, dropped.

    Attributes:
        contexts: What it belonged to.
        dropped: Results that were chosen.
        removed: How many of these are gone; those that a run holds stay.
        kept: How many results stay.
        done: Whether anything was removed, rather than shown.
    """

    contexts: Mapping[str, ContextRecord]
    dropped: Sequence[Stored]
    removed: int
    kept: int
    done: bool


def list_results(workspace: Workspace, store: ManagedStore, model: str | None) -> Listing:
    """What is stored of one model, or of all.

    Raises:
        UsageError: Nothing is stored under that name and no model has it.
    """
    records = chosen_contexts(workspace, store, model)
    rows = list(store.list(records.keys() if model is not None else None))
    current = current_contexts(workspace, records)
    by_context: dict[str, list[Stored]] = {}
    for row in rows:
        by_context.setdefault(row.context, []).append(row)
    contexts = [
        ContextSummary(
            digest=digest,
            record=records[digest],
            current=digest in current,
            count=len(group),
            unsound=sum(not row.sound for row in group),
            size=sum(row.size for row in group),
            seconds=sum(row.duration for row in group),
            newest=max(row.created for row in group),
        )
        for digest, group in by_context.items()
        if digest in records
    ]
    contexts.sort(key=lambda each: (each.record.model_id, each.newest))
    if model is None:
        return Listing(contexts, (), (), store.damaged())
    failures = [each for record in records.values() for each in store.failures(record.context)]
    return Listing(contexts, rows, failures, store.damaged())


def show_result(workspace: Workspace, store: ManagedStore, text: str) -> Shown:
    """One result by the beginning of its key.

    Raises:
        UsageError: No key or several begin so, or the result is damaged.
    """
    key = _key(store, text)
    result = store.read(key)
    if result is None:
        why = "; ".join(store.damaged()) or "it was removed meanwhile"
        raise UsageError(f"the result {key[:12]} cannot be read", why, "Run its model again.")
    records = store.contexts()
    digest = result.key.context.digest
    record = records.get(digest)
    chosen = {digest: record} if record is not None else {}
    return Shown(
        key=key,
        result=result,
        record=record,
        current=digest in current_contexts(workspace, chosen),
        size=sum(len(output.data) for output in result.outputs),
    )


def results_of(
    workspace: Workspace, store: ManagedStore, model: str | None, *, stale: bool = False
) -> Iterator[Result]:
    """Sound results of a model, or of all, that are still true; with ``stale``, all that are stored of it.

    Raises:
        UsageError: The name is no model's.
    """
    records = chosen_contexts(workspace, store, model)
    wanted = records.keys() if stale else current_contexts(workspace, records)
    surroundings = Surroundings(workspace.layout.root, workspace.version_of)
    for row in list(store.list(wanted)):
        result = store.read(row.key) if row.sound or stale else None
        if result is not None and (stale or not surroundings.changed(result)):
            yield result


def output_table(workspace: Workspace, store: ManagedStore, model: str, output: str) -> Table:
    """One output of all results of a model that are still true, sorted by scenario, parameters and seed.

    These come first; a column says the scenario where there are several. Of one simulation, the result that
    was watched most closely counts.

    Raises:
        UsageError: There are none, they have no such output, or tables of them do not go together.
    """
    from modelops_bundle.results.combining import combine

    names: set[str] = set()
    chosen: dict[tuple[str | None, str, int], tuple[Result, Output]] = {}
    for result in results_of(workspace, store, model):
        names.update(each.name for each in result.outputs)
        asked = [each for each in result.outputs if each.name == output]
        place = (result.key.context.scenario, result.key.param_id, result.key.seed)
        # Of one simulation there may be several, with other outputs or watched less closely.
        if asked and (place not in chosen or _is_better(result, chosen[place][0])):
            chosen[place] = result, asked[0]
    several = len({scenario for scenario, _, _ in chosen}) > 1
    found = [(_labels(result, several), result.key.seed, each) for result, each in chosen.values()]
    if not found:
        there = f"its results have {', '.join(sorted(names))}" if names else "none is stored"
        raise UsageError(
            f"no current result of {model} has an output {output}",
            there,
            "Name one of these." if names else f"`mops-bundle run {model}` computes some.",
        )
    # Results lie in the order in which they were computed, which differs from run to run.
    return combine(sorted(found, key=lambda each: (_order(each[0]), each[1])))


def _order(labels: Mapping[str, object]) -> Sequence[tuple[str, int, Any]]:
    """Sorts scenario and parameters: numbers by size before all else, which goes by its text."""
    return [
        (name, 0, value) if isinstance(value, int | float) else (name, 1, str(value))
        for name, value in labels.items()
    ]


def _is_better(result: Result, other: Result) -> bool:
    return result.provenance.level > other.provenance.level


def _labels(result: Result, with_scenario: bool) -> Mapping[str, object]:
    scenario = {"scenario": result.key.context.scenario} if with_scenario else {}
    return {**scenario, **(result.provenance.params or {})}


def verify(workspace: Workspace, store: ManagedStore, model: str | None) -> Verified:
    """Read every stored result, or a model's, and compare it with its digests.

    Raises:
        UsageError: The name is no model's.
    """
    records = chosen_contexts(workspace, store, model)
    rows = list(store.list(records.keys() if model is not None else None))
    damaged = []
    for done, row in enumerate(rows):
        if workspace.progress:
            workspace.progress("verifying", done, len(rows))
        if store.read(row.key) is None:
            damaged.append(row.key)
    return Verified(len(rows), damaged, store.damaged())


def collect(
    workspace: Workspace,
    store: ManagedStore,
    model: str | None,
    retention: Retention,
    now: float,
    delete: bool,
) -> Collected:
    """Choose results to drop, and drop them with ``delete``.

    Raises:
        MopsError: Nobody can tell which results are true: the registry is broken, for instance.
        UsageError: The name is no model's.
        StorageError: They cannot be removed.
    """
    records = chosen_contexts(workspace, store, model)
    rows = list(store.list(records.keys() if model is not None else None))
    drops = choose_drops(rows, _kept_contexts(workspace, records), retention, now)
    removed = store.drop(row.key for row in drops) if delete else 0
    return Collected(records, drops, removed, len(rows) - (removed or len(drops)), delete)


def chosen_contexts(
    workspace: Workspace, store: ManagedStore, model: str | None
) -> Mapping[str, ContextRecord]:
    """Contexts of a model by its id or name, registered or not any more; all without one.

    Raises:
        UsageError: The name is no model's.
    """
    records = store.contexts()
    if model is None:
        return records
    ids = {record.model_id for record in records.values()}
    model_id = model if model in ids else find_subject(workspace, model).id
    return {digest: each for digest, each in records.items() if each.model_id == model_id}


def current_contexts(workspace: Workspace, records: Mapping[str, ContextRecord]) -> Collection[str]:
    """Digests of those contexts whose model is now what it was then."""
    digests = {record.model_id: "" for record in records.values()}
    for model_id in digests:
        try:
            digests[model_id] = find_subject(workspace, model_id).digest
        except MopsError:
            continue  # it is gone or broken: nothing of it is current
    return {
        digest
        for digest, record in records.items()
        if record.context.model == digests[record.model_id]
    }


def _kept_contexts(workspace: Workspace, records: Mapping[str, ContextRecord]) -> Collection[str]:
    """Digests of those contexts whose results are true, or may be.

    Of an entry that is broken (its file has a slip, a server does not answer) nobody can tell what is true:
    what was recorded of it may be, once it is mended.
    """
    entries = dict(workspace.registry.load().entries())
    digests: dict[str, str | None] = {}
    for model_id in {record.model_id for record in records.values()} & entries.keys():
        try:
            digests[model_id] = find_subject(workspace, model_id).digest
        except InvalidEntryError:
            digests[model_id] = entries[model_id].digest
    return {
        digest
        for digest, record in records.items()
        if record.context.model == digests.get(record.model_id)
    }


def _key(store: ManagedStore, text: str) -> str:
    found = store.find(text.lower()) if text.strip("0123456789abcdefABCDEF") == "" else ()
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(key[: len(text) + 4] for key in list(found)[:4])
        raise UsageError(f"{text} begins {len(found)} keys", f"{some}", "Give more digits.")
    raise UsageError(
        f"no result has a key that begins with {text}",
        "",
        "`mops-bundle results list MODEL` shows the keys that there are.",
    )
