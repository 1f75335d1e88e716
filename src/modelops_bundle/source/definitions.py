"""Statements that bind names: definitions, imports, assignments; how they change the scope they stand in.

The order in which statements are reached, and which of them may be, is decided in ``names``.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

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
)
from modelops_bundle.source.conditions import Platform, known_truth
from modelops_bundle.source.creations import find_created
from modelops_bundle.source.expressions import as_written, dotted, literal, references
from modelops_bundle.source.scopes import Bound, Scope

__all__ = ["Definitions"]

#: Class variables that models state as literals.
STATED = frozenset({"PARAMS", "OUTPUTS", "SCENARIOS"})

#: Parts of a decorator's arguments that are kept: outputs and data of targets take few, tables of test cases
#: would take many.
MAX_DECORATOR_NODES = 120

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


class Definitions(ABC):
    """Collects the records of a module; implements ``expressions.Names`` for the point reached.

    Args:
        platform: The interpreter that tests are answered for.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._module = self.scope = Scope()
        self._classes: list[ClassDefinition | None] = []
        self._functions: list[FunctionDefinition] = []
        self._members: list[FunctionDefinition] = []
        self._values: dict[str, Literal] = {}
        self.stars: list[Star] = []
        self._created: list[Created] = []
        self._exported: list[Literal] = []
        self.branches = 0
        self.typing_only = False

    # What expressions ask for.

    def lookup(self, name: str) -> tuple[Ref, ...]:
        """What ``name`` stands for here."""
        return self.scope.lookup(name, len(self.stars))

    def node(self, name: str) -> ast.expr | None:
        """The expression that ``name`` was assigned from, if that is certain."""
        return self.scope.node(name)

    def truth(self, test: ast.expr, depth: int = 0) -> bool | None:
        """Whether ``test`` holds here; ``None`` when that is not known before the module runs."""
        return known_truth(test, self, self.platform, depth=depth)

    @abstractmethod
    def body(self, statements: Iterable[ast.stmt]) -> bool:
        """Read statements in order; whether what follows them is reached."""

    # The result.

    def result(self) -> ModuleNames:
        """The records of everything that was read."""
        names = self._module.names
        return ModuleNames(
            tuple([Binding(name, self.lookup(name)) for name in names]),
            tuple([definition for definition in self._classes if definition is not None]),
            tuple(self._functions),
            tuple(self.stars),
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

    def _bind(self, name: str, refs: tuple[Ref, ...], node: ast.expr | None = None) -> None:
        self.scope.bind(name, Bound(refs, len(self.stars), node, self.typing_only))

    def bind_value(self, name: str, what: str) -> None:
        """Let ``name`` stand for something that is no definition."""
        self._bind(name, (Ref("value", what, self.scope.prefix + name, ""),))

    def read_class(self, node: ast.ClassDef) -> None:
        """A class, its body included."""
        index = len(self._classes)
        self._classes.append(None)
        bases = tuple([Base(as_written(base), references(base, self)) for base in node.bases])
        metaclass = [references(k.value, self) for k in node.keywords if k.arg == "metaclass"]
        if any(k.arg is None for k in node.keywords):
            metaclass.append((Ref("value", "keyword arguments", "", ""),))
        outer = self.scope, self._members, self._values
        qualname = self.scope.prefix + node.name
        self.scope = Scope(qualname + ".", self._module)
        self._members, self._values = [], {}
        self.body(node.body)
        scope, members, values = self.scope, self._members, self._values
        self.scope, self._members, self._values = outer
        methods, plain, bindings = _class_names(scope, len(self.stars))
        self._classes[index] = ClassDefinition(
            qualname,
            node.lineno,
            self.typing_only,
            bases,
            metaclass[0] if metaclass else (),
            tuple(members),
            methods,
            plain,
            bindings,
            tuple(values.items()),
        )
        self._bind(node.name, (Ref("class", str(index), qualname, ""),))

    def read_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function; its body is not read."""
        qualname = self.scope.prefix + node.name
        decorators = tuple([self._decorator(item) for item in node.decorator_list])
        definition = FunctionDefinition(qualname, node.lineno, decorators)
        if self.scope is self._module:
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
            return Decorator(references(node.func, self), literal(node, self, MAX_DECORATOR_NODES))
        return Decorator(references(node, self), ())

    def read_import(self, node: ast.Import) -> None:
        """``import a.b``, which binds ``a``, or ``import a.b as c``."""
        for alias in node.names:
            if alias.asname:
                self._bind(alias.asname, (Ref("module", alias.name, "", ""),))
            else:
                top = alias.name.partition(".")[0]
                self._bind(top, (Ref("module", top, "", ""),))

    def read_import_from(self, node: ast.ImportFrom) -> None:
        """``from a import b`` and star imports."""
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(Star(module, node.lineno, self.branches > 0))
            else:
                self._bind(alias.asname or alias.name, (Ref("from", module, alias.name, ""),))

    def read_assign(self, node: ast.Assign) -> None:
        """``a = b = value``."""
        for target in node.targets:
            self.bind_target(target, node.value)
        self._created.extend(find_created(node.value, as_written(node.targets[0]), self))

    def read_annotated(self, node: ast.AnnAssign) -> None:
        """``a: T = value``; without a value nothing is bound."""
        if node.value is not None:
            self.bind_target(node.target, node.value)
            self._created.extend(find_created(node.value, as_written(node.target), self))

    def bind_target(self, target: ast.expr, value: ast.expr | None) -> None:
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
            self.bind_value(name, "an expression")
            return
        if self.scope is self._module and name == "__all__":
            self._exported = [("star", literal(value, self))]
        elif self.scope is not self._module and name in STATED:
            self._values[name] = literal(value, self)
        member = self._member_call(name, value)
        refs = member or references(value, self)
        if refs[0].kind == "value" and not refs[0].name and not refs[0].attributes:
            refs = (refs[0]._replace(name=self.scope.prefix + name),)
        self._bind(name, refs, value)

    def _member_call(self, name: str, value: ast.expr) -> tuple[Ref, ...]:
        """``x = property(_get_x)`` in a class body, as the member that it makes."""
        if self.scope is self._module or not isinstance(value, ast.Call):
            return ()
        function = references(value.func, self)
        if dotted(function) not in _MEMBER_CALLS:
            return ()
        wrapped = [references(item, self) for item in value.args if isinstance(item, ast.Name)]
        decorators = [Decorator(refs, ()) for refs in [function, *wrapped]]
        qualname = self.scope.prefix + name
        self._members.append(FunctionDefinition(qualname, value.lineno, tuple(decorators)))
        return (Ref("member", str(len(self._members) - 1), qualname, ""),)

    def read_augmented(self, node: ast.AugAssign) -> None:
        """``a += value``, which for ``__all__`` and stated values adds to them."""
        if not isinstance(node.target, ast.Name):
            return
        name = node.target.id
        if self.scope is self._module and name == "__all__":
            self._exported.append(("star", literal(node.value, self)))
        elif self.scope is not self._module and name in STATED:
            added = literal(node.value, self)
            self._values[name] = ("sum", self._values.get(name, ("unknown",)), added)
        self.bind_value(name, "an expression")

    def read_expression(self, node: ast.Expr) -> bool:
        """A bare expression; whether what follows it is reached."""
        value = node.value
        if isinstance(value, ast.NamedExpr):
            self.bind_target(value.target, value.value)
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

    def read_delete(self, node: ast.Delete) -> None:
        """``del a``."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.bind(target.id, None)


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
