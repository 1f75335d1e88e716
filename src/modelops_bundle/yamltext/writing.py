"""Plain values to YAML text: one fixed style, so that equal values give equal bytes on every machine.

Block style, two spaces, keys in the order given, no line wrapped. Whatever could be read as something else
than text is quoted, digests always. A lone surrogate, which stands for a byte of a file name that is not
UTF-8, cannot be written in YAML; it becomes ``\\0`` and its four hex digits, which no file name can
contain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from modelops_bundle.errors import UsageError
from modelops_bundle.yamltext.events import Bare

__all__ = ["write_yaml"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+\-]*")
_HEX = re.compile(r"[0-9a-f]{16,}")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
# A fixed set: whether Python calls a character printable changes with its version.
_ESCAPED = re.compile(
    '[\x00-\x1f"\\\\\x7f-\xa0\xad\u0600-\u0605\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f'
    "\u3000\ud800-\udfff\ufeff\ufff0-\uffff]"
)
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

# A YAML reader looks for the colon of a key in at most 1,024 characters.
_LONGEST_SIMPLE_KEY = 1000


def write_yaml(tree: Mapping[str, Any]) -> bytes:
    """``tree`` as UTF-8: mappings, lists or tuples, text, :class:`Bare`, ``bool``, numbers, ``None``.

    Raises:
        UsageError: A number is not finite, or a value has another type.
    """
    lines: list[str] = []
    _write_mapping(tree, "", lines)
    return ("\n".join(lines) + "\n" if lines else "{}\n").encode("utf-8")


def _write_mapping(mapping: Mapping[str, Any], indent: str, lines: list[str]) -> None:
    for key, value in mapping.items():
        head = _scalar(key)
        if len(head) > _LONGEST_SIMPLE_KEY:
            lines.append(f"{indent}? {head}")
            head = ""
        _write_value(f"{indent}{head}:", value, indent + "  ", lines)


def _write_value(head: str, value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, Mapping):
        if value:
            lines.append(head)
            _write_mapping(value, indent, lines)
        else:
            lines.append(f"{head} {{}}")
    elif isinstance(value, list | tuple):
        if value:
            lines.append(head)
            for item in value:
                _write_value(f"{indent}-", item, indent + "  ", lines)
        else:
            lines.append(f"{head} []")
    else:
        lines.append(f"{head} {_scalar(value)}")


def _scalar(value: Any) -> str:
    if type(value) is str:
        return _text(value)
    if type(value) is Bare:
        return value or "null"
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value)
    if type(value) is float and math.isfinite(value):
        # Without a point before the exponent, YAML 1.1 reads text.
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")
    raise UsageError(f"{value!r} cannot be recorded", "the registry holds text and finite numbers")


def _text(value: str) -> str:
    if (
        _PLAIN.fullmatch(value)
        and value.lower() not in _WORDS
        and not (len(value) >= 16 and _HEX.fullmatch(value))
    ):
        return value
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return f"\\0{code:04x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
