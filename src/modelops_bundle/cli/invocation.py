"""How a person starts this program: printed commands must work as they are printed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping

__all__ = ["next_steps", "program"]

_NAME = "mops-bundle"


def program(executable: str, variables: Mapping[str, str]) -> str:
    """What to type in a shell to start the program that runs now.

    Args:
        executable: The interpreter that runs it.
        variables: Environment variables.
    """
    bin_folder = os.path.dirname(executable)
    own = os.path.join(bin_folder, _NAME)
    search = variables.get("PATH", "").split(os.pathsep)
    if "UV_RUN_RECURSION_DEPTH" in variables:
        # `uv run` put the folder there for this process only.
        search = [folder for folder in search if folder != bin_folder]
    found = shutil.which(_NAME, path=os.pathsep.join(search))
    if found and os.path.realpath(found) == os.path.realpath(own):
        return _NAME
    if os.path.isfile(own):
        return shlex.quote(own)
    return f"{shlex.quote(executable)} -m modelops_bundle.cli"


def next_steps(folder: str) -> list[str]:
    """Commands for a fresh sample project, each for the folder that the one before leads to."""
    start = program(sys.executable, os.environ)
    here = os.path.relpath(folder)
    place = folder if here.startswith(os.pardir) else here
    data = "--data data/population.csv --data config/settings.json"
    return [
        f"cd {shlex.quote(place)}",
        f"{start} init",
        f"{start} register-model src/model.py {data}",
        f"{start} register-target src/targets.py",
        f"{start} show-registry",
        f"{start} status",
        f"{start} why model_stochasticsir",
    ]
