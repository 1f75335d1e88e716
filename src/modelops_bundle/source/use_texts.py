"""Texts that code forms from literals: names of variables and modules, and paths of files.

A text is kept as a template: literal characters, with marks between ``\x01`` and ``\x02`` for what is known
only elsewhere:

- ``?``: unknown;
- ``file``: the path of the source itself; ``name`` and ``package``: what it is imported as;
- ``up``: go one level up from what precedes (the folder of a path, the parent of a package);
- ``in=package``: the folder of a package, by name or target; where it is empty, none of the project;
- ``=target``: a constant of another file (see :mod:`modelops_bundle.source.use_scopes`);
- ``+name``: whatever other files put into a collection of this file, which may be nothing;
- ``@parameter``: an argument of the function around, followed by ``^`` when it is put in capitals.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

from modelops_bundle.source.use_leaves import EVERYTHING, MAX_ELEMENTS, leaves, steps_of
from modelops_bundle.source.use_records import (
    FILE,
    NAME,
    PACKAGE,
    UNKNOWN,
    UP,
    folder_of_package,
)
from modelops_bundle.source.use_scopes import (
    MAX_ALTERNATIVES,
    MAX_DEPTH,
    Binding,
    Scope,
    dotted,
    last_name,
    targets,
)
from modelops_bundle.source.use_sinks import RESOURCE_FOLDERS, canonical

__all__ = ["elements", "texts"]


MAX_LENGTH = 1024
#: Starts the mark of what other files put into a collection.
_GROWN = "\x01+"

_OWN = {"__file__": FILE, "__name__": NAME, "__package__": PACKAGE}
#: Functions whose value is the text or path that they are given first.
_SAME_FUNCTIONS = frozenset(
    {"PosixPath", "Path", "PurePath", "PurePosixPath", "abspath", "expanduser", "fsdecode"}
    | {"fspath", "intern", "normpath", "realpath", "str"}
)
#: Methods whose value is the text or path that they are called on.
_SAME_METHODS = frozenset({"__str__", "absolute", "as_posix", "expanduser", "resolve"})
_STRIPS: dict[str, Callable[..., str]] = {
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
}
_METHODS = _SAME_METHODS | _STRIPS.keys() | {"decode", "lower", "upper"}
#: Encodings that read the bytes of a literal as :func:`_literal` does.
_PLAIN_ENCODINGS = frozenset({"UTF-8", "ascii", "utf-8", "utf8"})
_JOINS = frozenset({"join", "joinpath", "Path", "PurePath", "PurePosixPath", "PosixPath"})


def _mark(kind: str) -> str:
    return f"\x01{kind}\x02"


def texts(node: ast.expr, scope: Scope, depth: int = 0) -> list[str]:
    """All texts that an expression may be, without repetition; never empty."""
    found: dict[str, None] = {}
    for text in _texts(node, scope, depth):
        found[text if len(text) <= MAX_LENGTH else UNKNOWN] = None
        if len(found) >= MAX_ALTERNATIVES and not text.startswith(_GROWN):
            found[UNKNOWN] = None
            break
    return list(found)


def _texts(node: ast.expr, scope: Scope, depth: int) -> Iterable[str]:
    form = _FORMS.get(node.__class__)
    return (UNKNOWN,) if form is None or depth > MAX_DEPTH * 2 else form(node, scope, depth)


def _of_constant(node: ast.Constant, _scope: Scope, _depth: int) -> Iterable[str]:
    return (_literal(node.value),)


def _of_formatted(node: ast.JoinedStr, scope: Scope, depth: int) -> Iterable[str]:
    return _product([_formatted(part, scope, depth + 1) for part in node.values], "")


def _of_operation(node: ast.BinOp, scope: Scope, depth: int) -> Iterable[str]:
    if isinstance(node.op, ast.Add):
        return _joined(node, scope, depth, "")
    return _joined(node, scope, depth, "/") if isinstance(node.op, ast.Div) else (UNKNOWN,)


def _of_choice(node: ast.IfExp | ast.BoolOp, scope: Scope, depth: int) -> Iterable[str]:
    parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
    if len(parts) > MAX_ALTERNATIVES:
        return (UNKNOWN,)
    return [text for part in parts for text in texts(part, scope, depth + 1)]


def _of_walrus(node: ast.NamedExpr, scope: Scope, depth: int) -> Iterable[str]:
    return texts(node.value, scope, depth + 1)


#: What marks are made of, and high surrogates, which JSON would join with low ones.
_UNUSABLE = re.compile("[\x01\x02\ud800-\udbff]")


def _literal(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str) or _UNUSABLE.search(value):
        return UNKNOWN
    return value


def _formatted(part: ast.expr, scope: Scope, depth: int) -> list[str]:
    if isinstance(part, ast.FormattedValue):
        plain = part.format_spec is None and part.conversion in (-1, ord("s"))
        return texts(part.value, scope, depth) if plain else [UNKNOWN]
    return texts(part, scope, depth)


def _product(parts: list[list[str]], joint: str) -> list[str]:
    found = [""]
    for index, part in enumerate(parts):
        found = [f"{left}{joint if index else ''}{right}" for left in found for right in part]
        if len(found) > MAX_ALTERNATIVES + 1:
            return [UNKNOWN]
    return found


def _joined(node: ast.BinOp, scope: Scope, depth: int, joint: str) -> list[str]:
    # The left spine is followed in a loop, since a sum may be as long as the file.
    kind = type(node.op)
    parts: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, kind):
        parts.append(left.right)
        left = left.left
        if len(parts) > _MAX_PARTS:
            return [UNKNOWN]
    parts.append(left)
    return _product([texts(part, scope, depth + 1) for part in reversed(parts)], joint)


_MAX_PARTS = 32


def _named(node: ast.Name | ast.Attribute, scope: Scope, depth: int) -> Iterable[str]:
    if isinstance(node, ast.Attribute):
        upward = _parent_of(node, scope, depth)
        if upward is not None:
            return upward
    head, attributes = dotted(node)
    if not isinstance(head, ast.Name):
        return (UNKNOWN,)
    if not attributes:
        return _name(head.id, scope, depth)
    if (head.id, attributes) == ("__spec__", ["parent"]):
        return (PACKAGE,)
    found = [target for target in targets(node, scope, depth + 1) if target]
    return [_constant_of(target) for target in found] or (UNKNOWN,)


def _parent_of(node: ast.Attribute, scope: Scope, depth: int) -> list[str] | None:
    if node.attr == "parent" and not (
        isinstance(node.value, ast.Name) and node.value.id == "__spec__"
    ):
        return [_above(text) for text in texts(node.value, scope, depth + 1)]
    return None


def _above(text: str) -> str:
    return text if text == UNKNOWN else f"{text}{UP}"


def _constant_of(target: str) -> str:
    # An attribute of something unknown may still be a constant of a class in this file, by its name.
    return _mark(f"={target}")


def _name(name: str, scope: Scope, depth: int) -> list[str]:
    home = scope.home(name)
    if home is None:
        return [_OWN.get(name) or _mark(f"=*|{name}")]
    answers = home.answers.get(("texts", name))
    if answers is None:
        # A name that is asked for while it is being asked for grows with every turn of a loop.
        home.answers["texts", name] = [UNKNOWN]
        answers = home.answers["texts", name] = _bound_texts(name, home, depth)
    return answers


def _bound_texts(name: str, home: Scope, depth: int) -> list[str]:
    found: dict[str, None] = {}
    for binding in home.names[name]:
        found.update(dict.fromkeys(_bound(name, binding, depth)))
        if len(found) < MAX_ALTERNATIVES:
            # What is added to the name (``name += "x"``) is added to what it was before.
            home.answers["texts", name] = [*found, UNKNOWN]
        if len(found) >= MAX_ALTERNATIVES and binding.kind == "value":
            found[UNKNOWN] = None
            break
    return list(found)


def _bound(name: str, binding: Binding, depth: int) -> Iterable[str]:
    if binding.kind == "import":
        return (_mark(f"={binding.text}"),)
    if binding.kind == "parameter":
        return (_mark(f"@{name}"),)
    if binding.node is None or binding.scope is None:
        return (UNKNOWN,)
    if binding.kind == "value":
        return texts(binding.node, binding.scope, depth + 1)
    return elements(binding.node, binding.scope, steps_of(binding), depth + 1)


def _called(node: ast.Call, scope: Scope, depth: int) -> Iterable[str]:
    name = last_name(node.func)
    own = node.func.value if isinstance(node.func, ast.Attribute) else None
    if name == "dirname" and node.args:
        return [_above(text) for text in texts(node.args[0], scope, depth + 1)]
    if name in ("with_name", "joinpath") and own is not None and node.args:
        base = [
            f"{text}{UP}" if name == "with_name" else text for text in texts(own, scope, depth + 1)
        ]
        return _product([base, *(texts(part, scope, depth + 1) for part in node.args)], "/")
    if name in _JOINS and len(node.args) > 1:
        return _product([texts(part, scope, depth + 1) for part in node.args], "/")
    if name == "files" and len(node.args) == 1 and _is_of_resources(node.func, scope, depth):
        return [folder_of_package(text) for text in texts(node.args[0], scope, depth + 1)]
    if name in _SAME_FUNCTIONS and node.args:
        return texts(node.args[0], scope, depth + 1)
    if name not in _METHODS or own is None:
        return (UNKNOWN,)
    return _of_method(name, node, texts(own, scope, depth + 1))


def _of_method(name: str, node: ast.Call, own: list[str]) -> Iterable[str]:
    """What a method makes of the texts that it may be called on."""
    if name in _SAME_METHODS:
        return own
    if name in ("upper", "lower"):
        return [_cased(text, name) for text in own]
    if name in _STRIPS:
        return [_stripped(text, name, node.args) for text in own]
    encodings = [*node.args, *(part.value for part in node.keywords)]
    plain = all(
        isinstance(item, ast.Constant) and item.value in _PLAIN_ENCODINGS for item in encodings
    )
    return own if plain else (UNKNOWN,)


def _stripped(text: str, how: str, arguments: list[ast.expr]) -> str:
    if not arguments:
        # Of what is only known elsewhere, white space around it is taken not to be there.
        return text if "\x01" in text else _STRIPS[how](text)
    given = arguments[0]
    characters = _literal(given.value) if isinstance(given, ast.Constant) else UNKNOWN
    return UNKNOWN if "\x01" in text + characters else _STRIPS[how](text, characters)


def _is_of_resources(func: ast.expr, scope: Scope, depth: int) -> bool:
    return any(canonical(found) in RESOURCE_FOLDERS for found in targets(func, scope, depth + 1))


def _cased(text: str, how: str) -> str:
    if "\x01" not in text:
        return text.upper() if how == "upper" else text.lower()
    whole = text.startswith("\x01@") and text.endswith("\x02") and text.count("\x01") == 1
    return f"{text[:-1]}^\x02" if whole and how == "upper" else UNKNOWN


def _subscripted(node: ast.Subscript, scope: Scope, depth: int) -> Iterable[str]:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        levels = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(levels, int) and 0 <= levels <= MAX_DEPTH:
            return [text + UP * (levels + 1) for text in texts(node.value.value, scope, depth + 1)]
        return (UNKNOWN,)
    steps = ":" if isinstance(node.slice, ast.Slice) else "s"
    return elements(node.value, scope, steps, depth + 1)


def elements(node: ast.expr, scope: Scope, steps: str, depth: int = 0) -> list[str]:
    """Texts in a literal collection.

    Args:
        node: The collection, or a name for it.
        scope: Where ``node`` is evaluated.
        steps: How they are taken out of it; see :mod:`modelops_bundle.source.use_leaves`.
        depth: How many aliases were followed.
    """
    home = scope.home(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or home is None:
        return _elements(node, scope, steps, depth)
    question = (f"elements {steps}", node.id)
    answers = home.answers.get(question)
    if answers is None:
        home.answers[question] = [UNKNOWN]
        answers = home.answers[question] = _elements(node, scope, steps, depth)
    return answers


def _elements(node: ast.expr, scope: Scope, steps: str, depth: int) -> list[str]:
    found: dict[str, None] = {}
    for leaf in leaves(node, scope, steps, depth):
        if steps == EVERYTHING and _is_no_text(leaf.node):
            continue
        every = [leaf.text] if leaf.node is None else texts(leaf.node, leaf.scope, depth + 1)
        found.update(dict.fromkeys(every))
        if len(found) > MAX_ELEMENTS:
            return [UNKNOWN]
    return list(found) or [UNKNOWN]


def _is_no_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes)


_FORMS: dict[type[ast.expr], Callable[[Any, Scope, int], Iterable[str]]] = {
    ast.Constant: _of_constant,
    ast.Name: _named,
    ast.Attribute: _named,
    ast.JoinedStr: _of_formatted,
    ast.BinOp: _of_operation,
    ast.Call: _called,
    ast.IfExp: _of_choice,
    ast.BoolOp: _of_choice,
    ast.NamedExpr: _of_walrus,
    ast.Subscript: _subscripted,
}
