"""Whether a module only defines when it is imported, so that it may be imported sooner or later.

Definitions, values made of literals and of what :mod:`modelops_bundle.source.harmless` lists, and imports
only define. Whatever else happens at import (a call, an entry written into something that came from
elsewhere, a class whose base takes notice of its subclasses) may be seen by another import, and the order
counts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from modelops_bundle.source.constructors import CONSTRUCTORS, is_plain
from modelops_bundle.source.harmless import (
    is_harmless_base,
    is_harmless_call,
    is_harmless_method,
)
from modelops_bundle.source.iterables import Iterables
from modelops_bundle.source.use_records import LOOKED_INTO, Effects
from modelops_bundle.source.use_scopes import Scope, is_elsewhere, owners_within, targets
from modelops_bundle.source.use_sinks import canonical

__all__ = ["read_effects"]


def read_effects(tree: ast.Module, module: Scope, scopes: Iterable[Scope]) -> Effects:
    """Effects that a parsed module has when it is imported.

    Args:
        tree: The module.
        module: Its names.
        scopes: The scopes in it, those of its classes among them.
    """
    reader = _Reader(module, {scope.qualname: scope for scope in scopes})
    # The end of a long file is rarely reached: the first thing that does more decides.
    stack = [(statement, module) for statement in reversed(tree.body)]
    while stack and not reader.line:
        statement, scope = stack.pop()
        reader.read(statement, scope, stack)
    iterables = reader.iterables
    return Effects(
        line=reader.line or int(not iterables.is_complete),
        calls=tuple(sorted(reader.calls)),
        bases=tuple(sorted(reader.bases)),
        borrowed=tuple(sorted(iterables.borrowed)),
        lends=iterables.lends,
        makers=tuple(sorted(reader.makers)),
    )


_Pending = list[tuple[ast.stmt, Scope]]


class _Reader:
    def __init__(self, module: Scope, scopes: dict[str, Scope]) -> None:
        self._module = module
        self._scopes = scopes
        self.line = 0
        self.calls: set[str] = set()
        self.bases: set[str] = set()
        self.makers: set[str] = set()
        self.iterables = Iterables()

    def read(self, node: ast.stmt, scope: Scope, pending: _Pending) -> None:
        handler = _STATEMENTS.get(node.__class__)
        if handler is None or not handler(self, node, scope, pending):
            self.line = node.lineno

    # --- statements: each says whether it only defines ------------------------------------------------

    def nothing(self, _node: ast.stmt, _scope: Scope, _pending: _Pending) -> bool:
        return True

    def import_(self, node: ast.Import | ast.ImportFrom, scope: Scope, _pending: _Pending) -> bool:
        return all(self._may_bind(alias.asname or alias.name, scope) for alias in node.names)

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, _pending: _Pending
    ) -> bool:
        plain = node.name in CONSTRUCTORS and self._is_plain(node, scope)
        if not plain and not self._may_bind(node.name, scope):
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
        inner = self._scopes.get(qualname, scope)
        pending.extend((statement, inner) for statement in reversed(node.body))
        if not self._may_bind(node.name, scope):
            return False
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
        if node.value is not None and (
            changes or any(isinstance(target, ast.Tuple | ast.List) for target in into)
        ):
            self.iterables.iterate(node.value, scope)
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
            given = [*value.args, *(item.value for item in value.keywords)]
            for item in given:
                self.iterables.iterate(item, scope)
            return self._are_values(given, scope)
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
        self.iterables.iterate(node.iter, scope)
        return self._is_own(node.target, scope, False) and self._are_values([node.iter], scope)

    def attempt(self, node: ast.Try, scope: Scope, pending: _Pending) -> bool:
        inner = [statement for handler in node.handlers for statement in handler.body]
        if node.handlers:
            self._tried(node.body, scope)
        pending.extend(
            (item, scope) for item in (*node.body, *inner, *node.orelse, *node.finalbody)
        )
        return self._are_values([handler.type for handler in node.handlers], scope)

    def _tried(self, body: list[ast.stmt], scope: Scope) -> None:
        """Whether an attribute is there is asked by trying, as by ``hasattr``."""
        tried = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
        for owner in owners_within([item for item in body if isinstance(item, tried)], scope):
            self._note_look(owner)

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
                if not self._may_bind(node.id, scope):
                    return False
            elif not isinstance(node, ast.Subscript) or not self._is_own_entry(node, scope):
                return False
        return True

    def _may_bind(self, name: str, scope: Scope) -> bool:
        if name in CONSTRUCTORS and scope.kind == "class":
            self.makers.add(scope.qualname)
        return name not in _NOTICING

    def _is_plain(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> bool:
        own = self._scopes.get(f"{scope.qualname}.{node.name}")
        probe = _Reader(self._module, self._scopes)
        return (
            own is not None
            and is_plain(node, lambda nodes: probe._are_values(nodes, own))
            and not probe.calls
            and not probe.iterables.borrowed
        )

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
            self.iterables.look_at(node, scope)
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
            elif (
                isinstance(node, ast.Await | ast.Yield | ast.YieldFrom)
                or self._is_loaded_modules(node, scope)
                or (isinstance(node, ast.NamedExpr) and not self._may_bind(node.target.id, scope))
            ):
                return False
            elif isinstance(node, ast.Attribute) and node.attr == LOOKED_INTO:
                self._look_into(node.value, scope)
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
        self._note_look(targets(node, scope))

    def _note_look(self, looked_into: list[str]) -> None:
        for target in looked_into:
            if is_elsewhere(target):
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
                if not self._is_method_of_value(node, target.rpartition(".")[2], scope):
                    return False
            elif is_elsewhere(target):
                self.calls.add(target)
            elif not (
                target.startswith("#") and target.endswith((".setter", ".getter", ".deleter"))
            ):
                return False
        return True

    def _is_method_of_value(self, node: ast.expr, name: str, scope: Scope) -> bool:
        if not is_harmless_method(name):
            return False
        for target in (
            self.iterables.held(node.value, scope) if isinstance(node, ast.Attribute) else ()
        ):
            if target.startswith("#"):
                return False
            if is_elsewhere(target):
                self.calls.add(f"{target}.{name}" if target[-1] != "|" else f"{target}{name}")
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
            if not is_elsewhere(target):
                return False
            self.bases.add(target)
        return True


#: Defining these lets a class take notice of its subclasses, or of the names that are given to it.
_NOTICING = frozenset(
    {"__class_getitem__", "__init_subclass__", "__mro_entries__", "__prepare__", "__set_name__"}
    | {"__subclasshook__"}
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
    ast.Import: _Reader.import_,
    ast.ImportFrom: _Reader.import_,
    **dict.fromkeys((ast.Pass, ast.Global, ast.Break, ast.Continue), _Reader.nothing),
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
