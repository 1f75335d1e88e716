"""Names of language models that a source hands to what it calls: ``model="gpt-4o"`` and the like.

Facts alone: which of these texts name a hosted model is not known here. A text counts where it is passed as
the keyword ``model``, is the value of the key ``"model"`` of a dictionary, or is what a name that is used so
was given: a constant, an attribute, the default of a parameter.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from modelops_bundle.ports import Files, Unreadable
from modelops_bundle.source.parse import Unparsable, parse, paused_collector, with_room

__all__ = ["ModelNames", "model_names_of", "read_model_names"]

_KEY = "model"
_NAME = re.compile(r"[A-Za-z0-9][\w.:@/-]{1,199}")
_URL = re.compile(r"https?://[^\s\"'/?#]+")
_MEMO_KIND = f"model-names1-{sys.version_info[0]}.{sys.version_info[1]}"


class ModelNames(NamedTuple):
    """What one source says of models that it calls.

    Attributes:
        texts: Line and text of each literal that is handed on as a model.
        references: Names that are handed on as a model: what they were given is one.
        given: Name, line and text of each literal that a name, attribute or parameter is given.
        imported: Whole names of the modules that it imports.
        urls: Beginnings of the URLs in its texts, up to the host.
    """

    texts: tuple[tuple[int, str], ...] = ()
    references: tuple[str, ...] = ()
    given: tuple[tuple[str, int, str], ...] = ()
    imported: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


def model_names_of(files: Files, path: str) -> ModelNames:
    """What the source at an absolute path says, from an earlier run where it is known."""
    content = files.content(path)
    if isinstance(content, Unreadable):
        return ModelNames()
    known = files.memo_get(_MEMO_KIND, content.hex)
    if known is not None:
        return _decoded(known)
    data = files.read(path)
    if isinstance(data, Unreadable):
        return ModelNames()
    names = read_model_names(data)
    files.memo_put(_MEMO_KIND, content.hex, json.dumps(names, separators=(",", ":")))
    return names


def _decoded(text: str) -> ModelNames:
    texts, references, given, imported, urls = json.loads(text)
    return ModelNames(
        tuple((line, each) for line, each in texts),
        tuple(references),
        tuple((name, line, each) for name, line, each in given),
        tuple(imported),
        tuple(urls),
    )


def read_model_names(data: bytes) -> ModelNames:
    """What a source says; nothing where it does not parse."""
    with paused_collector():
        return with_room(lambda: _read_paused(data))


def _read_paused(data: bytes) -> ModelNames:
    tree = parse(data)
    if isinstance(tree, Unparsable):
        return ModelNames()
    reader = _Reader()
    for node in ast.walk(tree):
        reader.take(node)
    return reader.names()


class _Reader:
    """Gathers the names of one tree, node by node."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, str], None] = {}
        self._references: dict[str, None] = {}
        self._given: dict[tuple[str, int, str], None] = {}
        self._imported: dict[str, None] = {}
        self._urls: dict[str, None] = {}

    def names(self) -> ModelNames:
        """What was gathered."""
        return ModelNames(
            tuple(sorted(self._texts)),
            tuple(sorted(self._references)),
            tuple(sorted(self._given)),
            tuple(sorted(self._imported)),
            tuple(sorted(self._urls)),
        )

    def take(self, node: ast.AST) -> None:
        """Take one node of the tree."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._urls.update(dict.fromkeys(_URL.findall(node.value)))
        elif isinstance(node, ast.Call | ast.Dict):
            for value in _models_of(node):
                self._hand_on(value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._imported.update(dict.fromkeys(_imported(node)))
        elif isinstance(node, ast.arguments | ast.Assign | ast.AnnAssign):
            for name, given in _given(node):
                self._give(name, given)

    def _hand_on(self, value: ast.expr) -> None:
        for each in _alternatives(value):
            text = _text(each)
            if text is not None:
                self._texts[each.lineno, text] = None
            elif name := _last_name(each):
                self._references[name] = None

    def _give(self, name: str, value: ast.expr | None) -> None:
        if not name or value is None:
            return
        for each in _alternatives(value):
            text = _text(each)
            if text is not None:
                self._given[name, each.lineno, text] = None


def _text(node: ast.expr) -> str | None:
    """A literal that may be a model's name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if _NAME.fullmatch(node.value) else None
    return None


def _last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be: both of ``a if c else b``, each of ``a or b``."""
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.IfExp):
            pending += [each.orelse, each.body]
        elif isinstance(each, ast.BoolOp):
            pending += each.values
        else:
            yield each


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _models_of(node: ast.Call | ast.Dict) -> Iterator[ast.expr]:
    """What a call or a dictionary hands on as a model."""
    if isinstance(node, ast.Call):
        yield from (each.value for each in node.keywords if each.arg == _KEY)
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == _KEY:
            yield value


def _given(
    node: ast.arguments | ast.Assign | ast.AnnAssign,
) -> Iterator[tuple[str, ast.expr | None]]:
    """Names, attributes and parameters, each with what it is given."""
    if isinstance(node, ast.arguments):
        yield from _defaults(node)
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield _last_name(target), node.value


def _defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*node.posonlyargs, *node.args]
    last = positional[len(positional) - len(node.defaults) :]
    yield from ((arg.arg, value) for arg, value in zip(last, node.defaults, strict=True))
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if default is not None:
            yield arg.arg, default
