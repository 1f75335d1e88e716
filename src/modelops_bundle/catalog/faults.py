"""What is wrong with a catalog document, in words for the person who edits it.

The schema's library words its faults for programmers. Here each kind gets a sentence that says what was
expected and what is there, and, of a key that is not known, which one was probably meant. Values that may
hold a key of an API are not shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modelops_bundle.catalog.places import key_text, line_of
from modelops_bundle.catalog.schema import CapabilitiesRow, ModelRow, row_at
from modelops_bundle.yamltext.events import find_lines
from modelops_bundle.yamltext.problems import Problem

__all__ = ["problems_of"]

Path = tuple[int | str, ...]

_EXPECTED = {
    "string_type": "text",
    "string_unicode": "Unicode text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_CORRECT = "Correct it in the file."
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SECRET = re.compile(r"(.*_)?(api_?key|secret|password|auth_token|access_token)|key|token")
_MAY_HOLD_SECRETS = frozenset(
    ("authentication", "base_url", "base_url_variables", "credential_variables", "other_base_urls")
)


def problems_of(data: bytes, error: ValidationError) -> list[Problem]:
    """Every fault that validation found in a document, in the order of its lines."""
    faults = error.errors(include_url=False)
    # A fault of a mapping's key ends with this marker rather than with a key.
    paths = [tuple(part for part in fault["loc"] if part != "[key]") for fault in faults]
    texts = [tuple(map(str, path)) for path in paths]
    lines = find_lines(data, {path[:end] for path in texts for end in range(1, len(path) + 1)})
    told = [
        Problem(line_of(lines, text), key_text(text), _what(path, fault), _mend(path, fault))
        for path, text, fault in zip(paths, texts, faults, strict=True)
    ]
    return sorted(dict.fromkeys(told), key=lambda problem: problem.line or 0)


def _what(path: Path, fault: Mapping[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "catalog":
        return str(context["reason"])
    if kind == "missing":
        return "it is missing"
    if kind == "extra_forbidden":
        return "no such key is known here"
    return (
        f"{_wanted(kind, context, fault)}{_instead(path, fault['input'])}{_advice(kind, context)}"
    )


def _wanted(kind: str, context: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"it should be {'one of ' if ',' in choices else ''}{choices}"
    if kind == "greater_than_equal":
        return f"it should be at least {context['ge']:g}"
    if kind == "less_than_equal":
        return f"it should be at most {context['le']:g}"
    if kind in _EXPECTED:
        return f"it should be {_EXPECTED[kind]}"
    return str(fault["msg"]).replace("Input should", "it should")


def _advice(kind: str, context: Mapping[str, Any]) -> str:
    limit = kind == "greater_than_equal" and context["ge"] == 1
    return "; leave it out where it is unknown" if limit else ""


def _instead(path: Path, given: Any) -> str:
    """What is there, for an error; nothing where it may be a secret."""
    if isinstance(given, Mapping):
        return ", not a mapping"
    if isinstance(given, list):
        return ", not a list"
    if given is None or isinstance(given, bool):
        return {None: ", not null", True: ", not true", False: ", not false"}[given]
    if not _MAY_HOLD_SECRETS.isdisjoint(path):
        return ""
    text = str(given)
    return f", not {text}" if _NUMBER.fullmatch(text) else f", not {text!a:.60}"


def _mend(path: Path, fault: Mapping[str, Any]) -> str:
    if fault["type"] != "extra_forbidden":
        return _CORRECT
    key, row = str(path[-1]), row_at(path[:-1])
    if _SECRET.fullmatch(key.lower()):
        return "Keys do not belong in a file: name the variable under credential_variables."
    if path[0] == "models" and len(path) == 3 and key in CapabilitiesRow.model_fields:
        return f"Put {key} under capabilities."
    if key == "model_id" and row is ModelRow:
        return "It is another name of id: keep one of both."
    close = difflib.get_close_matches(key, row.model_fields, 1, 0.75)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Remove it; the keys here are {', '.join(row.model_fields)}."
