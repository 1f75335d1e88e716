"""Columns of a table from values of Python, one type a column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from modelops_bundle.results.tables import arrow

__all__ = ["column_of"]

_EXACT = 2**53
_INT64 = 2**63
_UINT64 = 2**64


def column_of(values: Sequence[Any]) -> Any:
    """A ``pyarrow.Array`` of JSON values, ``None`` being null.

    Truth values, integers, floats and texts stay what they are, integers among floats become floats. Lists,
    mappings, integers beyond 64 bits and whatever does not go together become JSON text.
    """
    pa = arrow()
    kind = _kind(values)
    if kind is not None:
        return pa.array(values, kind)
    texts = [None if value is None else json.dumps(value, ensure_ascii=True) for value in values]
    return pa.array(texts, pa.string())


def _kind(values: Sequence[Any]) -> Any:
    """The type that all values have, ``None`` where there is none."""
    pa = arrow()
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pa.null()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {str}:
        return pa.string() if all(map(_is_unicode, values)) else None
    if kinds == {float}:
        return pa.float64()
    if not kinds <= {int, float}:
        return None
    integers = [value for value in values if type(value) is int]
    low, high = min(integers), max(integers)
    if float in kinds:
        return pa.float64() if low >= -_EXACT and high <= _EXACT else None
    if low >= -_INT64 and high < _INT64:
        return pa.int64()
    return pa.uint64() if low >= 0 and high < _UINT64 else None


def _is_unicode(text: str | None) -> bool:
    # JSON can name half of a surrogate pair; text of Arrow is UTF-8, which has none.
    return text is None or text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)
