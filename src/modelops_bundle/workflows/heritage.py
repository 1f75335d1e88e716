"""What was declared stays declared when a class, a file or a data file gets another name.

A dependency that is dropped in silence would be a change that nobody sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.project.files import expand
from modelops_bundle.project.patterns import is_pattern
from modelops_bundle.workflows.candidates import Entry, declared_of
from modelops_bundle.workflows.declarations import Declared
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["inherited", "moved"]


def inherited(
    workspace: Workspace,
    entries: Mapping[str, Entry],
    gone: Collection[str],
    new: Entry,
    of_file: bool,
) -> tuple[Declared, tuple[str, ...]]:
    """What a new entry takes over, and a note that says so.

    All that was declared of entries that it may be under a new name: those of its file whose class is gone,
    and those of its class whose file is gone.

    Args:
        workspace: The project.
        entries: What is recorded, by id.
        gone: Ids of the entries whose class is gone.
        new: The entry.
        of_file: Whether it takes over, where there are none of these, what every other entry of its file
            declares.
    """
    renamed = {
        entry_id: declared_of(entry)
        for entry_id, entry in entries.items()
        if (entry.path == new.path if entry_id in gone else _has_moved(workspace, entry, new))
    }
    beside = [declared_of(each) for each in entries.values() if of_file and each.path == new.path]
    known = list(renamed.values()) or beside
    declared = Declared(
        data=_existing(workspace, _joined([set(each.data) for each in known], not renamed)),
        code=_existing(workspace, _joined([set(each.code) for each in known], not renamed)),
        variables=tuple(sorted(_joined([set(each.variables) for each in known], not renamed))),
        llms=tuple(sorted(_joined([set(each.llms) for each in known], not renamed))),
        auto_code=all(each.auto_code for each in known),
    )
    return declared, _notes(declared, list(renamed))


def _joined(patterns: list[set[str]], common: bool) -> set[str]:
    if not patterns:
        return set()
    return set.intersection(*patterns) if common else set.union(*patterns)


def _existing(workspace: Workspace, patterns: set[str]) -> tuple[str, ...]:
    return tuple(sorted(pattern for pattern in patterns if _matches(workspace, pattern)))


def _has_moved(workspace: Workspace, entry: Entry, new: Entry) -> bool:
    name, other = (split_entrypoint(each.entrypoint)[1] for each in (entry, new))
    return name == other and entry.path != new.path and not _matches(workspace, entry.path)


def _matches(workspace: Workspace, pattern: str) -> bool:
    return bool(_names(workspace, pattern))


def _names(workspace: Workspace, pattern: str) -> list[str]:
    return expand(workspace.files, workspace.layout, pattern, workspace.config.exclude)


def _notes(declared: Declared, renamed: list[str]) -> tuple[str, ...]:
    listed = ", ".join((*declared.data, *declared.code, *declared.variables, *declared.llms))
    if not listed:
        return ()
    whose = f"of {', '.join(renamed)}" if renamed else "of the other entries of this file"
    return (f"takes over what was declared {whose}: {listed}",)


def moved(workspace: Workspace, old: Entry, declared: Declared, more: Declared) -> Declared:
    """What was declared of an entry, without data that is gone and declared anew under another name."""
    if not more.data:
        return declared
    fresh = Counter(
        str(workspace.files.content(workspace.layout.absolute(name)))
        for pattern in more.data
        for name in _names(workspace, pattern)
    )
    kept = tuple(
        pattern
        for pattern in declared.data
        if is_pattern(pattern)
        or _matches(workspace, pattern)
        or not _are_among(_recorded(old, pattern), fresh)
    )
    return replace(declared, data=kept)


def _are_among(recorded: Counter[str], fresh: Counter[str]) -> bool:
    return bool(recorded) and recorded <= fresh


def _recorded(old: Entry, pattern: str) -> Counter[str]:
    """Digests of the files that a path stood for when the entry was recorded."""
    return Counter(
        digest
        for name, digest in old.data_digests.items()
        if name == pattern or name.startswith(f"{pattern}/")
    )
