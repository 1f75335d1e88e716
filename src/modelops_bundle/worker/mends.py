"""What to do about a read that is not declared: told where it is refused, and by the report afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["OPTIONS", "mend"]

#: The option of ``register-model`` and ``register-target`` that declares a read of each kind. What has none
#: cannot be declared.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {"data": "--data", "code": "--code", "variable": "--variable"}
)
_OTHERS = {
    "written": "write it to a temporary file (tempfile), which can be read back",
    "outside": "copy or link {} into the project and declare it with --data, or add it to hermetic.allow",
    "process": "let the model do it itself, or run where the kernel enforces what is read",
}


def mend(kind: str, name: str, path: str, owner: str, *, is_target: bool = False) -> str:
    """What makes a read count, or be done without; empty where there is nothing to do.

    Args:
        kind: Kind of the read.
        name: What was read.
        path: The file of the model or target, relative to the project.
        owner: Name of the model or target in there.
        is_target: Which of the two it is.
    """
    if kind == "variable" and name == "*":
        return "read the variables by their names: the whole environment cannot be declared"
    if kind == "network":
        # Targets declare none: they judge what a model has asked for.
        hosted = (
            "let the model ask hosted models" if is_target else "declare a hosted model with --llm"
        )
        return f"keep what is fetched in a data file, {hosted}, or set hermetic.network = true"
    if kind not in OPTIONS:
        return _OTHERS.get(kind, "").format(name)
    register = (
        ("register-target", path, "--target") if is_target else ("register-model", path, "--class")
    )
    return shlex.join(("mops-bundle", *register, owner, OPTIONS[kind], name))
