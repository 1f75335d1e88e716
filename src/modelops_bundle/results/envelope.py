"""The bytes of a stored result, the same in every store.

``MOPSRES1``, the header's length (4 bytes, big-endian), the header (JSON), the header's digest (32 bytes),
then the outputs' bytes one after the other. The header holds the document that the key was made from, the
provenance, and name, kind, size and digest of each output: so every byte is vouched for, and a change of any
is noticed when it is read. Nothing in it is ever executed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from modelops_bundle.identity.recipes import content_digest, result_header_digest
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Level, Output, Provenance, Result, UndeclaredRead

__all__ = ["DamagedResultError", "pack", "read_header", "unpack"]

_MAGIC = b"MOPSRES1"
_START = len(_MAGIC) + 4
_DIGEST = 32


class DamagedResultError(Exception):
    """Bytes that are not the result that was stored: a miss, never an answer."""


def pack(result: Result) -> bytes:
    """The bytes to store."""
    header = {
        "key": result.key.document(),
        "provenance": _plain(result.provenance),
        "outputs": [
            {
                "name": output.name,
                "kind": output.kind,
                "size": len(output.data),
                "digest": str(content_digest(output.data)),
            }
            for output in result.outputs
        ],
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    parts = (_MAGIC, len(text).to_bytes(4, "big"), text, result_header_digest(text))
    return b"".join((*parts, *(output.data for output in result.outputs)))


def unpack(data: bytes, key: ResultKey | None = None) -> Result:
    """The result that bytes hold, every byte of it verified.

    Args:
        data: What :func:`pack` made.
        key: What was asked for; ``None`` to take it from the bytes.

    Raises:
        DamagedResultError: They are damaged, or those of another key.
    """
    header, rest = _split(data)
    try:
        found = _key(header["key"])
        if key is not None and found.document() != key.document():
            raise DamagedResultError("it is the result of another key")
        provenance = _provenance(header["provenance"])
        outputs = tuple(_outputs(header["outputs"], rest))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # A header that is whole, but of a release that writes another one.
        raise DamagedResultError(f"its header is not understood: {error!r}") from error
    return Result(found, provenance, outputs)


def read_header(data: bytes) -> dict[str, Any]:
    """The header alone, verified.

    Raises:
        DamagedResultError: It is damaged.
    """
    return _split(data)[0]


def _split(data: bytes) -> tuple[dict[str, Any], memoryview]:
    end = _START + int.from_bytes(data[len(_MAGIC) : _START], "big")
    text, digest = data[_START:end], data[end : end + _DIGEST]
    if data[: len(_MAGIC)] != _MAGIC or digest != result_header_digest(text):
        raise DamagedResultError("its header is not the one that was written")
    header = json.loads(text)
    if not isinstance(header, dict):
        raise DamagedResultError("its header is no mapping")
    return header, memoryview(data)[end + _DIGEST :]


def _outputs(described: list[Mapping[str, Any]], rest: memoryview) -> Iterator[Output]:
    start = 0
    for each in described:
        data = bytes(rest[start : start + each["size"]])
        start += each["size"]
        if str(content_digest(data)) != each["digest"]:
            raise DamagedResultError(f"its output {each['name']} is not the one that was written")
        yield Output(each["name"], each["kind"], data)
    if start != len(rest):
        raise DamagedResultError("it is longer than what was written")


def _plain(provenance: Provenance) -> dict[str, Any]:
    plain = asdict(provenance)
    plain["level"] = provenance.level.name.lower()
    plain["undeclared"] = [[*read[:3], *filter(None, read[3:])] for read in provenance.undeclared]
    return plain


def _provenance(plain: Mapping[str, Any]) -> Provenance:
    level = Level[plain["level"].upper()]
    undeclared = tuple(UndeclaredRead(*read) for read in plain["undeclared"])
    return Provenance(**{**plain, "level": level, "undeclared": undeclared})


def _key(document: Mapping[str, Any]) -> ResultKey:
    outputs = document["outputs"]
    context = Context(
        model=document["model"],
        entrypoint=document["entrypoint"],
        scenario=document["scenario"],
        outputs=None if outputs is None else tuple(outputs),
    )
    return ResultKey(context, document["param_id"], document["seed"])
