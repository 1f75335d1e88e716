"""One namespace while its statements are read in order, with branches that may or may not happen.

A branch is read on the namespace as it stands, its changes are noted and taken back, and when all branches
are read their changes are joined: a name then stands for everything that one of them gave it. The cost
follows the number of changes, not the size of the namespace.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from typing import NamedTuple

from modelops_bundle.source.bindings import Ref

__all__ = ["BUILTINS", "Bound", "Changes", "Scope", "alternatives"]

BUILTINS = frozenset(dir(builtins))

#: More alternatives than this say nothing that could be acted on.
MAX_ALTERNATIVES = 24
#: Changes in branches of one module that are told apart.
MAX_CHANGES = 250_000


class Bound(NamedTuple):
    """What a name stands for at one point.

    Attributes:
        refs: The alternatives.
        stars: How many star imports had been read when it was bound; later ones may bind it anew.
        node: The expression it was assigned from, if that is one.
        typing_only: It is bound for type checkers alone.
    """

    refs: tuple[Ref, ...]
    stars: int
    node: ast.expr | None = None
    typing_only: bool = False


#: Names and what a branch left them as; ``None`` for a deleted one.
Changes = dict[str, "Bound | None"]


def alternatives(name: str, groups: Sequence[tuple[Ref, ...]]) -> tuple[Ref, ...]:
    """All of ``groups`` in order, without repetition, and never too many."""
    refs: list[Ref] = []
    seen: set[tuple[Ref, ...]] = set()
    for group in groups:
        # Compared whole: a star's reference counts on the ones that follow it.
        if group not in seen:
            seen.add(group)
            refs.extend(group)
    if len(refs) > MAX_ALTERNATIVES:
        return (Ref("value", "one of very many things", name, ""),)
    return tuple(refs) if any(ref.kind == "star" for ref in refs) else tuple(dict.fromkeys(refs))


class Scope:
    """Names of a module or class body.

    Args:
        prefix: What stands before the names in qualified names, ``Outer.`` or empty.
        enclosing: Where names are looked up that are not bound here.
    """

    __slots__ = ("_journals", "_left", "enclosing", "names", "prefix")

    def __init__(self, prefix: str = "", enclosing: Scope | None = None) -> None:
        self.prefix = prefix
        self.enclosing = enclosing
        self.names: dict[str, Bound] = {}
        self._journals: list[Changes] = []
        #: How many changes in branches are still taken back, in all scopes of the module.
        self._left: list[int] = [MAX_CHANGES] if enclosing is None else enclosing._left

    def bind(self, name: str, bound: Bound | None) -> None:
        """Let ``name`` stand for ``bound``; ``None`` deletes it."""
        if self._journals:
            if self._left[0] <= 0:
                self._add(name, bound)
                return
            self._left[0] -= 1
            self._journals[-1].setdefault(name, self.names.get(name))
        if bound is None:
            self.names.pop(name, None)
        else:
            self.names[name] = bound

    def _add(self, name: str, bound: Bound | None) -> None:
        # A name in branches within branches changes with each of them: where that is too much, it stands
        # for all that it was bound to.
        if bound is not None:
            before = self.names.get(name)
            outcomes = [bound] if before is None else [bound, before]
            self.names[name] = _joined(name, outcomes, bound.stars) or bound

    def lookup(self, name: str, stars: int) -> tuple[Ref, ...]:
        """What ``name`` stands for when ``stars`` star imports have been read."""
        scope: Scope | None = self
        while scope is not None:
            bound = scope.names.get(name)
            if bound is not None:
                return _in_force(name, bound, stars)
            scope = scope.enclosing
        return _in_force(name, Bound((Ref("free", "", name, ""),), 0), stars)

    def node(self, name: str) -> ast.expr | None:
        """The expression that ``name`` was assigned from, if it certainly was."""
        bound = self.names.get(name)
        if bound is None:
            return self.enclosing.node(name) if self.enclosing is not None else None
        return bound.node

    def begin(self) -> None:
        """Start a branch."""
        self._journals.append({})

    def end(self) -> Changes:
        """End the branch, take its changes back and return them."""
        before = self._journals.pop()
        changes: Changes = {name: self.names.get(name) for name in before}
        for name, bound in before.items():
            if bound is None:
                self.names.pop(name, None)
            else:
                self.names[name] = bound
        return changes

    def join(self, branches: Sequence[Changes], stars: int) -> None:
        """Go on after ``branches``, of which exactly one happened."""
        if len(branches) == 1:
            for name, bound in branches[0].items():
                self.bind(name, bound)
            return
        changed: dict[str, list[Bound | None]] = {}
        for branch in branches:
            for name, bound in branch.items():
                changed.setdefault(name, []).append(bound)
        for name, outcomes in changed.items():
            if len(outcomes) < len(branches):
                outcomes.append(self._untouched(name))
            self.bind(name, _joined(name, outcomes, stars))

    def _untouched(self, name: str) -> Bound | None:
        bound = self.names.get(name)
        if bound is None and name in BUILTINS:
            return Bound((Ref("free", "", name, ""),), 0)
        return bound


def _joined(name: str, outcomes: Sequence[Bound | None], stars: int) -> Bound | None:
    present = [bound for bound in outcomes if bound is not None]
    if not present:
        return None
    real = [bound for bound in present if not bound.typing_only]
    chosen = real or present
    refs = alternatives(name, [_in_force(name, bound, stars) for bound in chosen])
    return Bound(refs, stars, None, not real)


def _in_force(name: str, bound: Bound, stars: int) -> tuple[Ref, ...]:
    if bound.stars >= stars:
        return bound.refs
    star = Ref("star", f"{bound.stars}:{stars}:{len(bound.refs)}", name, "")
    return (star, *bound.refs)
