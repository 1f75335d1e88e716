"""JSON that may come from anybody: bounded in size, without keys that stand twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelops_bundle.identity.digest import Digest

__all__ = ["NotAsPromisedError", "digest_in", "parse_json", "shown", "size_in", "table_in"]

_LARGEST_NUMBER = 2**53


class NotAsPromisedError(ValueError):
    """A document is not what it should be; the text says where and why."""


def parse_json(data: bytes, largest: int) -> Any:
    """What a JSON text says.

    Raises:
        NotAsPromisedError: It is longer than ``largest`` bytes, nested too deeply, no JSON, or a key stands
            twice in a table, which programs read differently.
    """
    if len(data) > largest:
        raise NotAsPromisedError(f"it has {len(data)} bytes, and {largest} are the most")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_table, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotAsPromisedError):
            raise
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:100]
        raise NotAsPromisedError(f"it is no JSON ({reason})") from error


def table_in(value: Any, where: str) -> Mapping[str, Any]:
    """``value`` if it is a table.

    Raises:
        NotAsPromisedError: It is not.
    """
    if not isinstance(value, dict):
        raise NotAsPromisedError(f"{where[:200]} is no table")
    return value


def digest_in(value: Any, algorithms: str, where: str) -> Digest:
    """``value`` as a digest of one algorithm, or of one of several that blanks part.

    Raises:
        NotAsPromisedError: It is none.
    """
    try:
        digest = Digest.parse(value)
    except (TypeError, ValueError):
        digest = None
    if digest is None or digest.algorithm not in algorithms.split():
        raise NotAsPromisedError(f"{where[:200]}: {str(value)[:80]!r} is no {algorithms} digest")
    return digest


def size_in(value: Any, where: str) -> int:
    """``value`` if it is a number of bytes.

    Raises:
        NotAsPromisedError: It is not.
    """
    if type(value) is not int or not 0 <= value <= _LARGEST_NUMBER:
        raise NotAsPromisedError(f"{where[:200]}: {shown(value)} is no number of bytes")
    return value


def shown(value: Any) -> str:
    """A value for an error: short, whatever it is."""
    # Nothing is made to text that holds other values: it may be deep, and of any size.
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return repr(value[:80] if isinstance(value, str) else value)[:80]


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise NotAsPromisedError("a key stands twice in one table")
    return table


def _refuse(text: str) -> Any:
    raise NotAsPromisedError(f"{text} is no number of JSON")
