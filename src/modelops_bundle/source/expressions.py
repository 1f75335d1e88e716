"""What an expression stands for, as references to definitions or as a literal.

Depth of expressions is bounded by nothing in a source that parsed, so chains are followed in loops, and the
rest to a fixed depth; what lies deeper counts as unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final, Protocol

from modelops_bundle.source.bindings import Literal, Ref
from modelops_bundle.source.scopes import alternatives

__all__ = ["Names", "as_written", "dotted", "literal", "references"]

MAX_DEPTH = 16
MAX_LITERAL_NODES = 4000
MAX_TEXT = 1000
MAX_PARTS = 24
MAX_DESCRIPTION = 200

#: Calls that make a class whose bases are known, with the builtin it then descends from.
_PLAIN_CLASSES = {
    "collections.namedtuple": "tuple",
    "typing.NamedTuple": "tuple",
    "typing_extensions.NamedTuple": "tuple",
    "typing.TypedDict": "dict",
    "typing_extensions.TypedDict": "dict",
}

_SETS: Final = (ast.List, ast.Tuple, ast.Set)


class Names(Protocol):
    """Where names are looked up at the point that has been reached."""

    def lookup(self, name: str) -> tuple[Ref, ...]:
        """What ``name`` stands for here."""
        ...

    def node(self, name: str) -> ast.expr | None:
        """The expression that ``name`` was assigned from, if that is certain."""
        ...

    def truth(self, test: ast.expr, depth: int = 0) -> bool | None:
        """Whether ``test`` holds here; ``None`` when that is not known before the module runs.

        Args:
            test: The expression.
            depth: How deep in another one it was come upon.
        """
        ...


def as_written(node: ast.expr) -> str:
    """A short text for ``node`` as written: ``cb.BaseModel``, ``make_base(...)``.

    Of a longer chain the last parts, since a chain is described from each of its calls.
    """
    tail: list[str] = []
    while len(tail) < MAX_PARTS:
        if isinstance(node, ast.Attribute):
            tail.append("." + node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            tail.append("[...]")
            node = node.value
        elif isinstance(node, ast.Call):
            tail.append("(...)")
            node = node.func
        elif isinstance(node, ast.Starred):
            return "*" + as_written(node.value) if not isinstance(node.value, ast.Starred) else "*"
        else:
            head = (
                node.id if isinstance(node, ast.Name) else "<" + type(node).__name__.lower() + ">"
            )
            return (head + "".join(reversed(tail)))[:MAX_DESCRIPTION]
    return ("..." + "".join(reversed(tail)))[:MAX_DESCRIPTION]


def dotted(refs: tuple[Ref, ...]) -> str:
    """The dotted name that ``refs`` say, if they are one absolute import or one builtin; else empty."""
    # That a star import hides ``sys`` or ``type`` is not considered: the answer would never be known then.
    certain = [ref for ref in refs if ref.kind != "star"]
    if len(certain) != 1:
        return ""
    ref = certain[0]
    if ref.kind == "free":
        parts = ["builtins", ref.name, ref.attributes]
    elif ref.kind in {"module", "from"} and not ref.target.startswith("."):
        parts = [ref.target, ref.name, ref.attributes]
    else:
        return ""
    return ".".join(part for part in parts if part)


def references(node: ast.expr, names: Names, depth: int = 0) -> tuple[Ref, ...]:
    """Everything that ``node`` may stand for; at least one reference."""
    attributes: list[str] = []
    start = node
    while True:
        if isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            break
    if isinstance(node, ast.Name):
        refs = names.lookup(node.id)
    elif depth > MAX_DEPTH:
        return _value(start)
    else:
        follow = _FOLLOWED.get(type(node))
        refs = follow(node, names, depth + 1) if follow is not None else _value(node)
    return _with_attributes(refs, attributes) if attributes else refs


def _with_attributes(refs: tuple[Ref, ...], attributes: list[str]) -> tuple[Ref, ...]:
    text = ".".join(reversed(attributes))
    return tuple(
        [
            ref._replace(attributes=f"{ref.attributes}.{text}" if ref.attributes else text)
            for ref in refs
        ]
    )


def _value(node: ast.expr) -> tuple[Ref, ...]:
    if isinstance(node, ast.Constant):
        what = "a constant"
    elif isinstance(node, ast.Call):
        what = f"what {as_written(node)} returns"
    else:
        what = "an expression"
    return (Ref("value", what, "", ""),)


def _follow_call(node: ast.Call, names: Names, depth: int) -> tuple[Ref, ...]:
    function = dotted(references(node.func, names, depth))
    arguments = node.args
    if function in _PLAIN_CLASSES:
        return (Ref("free", "", _PLAIN_CLASSES[function], ""),)
    if function in {"typing.cast", "typing_extensions.cast"} and len(arguments) == 2:
        return references(arguments[1], names, depth)
    if function == "builtins.type" and len(arguments) == 1:
        return (Ref("free", "", "type", ""),)  # the class of a class
    text = _text(arguments[-1]) if arguments else ""
    if function == "builtins.getattr" and len(arguments) == 2 and text.isidentifier():
        return _with_attributes(references(arguments[0], names, depth), [text])
    if function == "importlib.import_module" and len(arguments) == 1 and text and text[0] != ".":
        return (Ref("module", text, "", ""),)
    if function.endswith(".with_metaclass") and len(arguments) == 2:
        return references(arguments[1], names, depth)
    return _value(node)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _follow_choice(node: ast.IfExp, names: Names, depth: int) -> tuple[Ref, ...]:
    known = names.truth(node.test, depth)
    if known is not None:
        return references(node.body if known else node.orelse, names, depth)
    both = [references(node.body, names, depth), references(node.orelse, names, depth)]
    return alternatives("", both)


def _follow_operator(node: ast.BoolOp, names: Names, depth: int) -> tuple[Ref, ...]:
    # The last operand of ``and``; the others are only given back when they are false, and classes are not.
    operands = node.values if isinstance(node.op, ast.Or) else node.values[-1:]
    return alternatives("", [references(operand, names, depth) for operand in operands])


def _follow_walrus(node: ast.NamedExpr, names: Names, depth: int) -> tuple[Ref, ...]:
    return references(node.value, names, depth)


_FOLLOWED: dict[type[ast.expr], Callable[..., tuple[Ref, ...]]] = {
    ast.Call: _follow_call,
    ast.IfExp: _follow_choice,
    ast.BoolOp: _follow_operator,
    ast.NamedExpr: _follow_walrus,
}


class _Budget:
    __slots__ = ("left",)

    def __init__(self, most: int) -> None:
        self.left = most


def literal(node: ast.expr, names: Names, most: int = MAX_LITERAL_NODES) -> Literal:
    """``node`` as a literal, with ``("unknown",)`` for what is none or comes after ``most`` parts."""
    return _literal(node, names, _Budget(most), 0)


def _literal(node: ast.expr, names: Names, budget: _Budget, depth: int) -> Literal:
    budget.left -= 1
    if budget.left < 0 or depth > MAX_DEPTH:
        return ("unknown",)
    if isinstance(node, ast.Constant):
        short = isinstance(node.value, str) and len(node.value) <= MAX_TEXT
        return ("text", node.value) if short else ("scalar",)
    if isinstance(node, _SETS):
        return ("list", *[_literal(item, names, budget, depth + 1) for item in node.elts])
    if isinstance(node, ast.Name | ast.Attribute):
        return ("ref", references(node, names))
    compound = _COMPOUND.get(type(node))
    return compound(node, names, budget, depth + 1) if compound is not None else ("unknown",)


def _map_literal(node: ast.Dict, names: Names, budget: _Budget, depth: int) -> Literal:
    pairs: list[Literal] = []
    for key, value in zip(node.keys, node.values, strict=True):
        inner = _literal(value, names, budget, depth)
        pairs.append(
            (_literal(key, names, budget, depth), inner) if key else (("star", inner), inner)
        )
    return ("map", *pairs)


def _call_literal(node: ast.Call, names: Names, budget: _Budget, depth: int) -> Literal:
    arguments = [_literal(item, names, budget, depth) for item in node.args]
    keywords = [(k.arg or "", _literal(k.value, names, budget, depth)) for k in node.keywords]
    return ("call", references(node.func, names), tuple(arguments), tuple(keywords))


def _sum_literal(node: ast.BinOp, names: Names, budget: _Budget, depth: int) -> Literal:
    if not isinstance(node.op, ast.Add | ast.BitOr):
        return ("unknown",)
    left = _literal(node.left, names, budget, depth)
    return ("sum", left, _literal(node.right, names, budget, depth))


def _star_literal(node: ast.Starred, names: Names, budget: _Budget, depth: int) -> Literal:
    return ("star", _literal(node.value, names, budget, depth))


def _number_literal(node: ast.UnaryOp, *_context: object) -> Literal:
    return ("scalar",) if isinstance(node.operand, ast.Constant) else ("unknown",)


_COMPOUND: dict[type[ast.expr], Callable[..., Literal]] = {
    ast.Dict: _map_literal,
    ast.Call: _call_literal,
    ast.BinOp: _sum_literal,
    ast.Starred: _star_literal,
    ast.UnaryOp: _number_literal,
}
