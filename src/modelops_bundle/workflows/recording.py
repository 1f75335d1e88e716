"""Keeping what was recorded of an entry's dependencies, and finding it again, to explain changes."""

from __future__ import annotations

import os

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
)
from modelops_bundle.hashing.tables import TableSummary, cannot_read, summarize_table
from modelops_bundle.ports import Unreadable
from modelops_bundle.workflows.workspace import Workspace

#: Files that are looked into as tables.
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".parquet"})

__all__ = ["code_record", "data_record", "keep_record", "kept_record", "kept_source", "untold"]


def keep_record(workspace: Workspace, survey: Survey) -> None:
    """Keep the sources and the description of everything that an entry depends on now."""
    code: dict[str, CodeRecord] = {}
    for recorded, path in survey.sources.items():
        record = code_record(workspace, path)
        if record is not None:
            code[recorded] = record
            _keep_source(workspace, path, record.source)
    data = {
        recorded: data_record(workspace, workspace.layout.absolute(recorded))
        for recorded in survey.leaves.data
    }
    kept = EntryRecord(code, {path: record for path, record in data.items() if record is not None})
    workspace.objects.put(_entry_key(survey.digest), encode_entry(kept))


def kept_record(workspace: Workspace, digest: str) -> EntryRecord | None:
    """What was kept for an entry under its digest; ``None`` when that is not on this machine."""
    data = workspace.objects.get(_entry_key(digest))
    return None if data is None else decode_entry(data)


def kept_source(workspace: Workspace, record: CodeRecord) -> bytes | None:
    """The text of a source as it was recorded; ``None`` when that is not on this machine."""
    return workspace.objects.get(_source_key(record.source))


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


def _keep_source(workspace: Workspace, path: str, content: str) -> None:
    if workspace.objects.get(_source_key(content)) is not None:
        return
    data = workspace.files.read(path)
    if not isinstance(data, Unreadable):
        workspace.objects.put(_source_key(content), data)


def _entry_key(digest: str) -> str:
    return f"entry/{digest.rpartition(':')[2]}"


def _source_key(content: str) -> str:
    return f"source/{content.rpartition(':')[2]}"
