"""What a module offers to others: names that stand for something else, and texts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from modelops_bundle.source.use_expressions import Found
from modelops_bundle.source.use_leaves import EVERYTHING, steps_of
from modelops_bundle.source.use_records import UNKNOWN
from modelops_bundle.source.use_scopes import Binding, Growth, Scope, carried
from modelops_bundle.source.use_texts import elements, texts

__all__ = ["Offers"]


class Offers:
    """What the names of a module stand for.

    Args:
        found: What the walk set aside.
        targets: What an expression may stand for, as far as that is worth keeping.
    """

    def __init__(self, found: Found, targets: Callable[[ast.expr, Scope], list[str]]) -> None:
        self._found = found
        self._targets = targets

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Names, and attributes with a leading dot, that stand for something of another file."""
        for scope in self._found.scopes:
            if scope.kind in ("module", "class"):
                prefix = "." if scope.kind == "class" else ""
                for name, bindings in scope.names.items():
                    for binding in bindings:
                        if binding.kind == "value" and binding.node is not None:
                            yield from self._alias(f"{prefix}{name}", binding.node, scope)
        for attribute, value, scope in self._found.attributes:
            yield from self._alias(f".{attribute}", value, scope)

    def _alias(self, name: str, value: ast.expr, scope: Scope) -> Iterator[tuple[str, str]]:
        if isinstance(value, ast.Constant):
            return
        if isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr) or carried(value):
            for target in self._targets(value, scope):
                if target and target[0] not in ".#":
                    yield name, target

    def constants(self) -> Iterator[tuple[str, str]]:
        """Names of the module and of its classes, and attributes, that stand for a text."""
        if self._found.makes_names:
            # To others it is as if the module made names when it is asked for them.
            yield "__getattr__", ""
        found: dict[str, dict[str, None]] = {}
        tails: set[str] = set()
        for name, text in self._named_texts():
            found.setdefault(name, {})[text] = None
            if "." in name and text != UNKNOWN:
                tails.add(name.rpartition(".")[2])
        for name, every in found.items():
            # What is not known matters where something else would be taken for all there is.
            known = any(text != UNKNOWN for text in every) or name[1:] in tails
            yield from ((name, text) for text in every if text != UNKNOWN or known)

    def _named_texts(self) -> Iterator[tuple[str, str]]:
        for scope in self._found.scopes:
            if scope.kind not in ("module", "class"):
                continue
            prefix = f"{scope.qualname}." if scope.qualname else ""
            for name, bindings in scope.names.items():
                for binding in bindings:
                    for text in _constant_texts(binding, scope):
                        yield f"{prefix}{name}", text
                for growth in scope.growths.get(name, ()):
                    for text in _growth_texts(growth):
                        yield f"{prefix}{name}", text
        for attribute, value, scope in self._found.attributes:
            for text in _constant_texts(Binding("value", node=value, scope=scope), scope):
                yield f".{attribute}", UNKNOWN if "\x01@" in text else text

    def grown(self) -> Iterator[tuple[str, str]]:
        """Targets that are collections of other files, or attributes, and texts that are put into them."""
        for owner, scope, growth in self._found.grown_elsewhere:
            targets = [owner] if isinstance(owner, str) else self._targets(owner, scope)
            for target in targets:
                if target:
                    yield from ((target, text) for text in _growth_texts(growth))


def _growth_texts(growth: Growth) -> list[str]:
    if growth.node is None or growth.scope is None:
        return [UNKNOWN]
    if isinstance(growth.node, ast.Constant) and not isinstance(growth.node.value, str | bytes):
        return []
    found = elements(growth.node, growth.scope, EVERYTHING)
    return list(dict.fromkeys(UNKNOWN if "\x01@" in text else text for text in found))


def _constant_texts(binding: Binding, scope: Scope) -> Iterator[str]:
    node = binding.node
    if node is None or binding.kind in ("import", "definition"):
        if binding.kind in ("opaque", "parameter"):
            yield UNKNOWN
        return
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes):
        return
    if binding.kind != "value":
        found = elements(node, binding.scope or scope, steps_of(binding))
    elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
        found = elements(node, scope, EVERYTHING)
    else:
        found = texts(node, scope)
    for text in found:
        if not text.startswith("\x01+") and "\n" not in text and len(text) <= 256:
            yield text
