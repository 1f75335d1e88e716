"""What changed inside a dependency: definitions of a source, columns and rows of a table.

When an entry is recorded, a description of each dependency is kept beside the registry. Describing the
present file the same way and comparing the two says what changed, without guessing from text.
"""

from __future__ import annotations

import ast
import copy
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple

from modelops_bundle.source.fingerprint import read_prints
from modelops_bundle.source.parse import Unparsable, parse, with_room
from modelops_bundle.source.prints import Unit

__all__ = [
    "CodeRecord",
    "ColumnChange",
    "DataRecord",
    "Definition",
    "DefinitionChange",
    "EntryRecord",
    "column_changes",
    "decode_code",
    "decode_data",
    "decode_entry",
    "definition_changes",
    "describe_source",
    "encode_code",
    "encode_data",
    "encode_entry",
    "named_sources",
]

_VERSION = 2


class Definition(NamedTuple):
    """One definition of a source: its qualified name, digest, and text where that is short."""

    name: str
    digest: str
    value: str


class CodeRecord(NamedTuple):
    """What is kept of a source: where its text is, and its definitions in order.

    ``docstrings`` stand apart, because they count only where code reads them.
    """

    source: str
    definitions: tuple[Definition, ...]
    docstrings: tuple[Definition, ...]


class DataRecord(NamedTuple):
    """What is kept of a data file: size in bytes, and for a table its rows and a digest per column."""

    size: int
    rows: int | None
    columns: tuple[tuple[str, str], ...]


class DefinitionChange(NamedTuple):
    """One definition that differs; ``before`` and ``after`` are its text, or its digest if that is long."""

    name: str
    change: str
    before: str | None
    after: str | None


class ColumnChange(NamedTuple):
    """One column that differs."""

    name: str
    change: str


def describe_source(data: bytes, content: str) -> CodeRecord:
    """Describe a source; one that does not parse has no definitions.

    Args:
        data: Its bytes.
        content: Their content digest, under which the text itself is kept.
    """
    return with_room(lambda: _described(data, content))


def _described(data: bytes, content: str) -> CodeRecord:
    tree = parse(data)
    if isinstance(tree, Unparsable):
        return CodeRecord(content, (), ())
    prints = read_prints(tree)
    docstrings = (Definition(doc.qualname or "module", doc.digest, "") for doc in prints.docs)
    return CodeRecord(content, tuple(_definitions(tree, prints.units, "")), tuple(docstrings))


def _definitions(tree: ast.Module, units: Iterable[Unit], prefix: str) -> Iterator[Definition]:
    classes = iter([node for node in tree.body if isinstance(node, ast.ClassDef)])
    for unit in units:
        name = prefix + unit.name
        if unit.kind == "class":
            # The members tell more than the class does; what is left is its own line.
            node = next(classes)
            yield from _class(node, name, unit)
        else:
            yield Definition(name, unit.ordered, unit.value)


def _class(node: ast.ClassDef, name: str, unit: Unit) -> Iterator[Definition]:
    if "." not in name:
        body = ast.Module(body=node.body, type_ignores=[])
        yield from _definitions(body, read_prints(body).units, f"{name}.")
        head = copy.copy(node)
        head.body = [ast.Pass()]
        unit = read_prints(ast.Module(body=[head], type_ignores=[])).units[0]
    yield Definition(name, unit.ordered, "")


def definition_changes(
    before: CodeRecord, after: CodeRecord, docstrings_read: Collection[str]
) -> tuple[DefinitionChange, ...]:
    """Definitions that differ, in the order in which they now stand, removed ones last.

    Args:
        before: As recorded.
        after: As it is.
        docstrings_read: Names of the definitions whose docstrings the entry's code reads (``module`` for the
            module's own).
    """
    changes = list(_changes(before.definitions, after.definitions))
    changes += [
        change._replace(name=f"docstring of {change.name}")
        for change in _changes(before.docstrings, after.docstrings)
        if change.name in docstrings_read
    ]
    same_parts = sorted(before.definitions) == sorted(after.definitions)
    if same_parts and before.definitions != after.definitions:
        changes.append(DefinitionChange("order of statements", "modified", None, None))
    return tuple(changes)


def _changes(
    before: Iterable[Definition], after: Iterable[Definition]
) -> Iterator[DefinitionChange]:
    old, new = _by_name(before), _by_name(after)
    for name in [*new, *(name for name in old if name not in new)]:
        # Several definitions of one name (two `if` statements, say) are told apart by content only.
        gone = _without(old.get(name, []), new.get(name, []))
        come = _without(new.get(name, []), old.get(name, []))
        for position in range(max(len(gone), len(come))):
            left = gone[position] if position < len(gone) else None
            right = come[position] if position < len(come) else None
            change = "added" if left is None else "removed" if right is None else "modified"
            yield DefinitionChange(name, change, left and _text(left), right and _text(right))


def _by_name(definitions: Iterable[Definition]) -> dict[str, list[Definition]]:
    named: dict[str, list[Definition]] = defaultdict(list)
    for definition in definitions:
        named[definition.name].append(definition)
    return named


def _without(these: list[Definition], those: list[Definition]) -> list[Definition]:
    known = {definition.digest for definition in those}
    return [definition for definition in these if definition.digest not in known]


def _text(definition: Definition) -> str:
    return definition.value or f"blake2b:{definition.digest}"


def column_changes(before: DataRecord, after: DataRecord) -> tuple[ColumnChange, ...]:
    """Columns of a table that differ, in the order in which they now stand, removed ones last.

    None where one of the two was not looked into as a table.
    """
    if before.rows is None or after.rows is None:
        return ()
    old, new = dict(before.columns), dict(after.columns)
    changes = []
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name):
            change = "added" if name not in old else "removed" if name not in new else "modified"
            changes.append(ColumnChange(name, change))
    return tuple(changes)


class EntryRecord(NamedTuple):
    """What is kept of everything that an entry depended on, by recorded path."""

    code: dict[str, CodeRecord]
    data: dict[str, DataRecord]


def encode_code(record: CodeRecord) -> str:
    """A code record as JSON."""
    return json.dumps(record, separators=(",", ":"))


def decode_code(text: str) -> CodeRecord:
    """The code record in such JSON."""
    return _code(json.loads(text))


def encode_data(record: DataRecord) -> str:
    """A data record as JSON."""
    return json.dumps(record, separators=(",", ":"))


def decode_data(text: str) -> DataRecord:
    """The data record in such JSON."""
    return _data(json.loads(text))


def encode_entry(record: EntryRecord) -> bytes:
    """The bytes that are kept for an entry; they name its code records, which are kept by themselves."""
    named = {path: code.source for path, code in record.code.items()}
    return json.dumps([_VERSION, named, record.data], separators=(",", ":")).encode()


def decode_entry(data: bytes, code_of: Callable[[str], CodeRecord | None]) -> EntryRecord | None:
    """What was kept for an entry; ``None`` for what another version wrote, or when a code record is lost.

    Args:
        data: What :func:`encode_entry` gave.
        code_of: Finds a code record by its source.
    """
    try:
        version, named, files = json.loads(data)
        if version != _VERSION:
            return None
        described = {path: _data(item) for path, item in files.items()}
        code = {path: code_of(source) for path, source in named.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    found = {path: record for path, record in code.items() if record is not None}
    return EntryRecord(found, described) if len(found) == len(code) else None


def named_sources(data: bytes) -> frozenset[str]:
    """The sources that the bytes kept for an entry name; none for what another version wrote."""
    named: set[str] = set()

    def note(source: str) -> CodeRecord:
        named.add(source)
        return CodeRecord(source, (), ())

    decode_entry(data, note)
    return frozenset(source for source in named if isinstance(source, str))


def _code(item: Any) -> CodeRecord:
    source, definitions, docstrings = item
    return CodeRecord(
        source,
        tuple(Definition(*part) for part in definitions),
        tuple(Definition(*part) for part in docstrings),
    )


def _data(item: Any) -> DataRecord:
    size, rows, columns = item
    return DataRecord(size, rows, tuple((name, digest) for name, digest in columns))
