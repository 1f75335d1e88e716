"""What a model gives, as named bytes: tables and arrays in Arrow's format, all else as JSON. Never a pickle.

=============================================== ========= ======================================
a value                                         kind      bytes
=============================================== ========= ======================================
table of pandas, polars or pyarrow              ``table`` Arrow IPC stream
mapping of columns: texts to lists, tuples or   ``table`` Arrow IPC stream
one-dimensional arrays, all of one length
series of pandas or polars                      ``table`` its index, if it has one, and itself
array of numpy                                  ``array`` Arrow IPC stream of one column ``value``
number, text, truth value, none; lists and      ``json``  UTF-8; ``NaN`` and ``Infinity`` as Python
mappings of such                                          writes them
=============================================== ========= ======================================
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from . import tables
from .failures import FailedError

__all__ = ["Encoded", "encode", "encode_outputs", "named_outputs"]

_ALLOWED = (
    "an output is a table (pandas, polars, pyarrow or a mapping of columns), an array of numpy, or what JSON"
    " has: numbers, texts, lists and mappings"
)
_UNNAMED = "result"


class Encoded(NamedTuple):
    """An output as it is stored: its name, its kind (``table``, ``array`` or ``json``) and its bytes."""

    name: str
    kind: str
    data: bytes


def encode_outputs(
    value: Any, declared: Collection[str], asked: Sequence[str] | None
) -> list[Encoded]:
    """What a model returned, as bytes.

    Args:
        value: A mapping of names to outputs, or the only output.
        declared: The model's own ``OUTPUTS``; empty when it states none.
        asked: Which ones; ``None`` for all.

    Raises:
        FailedError: An output that was asked for is not there, or one is nothing that can be stored.
    """
    outputs = named_outputs(value, declared)
    return [encode(name, outputs[name]) for name in chosen_names(outputs, asked)]


def named_outputs(value: Any, declared: Collection[str]) -> dict[str, Any]:
    """What a model returned, by name.

    A mapping is one of names to outputs, unless the model declares one single output and the mapping has no
    such name: then it is that output. What is no mapping is the only output, under the declared name if there
    is just one, else as ``result``.

    Raises:
        FailedError: The model returned nothing, or a name is no text.
    """
    if value is None:
        raise FailedError(f"the model returned nothing; {_ALLOWED}")
    only = next(iter(declared)) if len(declared) == 1 else None
    if not isinstance(value, Mapping) or (only is not None and only not in value):
        return {only or _UNNAMED: value}
    for name in value:
        if not isinstance(name, str):
            raise FailedError(f"the model returned an output named {name!r}, and a name is a text")
    return dict(value)


def chosen_names(there: Collection[str], asked: Sequence[str] | None) -> list[str]:
    """Those asked for, in the model's order.

    Raises:
        FailedError: One is not there.
    """
    lacking = sorted(set(asked or ()) - set(there))
    if lacking:
        given = ", ".join(there) if there else "none"
        raise FailedError(f"the model has no output {', '.join(lacking)}; it gives {given}")
    return [name for name in there if asked is None or name in asked]


def encode(name: str, value: Any) -> Encoded:
    """One output as bytes.

    Raises:
        FailedError: It is nothing that can be stored; the text says which output, and what it is.
    """
    columns = tables.columns_of(value)
    if columns is not None:
        return Encoded(name, "table", tables.encode_columns(name, columns))
    if tables.is_table(value):
        return Encoded(name, "table", tables.encode_table(name, value))
    if not isinstance(value, Mapping) and not _is_scalar(value) and _is_array(value):
        return Encoded(name, "array", tables.encode_array(name, value))
    return Encoded(name, "json", _json(name, value))


def _is_array(value: Any) -> bool:
    return getattr(value, "__array_interface__", None) is not None


def _is_scalar(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.generic)


def _json(name: str, value: Any) -> bytes:
    try:
        plain = _plain(value, f"the output {name}")
        return json.dumps(plain, separators=(",", ":")).encode()
    except RecursionError as error:
        raise FailedError(f"the output {name} is nested too deeply, or holds itself") from error
    except ValueError as error:
        raise FailedError(f"the output {name} cannot be written as JSON: {error}") from error


def _plain(value: Any, where: str) -> Any:
    """A value with nothing but Python's own types that JSON has.

    Args:
        value: The value.
        where: What it is called in messages.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        # An enumeration's member, say, or a number of numpy that is a Python float as well.
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, Mapping):
        return {_key(key, where): _plain(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part, f"{where}[{place}]") for place, part in enumerate(value)]
    if _is_scalar(value) or (_is_array(value) and hasattr(value, "tolist")):
        python = value.tolist()
        if not _is_array(python):
            return _plain(python, where)
    kind = type(value)
    raise FailedError(f"{where} is a {kind.__module__}.{kind.__qualname__}; {_ALLOWED}")


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return str(key)
    raise FailedError(f"{where} has the key {key!r}, and keys in JSON are texts")
