"""What the names of a module stand for, found by reading its statements in order and running none.

Classes remember what their bases stood for where they were made, so that a later rebinding changes nothing;
a name bound in several branches stands for all of them; a branch that is known not to happen (another Python,
another platform, ``if __name__ == "__main__"``) is left out, and what only type checkers see counts where
nothing else binds the name. Bodies of functions are not read.

Only nesting by indentation is followed by recursion: Python bounds it at 100 levels.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from modelops_bundle.source.bindings import (
    Base,
    Binding,
    ClassDefinition,
    Created,
    Decorator,
    FunctionDefinition,
    Literal,
    ModuleNames,
    Ref,
    Star,
    decode,
    encode,
)
from modelops_bundle.source.conditions import Platform, known_truth
from modelops_bundle.source.creations import find_created
from modelops_bundle.source.expressions import describe, dotted, literal, references
from modelops_bundle.source.scopes import Bound, Changes, Scope

__all__ = [
    "Base",
    "Binding",
    "ClassDefinition",
    "Created",
    "Decorator",
    "FunctionDefinition",
    "Literal",
    "ModuleNames",
    "Platform",
    "Ref",
    "Star",
    "decode",
    "encode",
    "read_names",
]

#: Class variables that models state as literals.
STATED = frozenset({"PARAMS", "OUTPUTS", "SCENARIOS"})

#: Calls that turn a function of a class body into a member, as their decorator form would.
_MEMBER_CALLS = frozenset(
    {
        "abc.abstractclassmethod",
        "abc.abstractmethod",
        "abc.abstractproperty",
        "abc.abstractstaticmethod",
        "builtins.classmethod",
        "builtins.property",
        "builtins.staticmethod",
    }
)


def read_names(tree: ast.Module, platform: Platform | None = None) -> ModuleNames:
    """What the names of the module ``tree`` stand for.

    Args:
        tree: A parsed module.
        platform: The interpreter that tests of version and platform are answered for; the running one
            when it is not given.
    """
    reader = _Reader(platform or Platform.running())
    for statement in tree.body:
        # A module that raises at its end is still read to the end: the test may hold elsewhere.
        reader.read(statement)
    return reader.result()


class _Reader:
    """Reads statements in order into the records; implements ``expressions.Names`` for the point reached."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._module = self._scope = Scope()
        self._classes: list[ClassDefinition | None] = []
        self._functions: list[FunctionDefinition] = []
        self._members: list[FunctionDefinition] = []
        self._values: dict[str, Literal] = {}
        self._stars: list[Star] = []
        self._created: list[Created] = []
        self._exported: list[Literal] = []
        self._branches = 0
        self._typing_only = False

    # What expressions ask for.

    def lookup(self, name: str) -> tuple[Ref, ...]:
        return self._scope.lookup(name, len(self._stars))

    def node(self, name: str) -> ast.expr | None:
        return self._scope.node(name)

    def truth(self, test: ast.expr) -> bool | None:
        return known_truth(test, self, self._platform)

    # The result.

    def result(self) -> ModuleNames:
        names = self._module.names
        return ModuleNames(
            tuple([Binding(name, self.lookup(name)) for name in names]),
            tuple([definition for definition in self._classes if definition is not None]),
            tuple(self._functions),
            tuple(self._stars),
            ("list", *self._exported) if self._exported else (),
            tuple(self._constants(names)),
            tuple(self._created),
        )

    def _constants(self, names: dict[str, Bound]) -> Iterable[tuple[str, Literal]]:
        for name, bound in names.items():
            node = bound.node
            if isinstance(node, ast.Constant):
                if isinstance(node.value, str):
                    yield name, literal(node, self)
            elif (
                node is not None
                and name.isupper()
                and not isinstance(node, ast.Name | ast.Attribute)
            ):
                yield name, literal(node, self)

    # Statements.

    def read(self, statement: ast.stmt) -> bool:
        """Read one statement; whether the next one is reached."""
        handler = _STATEMENTS.get(type(statement))
        return handler(self, statement) is not False if handler is not None else True

    def _body(self, statements: Iterable[ast.stmt]) -> bool:
        return all(self.read(statement) for statement in statements)

    def _branch(self, statements: Iterable[ast.stmt]) -> tuple[Changes, bool]:
        """Read statements that may not happen; their changes, and whether they run to their end."""
        self._scope.begin()
        self._branches += 1
        try:
            reached = self._body(statements)
        finally:
            self._branches -= 1
            changes = self._scope.end()
        return changes, reached

    def _join(self, branches: Sequence[tuple[Changes, bool]]) -> bool:
        live = [changes for changes, reached in branches if reached]
        # Nothing comes after branches that all leave; what they bound still helps what stands there.
        self._scope.join(live or [changes for changes, _ in branches], len(self._stars))
        return bool(live)

    def _bind(self, name: str, refs: tuple[Ref, ...], node: ast.expr | None = None) -> None:
        self._scope.bind(name, Bound(refs, len(self._stars), node, self._typing_only))

    def _bind_value(self, name: str, what: str) -> None:
        self._bind(name, (Ref("value", what, self._scope.prefix + name, ""),))

    def _class(self, node: ast.ClassDef) -> None:
        index = len(self._classes)
        self._classes.append(None)
        bases = tuple([Base(describe(base), references(base, self)) for base in node.bases])
        metaclass = [references(k.value, self) for k in node.keywords if k.arg == "metaclass"]
        if any(k.arg is None for k in node.keywords):
            metaclass.append((Ref("value", "keyword arguments", "", ""),))
        outer = self._scope, self._members, self._values
        qualname = self._scope.prefix + node.name
        self._scope = Scope(qualname + ".", self._module)
        self._members, self._values = [], {}
        self._body(node.body)
        scope, members, values = self._scope, self._members, self._values
        self._scope, self._members, self._values = outer
        methods, plain, bindings = _class_names(scope, len(self._stars))
        self._classes[index] = ClassDefinition(
            qualname,
            node.lineno,
            self._typing_only,
            bases,
            metaclass[0] if metaclass else (),
            tuple(members),
            methods,
            plain,
            bindings,
            tuple(values.items()),
        )
        self._bind(node.name, (Ref("class", str(index), qualname, ""),))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        qualname = self._scope.prefix + node.name
        decorators = tuple([self._decorator(item) for item in node.decorator_list])
        definition = FunctionDefinition(qualname, node.lineno, decorators)
        if self._scope is self._module:
            ref = Ref("function", str(len(self._functions)), qualname, "")
            self._functions.append(definition)
        elif decorators:
            ref = Ref("member", str(len(self._members)), qualname, "")
            self._members.append(definition)
        else:
            ref = Ref("method", "", qualname, "")
        self._bind(node.name, (ref,))

    def _decorator(self, node: ast.expr) -> Decorator:
        if isinstance(node, ast.Call):
            return Decorator(references(node.func, self), literal(node, self))
        return Decorator(references(node, self), ())

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self._bind(alias.asname, (Ref("module", alias.name, "", ""),))
            else:
                top = alias.name.partition(".")[0]
                self._bind(top, (Ref("module", top, "", ""),))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(Star(module, node.lineno, self._branches > 0))
            else:
                self._bind(alias.asname or alias.name, (Ref("from", module, alias.name, ""),))

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind_target(target, node.value)
        self._created.extend(find_created(node.value, describe(node.targets[0]), self))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind_target(node.target, node.value)
            self._created.extend(find_created(node.value, describe(node.target), self))

    def _bind_target(self, target: ast.expr, value: ast.expr | None) -> None:
        """Bind what ``target`` holds to ``value``, ``None`` for one that is not seen."""
        stack = [(target, value)]
        while stack:
            target, value = stack.pop()
            if isinstance(target, ast.Name):
                self._assign_name(target.id, value)
            elif isinstance(target, ast.Starred):
                stack.append((target.value, None))
            elif isinstance(target, ast.Tuple | ast.List):
                stack.extend(zip(target.elts, _items(value, len(target.elts)), strict=True))

    def _assign_name(self, name: str, value: ast.expr | None) -> None:
        if value is None:
            self._bind_value(name, "an expression")
            return
        if self._scope is self._module and name == "__all__":
            self._exported = [("star", literal(value, self))]
        elif self._scope is not self._module and name in STATED:
            self._values[name] = literal(value, self)
        member = self._member_call(name, value)
        refs = member or references(value, self)
        if refs[0].kind == "value" and not refs[0].name and not refs[0].attributes:
            refs = (refs[0]._replace(name=self._scope.prefix + name),)
        self._bind(name, refs, value)

    def _member_call(self, name: str, value: ast.expr) -> tuple[Ref, ...]:
        """``x = property(_get_x)`` in a class body, as the member that it makes."""
        if self._scope is self._module or not isinstance(value, ast.Call):
            return ()
        function = references(value.func, self)
        if dotted(function) not in _MEMBER_CALLS:
            return ()
        wrapped = [references(item, self) for item in value.args if isinstance(item, ast.Name)]
        decorators = [Decorator(refs, ()) for refs in [function, *wrapped]]
        qualname = self._scope.prefix + name
        self._members.append(FunctionDefinition(qualname, value.lineno, tuple(decorators)))
        return (Ref("member", str(len(self._members) - 1), qualname, ""),)

    def _augmented(self, node: ast.AugAssign) -> None:
        if not isinstance(node.target, ast.Name):
            return
        name = node.target.id
        if self._scope is self._module and name == "__all__":
            self._exported.append(("star", literal(node.value, self)))
        elif self._scope is not self._module and name in STATED:
            added = literal(node.value, self)
            self._values[name] = ("sum", self._values.get(name, ("unknown",)), added)
        self._bind_value(name, "an expression")

    def _expression(self, node: ast.Expr) -> bool:
        value = node.value
        if isinstance(value, ast.NamedExpr):
            self._bind_target(value.target, value.value)
        elif isinstance(value, ast.Call):
            self._created.extend(find_created(value, "", self))
            self._extend_exported(value)
            return dotted(references(value.func, self)) not in {
                "sys.exit",
                "builtins.exit",
                "os._exit",
            }
        return True

    def _extend_exported(self, call: ast.Call) -> None:
        # ``__all__.extend(...)`` and ``__all__.append(...)``
        method = call.func
        if not isinstance(method, ast.Attribute) or len(call.args) != 1:
            return
        if isinstance(method.value, ast.Name) and method.value.id == "__all__":
            added = literal(call.args[0], self)
            self._exported.append(("star", added) if method.attr == "extend" else added)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._scope.bind(target.id, None)

    def _raise(self, _node: ast.Raise) -> bool:
        return False

    # Statements with bodies.

    def _if(self, node: ast.If) -> bool:
        branches: list[tuple[Changes, bool]] = []
        rest: list[ast.stmt] = [node]
        # A chain of elif is as deep as it is long, so it is followed in a loop.
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            link = rest[0]
            self._bind_walrus(link.test)
            holds = self.truth(link.test)
            if holds:
                rest = link.body
                break
            if holds is None:
                branches.append(self._branch(link.body))
            else:
                self._read_for_typing(link)
            rest = link.orelse
        if not branches:
            return self._body(rest)
        branches.append(self._branch(rest))
        return self._join(branches)

    def _bind_walrus(self, test: ast.expr) -> None:
        if isinstance(test, ast.NamedExpr):
            self._bind_target(test.target, test.value)

    def _read_for_typing(self, link: ast.If) -> None:
        """Read a body that does not run: what it binds helps where nothing that runs binds the name."""
        if known_truth(link.test, self, self._platform, type_checking=True) is False:
            return
        before, self._typing_only = self._typing_only, True
        changes, _ = self._branch(link.body)
        for name, bound in changes.items():
            if bound is not None and name not in self._scope.names:
                self._scope.bind(name, bound)
        self._typing_only = before

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> bool:
        if isinstance(node, ast.While):
            skip = self.truth(node.test) is False
        else:
            skip = False
            self._bind_loop_target(node.target)
        if not skip:
            # Leaving a loop early is no leaving of the module.
            changes, _ = self._branch(node.body)
            self._join([({}, True), (changes, True)])
        return self._body(node.orelse)

    def _bind_loop_target(self, target: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                self._bind_value(part.id, "a loop variable")

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            if item.optional_vars is not None:
                self._bind_target(item.optional_vars, None)
        return self._body(node.body)

    def _try(self, node: ast.Try) -> bool:
        happy = self._branch([*node.body, *node.orelse])
        attempted, _ = happy
        failures = []
        for handler in node.handlers:
            self._scope.begin()
            self._scope.join([{}, attempted], len(self._stars))
            if handler.name:
                self._bind_value(handler.name, "an exception")
            changes, reached = self._branch(handler.body)
            self._scope.join([changes], len(self._stars))
            if handler.name:
                self._scope.bind(handler.name, None)
            failures.append((self._scope.end(), reached))
        reached = self._join([happy, *failures])
        return self._body(node.finalbody) and reached

    def _match(self, node: ast.Match) -> bool:
        return self._join([({}, True), *[self._branch(case.body) for case in node.cases]])


def _items(value: ast.expr | None, count: int) -> Sequence[ast.expr | None]:
    """The ``count`` expressions that a target list takes from ``value``, where they are seen."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != count:
        return [None] * count
    return [None if isinstance(item, ast.Starred) else item for item in value.elts]


def _class_names(
    scope: Scope, stars: int
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Binding, ...]]:
    methods, plain, bindings = [], [], []
    for name in scope.names:
        refs = scope.lookup(name, stars)
        kinds = {ref.kind for ref in refs}
        if kinds == {"method"} and refs[0].name == scope.prefix + name:
            methods.append(name)
        elif kinds == {"value"}:
            plain.append(name)
        else:
            bindings.append(Binding(name, refs))
    return tuple(methods), tuple(plain), tuple(bindings)


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any], bool | None]] = {
    ast.ClassDef: _Reader._class,
    ast.FunctionDef: _Reader._function,
    ast.AsyncFunctionDef: _Reader._function,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import_from,
    ast.Assign: _Reader._assign,
    ast.AnnAssign: _Reader._annotated,
    ast.AugAssign: _Reader._augmented,
    ast.Expr: _Reader._expression,
    ast.Delete: _Reader._delete,
    ast.Raise: _Reader._raise,
    ast.If: _Reader._if,
    ast.For: _Reader._loop,
    ast.AsyncFor: _Reader._loop,
    ast.While: _Reader._loop,
    ast.With: _Reader._with,
    ast.AsyncWith: _Reader._with,
    ast.Try: _Reader._try,
    ast.TryStar: _Reader._try,
    ast.Match: _Reader._match,
}
