"""Which functions of a set of files are targets: decorated ``calibration_target``, or named by the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelops_bundle.discovery.literals import Literals
from modelops_bundle.discovery.models import Skipped
from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.resolve import Resolver
from modelops_bundle.discovery.sources import Source
from modelops_bundle.source.names import Decorator, FunctionDefinition, ModuleNames

__all__ = ["TargetDiscovery", "TargetFunction", "discover_targets"]

_DECORATOR = "calibration_target"


@dataclass(frozen=True, slots=True)
class TargetFunction:
    """A function that judges a model's output.

    Attributes:
        name: The function's name.
        module: Dotted name of its module.
        path: Absolute path of its file.
        line: Where its ``def`` stands.
        model_output: The output that it judges; empty where the source does not state it.
        data: Names and paths of the data it compares with, as written.
        decorated: Whether it is decorated as a target, and not only named.
    """

    name: str
    module: str
    path: str
    line: int
    model_output: str
    data: tuple[tuple[str, str], ...]
    decorated: bool = True

    @property
    def entrypoint(self) -> str:
        """``module:name``."""
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True)
class TargetDiscovery:
    """What was found, in order of path and line; path and name of the functions that may be targets, too."""

    targets: tuple[TargetFunction, ...]
    skipped: tuple[Skipped, ...]
    open: tuple[tuple[str, str], ...] = ()


def discover_targets(
    paths: Iterable[str], *, resolver: Resolver, named: Iterable[str] = ()
) -> TargetDiscovery:
    """Find the targets in files.

    Args:
        paths: Absolute paths of Python sources.
        resolver: What names stand for.
        named: Functions that are targets without a decorator.
    """
    literals = Literals(resolver)
    wanted = frozenset(named)
    targets: list[TargetFunction] = []
    skipped: list[Skipped] = []
    open_ones: list[tuple[str, str]] = []
    for path in sorted(dict.fromkeys(paths)):
        module = resolver.module_at(path)
        source = resolver.sources.source(module)
        if not isinstance(source, Source):
            skipped.append(Skipped(path, source or "it is no Python source"))
            continue
        for function in _present(source.names):
            decorator = _mark(resolver, module, function)
            if decorator is None and _is_open(resolver, module, function):
                open_ones.append((path, function.qualname))
            if decorator is not None or function.qualname in wanted:
                targets.append(_target(literals, module, function, decorator))
    return TargetDiscovery(tuple(targets), tuple(skipped), tuple(open_ones))


def _present(names: ModuleNames) -> Iterator[FunctionDefinition]:
    """Functions that their name still stands for when the module has been imported."""
    kept = {
        int(ref.target)
        for binding in names.bindings
        for ref in binding.refs
        if ref.kind == "function" and ref.name == binding.name
    }
    last: dict[str, FunctionDefinition] = {}
    for place in sorted(kept):
        last[names.functions[place].qualname] = names.functions[place]
    yield from sorted(last.values(), key=lambda function: function.line)


def _mark(resolver: Resolver, module: Module, function: FunctionDefinition) -> Decorator | None:
    for decorator in function.decorators:
        resolved = resolver.resolve(module, decorator.refs)
        if any(found.name.rpartition(".")[2] == _DECORATOR for found in resolved):
            return decorator
    return None


def _is_open(resolver: Resolver, module: Module, function: FunctionDefinition) -> bool:
    return any(
        found.kind in ("unknown", "value")
        for decorator in function.decorators
        for found in resolver.resolve(module, decorator.refs)
    )


def _target(
    literals: Literals, module: Module, function: FunctionDefinition, decorator: Decorator | None
) -> TargetFunction:
    call = decorator.call if decorator is not None else ()
    output = literals.argument(call, 0, "model_output")
    data = literals.argument(call, 1, "data")
    return TargetFunction(
        function.qualname,
        module.name,
        module.path or "",
        function.line,
        (literals.text(module, output) or "") if output else "",
        literals.pairs(module, data) if data else (),
        decorator is not None,
    )
