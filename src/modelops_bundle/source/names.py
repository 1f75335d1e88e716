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
from modelops_bundle.source.definitions import Definitions
from modelops_bundle.source.scopes import Changes

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


class _Reader(Definitions):
    """Reads statements in the order in which they are reached."""

    def read(self, statement: ast.stmt) -> bool:
        """Read one statement; whether the next one is reached."""
        handler = _STATEMENTS.get(type(statement))
        return handler(self, statement) is not False if handler is not None else True

    def body(self, statements: Iterable[ast.stmt]) -> bool:
        return all(self.read(statement) for statement in statements)

    def _branch(self, statements: Iterable[ast.stmt]) -> tuple[Changes, bool]:
        """Read statements that may not happen; their changes, and whether they run to their end."""
        self.scope.begin()
        self.branches += 1
        try:
            reached = self.body(statements)
        finally:
            self.branches -= 1
            changes = self.scope.end()
        return changes, reached

    def _join(self, branches: Sequence[tuple[Changes, bool]]) -> bool:
        live = [changes for changes, reached in branches if reached]
        # Nothing comes after branches that all leave; what they bound still helps what stands there.
        self.scope.join(live or [changes for changes, _ in branches], len(self.stars))
        return bool(live)

    def read_raise(self, _node: ast.Raise) -> bool:
        return False

    def read_if(self, node: ast.If) -> bool:
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
            return self.body(rest)
        branches.append(self._branch(rest))
        return self._join(branches)

    def _bind_walrus(self, test: ast.expr) -> None:
        if isinstance(test, ast.NamedExpr):
            self.bind_target(test.target, test.value)

    def _read_for_typing(self, link: ast.If) -> None:
        """Read a body that does not run: what it binds helps where nothing that runs binds the name."""
        if known_truth(link.test, self, self.platform, type_checking=True) is False:
            return
        before, self.typing_only = self.typing_only, True
        changes, _ = self._branch(link.body)
        for name, bound in changes.items():
            if bound is not None and name not in self.scope.names:
                self.scope.bind(name, bound)
        self.typing_only = before

    def read_loop(self, node: ast.For | ast.AsyncFor | ast.While) -> bool:
        if isinstance(node, ast.While):
            skip = self.truth(node.test) is False
        else:
            skip = False
            self.bind_target(node.target, None)
        if not skip:
            # Leaving a loop early is no leaving of the module.
            changes, _ = self._branch(node.body)
            self._join([({}, True), (changes, True)])
        return self.body(node.orelse)

    def read_with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, None)
        return self.body(node.body)

    def read_try(self, node: ast.Try) -> bool:
        happy = self._branch([*node.body, *node.orelse])
        branches = [happy]
        if node.handlers:
            # What was attempted may have happened before any handler: it is joined once, for all of them.
            self.scope.begin()
            self.scope.join([{}, happy[0]], len(self.stars))
            failed = self._join([self._handler(handler) for handler in node.handlers])
            branches.append((self.scope.end(), failed))
        reached = self._join(branches)
        return self.body(node.finalbody) and reached

    def _handler(self, handler: ast.ExceptHandler) -> tuple[Changes, bool]:
        self.scope.begin()
        if handler.name:
            self.bind_value(handler.name, "an exception")
        changes, reached = self._branch(handler.body)
        self.scope.join([changes], len(self.stars))
        if handler.name:
            self.scope.bind(handler.name, None)
        return self.scope.end(), reached

    def read_match(self, node: ast.Match) -> bool:
        return self._join([({}, True), *[self._branch(case.body) for case in node.cases]])


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any], bool | None]] = {
    ast.ClassDef: _Reader.read_class,
    ast.FunctionDef: _Reader.read_function,
    ast.AsyncFunctionDef: _Reader.read_function,
    ast.Import: _Reader.read_import,
    ast.ImportFrom: _Reader.read_import_from,
    ast.Assign: _Reader.read_assign,
    ast.AnnAssign: _Reader.read_annotated,
    ast.AugAssign: _Reader.read_augmented,
    ast.Expr: _Reader.read_expression,
    ast.Delete: _Reader.read_delete,
    ast.Raise: _Reader.read_raise,
    ast.If: _Reader.read_if,
    ast.For: _Reader.read_loop,
    ast.AsyncFor: _Reader.read_loop,
    ast.While: _Reader.read_loop,
    ast.With: _Reader.read_with,
    ast.AsyncWith: _Reader.read_with,
    ast.Try: _Reader.read_try,
    ast.TryStar: _Reader.read_try,
    ast.Match: _Reader.read_match,
}
