"""Parameter sets from YAML, whose versions disagree on what a plain scalar is.

What YAML 1.1 and 1.2 read alike is read so, and ``1e-3`` is a number, as for everybody but YAML 1.1. Where
one would silently take a truth value or a number and the other a text or another number (``no``, ``010``,
``1_000``, ``12:30``), it is refused with the place. Dates are text, as JSON has none.
"""

from __future__ import annotations

import re
from typing import Any

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.parameter_source import ParameterSource, source_of_document
from modelops_bundle.results.parameter_values import parse_cell
from modelops_bundle.yamltext.events import DocumentError, read_yaml

__all__ = ["source_of_yaml"]

_NULL = frozenset(("null", "Null", "NULL", "~"))
_TRUTH = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_NUMBER = re.compile(
    r"[-+]?(?:0[0-9_]+(?:\.[0-9_]*)?|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0b[01_]+"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)"
)
_NO_NUMBER = re.compile(r"[-+]?\.?(?:inf|infinity|nan)", re.IGNORECASE)


def source_of_yaml(data: bytes, name: str) -> ParameterSource:
    """Parameter sets from one YAML document, of the shapes that JSON has.

    Raises:
        ParameterError: It is no YAML, uses what is refused (tags, merge keys, keys that stand twice, aliases
            without end), holds a scalar that versions of YAML disagree on, or has another shape.
    """
    try:
        document = read_yaml(data, _scalar).root
    except DocumentError as error:
        problem = error.problem
        raise ParameterError(
            f"{name} cannot be used", f"{problem.place}: {problem.what}", problem.mend
        ) from error
    return source_of_document(document, name)


def _scalar(text: str) -> Any:
    if text in _NULL:
        return None
    if not text:
        raise ParameterError("a value is missing", "", "Fill it in, or write null.")
    if _NO_NUMBER.fullmatch(text):
        raise ParameterError(
            f"a value is {text}",
            "NaN and infinity have no identity",
            "Put quotes around it where it is a text.",
        )
    if _TRUTH.fullmatch(text):
        raise ParameterError(
            f"{text} is text or a truth value, as the version of YAML is",
            "",
            f'Write true, false, or "{text}" in quotes.',
        )
    value = parse_cell(text)
    if value == text and _NUMBER.fullmatch(text):
        raise ParameterError(
            f"{text:.40} is text or a number, as the version of YAML is",
            "",
            "Write a decimal number, or quotes around it.",
        )
    return value
