"""Messages between a worker and its parent: a JSON header and any number of blobs.

A frame is the header's length (8 bytes, big-endian), the header with the sizes of the blobs in it under
``blobs``, and the blobs one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

__all__ = ["BrokenFrameError", "read_frame", "write_frame"]

_LENGTH = 8
_LONGEST_HEADER = 1 << 30


class BrokenFrameError(Exception):
    """The other side ended in the middle of a message, or does not speak in frames."""


def write_frame(stream: BinaryIO, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Send one message and flush it.

    Raises:
        OSError: The other side is gone.
        ValueError: The header is no JSON.
    """
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    stream.write(len(text).to_bytes(_LENGTH, "big") + text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Receive one message; ``None`` when the other side has ended between two.

    Raises:
        BrokenFrameError: It ended in the middle of one, or what came is none.
    """
    start = stream.read(_LENGTH)
    if not start:
        return None
    length = int.from_bytes(start, "big")
    if len(start) < _LENGTH or length > _LONGEST_HEADER:
        raise BrokenFrameError("the message has no beginning")
    try:
        header = json.loads(_exactly(stream, length))
        sizes = header.pop("blobs")
        blobs = [_exactly(stream, size) for size in sizes]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BrokenFrameError(f"the message's header is broken: {error!r}") from error
    return header, blobs


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise BrokenFrameError("the message ends too early")
    return data
