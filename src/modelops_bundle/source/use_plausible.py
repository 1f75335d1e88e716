"""Which texts may be names or paths, so that the rest need not be kept."""

from __future__ import annotations

import ast
import re

from modelops_bundle.source.use_records import UNKNOWN
from modelops_bundle.source.use_sinks import MAPPINGS, canonical, sink_of

__all__ = [
    "is_dotted_name",
    "is_file_name",
    "is_plausible",
    "looks_like_path",
    "looks_like_pattern",
    "may_be_text",
]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MARK = re.compile("\x01[^\x02]*\x02")
_WORD = re.compile(r"[\w.\-/\\:]{1,256}")
_DOTTED = re.compile(r"\.*[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|\.+[A-Za-z_]\w*")
_ENTRY = re.compile(rf"({_DOTTED.pattern})(:[\w.]+)?|[A-Za-z_]\w*:[A-Za-z_][\w.]*")
_ELSEWHERE = re.compile("\x01(=[^\x02]*[A-Z][A-Z0-9_]+|[+][^\x02]*)\x02")
#: No NUL, no mark, and no high surrogate, which JSON would join with a low one.
_PATH = re.compile(
    r"[^\s<>|*?\"'\x00-\x02\ud800-\udbff]"
    r"([^\n<>|*?\"\x00-\x02\ud800-\udbff]{0,254}[^\s<>|*?\"'.\x00-\x02\ud800-\udbff])?"
)

#: A folder, and further on a star; nothing that patterns of texts hold and paths do not.
_IN_PATTERN = r"[^\s<>|\"'\\^$(){}+\x00-\x02\ud800-\udbff]*"
_PATTERN = re.compile(rf"(?![^/]*[*?]){_IN_PATTERN}/{_IN_PATTERN}\*{_IN_PATTERN}")


def is_plausible(target: str, position: str, text: str) -> bool:
    """Whether a text may be a name that is worth keeping for ``target``."""
    if text == UNKNOWN:
        return False
    sink = sink_of(target)
    if sink is not None or canonical(target) in MAPPINGS:
        return True
    if "\x01" in text:
        return _ELSEWHERE.fullmatch(text) is not None or _is_handed_on(target, position, text)
    if not target:
        return position == "[]" and _VARIABLE.fullmatch(text) is not None
    if target[0] == ".":
        return _is_plausible_attribute(target, position, text)
    return bool(_WORD.fullmatch(text))


def _is_handed_on(target: str, position: str, text: str) -> bool:
    """Whether an argument of the function around goes on as a name, with something put around it."""
    if "\x01@" not in text:
        return False
    around = _MARK.sub("", text)
    return position == "[]" or (not around and target[:1] == "#") or bool(_WORD.fullmatch(around))


def _is_plausible_attribute(target: str, position: str, text: str) -> bool:
    """The same for an attribute of something unknown: most of those are no environment and no import."""
    if _VARIABLE.fullmatch(text) or _DOTTED.fullmatch(text) or "env" in target.lower():
        return True
    method = target.rpartition(".")[2]
    return position != "[]" and method not in _COMMON_METHODS and bool(_WORD.fullmatch(text))


def may_be_text(node: ast.expr) -> bool:
    """Whether an expression is of a kind that forms a text."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    return isinstance(node, ast.Name | ast.Attribute | ast.BinOp | ast.JoinedStr)


def looks_like_path(text: str) -> bool:
    """Whether a text is likely a path: it has a folder or a suffix, and is no sentence."""
    if ("." not in text and "/" not in text) or not text.strip("./0123456789"):
        return False
    return "://" not in text and ". " not in text and _PATH.fullmatch(text) is not None


def looks_like_pattern(text: str) -> bool:
    """Whether a text, perhaps a template, is likely a pattern of paths: a star below a folder."""
    plain = _MARK.sub("x", text)
    return "*" in plain and "://" not in plain and _PATTERN.fullmatch(plain) is not None


#: Methods of texts, collections and tables, which are given more texts than anything else.
_COMMON_METHODS = frozenset(
    {
        "add",
        "add_argument",
        "agg",
        "append",
        "astype",
        "count",
        "debug",
        "decode",
        "drop",
        "encode",
        "endswith",
    }
    | {
        "error",
        "find",
        "format",
        "get",
        "groupby",
        "index",
        "info",
        "isin",
        "join",
        "lstrip",
        "pop",
        "remove",
    }
    | {
        "replace",
        "rsplit",
        "rstrip",
        "set_index",
        "setdefault",
        "sort_values",
        "split",
        "startswith",
        "strip",
    }
    | {"update", "warning", "write"}
)


def is_dotted_name(text: str) -> bool:
    """Whether a text may be the name of a module in a package, or of something in a module."""
    return _ENTRY.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Whether a text may be a path, however plain."""
    return _PATH.fullmatch(text) is not None
