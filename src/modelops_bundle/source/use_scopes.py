"""Namespaces as the uses of names are read: everything that a name may stand for, wherever it is bound.

Unlike :mod:`modelops_bundle.source.scopes`, which follows the order of statements, all bindings of a name
count here at once: what a function reads is asked of names as they may be when it runs.

A *target* is a text that says what an expression stands for:

- ``0|os|environ``: attribute ``environ`` of module ``os``; the number is the count of leading dots;
- ``#Class.method``: a definition of this file;
- ``*|name.attribute``: a name that is not bound here, a builtin or the gift of a star import;
- ``.env``, ``.env.get``: an attribute of something unknown, its last two names;
- the empty text: something unknown.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

__all__ = [
    "Binding",
    "Growth",
    "Scope",
    "dotted",
    "is_elsewhere",
    "last_name",
    "name_targets",
    "owners_within",
    "targets",
]

#: More alternatives than this, or longer chains of aliases, are cut off; what is cut counts as unknown.
MAX_ALTERNATIVES = 16
MAX_DEPTH = 12


class Binding(NamedTuple):
    """One way in which a name is bound.

    Attributes:
        kind: ``import`` (``text`` is a target), ``definition`` (``text`` is its qualified name), ``value``
            (``node``), ``each`` (an element of ``node``), ``item`` (part ``number`` of one), ``parameter``
            (``number``) or ``opaque``.
        text: See ``kind``.
        node: See ``kind``.
        scope: Where ``node`` is evaluated.
        number: See ``kind``.
    """

    kind: str
    text: str = ""
    node: ast.expr | None = None
    scope: Scope | None = None
    number: int = 0


OPAQUE = Binding("opaque")


class Growth(NamedTuple):
    """Something that is put into a collection after it was made.

    Attributes:
        node: The expression; ``None`` for something unknown.
        scope: Where ``node`` is evaluated.
        way: How it goes in: as an ``item``, as the ``key`` or the value of an ``entry``, as one more
            collection of the ``same`` kind, or ``any`` other way.
    """

    node: ast.expr | None
    scope: Scope | None
    way: str


class Scope:
    """A module, function, class, lambda or comprehension, and the names bound in it.

    Args:
        kind: ``module``, ``function``, ``class`` or ``comprehension``.
        parent: The scope around it.
        qualname: Dotted name of the definition, empty for the module.
    """

    __slots__ = (
        "_outer",
        "answers",
        "called",
        "elsewhere",
        "growths",
        "kind",
        "loaded",
        "looked",
        "names",
        "parameters",
        "parent",
        "qualname",
    )

    def __init__(self, kind: str, parent: Scope | None = None, qualname: str = "") -> None:
        self.kind = kind
        self.parent = parent
        self.qualname = qualname
        self.names: dict[str, list[Binding]] = {}
        self.elsewhere: dict[str, Scope] = {}
        self.growths: dict[str, list[Growth]] = {}
        self.parameters: dict[str, int] = {}
        #: Dotted names that are loaded here, called here without a text, or merely asked for their
        #: attributes, and the first line of each.
        self.loaded: dict[str, int] = {}
        self.called: dict[str, int] = {}
        self.looked: dict[str, int] = {}
        #: What names were found to stand for, by question and name; empty while that is being asked.
        self.answers: dict[tuple[str, str], list[Any]] = {}
        self._outer = self._visible_outer()

    def _visible_outer(self) -> Scope | None:
        outer = self.parent
        while outer is not None and outer.kind == "class" and self.kind != "comprehension":
            outer = outer.parent
        return outer

    def bind(self, name: str, binding: Binding) -> None:
        """Note that ``name`` may stand for ``binding``."""
        scope = self.elsewhere.get(name, self)
        scope.names.setdefault(name, []).append(binding)

    def bind_walrus(self, name: str, binding: Binding) -> None:
        """The same for ``:=``, which binds outside of comprehensions."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        scope.bind(name, binding)

    def declare_global(self, names: list[str]) -> None:
        """Let ``names`` be the module's."""
        module = self
        while module.parent is not None:
            module = module.parent
        for name in names:
            self._move(name, module)

    def declare_nonlocal(self, names: list[str]) -> None:
        """Let ``names`` be those of the function around."""
        for name in names:
            scope = self._outer
            while scope is not None and scope.kind == "comprehension":
                scope = scope.parent
            if scope is not None:
                self._move(name, scope)

    def _move(self, name: str, scope: Scope) -> None:
        # Statements are not read in their order: the name may have been bound here before.
        self.elsewhere[name] = scope
        if scope is not self and name in self.names:
            scope.names.setdefault(name, []).extend(self.names.pop(name))

    def home(self, name: str) -> Scope | None:
        """The scope that ``name`` belongs to here; ``None`` when this file does not bind it."""
        scope: Scope | None = self.elsewhere.get(name, self)
        while scope is not None and name not in scope.names:
            scope = scope._outer
        return scope

    def lookup(self, name: str) -> list[Binding] | None:
        """Everything that ``name`` may stand for here; ``None`` when this file does not bind it."""
        scope = self.home(name)
        return None if scope is None else scope.names[name]

    def function(self) -> Scope | None:
        """The function whose code this is, if any."""
        scope: Scope | None = self
        while scope is not None and scope.kind == "comprehension":
            scope = scope.parent
        return scope if scope is not None and scope.kind == "function" else None


def last_name(node: ast.expr) -> str:
    """The last name of a chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def dotted(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """The head of a chain of attributes, and the attributes in order; ``getattr`` with a literal is one."""
    attributes: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        elif isinstance(node, ast.NamedExpr):
            node = node.value
        elif (name := _getattr_name(node)) is not None and isinstance(node, ast.Call):
            attributes.append(name)
            node = node.args[0]
        else:
            attributes.reverse()
            return node, attributes


def _getattr_name(node: ast.expr) -> str | None:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) >= 2
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    ):
        return node.args[1].value
    return None


def targets(node: ast.expr, scope: Scope, depth: int = 0) -> list[str]:
    """Everything that an expression may stand for, without repetition; ``[""]`` when nothing is known."""
    found: dict[str, None] = {}
    for target in _targets(node, scope, depth):
        found[target] = None
        if len(found) >= MAX_ALTERNATIVES:
            found[""] = None
            break
    return list(found)


def _targets(node: ast.expr, scope: Scope, depth: int) -> Iterator[str]:
    head, attributes = dotted(node)
    if depth > MAX_DEPTH:
        yield _opaque(attributes)
    elif isinstance(head, ast.Name):
        yield from name_targets(head.id, attributes, scope, depth)
    elif (module := imported_by_call(head)) is not None:
        yield _extended(f"0|{module}|", attributes)
    else:
        parts = [] if attributes and attributes[-1] not in _CARRYING else carried(head)
        for part in parts:
            for target in targets(part, scope, depth + 1):
                yield _extended(target, attributes)
        if not parts:
            yield _opaque(attributes)


def name_targets(name: str, attributes: list[str], scope: Scope, depth: int = 0) -> list[str]:
    """:func:`targets` of a chain of attributes of a name."""
    home = scope.home(name)
    if home is None:
        return [_extended(f"*|{name}", attributes)]
    answers = home.answers.get(("targets", name))
    if answers is None:
        # A name that is asked for while it is being asked for stands for what else it is bound to.
        home.answers["targets", name] = [""]
        answers = home.answers["targets", name] = _bound_targets(home.names[name], depth)
    return [_extended(target, attributes) for target in answers] if attributes else answers


def owners_within(nodes: Iterable[ast.AST], scope: Scope) -> Iterator[list[str]]:
    """Targets of each thing of which an attribute is taken in some expressions, where it has a name."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if not isinstance(node, ast.Attribute):
            pending.extend(ast.iter_child_nodes(node))
            continue
        head, attributes = dotted(node)
        pending.append(head)
        if isinstance(head, ast.Name):
            for length in range(min(len(attributes), 8)):
                yield name_targets(head.id, attributes[:length], scope)


def _bound_targets(bindings: list[Binding], depth: int) -> list[str]:
    found: dict[str, None] = {}
    for binding in bindings:
        if binding.kind == "import":
            found[binding.text] = None
        elif binding.kind == "definition":
            found[f"#{binding.text}"] = None
        elif binding.kind == "value" and binding.node is not None and binding.scope is not None:
            found.update(dict.fromkeys(targets(binding.node, binding.scope, depth + 1)))
        else:
            found[""] = None
        if len(found) >= MAX_ALTERNATIVES:
            found[""] = None
            break
    return list(found)


def _extended(target: str, attributes: list[str]) -> str:
    if not attributes:
        return target
    if target == "" or target[0] == ".":
        return _opaque([*target.split(".")[1:], *attributes])
    joint = "" if target[-1] == "|" else "."
    return f"{target}{joint}{'.'.join(attributes[:8])}"


def _opaque(attributes: list[str]) -> str:
    return f".{'.'.join(attributes[-2:])}" if attributes else ""


#: Methods of a mapping under which a copy of it is still read like the mapping itself.
_CARRYING = frozenset({"get", "pop", "setdefault", "__getitem__", "__contains__", "copy"})
_COPIERS = frozenset({"dict", "copy", "deepcopy", "ChainMap", "MappingProxyType", "OrderedDict"})


def carried(node: ast.expr) -> list[ast.expr]:
    """Parts of an expression that its value may be, or be a copy of: ``a or b``, ``dict(a)``, ``{**a}``."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [node.left, node.right]
    if isinstance(node, ast.Dict):
        return [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
    if isinstance(node, ast.Call):
        return _copied(node)
    return []


def _copied(node: ast.Call) -> list[ast.expr]:
    parts: list[ast.expr] = []
    func = node.func
    name = last_name(func)
    if name in _COPIERS:
        parts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None)]
    if name == "copy" and isinstance(func, ast.Attribute) and not node.args:
        parts = [func.value]
    return parts


def imported_by_call(node: ast.expr) -> str | None:
    """The module that ``__import__("name")`` or ``import_module("name")`` gives."""
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return None
    func, argument = node.func, node.args[0]
    name = last_name(func)
    if name not in ("__import__", "import_module"):
        return None
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return None
    module = argument.value
    if "|" in module or module.startswith("."):
        return None
    return module.partition(".")[0] if name == "__import__" else module


def is_elsewhere(target: str) -> bool:
    """Whether another file than this one, and than those of the standard library, may be meant."""
    if not target or target[0] in ".#*":
        return False
    level, module, _ = target.split("|", 2)
    return level != "0" or module.partition(".")[0] not in sys.stdlib_module_names
