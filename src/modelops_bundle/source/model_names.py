"""Names of language models that a source hands to what it calls: ``model="gpt-4o"`` and the like.

Facts alone: which of these texts name a hosted model is not known here. A text counts where it is passed as
the keyword ``model`` or one like it, is the value of such a key, goes first into a call that takes a model
first, or is what a name that is used so was given: a constant, an attribute, the default of a parameter, an
argument of a function of the same source.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from modelops_bundle.ports import Files, Unreadable
from modelops_bundle.source.model_values import (
    expressions,
    given_in,
    last_name,
    model_text,
    parameters,
)
from modelops_bundle.source.parse import Unparsable, parse, paused_collector, with_room

__all__ = ["ModelNames", "model_names_of", "read_model_names"]

_KEYS = frozenset(("model", "modelId", "model_id", "model_name"))
#: Functions and classes of clients that take a model as their first argument.
_TAKE_FIRST = frozenset(
    (
        *("acompletion", "aembedding", "aresponses", "completion", "embedding", "responses"),
        *("text_completion", "chat", "embed", "embeddings", "generate", "show"),
        *("GenerativeModel", "LM", "from_provider", "init_chat_model", "init_embeddings"),
        *("Agent", "AnthropicModel", "BedrockConverseModel", "CohereModel", "GeminiModel"),
        *("GoogleModel", "GroqModel", "MistralModel", "OpenAIChatModel", "OpenAIModel"),
        *("OpenAIResponsesModel", "infer_model"),
    )
)
_URL = re.compile(r"https?://[^\s\"'/?#]+")
#: How texts that are sent name a model: in JSON, and in the path of an address.
_IN_TEXT = re.compile(
    r"\"model(?:_?[iI]d|_name)?\"\s*:\s*\"([^\"\s]+)\"|/models/([^\s/?#:\"']+):[a-z]"
)
_MEMO_KIND = f"model-names2-{sys.version_info[0]}.{sys.version_info[1]}"


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
        # Names by the names that they are given the value of.
        self._flows: dict[str, dict[str, None]] = {}
        self._functions: dict[str, list[str]] = {}
        self._calls: list[ast.Call] = []
        # Docstrings and other texts that nothing is done with.
        self._said: set[int] = set()

    def names(self) -> ModelNames:
        """What was gathered."""
        reached = self._reached()
        for call in self._calls:
            for parameter, value in self._passed(call):
                # Most of what calls pass is nothing of a model.
                if parameter in reached:
                    self._give(parameter, value)
        return ModelNames(
            tuple(sorted(self._texts)),
            tuple(sorted(self._reached())),
            tuple(sorted(self._given)),
            tuple(sorted(self._imported)),
            tuple(sorted(self._urls)),
        )

    def _passed(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        """Parameters, each with what a call passes for it."""
        yield from ((each.arg, each.value) for each in call.keywords if each.arg)
        names = self._functions.get(last_name(call.func), ())
        yield from zip(names, call.args, strict=False)

    def _reached(self) -> dict[str, None]:
        """Names that are handed on, and those whose values they are given."""
        reached, pending = dict(self._references), list(self._references)
        while pending:
            new = self._flows.get(pending.pop(), {}).keys() - reached.keys()
            reached.update(dict.fromkeys(new))
            pending += new
        return reached

    def take(self, node: ast.AST) -> None:
        """Take one node of the tree."""
        match node:
            case ast.Constant(value=str() as text) if id(node) not in self._said:
                self._read(node.lineno, text)
            case ast.Expr():
                self._said.add(id(node.value))
            case ast.Call():
                self._call(node)
            case ast.Dict():
                self._dictionary(node)
            case ast.Import() | ast.ImportFrom():
                self._imported.update(dict.fromkeys(_imported(node)))
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case _:
                for target, given in given_in(node):
                    self._give_to(target, given)

    def _read(self, line: int, text: str) -> None:
        self._urls.update(dict.fromkeys(_URL.findall(text)))
        for match in _IN_TEXT.finditer(text):
            self._texts[line, match[1] or match[2]] = None

    def _call(self, node: ast.Call) -> None:
        self._calls.append(node)
        for each in node.keywords:
            if each.arg in _KEYS:
                self._hand_on(each.value)
        if last_name(node.func) in _TAKE_FIRST and node.args:
            self._hand_on(node.args[0])

    def _dictionary(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if _is_key(key):
                self._hand_on(value)

    def _define(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        made: ast.stmt = node
        if isinstance(node, ast.ClassDef):
            # A call of the class passes on what its constructor is passed.
            made = next(
                (each for each in node.body if getattr(each, "name", "") == "__init__"), node
            )
        if isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef):
            self._functions.setdefault(node.name, parameters(made))

    def _hand_on(self, value: ast.expr) -> None:
        for each in expressions(value):
            text = model_text(each)
            if text is not None:
                self._texts[each.lineno, text] = None
            elif name := last_name(each):
                self._references[name] = None

    def _give_to(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Subscript) and _is_key(target.slice):
            self._hand_on(value)
        else:
            self._give(last_name(target), value)

    def _give(self, name: str, value: ast.expr) -> None:
        if not name:
            return
        for each in expressions(value):
            text = model_text(each)
            if text is not None:
                self._given[name, each.lineno, text] = None
            elif other := last_name(each):
                self._flows.setdefault(name, {})[other] = None


def _is_key(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in _KEYS


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
