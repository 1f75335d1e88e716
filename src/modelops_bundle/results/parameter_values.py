"""One value of a parameter from text: cells of a CSV file, and what options give.

Numbers and truth values are what they look like, also where Python, R or a spreadsheet wrote them (``.5``,
``TRUE``); ``nan`` and infinities are refused; everything else is text. So are digits after a leading zero,
as in codes of places. Options take JSON beside that, quotes included, so that they can give any value.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from modelops_bundle.errors import ParameterError

__all__ = ["parse_cell", "parse_grid", "parse_setting", "read_json"]

_NUMBER = re.compile(
    r"[+-]?(?:(?P<integer>0|[1-9][0-9]*)|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_QUOTED = """Quote a text for the shell and for JSON: name='"..."'."""


def parse_cell(text: str) -> Any:
    """A cell's value: bool, int, float or the text itself. Spaces around it are no part of it.

    Raises:
        ParameterError: It is empty, NaN, infinite, or a number too large to be read.
    """
    text = text.strip()
    number = _NUMBER.fullmatch(text)
    if number is None:
        if not text:
            raise ParameterError("a value is empty", "", "Fill it in.")
        if _NO_NUMBER.fullmatch(text):
            raise ParameterError(f"a value is {text}", "NaN and infinity have no identity")
        return _TRUTH.get(text, text)
    try:
        value = int(text) if number["integer"] else float(text)
    except ValueError as error:
        raise ParameterError("an integer has too many digits", str(error)) from error
    if not math.isfinite(value):
        raise ParameterError(f"{text:.40} is too large", "numbers go up to about 1.8e308")
    return value


def read_json(text: str) -> Any:
    """The value that a JSON text holds, and nothing that only looks like it.

    Raises:
        ParameterError: It is no JSON, an object holds a key twice, or a number is NaN or infinite.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ParameterError("it is not JSON", f"{place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> ParameterError:
    if isinstance(error, ParameterError):
        return error
    if isinstance(error, RecursionError):
        return ParameterError("it is nested too deeply")
    return ParameterError("an integer has too many digits", str(error))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise ParameterError(
            f"key {twice!r} stands twice in one object", "", "Remove one of the two."
        )
    return mapping


def _constant(word: str) -> Any:
    raise ParameterError(f"a value is {word}", "NaN and infinity have no identity")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def parse_setting(option: str) -> tuple[str, Any]:
    """Name and value of ``name=value``.

    Raises:
        ParameterError: There is no ``=``, no name or no value, or the value has no identity.
    """
    name, text = _split(option, "set", "beta=0.3")
    try:
        return name, _parse_value(text)
    except ParameterError as error:
        raise ParameterError(f"--set {name}: {error.what}", error.why, error.mend) from error


def parse_grid(option: str) -> tuple[str, tuple[Any, ...]]:
    """Name and values of ``name=value,value``. Commas within JSON texts, lists and objects separate nothing.

    Raises:
        ParameterError: There is no ``=``, no name or an empty value, or a value has no identity.
    """
    name, text = _split(option, "grid", "beta=0.2,0.3")
    try:
        return name, tuple(map(_parse_value, _items(text)))
    except ParameterError as error:
        raise ParameterError(f"--grid {name}: {error.what}", error.why, error.mend) from error


def _split(option: str, kind: str, example: str) -> tuple[str, str]:
    name, equals, text = option.partition("=")
    name = name.strip()
    if not equals or not name:
        mend = f"Write --{kind} {example}."
        raise ParameterError(f"--{kind} {option}", "expected a name, = and a value", mend)
    return name, text


def _parse_value(text: str) -> Any:
    text = text.strip()
    if text.startswith(("[", "{", '"')):
        return read_json(text)
    if not text:
        mend = """Write name='""' for a text without characters."""
        raise ParameterError("a value is empty", "", mend)
    return None if text == "null" else parse_cell(text)


def _items(text: str) -> Sequence[str]:
    items: list[str] = []
    start = 0
    while start <= len(text):
        end = text.find(",", _end_of_json(text, start))
        end = len(text) if end < 0 else end
        items.append(text[start:end])
        start = end + 1
    return items


_SPACES = re.compile(r"\s*")


def _end_of_json(text: str, start: int) -> int:
    begin = _SPACES.match(text, start).end()  # type: ignore[union-attr]
    if not text.startswith(("[", "{", '"'), begin):
        return start
    try:
        return _DECODER.raw_decode(text, begin)[1]
    except json.JSONDecodeError as error:
        why = f"{text[begin:]!r:.60}, column {error.colno}: {error.msg}"
        raise ParameterError("a value begins like JSON and is none", why, _QUOTED) from error
    except (ValueError, RecursionError) as error:
        raise _refused(error) from error
