"""Whether a module only defines when it is imported, so that it may be imported sooner or later.

Definitions, values made of literals and of what :mod:`modelops_bundle.source.harmless` lists, and imports
only define. Whatever else happens at import (a call, an entry written into something that came from
elsewhere, a class whose base takes notice of its subclasses) may be seen by another import, and the order
counts.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from typing import Any

from modelops_bundle.source.harmless import is_harmless_base, is_harmless_call, is_harmless_method
from modelops_bundle.source.use_records import LOOKED_INTO, Effects
from modelops_bundle.source.use_scopes import Scope, targets
from modelops_bundle.source.use_sinks import canonical

__all__ = ["read_effects"]


def read_effects(
    tree: ast.Module, module: Scope, scopes: Iterable[Scope], roll_calls: Iterable[int] = ()
) -> Effects:
    """Effects of a parsed module.

    Args:
        tree: The module.
        module: Its names.
        scopes: The scopes in it, those of its classes among them.
        roll_calls: Lines that ask a class for its subclasses.
    """
    classes = {scope.qualname: scope for scope in scopes if scope.kind == "class"}
    reader = _Reader(module, classes)
    # The end of a long file is rarely reached: the first thing that does more decides.
    stack = [(statement, module) for statement in reversed(tree.body)]
    while stack and not reader.line:
        statement, scope = stack.pop()
        reader.read(statement, scope, stack)
    calls, bases = tuple(sorted(reader.calls)), tuple(sorted(reader.bases))
    return Effects(reader.line, calls, bases, min(roll_calls, default=0))


_Pending = list[tuple[ast.stmt, Scope]]


class _Reader:
    def __init__(self, module: Scope, classes: dict[str, Scope]) -> None:
        self._module = module
        self._classes = classes
        self.line = 0
        self.calls: set[str] = set()
        self.bases: set[str] = set()

    def read(self, node: ast.stmt, scope: Scope, pending: _Pending) -> None:
        handler = _STATEMENTS.get(node.__class__)
        if handler is None or not handler(self, node, scope, pending):
            self.line = node.lineno

    # --- statements: each says whether it only defines ------------------------------------------------

    def nothing(self, _node: ast.stmt, _scope: Scope, _pending: _Pending) -> bool:
        return True

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, _pending: _Pending
    ) -> bool:
        if node.name in _NOTICING:
            return False
        arguments = node.args
        parts = [*arguments.defaults, *arguments.kw_defaults, node.returns]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        parts += [
            item.annotation
            for item in (*every, arguments.vararg, arguments.kwarg)
            if item is not None
        ]
        return self._decorators(node.decorator_list, scope) and self._are_values(parts, scope)

    def class_(self, node: ast.ClassDef, scope: Scope, pending: _Pending) -> bool:
        qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
        inner = self._classes.get(qualname, scope)
        pending.extend((statement, inner) for statement in reversed(node.body))
        for keyword in node.keywords:
            if keyword.arg == "metaclass" and not self._is_metaclass(keyword.value, scope):
                return False
            if not self._are_values([keyword.value], scope):
                return False
        return self._decorators(node.decorator_list, scope) and all(
            self._is_base(base, scope) for base in node.bases
        )

    def assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope, _pending: _Pending
    ) -> bool:
        into = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [node.value, node.annotation] if isinstance(node, ast.AnnAssign) else [node.value]
        changes = isinstance(node, ast.AugAssign)
        return all(self._is_own(target, scope, changes) for target in into) and self._are_values(
            parts, scope
        )

    def expression(self, node: ast.Expr, scope: Scope, _pending: _Pending) -> bool:
        value = node.value
        if isinstance(value, ast.Constant):
            return True
        if not isinstance(value, ast.Call):
            return False
        func = value.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr in _FILLING
            and self._is_display(func.value, scope)
        ):
            return self._are_values([*value.args, *(item.value for item in value.keywords)], scope)
        return self._are_values([value], scope)

    def choice(self, node: ast.If, scope: Scope, pending: _Pending) -> bool:
        pending.extend((statement, scope) for statement in reversed(node.orelse))
        if not _is_dead(node.test):
            pending.extend((statement, scope) for statement in reversed(node.body))
        return self._are_values([node.test], scope)

    def loop(self, node: ast.For | ast.While, scope: Scope, pending: _Pending) -> bool:
        pending.extend((statement, scope) for statement in (*node.body, *node.orelse))
        if isinstance(node, ast.While):
            return self._are_values([node.test], scope)
        return self._is_own(node.target, scope, False) and self._are_values([node.iter], scope)

    def attempt(self, node: ast.Try, scope: Scope, pending: _Pending) -> bool:
        inner = [statement for handler in node.handlers for statement in handler.body]
        pending.extend(
            (item, scope) for item in (*node.body, *inner, *node.orelse, *node.finalbody)
        )
        return self._are_values([handler.type for handler in node.handlers], scope)

    def failure(self, node: ast.Raise | ast.Assert, scope: Scope, _pending: _Pending) -> bool:
        parts = [node.exc, node.cause] if isinstance(node, ast.Raise) else [node.test, node.msg]
        return self._are_values(parts, scope)

    def deletion(self, node: ast.Delete, _scope: Scope, _pending: _Pending) -> bool:
        return all(isinstance(target, ast.Name) for target in node.targets)

    # --- expressions ------------------------------------------------------------------------------------

    def _is_own(self, target: ast.expr, scope: Scope, changes: bool) -> bool:
        """Whether only a name of this module, or a collection made by it, is written to."""
        stack = [target]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Tuple | ast.List):
                stack.extend(node.elts)
            elif isinstance(node, ast.Starred):
                stack.append(node.value)
            elif isinstance(node, ast.Name):
                if changes and not self._is_made_here(node.id, scope):
                    return False
            elif not isinstance(node, ast.Subscript) or not self._is_own_entry(node, scope):
                return False
        return True

    def _is_own_entry(self, node: ast.Subscript, scope: Scope) -> bool:
        return self._is_display(node.value, scope) and self._are_values([node.slice], scope)

    def _is_made_here(self, name: str, scope: Scope) -> bool:
        return _all_bound(
            "made here", name, scope, lambda cls: cls not in (ast.Name, ast.Attribute)
        )

    def _is_display(self, node: ast.expr, scope: Scope) -> bool:
        return isinstance(node, ast.Name) and _all_bound(
            "display", node.id, scope, _DISPLAYS.__contains__
        )

    def _decorators(self, nodes: list[ast.expr], scope: Scope) -> bool:
        for node in nodes:
            if isinstance(node, ast.Call):
                if not self._are_values([node], scope):
                    return False
            elif not self._is_callable(node, scope):
                return False
        return True

    def _are_values(self, nodes: Iterable[ast.expr | None], scope: Scope) -> bool:
        stack: list[ast.AST] = [node for node in nodes if node is not None]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Lambda):
                stack.extend(
                    part
                    for part in (*node.args.defaults, *node.args.kw_defaults)
                    if part is not None
                )
            elif isinstance(node, ast.Call):
                if not self._is_callable(node.func, scope):
                    return False
                if isinstance(node.func, ast.Attribute):
                    stack.append(node.func.value)
                elif isinstance(node.func, ast.Name) and node.func.id in _LOOKING and node.args:
                    self._look_into(node.args[0], scope)
                stack.extend([*node.args, *(keyword.value for keyword in node.keywords)])
            elif isinstance(node, ast.Await | ast.Yield | ast.YieldFrom) or self._is_loaded_modules(
                node, scope
            ):
                return False
            elif not isinstance(node, ast.Constant | ast.Name):
                stack.extend(ast.iter_child_nodes(node))
        return True

    def _is_loaded_modules(self, node: ast.AST, scope: Scope) -> bool:
        """Whether it is ``sys.modules``, which shows what was imported before."""
        named = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return named == "modules" and any(
            canonical(target) == "sys.modules"
            for target in targets(node, scope)  # type: ignore[arg-type]
        )

    def _look_into(self, node: ast.expr, scope: Scope) -> None:
        for target in targets(node, scope):
            if _is_elsewhere(target):
                joint = "" if target.endswith("|") else "."
                self.calls.add(f"{target}{joint}{LOOKED_INTO}")

    def _is_callable(self, node: ast.expr, scope: Scope) -> bool:
        """Whether calling it is harmless, as far as this file knows; what others decide is noted."""
        if isinstance(node, ast.Attribute) and _is_method_of_literal(node):
            return True
        for target in targets(node, scope):
            name = canonical(target)
            if name is not None and is_harmless_call(name):
                continue
            if target.startswith("."):
                if not is_harmless_method(target.rpartition(".")[2]):
                    return False
            elif _is_elsewhere(target):
                self.calls.add(target)
            elif not (
                target.startswith("#") and target.endswith((".setter", ".getter", ".deleter"))
            ):
                return False
        return True

    def _is_metaclass(self, node: ast.expr, scope: Scope) -> bool:
        # Any other runs when the class is made, and may keep a list of its classes.
        return {canonical(target) for target in targets(node, scope)} <= _METACLASSES

    def _is_base(self, node: ast.expr, scope: Scope) -> bool:
        while isinstance(node, ast.Subscript):
            if not self._are_values([node.slice], scope):
                return False
            node = node.value
        if isinstance(node, ast.Call):
            # namedtuple("Point", "x y") and the like.
            return self._are_values([node], scope)
        for target in targets(node, scope):
            name = canonical(target)
            if target.startswith("#") or (name is not None and is_harmless_base(name)):
                continue
            if not _is_elsewhere(target):
                return False
            self.bases.add(target)
        return True


#: Defining these lets a class take notice of its subclasses, or of the names that are given to it.
_NOTICING = frozenset(
    {"__class_getitem__", "__init_subclass__", "__mro_entries__", "__prepare__", "__set_name__"}
)
_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "type"})
_FILLING = frozenset({"add", "append", "extend", "insert", "setdefault", "sort", "update"})
_LOOKING = frozenset({"getattr", "hasattr"})
_DISPLAYS = frozenset({ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp})


def _all_bound(question: str, name: str, scope: Scope, holds: Callable[[type], bool]) -> bool:
    """Whether a name is only bound to values, all of a class of expressions that ``holds``."""
    home = scope.home(name)
    if home is None:
        return False
    # Asked for each of a name's bindings, of which there may be as many as statements.
    answer = home.answers.get((question, name))
    if answer is None:
        every = home.names[name]
        fits = all(item.kind == "value" and holds(item.node.__class__) for item in every)
        answer = home.answers[question, name] = [fits]
    return bool(answer[0])


def _is_method_of_literal(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Constant | ast.JoinedStr) and is_harmless_method(node.attr)


def _is_elsewhere(target: str) -> bool:
    """Whether another file of the project may be meant."""
    if not target or target[0] in ".#*":
        return False
    level, module, _ = target.split("|", 2)
    return level != "0" or module.partition(".")[0] not in sys.stdlib_module_names


def _is_dead(test: ast.expr) -> bool:
    if isinstance(test, ast.Name | ast.Attribute):
        return (test.id if isinstance(test, ast.Name) else test.attr) == "TYPE_CHECKING"
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )


_STATEMENTS: dict[type[ast.stmt], Callable[[_Reader, Any, Scope, _Pending], bool]] = {
    ast.Import: _Reader.nothing,
    ast.ImportFrom: _Reader.nothing,
    ast.Pass: _Reader.nothing,
    ast.Global: _Reader.nothing,
    ast.Break: _Reader.nothing,
    ast.Continue: _Reader.nothing,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.ClassDef: _Reader.class_,
    ast.Assign: _Reader.assignment,
    ast.AnnAssign: _Reader.assignment,
    ast.AugAssign: _Reader.assignment,
    ast.Expr: _Reader.expression,
    ast.If: _Reader.choice,
    ast.For: _Reader.loop,
    ast.While: _Reader.loop,
    ast.Try: _Reader.attempt,
    ast.Raise: _Reader.failure,
    ast.Assert: _Reader.failure,
    ast.Delete: _Reader.deletion,
}
