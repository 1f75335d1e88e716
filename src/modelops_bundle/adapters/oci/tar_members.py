"""Members of a tar that may come from anybody, found without believing more than a member's name and size.

Python's own module keeps extended headers of any size in memory and guesses where a header is odd. Here
whatever is not a plain file or folder is refused, and so is every size that the file does not have.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NamedTuple

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.bundle.json_text import NotAsPromisedError

__all__ = ["DEFAULT_LARGEST", "Member", "members_of", "pieces_of", "unpacked"]

DEFAULT_LARGEST = 64 << 30
"""Bytes that a compressed tar may have when it is unpacked."""

_BLOCK = 512
_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_LARGEST_EXTENDED = 64 << 10
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_RECORD = re.compile(rb"([1-9][0-9]{0,5}) ([^=\n]+)=")
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
}


class Member(NamedTuple):
    """A file or folder in a tar.

    Attributes:
        name: Its name as it stands there, in any shape.
        is_folder: Whether it is a folder.
        start: Where its bytes begin.
        size: Number of its bytes.
    """

    name: str
    is_folder: bool
    start: int
    size: int


@contextmanager
def unpacked(path: str, largest: int, spool: str | None) -> Iterator[IO[bytes]]:
    """A tar as a file in which one can go back: what is compressed, or a pipe, is kept on the disk meanwhile.

    Args:
        path: The file.
        largest: Bytes that it may have when it is unpacked.
        spool: Folder for what is unpacked; by default the system's.

    Raises:
        NotAsPromisedError: It cannot be unpacked, or is larger than that.
        StorageError: It could not be read, or there is no room for it.
    """
    with contextlib.ExitStack() as stack:
        with storage_errors(f"cannot read {path}"):
            file = stack.enter_context(open(path, "rb"))  # noqa: PTH123
            is_packed = file.peek(2)[:2] == _GZIP
            is_plain = not is_packed and file.seekable()
        if not is_plain:
            with storage_errors(f"cannot unpack {path}"):
                # It has no name, so that nothing of it can be left behind.
                whole = stack.enter_context(tempfile.TemporaryFile(dir=spool))
                # What cannot be kept is not unpacked to the last free byte.
                room = shutil.disk_usage(spool or tempfile.gettempdir()).free * 9 // 10
                pieces = _gunzipped(file) if is_packed else _chunks(file.read)
                _copy(_begun(pieces), whole, min(largest, room))
                file = whole  # type: ignore[assignment]
        with storage_errors(f"cannot read {path}"):
            yield file


def members_of(file: IO[bytes]) -> Iterator[Member]:
    """Every member, in the order of the file.

    Raises:
        NotAsPromisedError: It is no tar, or has what is neither a plain file nor a folder.
    """
    end = file.seek(0, 2)
    at, said = 0, dict[bytes, bytes]()
    while any(header := _at(file, at, _BLOCK)):
        _check_sum(header)
        kind = header[156:157]
        size = _size(header, said)
        start, at = at + _BLOCK, at + _BLOCK + size + -size % _BLOCK
        if start + size > end:
            raise NotAsPromisedError(f"a member says that it has {size} bytes, which are not there")
        if kind in (b"x", b"g"):
            if size > _LARGEST_EXTENDED:
                raise NotAsPromisedError(f"an extended header has {size} bytes")
            found = _extended(_at(file, start, size), kind == b"g")
            said = said if kind == b"g" else found
            continue
        name = _name(header, said)
        if kind not in (b"0", b"\0", b"5"):
            what = _KINDS.get(kind, f"of the unknown kind {kind!r}")
            raise NotAsPromisedError(f"{name[:200]!r} is {what}")
        is_folder = kind == b"5"
        if is_folder and size:
            raise NotAsPromisedError(f"the folder {name[:200]!r} has {size} bytes")
        yield Member(name, is_folder, start, size)
        said = {}


def pieces_of(file: IO[bytes], member: Member) -> Iterator[bytes]:
    """The bytes of a member. Two may be read by turns, but not by two threads."""
    at, end = member.start, member.start + member.size
    while at < end:
        piece = _at(file, at, min(_PIECE, end - at))
        at += len(piece)
        yield piece


def _at(file: IO[bytes], at: int, length: int) -> bytes:
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise NotAsPromisedError("it ends too early")
    return data


def _check_sum(header: bytes) -> None:
    said = _octal(header[148:156])
    if said != sum(header[:148]) + 8 * ord(" ") + sum(header[156:]):
        raise NotAsPromisedError("it is no tar, or damaged")


def _size(header: bytes, said: Mapping[bytes, bytes]) -> int:
    field = header[124:136]
    if header[156:157] not in (b"x", b"g") and b"size" in said:
        text = said[b"size"]
        if not (text.isdigit() and len(text) < 20):
            raise NotAsPromisedError("a size is no number")
        return int(text)
    if field[0] == 0x80:  # GNU's way to write what octal digits cannot
        return int.from_bytes(field[1:], "big")
    return _octal(field)


def _octal(field: bytes) -> int:
    match = _OCTAL.fullmatch(field)
    if match is None:
        raise NotAsPromisedError("a header has a number that is none, or a negative one")
    return int(match[1] or b"0", 8)


def _name(header: bytes, said: Mapping[bytes, bytes]) -> str:
    name = said.get(b"path")
    if name is None:
        name = header[:100].partition(b"\0")[0]
        prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
        name = prefix + b"/" + name if prefix else name
    return name.decode("utf-8", "backslashreplace")


def _extended(data: bytes, is_global: bool) -> dict[bytes, bytes]:
    """What an extended header says; of all members, it may say nothing that counts here."""
    said: dict[bytes, bytes] = {}
    while data:
        match = _RECORD.match(data)
        if match is None or not match.end() < int(match[1]) <= len(data):
            raise NotAsPromisedError("an extended header cannot be read")
        record, data = data[: int(match[1])], data[int(match[1]) :]
        if record[-1:] != b"\n" or match[2] in said:
            raise NotAsPromisedError("an extended header cannot be read")
        said[match[2]] = record[match.end() : -1]
    if any(name.startswith((b"GNU.sparse", b"SCHILY.realsize")) for name in said):
        raise NotAsPromisedError("a member is a sparse file")
    if is_global and {b"path", b"size"} & said.keys():
        raise NotAsPromisedError("one header names all members")
    return said


def _gunzipped(file: IO[bytes]) -> Iterator[bytes]:
    try:
        with gzip.open(file) as plain:
            yield from _chunks(plain.read)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotAsPromisedError(f"it cannot be unpacked ({error})") from error


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(_PIECE):
        yield piece


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, once the first of them began like a tar."""
    first = b""
    while len(first) < _BLOCK:
        piece = next(pieces, b"")
        if not piece:
            raise NotAsPromisedError("it is no tar: it is too short")
        first += piece
    if not any(first[:_BLOCK]):
        raise NotAsPromisedError("it is an empty tar")
    _check_sum(first[:_BLOCK])
    yield first
    yield from pieces


def _copy(pieces: Iterator[bytes], whole: IO[bytes], largest: int) -> None:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > largest:
            raise NotAsPromisedError(f"unpacked it has more than {largest} bytes")
        whole.write(piece)
    whole.flush()
