"""What sources hold that can be registered, and the entries that it starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from modelops_bundle.digests.hosted import NO_HOSTED
from modelops_bundle.digests.survey import Survey
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.project.config import DEFAULT_BASES
from modelops_bundle.records.entries import ModelEntry, TargetEntry
from modelops_bundle.records.recorded import recorded_leaves
from modelops_bundle.workflows.declarations import Declared
from modelops_bundle.workflows.hosted_status import hosted_warnings
from modelops_bundle.workflows.workspace import Workspace

if TYPE_CHECKING:
    # Looking for models is not needed to ask whether one is current.
    from modelops_bundle.discovery.models import ModelClass, Skipped
    from modelops_bundle.discovery.targets import TargetFunction

__all__ = [
    "Candidate",
    "Entry",
    "Found",
    "declared_of",
    "llms_of",
    "models_in",
    "restated",
    "status_warnings",
    "survey_entry",
    "targets_in",
    "withdrawn",
]

Entry = ModelEntry | TargetEntry


class Candidate(NamedTuple):
    """A class or function that can be registered.

    Attributes:
        name: Its qualified name.
        entry: What its source says of it; nothing is declared or recorded in it yet.
        line: Where it is defined.
        abstract: Whether it leaves methods to subclasses.
        data: Recorded paths of data that the source itself declares. They are not remembered as declared
            by the user, so that they go when the source drops them.
    """

    name: str
    entry: Entry
    line: int = 0
    abstract: bool = False
    data: tuple[str, ...] = ()

    def declaring(self, declared: Declared, old: Entry | None) -> Entry:
        """The entry with what is declared of it, and what was kept of it before.

        Raises:
            UsageError: It is a target, and nothing says which output it judges.
        """
        labels = dict(declared.labels)
        extra = old.extra if old is not None else {}
        if isinstance(self.entry, ModelEntry):
            return replace(
                self.entry,
                outputs=tuple(dict.fromkeys((*self.entry.outputs, *declared.outputs))),
                declared_outputs=declared.outputs,
                data_patterns=declared.data,
                code_patterns=declared.code,
                declared_variables=declared.variables,
                llms=old.llms if isinstance(old, ModelEntry) else (),
                auto_code=declared.auto_code,
                labels=labels,
                extra=extra,
            )
        known = old if isinstance(old, TargetEntry) else None
        return replace(
            self.entry,
            model_output=self.entry.model_output or self._output_of(known),
            data_patterns=declared.data,
            code_patterns=declared.code,
            declared_variables=declared.variables,
            auto_code=declared.auto_code,
            labels=labels,
            extra=extra,
            weight=known.weight if known else None,
        )

    def _output_of(self, known: TargetEntry | None) -> str:
        if known is None:
            raise UsageError(
                f"{self.entry.path}:{self.line} {self.name} names no model output",
                "a target judges one output of a model",
                "Name it with --output.",
            )
        return known.model_output


class Found(NamedTuple):
    """What sources hold.

    Attributes:
        candidates: Everything of the kind looked for, abstract classes included.
        defined: Recorded path and qualified name of every class or function, of that kind or not.
        open: The same of those of which it cannot be told whether they are of that kind.
        readable: Recorded paths of the sources that could be read and parsed.
        warnings: What could not be read or resolved.
        mark: What makes a candidate, in words: it ``derives from`` something.
        nothing: Why there may be no candidate, in words.
        mend: What to do then.
    """

    candidates: tuple[Candidate, ...]
    defined: frozenset[tuple[str, str]]
    open: frozenset[tuple[str, str]]
    readable: frozenset[str]
    warnings: tuple[str, ...]
    mark: str
    nothing: str
    mend: str

    def withdrawn(self, entry: Entry) -> str:
        """Why what was found to be a model or target is none any more, in words; empty where it is one.

        Also empty where it cannot be told, or where it was none when it was recorded.
        """
        name = split_entrypoint(entry.entrypoint)[1]
        key = (entry.path, name)
        if not (entry.digest and entry.discovered and key in self.defined):
            return ""
        for candidate in self.candidates:
            if (candidate.entry.path, candidate.name) == key and candidate.entry.discovered:
                return f"{entry.path}: {name} is abstract now" if candidate.abstract else ""
        return "" if key in self.open else f"{entry.path}: {name} no longer {self.mark}"


def survey_entry(workspace: Workspace, entry: Entry, declared: Declared) -> Survey:
    """What an entry depends on now, under a declaration."""
    data = declared.data
    hosted = NO_HOSTED
    if isinstance(entry, TargetEntry):
        data = (*data, *restated(workspace, entry).data)
    elif declared.llms:
        recorded = recorded_leaves(entry, {}).llms
        hosted = workspace.hosted.inputs(declared.llms, recorded, entry.variables)
    return workspace.surveyor.survey(
        "TARGET" if isinstance(entry, TargetEntry) else "MODEL",
        entry.path,
        data,
        declared.code,
        declared.variables,
        declared.auto_code,
        known_code={**dict.fromkeys(entry.code, ""), **entry.code_digests, **entry.external},
        hosted=hosted,
    )


def declared_of(entry: Entry) -> Declared:
    """What was declared of a recorded entry."""
    return Declared(
        # A registry of another tool lists files only.
        data=entry.data_patterns or (() if entry.digest else entry.data),
        code=entry.code_patterns,
        variables=entry.declared_variables,
        llms=llms_of(entry),
        auto_code=entry.auto_code,
        outputs=entry.declared_outputs if isinstance(entry, ModelEntry) else (),
        labels=tuple(sorted(entry.labels.items())),
    )


def status_warnings(workspace: Workspace, survey: Survey) -> Iterable[str]:
    """What should be known of the status of the hosted models that an entry declares, in words."""
    llms = survey.leaves.llms
    return hosted_warnings(workspace.hosted, llms) if llms else ()


def llms_of(entry: Entry) -> tuple[str, ...]:
    """Paths of the hosted models that an entry declares, ``provider/name``."""
    return tuple(each.path for each in entry.llms) if isinstance(entry, ModelEntry) else ()


def models_in(workspace: Workspace, sources: Sequence[str]) -> Found:
    """Models defined in sources, given by their recorded paths."""
    from modelops_bundle.discovery.models import discover_model_classes

    paths = [workspace.layout.absolute(source) for source in sources]
    discovery = discover_model_classes(
        paths, resolver=workspace.resolver, bases=workspace.config.model_bases
    )
    mark = f"derives from {', '.join(workspace.config.model_bases)}"
    lost = [each.text for each in discovery.unfound if each.name not in DEFAULT_BASES]
    warnings = [
        f"{workspace.layout.recorded(item.path)}:{item.line} {item.name}: {item.reason}"
        for item in discovery.unresolved
    ]
    return _found(
        workspace,
        sources,
        [_model(workspace, model) for model in discovery.models],
        [(item.path, item.name) for item in discovery.unresolved],
        discovery.skipped,
        warnings,
        mark,
        "; ".join((f"no concrete class there {mark}", *lost)),
        "Other bases are set by model_bases in [tool.modelops-bundle].",
    )


def targets_in(
    workspace: Workspace, sources: Sequence[str], named: Sequence[str], output: str | None
) -> Found:
    """Targets defined in sources, given by their recorded paths.

    Args:
        workspace: The project.
        sources: Recorded paths.
        named: Functions that are targets without a decorator.
        output: The model output of those that state none; without it they have none yet.
    """
    from modelops_bundle.discovery.targets import discover_targets

    paths = [workspace.layout.absolute(source) for source in sources]
    discovery = discover_targets(paths, resolver=workspace.resolver, named=named)
    mark = "is decorated calibration_target"
    return _found(
        workspace,
        sources,
        [_target(workspace, target, output) for target in discovery.targets],
        discovery.open,
        discovery.skipped,
        [],
        mark,
        f"no function there {mark}",
        "Name one with --target.",
    )


def restated(workspace: Workspace, entry: Entry) -> Candidate:
    """A recorded entry as its source now states it: outputs, scenarios, parameters, data."""
    name = split_entrypoint(entry.entrypoint)[1]
    candidates = _found_beside(workspace, entry).candidates
    stated = next((each for each in candidates if each.name == name), None)
    known = stated is not None and stated.entry.discovered and not stated.abstract
    # What is recorded for the first time, of another tool's entry, is what its class is from now on.
    discovered = known or (entry.discovered and bool(entry.digest))
    stated = stated or Candidate(name, entry)
    if stated.entry.discovered == discovered:
        return stated
    return stated._replace(entry=replace(stated.entry, discovered=discovered))


def withdrawn(workspace: Workspace, entry: Entry) -> str:
    """See :meth:`Found.withdrawn`; of the entry's own source as it is now."""
    known = entry.digest and entry.discovered
    return _found_beside(workspace, entry).withdrawn(entry) if known else ""


def _found_beside(workspace: Workspace, entry: Entry) -> Found:
    """What the source of an entry holds of its kind."""
    if isinstance(entry, TargetEntry):
        name = split_entrypoint(entry.entrypoint)[1]
        return targets_in(workspace, [entry.path], [name], entry.model_output)
    # Looked for once, because the models of a source ask one after the other.
    if entry.path not in workspace.found_models:
        workspace.found_models[entry.path] = models_in(workspace, [entry.path])
    found: Found = workspace.found_models[entry.path]
    return found


def _found(
    workspace: Workspace,
    sources: Sequence[str],
    candidates: Sequence[Candidate],
    open_ones: Sequence[tuple[str, str]],
    skipped: Sequence[Skipped],
    warnings: Sequence[str],
    mark: str,
    nothing: str,
    mend: str,
) -> Found:
    left_out = {workspace.layout.recorded(item.path): item.reason for item in skipped}
    readable = frozenset(source for source in sources if source not in left_out)
    return Found(
        candidates=tuple(candidates),
        defined=frozenset(
            (source, name)
            for source in readable
            for name in workspace.defined(workspace.layout.absolute(source))
        ),
        open=frozenset((workspace.layout.recorded(path), name) for path, name in open_ones),
        readable=readable,
        mark=mark,
        warnings=(*(f"{path}: {reason}" for path, reason in left_out.items()), *warnings),
        nothing=nothing,
        mend=mend,
    )


def _model(workspace: Workspace, model: ModelClass) -> Candidate:
    entry = ModelEntry(
        entrypoint=model.entrypoint,
        path=workspace.layout.recorded(model.path),
        class_name=model.class_name,
        scenarios=model.scenarios,
        parameters=model.parameters,
        outputs=model.outputs,
    )
    return Candidate(model.class_name, entry, model.line, model.abstract)


def _target(workspace: Workspace, target: TargetFunction, output: str | None) -> Candidate:
    entry = TargetEntry(
        entrypoint=target.entrypoint,
        path=workspace.layout.recorded(target.path),
        model_output=target.model_output or output or "",
        discovered=target.decorated,
    )
    data = tuple(
        sorted({workspace.layout.from_user(p, workspace.layout.root) for _, p in target.data})
    )
    return Candidate(target.name, entry, target.line, data=data)
