"""What stands around an import: type checking alone, or something that catches its failure."""

from __future__ import annotations

import ast

from modelops_bundle.source.use_scopes import Scope, last_name

__all__ = ["catches_import_error", "typing_truth"]

_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def catches_import_error(caught: ast.expr | None) -> bool:
    """Whether ``except caught`` goes on after an import that failed."""
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(last_name(kind) in _CATCHES for kind in kinds)


def typing_truth(test: ast.expr, scope: Scope) -> bool | None:
    """``True`` when the body is for type checkers alone, ``False`` when the other branch is."""
    truth = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        truth = not truth
        test = test.operand
    if last_name(test) != "TYPE_CHECKING" or (isinstance(test, ast.Name) and _is_set(test, scope)):
        return None
    return truth


def _is_set(name: ast.Name, scope: Scope) -> bool:
    """Whether a name that is false by custom was bound here to something that may be true."""
    home = scope.home(name.id)
    if home is None:
        return False
    # Asked while names are still being bound: each binding is looked at once.
    answer = home.answers.setdefault(("is set", name.id), [0, False])
    bindings = home.names[name.id]
    while answer[0] < len(bindings) and not answer[1]:
        binding = bindings[answer[0]]
        answer[0] += 1
        answer[1] = binding.kind != "import" and (
            not isinstance(binding.node, ast.Constant) or bool(binding.node.value)
        )
    return bool(answer[1])
