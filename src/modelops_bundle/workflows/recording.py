"""Keeping what was recorded of an entry's dependencies, and finding it again, to explain changes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from modelops_bundle.digests.survey import Survey
from modelops_bundle.explanation import (
    CodeRecord,
    DataRecord,
    EntryRecord,
    decode_code,
    decode_data,
    decode_entry,
    describe_source,
    encode_code,
    encode_data,
    encode_entry,
    named_sources,
)
from modelops_bundle.hashing.tables import TableSummary, cannot_read, summarize_table
from modelops_bundle.ports import Unreadable
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.workflows.workspace import Workspace

#: Files that are looked into as tables.
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".parquet"})

#: Bytes of objects from which on those that no entry names are forgotten.
LARGE_STORE = 1 << 30

__all__ = [
    "code_record",
    "data_record",
    "keep_records",
    "kept_record",
    "kept_source",
    "prune",
    "untold",
]


def keep_records(workspace: Workspace, surveys: Sequence[Survey]) -> None:
    """Keep the sources and the description of everything that entries depend on now.

    What the disk does not take is told by :attr:`modelops_bundle.ports.ObjectStore.unsaved`.
    """
    paths = {path for survey in surveys for path in survey.sources.values()}
    records = {path: record for path in paths if (record := code_record(workspace, path))}
    for path, record in records.items():
        _keep_source(workspace, path, record)
    for survey in surveys:
        data = {
            recorded: data_record(workspace, workspace.layout.absolute(recorded))
            for recorded in survey.leaves.data
        }
        kept = EntryRecord(
            {name: records[path] for name, path in survey.sources.items() if path in records},
            {path: record for path, record in data.items() if record is not None},
        )
        workspace.objects.put(_entry_key(survey.digest), encode_entry(kept))
    workspace.objects.save()


def kept_record(workspace: Workspace, digest: str) -> EntryRecord | None:
    """What was kept for an entry under its digest; ``None`` when that is not on this machine."""
    data = workspace.objects.get(_entry_key(digest))
    return None if data is None else decode_entry(data, partial(_kept_code, workspace))


def kept_source(workspace: Workspace, record: CodeRecord) -> bytes | None:
    """The text of a source as it was recorded; ``None`` when that is not on this machine."""
    return workspace.objects.get(_source_key(record.source))


def prune(workspace: Workspace, registry: BundleRegistry) -> None:
    """Forget what no entry of the registry names any more, once the store is large.

    A registration that goes on at the same time may lose what it has kept and not yet recorded: its entries
    are explained at the level of files then, until they are updated.
    """
    if workspace.objects.size() < LARGE_STORE:
        return
    named: set[str] = set()
    for _, entry in registry.entries():
        key = _entry_key(entry.digest)
        named.add(key)
        for source in named_sources(workspace.objects.get(key) or b""):
            named.update((_source_key(source), _code_key(source)))
    workspace.objects.keep_only(named)


def code_record(workspace: Workspace, path: str) -> CodeRecord | None:
    """The description of a source as it is now; ``None`` when it cannot be read."""
    content = workspace.files.content(path)
    if isinstance(content, Unreadable):
        return None
    known = workspace.files.memo_get("code-record-1", str(content))
    if known is not None:
        return decode_code(known)
    data = workspace.files.read(path)
    if isinstance(data, Unreadable):
        return None
    record = describe_source(data, str(content))
    workspace.files.memo_put("code-record-1", str(content), encode_code(record))
    return record


def data_record(workspace: Workspace, path: str) -> DataRecord | None:
    """The description of a data file as it is now; ``None`` when it cannot be read."""
    content = workspace.files.content(path)
    if isinstance(content, Unreadable):
        return None
    suffix = os.path.splitext(path)[1].lower()
    kind = f"data-record-2{suffix}"
    known = workspace.files.memo_get(kind, str(content))
    if known is not None:
        return decode_data(known)
    size = os.path.getsize(path)
    table = _summary(workspace, path, size) if suffix in TABLE_SUFFIXES else None
    rows, columns = (None, ()) if table is None else table
    record = DataRecord(size, rows, columns)
    if table is not None or suffix not in TABLE_SUFFIXES:
        # What could not be looked into may be another time: with pyarrow, or under another limit.
        workspace.files.memo_put(kind, str(content), encode_data(record))
    return record


def untold(workspace: Workspace, path: str, before: DataRecord, after: DataRecord) -> str:
    """Why the columns of a table cannot be compared, in words; empty where they can, or it is none."""
    name, limit = os.path.basename(path), workspace.config.table_limit
    if (
        os.path.splitext(name)[1].lower() not in TABLE_SUFFIXES
        or max(before.size, after.size) > limit
    ):
        return ""
    if after.rows is None:
        return cannot_read(name)
    return "its columns were not recorded" if before.rows is None else ""


def _summary(workspace: Workspace, path: str, size: int) -> TableSummary | None:
    limit = workspace.config.table_limit
    data = workspace.files.read(path) if size <= limit else b""
    return summarize_table(path, data, limit) if data and isinstance(data, bytes) else None


def _keep_source(workspace: Workspace, path: str, record: CodeRecord) -> None:
    key, code = _code_key(record.source), encode_code(record).encode()
    # Another Python may have described it, for which it did not parse.
    if workspace.objects.get(key) != code:
        workspace.objects.put(key, code)
        workspace.kept_code.pop(record.source, None)
    if workspace.objects.get(_source_key(record.source)) is None:
        data = workspace.files.read(path)
        if not isinstance(data, Unreadable):
            workspace.objects.put(_source_key(record.source), data)


def _kept_code(workspace: Workspace, source: str) -> CodeRecord | None:
    if source not in workspace.kept_code:
        data = workspace.objects.get(_code_key(source))
        workspace.kept_code[source] = None if data is None else decode_code(data.decode())
    return workspace.kept_code[source]


def _entry_key(digest: str) -> str:
    return f"entry/{digest.rpartition(':')[2]}"


def _code_key(source: str) -> str:
    return f"code/{source.rpartition(':')[2]}"


def _source_key(source: str) -> str:
    return f"source/{source.rpartition(':')[2]}"
