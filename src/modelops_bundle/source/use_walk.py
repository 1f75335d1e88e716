"""One pass over a syntax tree that fills the scopes and sets aside what is worth a closer look.

The walk keeps its own stack, since expressions and ``elif`` chains may be as long as the file. What an
expression stands for is asked afterwards, when every binding is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from modelops_bundle.source.use_expressions import PATHS, Expressions, Found, FoundImport
from modelops_bundle.source.use_growth import (
    grown_by_entry,
    grown_by_sum,
    is_of_collections,
    settle,
)
from modelops_bundle.source.use_guards import catches_import_error, typing_truth
from modelops_bundle.source.use_records import GUARDED, INNER, LATER, TYPING
from modelops_bundle.source.use_scopes import OPAQUE, Binding, Scope, last_name

__all__ = ["walk"]


class _Frame(NamedTuple):
    scope: Scope
    marks: int
    unit: int
    nodes: list[ast.AST]


_SKIPPED_FIELDS = frozenset(
    {"ctx", "op", "ops", "id", "attr", "name", "kind", "type_comment", "type_ignores", "conversion"}
    | {"is_async", "simple", "level", "module", "names", "rest", "kwd_attrs"}
)
_CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {}


def _children(cls: type[ast.AST]) -> tuple[str, ...]:
    fields = _CHILDREN[cls] = tuple(name for name in cls._fields if name not in _SKIPPED_FIELDS)
    return fields


def walk(tree: ast.Module, scope: Scope | None = None) -> Found:
    """Everything in ``tree`` that :mod:`modelops_bundle.source.uses` looks at.

    Args:
        tree: A parsed source.
        scope: Where its names are bound; a module of its own when not given.
    """
    found = Found(scope)
    walker = _Walker(found)
    frames = [_Frame(found.module, 0, node.lineno, [node]) for node in tree.body]
    frames.reverse()
    while frames:
        walker.run(frames.pop(), frames)
    found.grown_elsewhere = settle(found.grown, found.passed)
    return found


class _Walker(Expressions):
    def __init__(self, found: Found) -> None:
        super().__init__(found)
        self._marks = 0
        self._unit = 0
        self._frames: list[_Frame] = []
        self._handlers: dict[type[ast.AST], Callable[[_Walker, Any], None]] = _HANDLERS

    def run(self, frame: _Frame, frames: list[_Frame]) -> None:
        """Walk the frame's nodes; nested scopes become frames of their own."""
        self._scope, self._marks, self._unit, stack = frame
        self._stack, self._frames = stack, frames
        handlers, children = self._handlers, _CHILDREN
        while stack:
            node = stack.pop()
            cls = node.__class__
            handler = handlers.get(cls)
            if handler is not None:
                handler(self, node)
                continue
            fields = children.get(cls)
            for name in _children(cls) if fields is None else fields:
                value = getattr(node, name, None)
                if value.__class__ is list:
                    stack.extend([item for item in value if item is not None])
                elif value is not None and isinstance(value, ast.AST):
                    stack.append(value)

    # --- scopes -----------------------------------------------------------------------------------

    def _nested(self, scope: Scope, nodes: Iterable[ast.AST], marks: int = 0) -> None:
        if scope is not self._scope:
            self._found.scopes.append(scope)
        self._frames.append(_Frame(scope, self._marks | marks, self._unit, list(nodes)))

    def _qualname(self, name: str) -> str:
        return f"{self._scope.qualname}.{name}" if self._scope.qualname else name

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        qualname = self._qualname(node.name)
        self._scope.bind(node.name, Binding("definition", qualname))
        scope = Scope("function", self._scope, qualname)
        self._parameters(node.args, scope)
        self._stack.extend(node.decorator_list)
        if node.returns is not None:
            self._stack.append(node.returns)
        self._stack.extend(getattr(node, "type_params", ()))
        self._nested(scope, node.body, INNER | LATER)

    def lambda_(self, node: ast.Lambda) -> None:
        scope = Scope("function", self._scope, self._qualname("<lambda>"))
        self._parameters(node.args, scope)
        self._nested(scope, [node.body], INNER | LATER)

    def _parameters(self, arguments: ast.arguments, scope: Scope) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        for index, argument in enumerate([*positional, *arguments.kwonlyargs]):
            scope.parameters[argument.arg] = index
            scope.bind(argument.arg, Binding("parameter", argument.arg, number=index))
        defaults: list[tuple[ast.arg, ast.expr | None]] = []
        if arguments.defaults:
            defaults += zip(positional[-len(arguments.defaults) :], arguments.defaults, strict=True)
        defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        for argument, default in defaults:
            if default is not None:
                self._assigned_value(argument.arg, default, scope)
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                scope.bind(rest.arg, OPAQUE)
        for argument in [*positional, *arguments.kwonlyargs]:
            if argument.annotation is not None:
                self._stack.append(argument.annotation)

    def class_(self, node: ast.ClassDef) -> None:
        qualname = self._qualname(node.name)
        self._scope.bind(node.name, Binding("definition", qualname))
        scope = Scope("class", self._scope, qualname)
        self._stack.extend(node.decorator_list)
        self._stack.extend(node.bases)
        self._stack.extend(keyword.value for keyword in node.keywords)
        self._nested(scope, node.body, INNER)

    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        scope = Scope("comprehension", self._scope, self._scope.qualname)
        nodes: list[ast.AST] = []
        for index, generator in enumerate(node.generators):
            # The first collection is evaluated outside, where the same name may be another's.
            where = scope if index else self._scope
            _bind_elements(generator.target, generator.iter, scope, where, self._found)
            nodes += [generator.iter, *generator.ifs]
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._nested(scope, [*nodes, *parts])

    # --- statements -------------------------------------------------------------------------------

    def import_(self, node: ast.Import) -> None:
        self._found.imports.append(FoundImport(node, self._marks, self._unit))
        for alias in node.names:
            if alias.asname:
                self._scope.bind(alias.asname, Binding("import", f"0|{alias.name}|"))
            else:
                top = alias.name.partition(".")[0]
                self._scope.bind(top, Binding("import", f"0|{top}|"))

    def import_from(self, node: ast.ImportFrom) -> None:
        self._found.imports.append(FoundImport(node, self._marks, self._unit))
        for alias in node.names:
            if alias.name == "modules" and alias.asname and node.module == "sys":
                # Under another name it is not followed.
                self._found.roll_calls.append(node.lineno)
            if alias.name != "*":
                text = f"{node.level}|{node.module or ''}|{alias.name}"
                self._scope.bind(alias.asname or alias.name, Binding("import", text))

    def assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind_value(target, node.value)
            self._stack.append(target)
        self._value(node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        self._stack += [node.target, node.annotation]
        if node.value is not None:
            self._bind_value(node.target, node.value)
            self._value(node.value)

    def augmented(self, node: ast.AugAssign) -> None:
        target, value = node.target, node.value
        if isinstance(target, ast.Name):
            self._bind_sum(target, node)
        else:
            self._bind_value(target, value)
        if not _is_number(value):
            self._found.grown.append(grown_by_sum(node, self._scope))
        self._value(value)
        # The target is read before it is written.
        if isinstance(node.target, ast.Subscript):
            self._read_entry(node.target)
        elif isinstance(node.target, ast.Attribute) and node.target.attr == "__doc__":
            self._found.documents.append((node.target.value, self._scope))

    def _bind_sum(self, target: ast.Name, node: ast.AugAssign) -> None:
        value: ast.expr = node.value
        if not (is_of_collections(node) or _is_number(value)):
            before = ast.Name(id=target.id, ctx=ast.Load(), lineno=node.lineno)
            value = ast.BinOp(left=before, op=node.op, right=value, lineno=node.lineno)
        self._scope.bind(target.id, Binding("value", node=value, scope=self._scope))
        if target.id in PATHS:
            self._found.path_changes.append((target, node.value, self._scope))

    def _bind_value(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._scope.bind(target.id, Binding("value", node=value, scope=self._scope))
            if target.id == "__path__" and self._scope.kind == "module":
                self._found.path_changes.append((target, value, self._scope))
        elif isinstance(target, ast.Attribute):
            self._found.attributes.append((target.attr, value, self._scope))
            if target.attr in PATHS:
                self._found.path_changes.append((target, value, self._scope))
        elif isinstance(target, ast.Subscript):
            self._found.grown.extend(grown_by_entry(target, value, self._scope))
            if last_name(target.value) in PATHS:
                self._found.path_changes.append((target.value, value, self._scope))
        elif isinstance(target, ast.Tuple | ast.List):
            self._bind_parts(target, value)
        elif isinstance(target, ast.Starred):
            _bind_opaque(target, self._scope, self._found)

    def _bind_parts(self, target: ast.Tuple | ast.List, value: ast.expr) -> None:
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        if len(values) == len(target.elts) and not _has_star([*values, *target.elts]):
            for part, item in zip(target.elts, values, strict=True):
                self._bind_value(part, item)
        else:
            _bind_opaque(target, self._scope, self._found)

    def _assigned_value(self, name: str, value: ast.expr, scope: Scope) -> None:
        scope.bind(name, Binding("value", node=value, scope=self._scope))
        self._value(value)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        _bind_elements(node.target, node.iter, self._scope, self._scope, self._found)
        self._stack += [node.target, node.iter]
        self._stack.extend(node.body)
        self._stack.extend(node.orelse)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        guarded = False
        for item in node.items:
            if item.optional_vars is not None:
                _bind_opaque(item.optional_vars, self._scope, self._found)
            call = item.context_expr
            if isinstance(call, ast.Call) and last_name(call.func) == "suppress":
                guarded = any(catches_import_error(argument) for argument in call.args)
        self._stack.extend(node.items)
        if guarded:
            self._nested(self._scope, node.body, GUARDED)
        else:
            self._stack.extend(node.body)

    def try_(self, node: ast.Try) -> None:
        guarded = any(catches_import_error(handler.type) for handler in node.handlers)
        self._nested(self._scope, node.body, GUARDED if guarded else 0)
        for handler in node.handlers:
            if handler.name:
                self._scope.bind(handler.name, OPAQUE)
        self._stack.extend([*node.handlers, *node.orelse, *node.finalbody])

    def if_(self, node: ast.If) -> None:
        self._stack.append(node.test)
        truth = typing_truth(node.test, self._scope)
        if truth is None:
            self._stack.extend(node.body)
            self._stack.extend(node.orelse)
        else:
            self._nested(self._scope, node.body, TYPING if truth else 0)
            self._nested(self._scope, node.orelse, 0 if truth else TYPING)

    def expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._stack.append(node.value)

    def global_(self, node: ast.Global) -> None:
        self._scope.declare_global(node.names)

    def nonlocal_(self, node: ast.Nonlocal) -> None:
        self._scope.declare_nonlocal(node.names)

    def delete(self, node: ast.Delete) -> None:
        self._stack.extend(node.targets)

    def capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._scope.bind(node.name, OPAQUE)
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self._stack.append(node.pattern)

    def mapping_pattern(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._scope.bind(node.rest, OPAQUE)
        self._stack.extend([*node.keys, *node.patterns])

    def class_pattern(self, node: ast.MatchClass) -> None:
        if "__doc__" in node.kwd_attrs:
            self._found.documents_named.append(node.lineno)
        self._stack.extend([node.cls, *node.patterns, *node.kwd_patterns])


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes)


def _has_star(nodes: Iterable[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _bind_opaque(target: ast.expr, scope: Scope, found: Found) -> None:
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            scope.bind(node.id, OPAQUE)
        elif isinstance(node, ast.Subscript):
            found.grown.extend(grown_by_entry(node, None, scope))
        elif isinstance(node, ast.Tuple | ast.List):
            stack.extend(node.elts)
        elif isinstance(node, ast.Starred):
            stack.append(node.value)


def _bind_elements(
    target: ast.expr, collection: ast.expr, scope: Scope, where: Scope, found: Found
) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding("each", node=collection, scope=where))
    elif isinstance(target, ast.Tuple | ast.List) and not _has_star(target.elts):
        for index, part in enumerate(target.elts):
            if isinstance(part, ast.Name):
                scope.bind(part.id, Binding("item", node=collection, scope=where, number=index))
            else:
                _bind_opaque(part, scope, found)
    else:
        _bind_opaque(target, scope, found)


_HANDLERS: dict[type[ast.AST], Callable[[_Walker, Any], None]] = {
    ast.FunctionDef: _Walker.function,
    ast.AsyncFunctionDef: _Walker.function,
    ast.Lambda: _Walker.lambda_,
    ast.ClassDef: _Walker.class_,
    ast.ListComp: _Walker.comprehension,
    ast.SetComp: _Walker.comprehension,
    ast.GeneratorExp: _Walker.comprehension,
    ast.DictComp: _Walker.comprehension,
    ast.Import: _Walker.import_,
    ast.ImportFrom: _Walker.import_from,
    ast.Assign: _Walker.assign,
    ast.AnnAssign: _Walker.annotated,
    ast.AugAssign: _Walker.augmented,
    ast.NamedExpr: _Walker.walrus,
    ast.For: _Walker.for_,
    ast.AsyncFor: _Walker.for_,
    ast.With: _Walker.with_,
    ast.AsyncWith: _Walker.with_,
    ast.Try: _Walker.try_,
    ast.TryStar: _Walker.try_,
    ast.If: _Walker.if_,
    ast.Expr: _Walker.expression,
    ast.Global: _Walker.global_,
    ast.Nonlocal: _Walker.nonlocal_,
    ast.Delete: _Walker.delete,
    ast.MatchAs: _Walker.capture,
    ast.MatchStar: _Walker.capture,
    ast.MatchMapping: _Walker.mapping_pattern,
    ast.MatchClass: _Walker.class_pattern,
    ast.Name: _Walker.name,
    ast.Attribute: _Walker.attribute,
    ast.Subscript: _Walker.subscript,
    ast.Compare: _Walker.compare,
    ast.Call: _Walker.call,
    ast.BinOp: _Walker.binary,
    ast.JoinedStr: _Walker.formatted,
    ast.Constant: _Walker.constant,
}
