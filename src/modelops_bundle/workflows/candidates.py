"""What sources hold that can be registered, and the entries that it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from modelops_bundle.discovery.models import Discovery, ModelClass, discover_models
from modelops_bundle.discovery.targets import TargetFunction, discover_targets
from modelops_bundle.errors import UsageError
from modelops_bundle.registry.entries import ModelEntry, TargetEntry
from modelops_bundle.workflows.declarations import Declared
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Candidate", "Entry", "Found", "declared_of", "models_in", "restated", "targets_in"]

Entry = ModelEntry | TargetEntry


class Candidate(NamedTuple):
    """A class or function that can be registered.

    Attributes:
        name: Its qualified name.
        entry: What its source says of it; nothing is declared or recorded in it yet.
        abstract: Whether it leaves methods to subclasses.
        data: Recorded paths of data that the source itself declares.
    """

    name: str
    entry: Entry
    abstract: bool = False
    data: tuple[str, ...] = ()

    def declaring(self, declared: Declared, old: Entry | None) -> Entry:
        """The entry with what is declared of it, and what was kept of it before."""
        labels = dict(declared.labels)
        extra = old.extra if old is not None else {}
        if isinstance(self.entry, ModelEntry):
            return replace(
                self.entry,
                outputs=tuple(dict.fromkeys((*self.entry.outputs, *declared.outputs))),
                declared_outputs=declared.outputs,
                data_patterns=declared.data,
                code_patterns=declared.code,
                auto_code=declared.auto_code,
                labels=labels,
                extra=extra,
            )
        return replace(
            self.entry,
            data_patterns=declared.data,
            code_patterns=declared.code,
            auto_code=declared.auto_code,
            labels=labels,
            extra=extra,
            weight=old.weight if isinstance(old, TargetEntry) else None,
        )


class Found(NamedTuple):
    """What sources hold.

    Attributes:
        candidates: Everything of the kind looked for, abstract classes included.
        defined: Recorded path and qualified name of every class or function, of that kind or not.
        readable: Recorded paths of the sources that could be read and parsed.
        warnings: What could not be read or resolved.
        nothing: Why there may be no candidate, in words.
        mend: What to do then.
    """

    candidates: tuple[Candidate, ...]
    defined: frozenset[tuple[str, str]]
    readable: frozenset[str]
    warnings: tuple[str, ...]
    nothing: str
    mend: str


def declared_of(entry: Entry) -> Declared:
    """What was declared of a recorded entry."""
    return Declared(
        data=entry.data_patterns,
        code=entry.code_patterns,
        auto_code=entry.auto_code,
        outputs=entry.declared_outputs if isinstance(entry, ModelEntry) else (),
        labels=tuple(sorted(entry.labels.items())),
    )
