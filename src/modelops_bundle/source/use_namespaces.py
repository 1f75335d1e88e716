"""Reads of whole namespaces, and of the list of all modules, whose order shows what was imported first.

A namespace keeps its names in the order in which they were bound, and a package the modules in it in the
order in which they were loaded. Taking a single entry out, or writing one, shows nothing of that, nor
does sorting them; everything else counts as a look at the order.

What is looked at is a target (:mod:`modelops_bundle.source.use_scopes`), or one of:

- ``#``: the module itself, by ``globals()`` and its like;
- ``?``: any module;
- ``@``: the module itself, where one is handed on and its namespace looked at there;
- the empty text: something unknown, which is a module only where one is handed on.

Instances have namespaces as well, which imports leave alone: ``self.__dict__`` is no such look, nor is that
of a class, whose imports keep their order anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelops_bundle.source.use_scopes import Scope, imported_by_call, is_elsewhere, targets
from modelops_bundle.source.use_sinks import canonical

__all__ = [
    "KEYED_METHODS",
    "NAMESPACES",
    "NOTED",
    "NOTED_CALLS",
    "SETTLING_CALLS",
    "listed",
    "roll_calls",
]

#: Attributes that are a namespace.
NAMESPACES = frozenset({"__dict__", "__dir__", "__globals__", "f_globals", "f_locals"})
#: Functions that give one.
NOTED_CALLS = frozenset({"globals", "locals", "vars"})
#: Names of which each mention is noted.
NOTED = NAMESPACES | NOTED_CALLS | {"modules"}
#: Methods that concern single entries.
KEYED_METHODS = frozenset(
    {"__contains__", "__delitem__", "__getitem__", "__setitem__", "clear", "get", "pop"}
    | {"setdefault", "update"}
)
#: Functions to which the order of what they are given does not matter, or that only look names up in it.
SETTLING_CALLS = frozenset(
    {"FunctionType", "eval", "exec", "frozenset", "id", "len", "set", "sorted"}
)

_Noted = tuple[ast.expr, Scope]


def roll_calls(noted: Iterable[_Noted]) -> Iterator[int]:
    """Lines of the mentions of :data:`NOTED` that look at all modules."""
    for node, scope in noted:
        if _is_all_modules(node, scope):
            yield node.lineno


def _is_all_modules(node: ast.expr, scope: Scope) -> bool:
    return any(canonical(target) == "sys.modules" for target in targets(node, scope))


def listed(noted: Iterable[_Noted]) -> Iterator[str]:
    """What is looked at by mentions of :data:`NOTED` that are more than single entries."""
    for node, scope in noted:
        if isinstance(node, ast.Name):
            if node.id in NOTED_CALLS and scope.lookup(node.id) is None:
                yield "" if node.id == "vars" else "#"
        elif isinstance(node, ast.Constant):
            yield ""
        elif isinstance(node, ast.Subscript):
            if _is_all_modules(node.value, scope):
                yield "@"
        elif isinstance(node, ast.Call):
            yield from _called(node, scope)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node.attr, node.value, scope)


def _called(node: ast.Call, scope: Scope) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "getattr":
        if isinstance(node.args[1], ast.Constant):
            yield from _attribute(str(node.args[1].value), node.args[0], scope)
    elif scope.lookup(name) is not None:
        return
    elif name == "vars" and node.args:
        yield from _subject(node.args[0], scope)
    elif name == "globals" or _holds_imports(scope):
        yield "#"


def _attribute(name: str, owner: ast.expr, scope: Scope) -> Iterator[str]:
    if name in ("__dict__", "__dir__"):
        yield from _subject(owner, scope)
    elif name in NAMESPACES:
        yield "?"
    elif name in NOTED_CALLS and any(
        canonical(target) == "builtins" for target in targets(owner, scope)
    ):
        yield "" if name == "vars" else "#"


def _holds_imports(scope: Scope) -> bool:
    """Whether names that are local at a place are imported there."""
    here: Scope | None = scope
    while here is not None and here.kind == "comprehension":
        here = here.parent
    if here is None or here.kind == "class":
        return False
    return any(item.kind == "import" for bindings in here.names.values() for item in bindings)


def _subject(node: ast.expr, scope: Scope) -> Iterator[str]:
    if _is_instance_or_class(node, scope):
        return
    if _is_module_entry(node, scope):
        yield "#" if _is_own_name(node) else "?"
        return
    for target in targets(node, scope):
        if target.startswith("#"):
            if "." in target:
                yield ""
        elif not target or target[0] == ".":
            yield "?" if _is_loaded_module(node, scope) else ""
        elif is_elsewhere(target) or target[0] == "*":
            yield target


def _is_instance_or_class(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Name):
        function = scope.function()
        return (
            node.id in ("self", "cls")
            and function is not None
            and function.parameters.get(node.id) == 0
        )
    if isinstance(node, ast.Attribute):
        return node.attr == "__class__"
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in ("type", "super")


def _is_module_entry(node: ast.expr, scope: Scope) -> bool:
    """Whether it is ``sys.modules[...]``, or a module that is imported under a name that is computed."""
    if isinstance(node, ast.Subscript):
        return _is_all_modules(node.value, scope)
    if not isinstance(node, ast.Call) or imported_by_call(node) is not None:
        return False
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name in ("__import__", "import_module", "reload")


def _is_own_name(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Name)
        and node.slice.id == "__name__"
    )


def _is_loaded_module(node: ast.expr, scope: Scope) -> bool:
    """Whether a name stands for a module that was imported under a computed name."""
    bindings = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return any(
        binding.node is not None
        and binding.scope is not None
        and _is_module_entry(binding.node, binding.scope)
        for binding in bindings or ()
    )
