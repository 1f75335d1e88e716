"""A parsed registry as compact JSON, kept with the digest of the file's bytes so that YAML is parsed once.

What is read back is only ever what :func:`to_memo` wrote of this version; anything else is ``None``, and
the file is parsed again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.records.document import Loaded
from modelops_bundle.records.entries import (
    BundleRegistry,
    EnvironmentEntry,
    LlmEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
)
from modelops_bundle.yamltext.events import Bare

__all__ = ["MEMO_KIND", "from_memo", "memo_key", "to_memo"]

MEMO_KIND = "registry3"
"""Goes up with every change of the entries' fields or of what is read from a document."""

_SECTIONS: tuple[tuple[str, type[Any]], ...] = (
    ("models", ModelEntry),
    ("targets", TargetEntry),
    ("target_sets", TargetSet),
    ("environments", EnvironmentEntry),
)


def memo_key(data: bytes) -> str:
    """What tells a file of these bytes from any other."""
    return str(content_digest(data))


def to_memo(loaded: Loaded) -> str:
    """``loaded`` as text that :func:`from_memo` reads."""
    registry = loaded.registry
    sections = [
        {name: _row(entry) for name, entry in getattr(registry, section).items()}
        for section, _ in _SECTIONS
    ]
    document = [
        _shape(),
        loaded.comment_line,
        registry.version,
        sections,
        _packed(registry.extra),
    ]
    return json.dumps(document, separators=(",", ":"))


def from_memo(text: str) -> Loaded | None:
    """What :func:`to_memo` was given; ``None`` when ``text`` is not of this version or damaged."""
    try:
        shape, comment_line, version, sections, extra = json.loads(text)
        if shape != _shape():
            return None
        parts = {
            section: {name: _entry(kind, row) for name, row in rows.items()}
            for (section, kind), rows in zip(_SECTIONS, sections, strict=True)
        }
        return Loaded(
            BundleRegistry(version=version, extra=_unpacked(extra), **parts), comment_line
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _shape() -> list[list[str]]:
    # Rows hold values by position, so the names of the positions are part of what is kept.
    kinds = (*(kind for _, kind in _SECTIONS), LlmEntry)
    return [[field.name for field in fields(kind)] for kind in kinds]


#: Lists of files that mostly are the keys of a mapping beside them, and then are not kept twice.
_LISTED = (("data", "data_digests"), ("code", "code_digests"))


def _row(entry: Any) -> list[Any]:
    row = {field.name: getattr(entry, field.name) for field in fields(entry)}
    for listed, digests in _LISTED:
        if listed in row and row[listed] == tuple(row[digests]):
            row[listed] = None
    return [_row_value(name, value) for name, value in row.items()]


def _row_value(name: str, value: Any) -> Any:
    if name == "extra":
        return _packed(value)
    # Most models call none.
    return [_row(each) for each in value] if name == "llms" and value else value


def _entry(kind: type[Any], row: list[Any]) -> Any:
    names = [field.name for field in fields(kind)]
    values = [tuple(value) if type(value) is list else value for value in row]
    values[-1] = _unpacked(row[-1])
    entry = dict(zip(names, values, strict=True))
    for listed, digests in _LISTED:
        if listed in entry and entry[listed] is None:
            entry[listed] = tuple(entry[digests])
    if entry.get("llms"):
        entry["llms"] = tuple(_entry(LlmEntry, each) for each in entry["llms"])
    return kind(**entry)


def _packed(value: Any) -> Any:
    # Text stands for itself; whatever JSON would change goes into a tagged list.
    if type(value) is Bare:
        return ["bare", str(value)]
    if isinstance(value, Mapping):
        return ["map", [[_packed(key), _packed(item)] for key, item in value.items()]]
    if isinstance(value, list | tuple):
        return ["list", [_packed(item) for item in value]]
    return value


def _unpacked(value: Any) -> Any:
    if type(value) is not list:
        return value
    tag, content = value
    if tag == "bare":
        return Bare(content)
    if tag == "map":
        return {_unpacked(key): _unpacked(item) for key, item in content}
    return [_unpacked(item) for item in content]
