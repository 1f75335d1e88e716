"""The one spelling of a syntax tree, whatever Python parsed it and however it was laid out.

A tree is spelled level by level, from a table of fields that is fixed here and not taken from the running
interpreter. Going by levels needs no recursion, and is unambiguous: each item says how many items of the
next level are its own.

Left out are positions, the ``u`` of a string, type comments, and whether a name is read or written, which
its place says already. Docstrings are left out and handed back, and a body that has nothing else is ``pass``.
Three differences without a meaning are levelled: how the plain text of an f-string is cut up, ``del (a, b)``
for ``del a, b``, and fields that older Pythons do not have, while they are empty.

Items, one a line: a name as it is; ``.attribute``; ``Node(``; ``[count``; ``-`` for what is absent; ``=``,
type and value for a constant, texts preceded by their length; ``+field`` before one that is newer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

__all__ = [
    "Atoms",
    "Definition",
    "Spelling",
    "constant_text",
    "docstring_of",
    "spell",
]

_FIELDS = {
    "AnnAssign": "target annotation value simple",
    "Assert": "test msg",
    "Assign": "targets value",
    "AsyncFor": "target iter body orelse",
    "AsyncFunctionDef": "body name args decorator_list returns",
    "AsyncWith": "items body",
    "AugAssign": "target op value",
    "Await": "value",
    "BinOp": "left op right",
    "BoolOp": "op values",
    "ClassDef": "body name bases keywords decorator_list",
    "Compare": "left ops comparators",
    "Delete": "targets",
    "Dict": "keys values",
    "DictComp": "key value generators",
    "ExceptHandler": "type name body",
    "Expr": "value",
    "For": "target iter body orelse",
    "FormattedValue": "value conversion format_spec",
    "FunctionDef": "body name args decorator_list returns",
    "GeneratorExp": "elt generators",
    "Global": "names",
    "If": "test body orelse",
    "IfExp": "test body orelse",
    "Import": "names",
    "ImportFrom": "level module names",
    "JoinedStr": "values",
    "Lambda": "args body",
    "List": "elts",
    "ListComp": "elt generators",
    "Match": "subject cases",
    "MatchAs": "name pattern",
    "MatchClass": "cls patterns kwd_attrs kwd_patterns",
    "MatchMapping": "keys patterns rest",
    "MatchOr": "patterns",
    "MatchSequence": "patterns",
    "MatchSingleton": "value",
    "MatchStar": "name",
    "MatchValue": "value",
    "NamedExpr": "target value",
    "Nonlocal": "names",
    "ParamSpec": "name",
    "Raise": "exc cause",
    "Return": "value",
    "Set": "elts",
    "SetComp": "elt generators",
    "Slice": "lower upper step",
    "Starred": "value",
    "Subscript": "value slice",
    "Try": "body handlers orelse finalbody",
    "TryStar": "body handlers orelse finalbody",
    "Tuple": "elts",
    "TypeAlias": "name type_params value",
    "TypeVar": "name bound",
    "TypeVarTuple": "name",
    "UnaryOp": "op operand",
    "While": "test body orelse",
    "With": "items body",
    "Yield": "value",
    "YieldFrom": "value",
    "alias": "name asname",
    "arg": "arg annotation",
    "arguments": "posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults",
    "comprehension": "target iter ifs is_async",
    "keyword": "arg value",
    "match_case": "pattern guard body",
    "withitem": "context_expr optional_vars",
}
_NEVER = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


Grouping = Callable[[list[Any]], list[Any]]


class Definition(NamedTuple):
    """A function or class, and its docstring, which was left out, if it has one."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    docstring: str | None


class Atoms(NamedTuple):
    """Stands in a statement list for imports whose order is free."""

    texts: tuple[str, ...]


class Spelling(NamedTuple):
    """The spelling of one statement.

    Attributes:
        data: Bytes that two statements have in common exactly when their trees mean the same.
        definitions: Functions and classes in it, itself included, in no particular order.
        imports: Names imported in it, wherever in it.
    """

    data: bytes
    definitions: list[Definition]
    imports: int


def spell(statement: ast.stmt, group: Grouping | None = None) -> Spelling:
    """Spell one statement.

    Args:
        statement: It and all below it.
        group: Applied to each list in it, to put :class:`Atoms` in the place of import statements.

    Returns:
        Its spelling, however deep the tree is.
    """
    items: list[str] = []
    rare = _Rare()
    level: list[Any] = [statement]
    while level:
        level = _spell_level(level, items.append, rare)
        if group is not None:
            level = [group(item) if item.__class__ is list else item for item in level]
    data = "\n".join(items).encode("utf-8", "surrogatepass")
    return Spelling(data, rare.definitions, rare.imports)


def _spell_level(level: list[Any], emit: Callable[[str], None], rare: _Rare) -> list[Any]:
    # Most of the time that a project's sources take is spent here: the kinds that make up nine tenths of a
    # tree come first, and skip the table.
    name, constant, attribute, call = ast.Name, ast.Constant, ast.Attribute, ast.Call
    below: list[Any] = []
    push = below.append
    for node in level:
        kind = node.__class__
        if kind is name:
            emit(node.id)
        elif kind is constant:
            value = node.value
            emit(f"=s{len(value)}:{value}" if value.__class__ is str else constant_text(value))
        elif kind is list:
            emit(f"[{len(node)}")
            below += node
        elif kind is attribute:
            emit(f".{node.attr}")
            push(node.value)
        elif kind is call:
            emit(f"Call({len(node.args)},{len(node.keywords)}")
            push(node.func)
            below += node.args
            below += node.keywords
        elif kind is str:
            emit(node)
        else:
            tag, get = _FORMS[kind]
            emit(tag)
            below += rare.children(node) if get is None else get(node)
    return below


def constant_text(value: object) -> str:
    """Spelling of a constant: type and value, such that no two constants share it."""
    spelled = _CONSTANTS.get(value.__class__)
    return f"={type(value).__name__}:{value!r}" if spelled is None else spelled(value)


def docstring_of(body: list[ast.stmt]) -> str | None:
    """Text of the string that documents the owner of ``body``."""
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        value = body[0].value.value
        return value if isinstance(value, str) else None
    return None


_CONSTANTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "=true" if value else "=false",
    bytes: lambda value: f"=b{value.hex()}",
    complex: lambda value: f"=c{value.real.hex()},{value.imag.hex()}",
    float: lambda value: f"=f{value.hex()}",
    # In hexadecimal, which has no limit of digits and takes no quadratic time.
    int: lambda value: f"=i{value:x}",
    str: lambda value: f"=s{len(value)}:{value}",
    type(None): lambda _: "=none",
    type(...): lambda _: "=ellipsis",
}


class _Rare:
    """Children of the nodes whose fields are not taken as they are."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.imports = 0

    def children(self, node: Any) -> list[Any]:
        kind = type(node)
        get, newer = _CHILDREN[kind]
        children = list(get(node))
        if kind in _DEFINITIONS:
            children[0] = self._body(node)
        elif kind is ast.JoinedStr:
            children[0] = _merged(node.values)
        elif kind is ast.Delete:
            children[0] = _deleted(node.targets)
        elif kind in _IMPORTS:
            self.imports += len(node.names)
        for name in newer:
            value = getattr(node, name, None)
            children += [f"+{name}", value] if value else []
        return children

    def _body(self, node: Any) -> list[ast.stmt]:
        body: list[ast.stmt] = node.body
        docstring = docstring_of(body)
        self.definitions.append(Definition(node, docstring))
        return body if docstring is None else body[1:] or [ast.Pass()]


def _merged(values: list[ast.expr]) -> list[ast.expr]:
    # How plain text next to a field is cut up differs between versions, and with implicit concatenation.
    parts: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            before = parts[-1] if parts else None
            if isinstance(before, ast.Constant):
                parts[-1] = ast.Constant(f"{before.value!s}{value.value}")
            elif value.value:
                parts.append(value)
        else:
            parts.append(value)
    return parts


def _deleted(targets: list[ast.expr]) -> list[ast.expr]:
    # Formatters take the parentheses of "del (a, b)" away: it deletes the same in the same order.
    if len(targets) == 1 and isinstance(targets[0], ast.Tuple):
        return targets[0].elts
    return targets


_Get = Callable[[Any], Any]


class _Forms(dict[type, tuple[str, _Get | None]]):
    """How each kind of item is spelled, and what gives its children (``None``: :class:`_Rare` does)."""

    def __missing__(self, kind: type) -> tuple[str, _Get | None]:
        if issubclass(kind, ast.AST):
            get, newer = _CHILDREN[kind]
            self[kind] = f"{kind.__name__}(", None if newer or kind in _RARE else get
        else:
            self[kind] = "=", lambda value: (constant_text(value)[1:],)
        return self[kind]


class _Fields(dict[type, tuple[_Get, tuple[str, ...]]]):
    """What gives the children of each kind of node, and which of its fields the table does not know.

    Those count where they are used, so that Pythons that do not have them agree where they are not.
    """

    def __missing__(self, kind: type) -> tuple[_Get, tuple[str, ...]]:
        present = [name for name in kind._fields if name not in _NEVER]  # type: ignore[attr-defined]
        fields = _FIELDS[kind.__name__].split() if kind.__name__ in _FIELDS else present
        newer = tuple(name for name in present if name not in fields)
        self[kind] = _getter(fields), newer
        return self[kind]


def _getter(fields: list[str]) -> _Get:
    if not fields:
        return lambda _: ()
    get = attrgetter(*fields)
    return get if len(fields) > 1 else lambda node: (get(node),)


_DEFINITIONS = frozenset({ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef})
_IMPORTS = frozenset({ast.Import, ast.ImportFrom})
_RARE = _DEFINITIONS | _IMPORTS | {ast.Delete, ast.JoinedStr}
_CHILDREN = _Fields()
_FORMS = _Forms(
    {type(None): ("-", lambda _: ()), Atoms: ("Atoms(", lambda atoms: (list(atoms.texts),))}
)
