"""Reads values of the keys of a registry's entries, each as its key takes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from modelops_bundle.records.entries import LlmEntry
from modelops_bundle.yamltext.events import Bare

__all__ = [
    "LLM",
    "NEEDED",
    "Field",
    "Misfit",
    "Path",
    "is_null",
    "read_count",
    "read_digest",
    "read_flag",
    "read_llms",
    "read_number_map",
    "read_optional_number",
    "read_optional_text",
    "read_text",
    "read_text_map",
    "read_texts",
]

Path = tuple[str, ...]


class Misfit(Exception):  # noqa: N818 - never leaves this module
    """A value of another kind than its key takes; ``inside`` leads to the culprit."""

    def __init__(self, expected: str, got: Any, inside: Path = ()) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = got
        self.inside = inside


def read_text(value: Any) -> str:
    """Text."""
    if type(value) is not str:
        raise Misfit("text", value)
    return value


def read_optional_text(value: Any) -> str | None:
    """Text, or nothing."""
    return None if is_null(value) else read_text(value)


def read_digest(value: Any) -> str:
    """A digest as it is written; empty where there is none."""
    return read_optional_text(value) or ""


def read_flag(value: Any) -> bool:
    """True or false."""
    if type(value) is Bare and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Misfit("true or false", value)


def read_number(value: Any) -> float:
    """A finite number."""
    try:
        number = math.nan if isinstance(value, dict | list) else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Misfit("a number", value)
    return number


def read_optional_number(value: Any) -> float | None:
    """A finite number, or nothing."""
    return None if is_null(value) else read_number(value)


def read_count(value: Any) -> int:
    """A whole number that is not negative."""
    if type(value) is Bare and len(value) < 10 and value.isascii() and value.isdigit():
        return int(value)
    raise Misfit("a whole number", value)


def read_texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if type(value) is not list:
        raise Misfit("a list of texts", value)
    for number, item in enumerate(value):
        if type(item) is not str:
            raise Misfit("text", item, (str(number),))
    return tuple(value)


def read_text_map(value: Any) -> dict[str, str]:
    """A mapping of texts to texts."""
    return _read_map(value, read_text)


def read_number_map(value: Any) -> dict[str, float]:
    """A mapping of texts to finite numbers."""
    return _read_map(value, read_number)


V = TypeVar("V")


def _read_map(value: Any, read: Callable[[Any], V]) -> dict[str, V]:
    if type(value) is not dict:
        raise Misfit("a mapping", value)
    result = {}
    for key, item in value.items():
        if type(key) is not str:
            raise Misfit("a key that is text", key, (key,))
        try:
            result[key] = read(item)
        except Misfit as misfit:
            raise Misfit(misfit.expected, misfit.got, (key,)) from misfit
    return result


def read_llms(value: Any) -> tuple[LlmEntry, ...]:
    """Hosted models, a mapping each."""
    if type(value) is not list:
        raise Misfit("a list of mappings", value)
    return tuple(_read_llm(item, str(number)) for number, item in enumerate(value))


def _read_llm(tree: Any, number: str) -> LlmEntry:
    if type(tree) is not dict:
        raise Misfit("a mapping", tree, (number,))
    values: dict[str, str] = {}
    for key, field in LLM.items():
        if key not in tree and field.required:
            raise Misfit(f"a mapping with `{key}`", tree, (number,))
        try:
            values[key] = field.read(tree.get(key, ""))
        except Misfit as misfit:
            raise Misfit(misfit.expected, misfit.got, (number, key)) from misfit
    return LlmEntry(extra={key: tree[key] for key in tree if key not in LLM}, **values)


def is_null(value: Any) -> bool:
    """Whether a value is written as nothing."""
    return type(value) is Bare and value in ("", "~", "null", "Null", "NULL")


class Field(NamedTuple):
    """A key of an entry.

    Attributes:
        read: Reads its value, or raises :class:`Misfit`.
        required: Whether an entry must have it.
        always: Whether it is written though it says nothing.
        sort: Whether its value is written sorted.
    """

    read: Callable[[Any], Any]
    required: bool = False
    always: bool = False
    sort: bool = False


NEEDED = Field(read_text, required=True, always=True)
LLM = {
    "name": NEEDED,
    "provider": NEEDED,
    "id": NEEDED,
    "resolved_on": NEEDED,
    "digest": Field(read_digest),
}
