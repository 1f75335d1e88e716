"""Parameter files: bytes from a file or standard input to parameter sets with their places."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.errors import ParameterError, UsageError
from modelops_bundle.results.parameter_source import ParameterSource, source_of_document
from modelops_bundle.results.parameter_tables import source_of_arrow, source_of_csv
from modelops_bundle.results.parameter_values import read_json
from modelops_bundle.results.parameter_yaml import source_of_yaml

__all__ = ["MAX_BYTES", "read_parameter_file"]

MAX_BYTES = 512 * 1024 * 1024
_MAX_UNPACKED = 4 * MAX_BYTES

_Reader = Callable[[bytes, str], ParameterSource]

_PARQUET_MAGIC = b"PAR1"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_YAML_LINE = re.compile(
    rb"\s*(?:---|#|%YAML|- |-$|[^\s,;\"'][^,;\"]*:(?:\s|$)|\"[^\"]*\":(?:\s|$))"
)


def read_parameter_file(path: str, stdin: BinaryIO) -> ParameterSource:
    """Read parameter sets.

    Args:
        path: A file that is named ``.json``, ``.yaml``, ``.yml``, ``.csv``, ``.tsv`` or ``.parquet``; one
            without a suffix is told by its content. ``-`` for standard input, told by its content too.
        stdin: Standard input.

    Raises:
        ParameterError: The content cannot be used; what is wrong with single sets is kept in the source.
        UsageError: There is no such file, its name says nothing that is known, or pyarrow is missing.
        StorageError: The file cannot be read.
    """
    if path == "-":
        name = "standard input"
        with storage_errors(f"cannot read {name}"):
            data = stdin.read(MAX_BYTES + 1)
        reader: _Reader = _by_content
    else:
        name = path.encode("utf-8", "backslashreplace").decode()
        reader = _reader_of(path, name)
        data = _read(path, name)
    if len(data) > MAX_BYTES:
        why = f"it is larger than {MAX_BYTES} bytes"
        raise ParameterError(
            f"{name} cannot be used", why, "Check what wrote it, or run it in parts."
        )
    return reader(data, name)


def _read(path: str, name: str) -> bytes:
    with storage_errors(f"cannot read {name}"):
        try:
            # Not by way of stat: a pipe that a shell puts in place of a file is read like one.
            with Path(path).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except (FileNotFoundError, ValueError) as error:
            raise UsageError(f"there is no file {name}") from error


def _reader_of(path: str, name: str) -> _Reader:
    suffix = os.path.splitext(path)[1].lower()
    reader = _READERS.get(suffix)
    if reader is None:
        known = ", ".join(filter(None, _READERS))
        raise UsageError(
            f"{name} is of no kind that is known", f"parameters are read from {known}", "Rename it."
        )
    return reader


def _by_content(data: bytes, name: str) -> ParameterSource:
    if data.startswith(_PARQUET_MAGIC):
        return _parquet(data, name)
    start = data[:100_000].removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith((b"{", b"[")):
        return _json(data, name)
    if _YAML_LINE.match(start.partition(b"\n")[0]):
        return source_of_yaml(data, name)
    return _csv(data, name)


def _json(data: bytes, name: str) -> ParameterSource:
    text = _text(data, name)
    if not text.strip():
        raise ParameterError(f"{name} cannot be used", "it is empty")
    try:
        document = read_json(text)
    except ParameterError as error:
        raise ParameterError(f"{name} cannot be used", error.summary, error.mend) from error
    return source_of_document(document, name)


def _csv(data: bytes, name: str) -> ParameterSource:
    return source_of_csv(_text(data, name), name)


def _tsv(data: bytes, name: str) -> ParameterSource:
    return source_of_csv(_text(data, name), name, "\t")


def _parquet(data: bytes, name: str) -> ParameterSource:
    try:
        from modelops_bundle.hashing.parquet import ParquetError, read_table
    except ImportError as error:
        raise UsageError(
            f"{name} is a Parquet file", "pyarrow reads it", 'uv add "modelops-bundle[tables]"'
        ) from error
    try:
        table = read_table(data, _MAX_UNPACKED)
    except ParquetError as error:
        raise ParameterError(f"{name} cannot be used", f"it is no Parquet file: {error}") from error
    return source_of_arrow(table, name)


def _text(data: bytes, name: str) -> str:
    if data.startswith(_UTF16):
        raise ParameterError(f"{name} cannot be used", "it is UTF-16", "Save it as UTF-8.")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"line {line}: byte 0x{data[error.start]:02x} is not UTF-8"
        raise ParameterError(f"{name} cannot be used", why, "Save it as UTF-8.") from error


_READERS: dict[str, _Reader] = {
    ".json": _json,
    ".yaml": source_of_yaml,
    ".yml": source_of_yaml,
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
    "": _by_content,
}
