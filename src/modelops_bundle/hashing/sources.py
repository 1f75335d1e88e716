"""The digest of what a Python source means, for callers who have a file or its bytes at hand."""

from __future__ import annotations

import os

from modelops_bundle.errors import StorageError
from modelops_bundle.hashing.reading import read_file
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import Unreadable

__all__ = ["token_hash"]


def token_hash(source: bytes | str | os.PathLike[str]) -> str:
    """Digest of what a Python source means, equal under everything that does not change its syntax tree.

    Comments, layout, quotes, redundant parentheses, encodings and docstrings do not count; the order of
    statements does.

    Args:
        source: The source itself as bytes, or the path of its file.

    Returns:
        ``blake2b:`` and 64 hex digits. A source that does not parse is hashed as bytes, and its ``blake3:``
        says so.

    Raises:
        StorageError: The file cannot be read, or is no regular file.
    """
    # The parser is not needed by those who only want a file's digest.
    from modelops_bundle.source.parse import with_room

    data = source if isinstance(source, bytes) else _read(os.fspath(source))
    return with_room(lambda: _token_of(data))


def _token_of(data: bytes) -> str:
    from modelops_bundle.source.fingerprint import read_prints
    from modelops_bundle.source.parse import Unparsable, parse

    tree = parse(data)
    if isinstance(tree, Unparsable):
        return str(content_digest(data))
    return read_prints(tree).token


def _read(path: str) -> bytes:
    reading = read_file(path)
    if isinstance(reading, Unreadable):
        raise StorageError(f"cannot read {path}", reading.reason)
    return reading.value
