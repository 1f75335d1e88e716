"""One pass over a syntax tree that fills the scopes and sets aside what is worth a closer look.

The walk keeps its own stack, since expressions and ``elif`` chains may be as long as the file. What an
expression stands for is asked afterwards, when every binding is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

from modelops_bundle.source.use_scopes import OPAQUE, Binding, Scope, carried
from modelops_bundle.source.use_sinks import SINKS

__all__ = ["GUARDED", "INNER", "TYPING", "Found", "FoundImport", "walk"]

#: Marks of an import: for type checkers alone; its failure is caught; not at the module's top level.
TYPING, GUARDED, INNER = 1, 2, 4


class FoundImport(NamedTuple):
    """An import statement and where it stands."""

    node: ast.Import | ast.ImportFrom
    marks: int
    unit: int


class Found:
    """What the walk sets aside, each with the scope it stands in."""

    def __init__(self, module: Scope | None = None) -> None:
        self.module = module or Scope("module")
        self.scopes: list[Scope] = [self.module]
        self.imports: list[FoundImport] = []
        self.calls: list[tuple[ast.Call, Scope]] = []
        self.subscripts: list[tuple[ast.Subscript, Scope]] = []
        self.memberships: list[tuple[ast.Compare, Scope]] = []
        self.documents: list[tuple[ast.expr, Scope]] = []
        self.joins: list[tuple[ast.expr, Scope]] = []
        self.attributes: list[tuple[str, ast.expr, Scope]] = []
        self.strings: list[tuple[str, int]] = []
        self.documents_named: list[int] = []
        self.path_changes: list[tuple[ast.expr, ast.expr | None, Scope]] = []


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

_LONGEST_PATH = 256


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
    return found


class _Walker:
    def __init__(self, found: Found) -> None:
        self._found = found
        self._scope = found.module
        self._marks = 0
        self._unit = 0
        self._stack: list[ast.AST] = []
        self._frames: list[_Frame] = []
        self._handlers: dict[type[ast.AST], Callable[[_Walker, ast.AST], None]] = _HANDLERS

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
        self._nested(scope, node.body, INNER)

    def lambda_(self, node: ast.Lambda) -> None:
        scope = Scope("function", self._scope, self._qualname("<lambda>"))
        self._parameters(node.args, scope)
        self._nested(scope, [node.body], INNER)

    def _parameters(self, arguments: ast.arguments, scope: Scope) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        for index, argument in enumerate([*positional, *arguments.kwonlyargs]):
            scope.parameters[argument.arg] = index
            scope.bind(argument.arg, Binding("parameter", argument.arg, index=index))
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
            _bind_elements(generator.target, generator.iter, scope, where)
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
        self._bind_value(node.target, node.value)
        self._value(node.value)
        # The target is read before it is written.
        if isinstance(node.target, ast.Subscript):
            self._read_entry(node.target)
        elif isinstance(node.target, ast.Attribute) and node.target.attr == "__doc__":
            self._found.documents.append((node.target.value, self._scope))

    def walrus(self, node: ast.NamedExpr) -> None:
        self._scope.bind_walrus(
            node.target.id, Binding("value", node=node.value, scope=self._scope)
        )
        self._stack.append(node.value)

    def _bind_value(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._scope.bind(target.id, Binding("value", node=value, scope=self._scope))
        elif isinstance(target, ast.Attribute):
            self._found.attributes.append((target.attr, value, self._scope))
            if target.attr in _PATHS:
                self._found.path_changes.append((target, value, self._scope))
        elif isinstance(target, ast.Subscript) and _last_name(target.value) in _PATHS:
            self._found.path_changes.append((target.value, value, self._scope))
        elif isinstance(target, ast.Tuple | ast.List):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            if len(values) == len(target.elts) and not _has_star([*values, *target.elts]):
                for part, item in zip(target.elts, values, strict=True):
                    self._bind_value(part, item)
            else:
                _bind_opaque(target, self._scope)
        elif isinstance(target, ast.Starred):
            _bind_opaque(target, self._scope)

    def _assigned_value(self, name: str, value: ast.expr, scope: Scope) -> None:
        scope.bind(name, Binding("value", node=value, scope=self._scope))
        self._value(value)

    def _value(self, value: ast.expr) -> None:
        """Walk a value that is kept under a name: a mere alias is no use, it is followed by the name."""
        if _is_chain(value):
            return
        parts = carried(value)
        if not parts:
            self._stack.append(value)
            return
        inert = {id(part) for part in parts if _is_chain(part)}
        children = list(ast.iter_child_nodes(value))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            children = [
                *value.args,
                *value.keywords,
                *([] if value.func.value in parts else [value.func]),
            ]
        self._stack.extend(child for child in children if id(child) not in inert)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        _bind_elements(node.target, node.iter, self._scope, self._scope)
        self._stack += [node.target, node.iter]
        self._stack.extend(node.body)
        self._stack.extend(node.orelse)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        guarded = False
        for item in node.items:
            if item.optional_vars is not None:
                _bind_opaque(item.optional_vars, self._scope)
            call = item.context_expr
            if isinstance(call, ast.Call) and _last_name(call.func) == "suppress":
                guarded = any(_catches_import_error(argument) for argument in call.args)
        self._stack.extend(node.items)
        if guarded:
            self._nested(self._scope, node.body, GUARDED)
        else:
            self._stack.extend(node.body)

    def try_(self, node: ast.Try) -> None:
        guarded = any(_catches_import_error(handler.type) for handler in node.handlers)
        self._nested(self._scope, node.body, GUARDED if guarded else 0)
        for handler in node.handlers:
            if handler.name:
                self._scope.bind(handler.name, OPAQUE)
        self._stack.extend([*node.handlers, *node.orelse, *node.finalbody])

    def if_(self, node: ast.If) -> None:
        self._stack.append(node.test)
        truth = _typing_truth(node.test)
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

    # --- expressions ------------------------------------------------------------------------------

    def name(self, node: ast.Name) -> None:
        if node.ctx.__class__ is ast.Load:
            self._scope.loaded.setdefault(node.id, node.lineno)

    def attribute(self, node: ast.Attribute) -> None:
        chain: list[str] = []
        head: ast.expr = node
        while isinstance(head, ast.Attribute):
            chain.append(head.attr)
            if head.attr == "__doc__" and isinstance(head.ctx, ast.Load):
                self._found.documents.append((head.value, self._scope))
            head = head.value
        if isinstance(head, ast.Name):
            if isinstance(node.ctx, ast.Load):
                chain.append(head.id)
                self._scope.loaded.setdefault(_chain(chain), node.lineno)
        else:
            chain.append("")
            self._scope.loaded.setdefault(_chain(chain), node.lineno)
            self._stack.append(head)

    def subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read_entry(node)
            return
        # Writing one entry reads nothing, but finding what is written to may.
        self._stack.append(node.slice)
        if not _is_chain(node.value):
            self._stack.append(node.value)

    def _read_entry(self, node: ast.Subscript) -> None:
        self._stack.append(node.slice)
        if node.slice.__class__ in _TEXTUAL or isinstance(node.slice, ast.Call):
            self._found.subscripts.append((node, self._scope))
            self._value(node.value)
        else:
            self._stack.append(node.value)

    def compare(self, node: ast.Compare) -> None:
        self._stack.append(node.left)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            self._found.memberships.append((node, self._scope))
            self._value(node.comparators[0])
        else:
            self._stack.extend(node.comparators)

    def call(self, node: ast.Call) -> None:
        func, arguments = node.func, node.args
        values = [keyword.value for keyword in node.keywords]
        textual = any(item.__class__ in _TEXTUAL for item in (*arguments, *values))
        if textual or _is_special(func):
            self._found.calls.append((node, self._scope))
        elif _is_chain(func):
            self._scope.called.setdefault(_chain_text(func), node.lineno)
        if not _is_chain(func):
            self._stack.append(func)
        if isinstance(func, ast.Name) and func.id in _ATTRIBUTE_CALLS:
            arguments = self._attribute_call(func.id, arguments)
        self._stack.extend(arguments)
        self._stack.extend(values)

    def _attribute_call(self, name: str, arguments: list[ast.expr]) -> list[ast.expr]:
        named = arguments[1] if len(arguments) > 1 else None
        if isinstance(named, ast.Constant) and named.value == "__doc__":
            if name == "getattr":
                self._found.documents.append((arguments[0], self._scope))
            return [arguments[0], *arguments[2:]]
        return arguments

    def binary(self, node: ast.BinOp) -> None:
        if node.op.__class__ not in (ast.Add, ast.Div):
            self._stack += [node.left, node.right]
            return
        kind = node.op.__class__
        literal = False
        left: ast.expr = node
        while left.__class__ is ast.BinOp and left.op.__class__ is kind:  # type: ignore[attr-defined]
            literal |= self._operand(left.right)  # type: ignore[attr-defined]
            left = left.left  # type: ignore[attr-defined]
        literal |= self._operand(left)
        if literal:
            self._found.joins.append((node, self._scope))

    def _operand(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._note_document(node)
            return True
        self._stack.append(node)
        return node.__class__ is ast.JoinedStr

    def formatted(self, node: ast.JoinedStr) -> None:
        literal = False
        for part in node.values:
            if isinstance(part, ast.Constant):
                text = part.value
                self._note_document(part)
                literal |= isinstance(text, str) and ("/" in text or "." in text)
            else:
                self._stack.append(part)
        if literal:
            self._found.joins.append((node, self._scope))

    def constant(self, node: ast.Constant) -> None:
        value = node.value
        if value.__class__ is str:
            self._note_document(node)
            if len(value) <= _LONGEST_PATH:  # type: ignore[arg-type]
                self._found.strings.append((value, node.lineno))  # type: ignore[arg-type]

    def _note_document(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and "__doc__" in node.value:
            self._found.documents_named.append(node.lineno)


_LONGEST_CHAIN = 12

#: Kinds of expressions that may be a text or name one.
_TEXTUAL = frozenset(
    {ast.Constant, ast.JoinedStr, ast.BinOp, ast.Name, ast.Attribute, ast.Subscript}
)
#: Calls that are looked at whatever they are given.
_SPECIAL = frozenset(
    {"exec", "eval", "open", "read_text", "read_bytes"}
    | {name.rpartition(".")[2] for name in SINKS} - {"get", "pop", "append", "insert", "extend"}
)
_ATTRIBUTE_CALLS = frozenset({"getattr", "setattr", "hasattr", "delattr"})
#: Lists that decide where modules are looked for.
_PATHS = frozenset({"path", "__path__"})
_HOLDERS = frozenset({"path", "meta_path", "path_hooks", "environ", "environb"})


def _is_special(func: ast.expr) -> bool:
    if _last_name(func) in _SPECIAL:
        return True
    return isinstance(func, ast.Attribute) and _last_name(func.value) in _HOLDERS


def _chain(backward: list[str]) -> str:
    backward.reverse()
    return ".".join(backward[:_LONGEST_CHAIN])


def _chain_text(node: ast.expr) -> str:
    chain: list[str] = []
    while isinstance(node, ast.Attribute):
        chain.append(node.attr)
        node = node.value
    chain.append(node.id if isinstance(node, ast.Name) else "")
    return _chain(chain)


def _is_chain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        if node.attr == "__doc__":
            return False
        node = node.value
    return isinstance(node, ast.Name) and node.id != "__doc__"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _has_star(nodes: Iterable[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _bind_opaque(target: ast.expr, scope: Scope) -> None:
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            scope.bind(node.id, OPAQUE)
        elif isinstance(node, ast.Tuple | ast.List):
            stack.extend(node.elts)
        elif isinstance(node, ast.Starred):
            stack.append(node.value)


def _bind_elements(target: ast.expr, collection: ast.expr, scope: Scope, where: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Binding("each", node=collection, scope=where))
    elif isinstance(target, ast.Tuple | ast.List) and not _has_star(target.elts):
        for index, part in enumerate(target.elts):
            if isinstance(part, ast.Name):
                scope.bind(part.id, Binding("item", node=collection, scope=where, index=index))
            else:
                _bind_opaque(part, scope)
    else:
        _bind_opaque(target, scope)


_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _catches_import_error(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(_last_name(kind) in _CATCHES for kind in kinds)


def _typing_truth(test: ast.expr) -> bool | None:
    """``True`` when the body is for type checkers alone, ``False`` when the other branch is."""
    truth = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        truth = not truth
        test = test.operand
    return truth if _last_name(test) == "TYPE_CHECKING" else None


_HANDLERS: dict[type[ast.AST], Callable[[_Walker, ast.AST], None]] = {
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
