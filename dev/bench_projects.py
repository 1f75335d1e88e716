"""Projects to measure on: a model, the Python files that it imports, and the data that it reads.

Everything is made by counting, so that two runs measure the same project.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from bench_measure import FailedError
from bench_tools import Tools

MODULES_IN_A_PACKAGE = 50
FILES_IN_A_FOLDER = 100
#: The stat cache believes a file when it was hashed more than two seconds after it last changed.
GUARD_SECONDS = 2.5

MODULE = '''\
"""Part {number} of the helpers: rates, steps and summaries."""

import math
from collections.abc import Iterable, Sequence
{imports}
SCALE_{number} = {number}.5
LIMITS = {{"low": 0.0, "high": {number}.0, "steps": 10}}


class Table{number}:
    """Rows with a name."""

    def __init__(self, name: str, rows: Iterable[Sequence[float]] = ()) -> None:
        self.name = name
        self.rows = [tuple(row) for row in rows]

    def column(self, index: int) -> list[float]:
        """One column."""
        return [row[index] for row in self.rows if len(row) > index]

    def mean(self, index: int) -> float:
        """Mean of a column, 0 when it is empty."""
        values = self.column(index)
        return math.fsum(values) / len(values) if values else 0.0


def rate_{number}(value: float, *, scale: float = SCALE_{number}) -> float:
    """How quickly a value moves."""
    if value <= LIMITS["low"]:
        return 0.0
    for step in range(int(LIMITS["steps"])):
        value = value * math.exp(-step / scale) + {number} / (1 + step)
        if value > LIMITS["high"]:
            break
    return min(value, LIMITS["high"]){uses}


def summary_{number}(tables: Sequence[Table{number}], index: int = 0) -> dict[str, float]:
    """Means by name."""
    found = {{table.name: table.mean(index) for table in tables}}
    return {{name: rate_{number}(mean) for name, mean in sorted(found.items())}}
'''

MODEL = '''\
"""The model of the benchmark."""

from pathlib import Path

import yaml
from packaging.version import Version

from modelops_bundle import BaseModel
{imports}

DATA = Path(__file__).resolve().parent.parent / "data"


class Sir(BaseModel):
    """Nothing but something that depends on all the rest."""

    OUTPUTS = ("incidence",)
    PARAMS = ("beta",)

    def simulate(self, params, seed):
        settings = yaml.safe_load((DATA / "tables" / "part_000" / "item_00000.csv").read_text())
        return {{"incidence": [settings, Version("1.0"), params["beta"], seed, {calls}]}}
'''


@dataclass(frozen=True, slots=True)
class Project:
    """A project on disk.

    Attributes:
        folder: Its root.
        modules: How many Python files the model imports.
        items: How many data files there are.
    """

    folder: Path
    modules: int
    items: int

    @property
    def files(self) -> int:
        """How many files the model depends on."""
        return self.modules + self.items

    @property
    def cache(self) -> Path:
        """What this program remembers of files."""
        return self.folder / ".modelops-bundle" / "cache"

    def forget(self) -> None:
        """Remove the cache: the next command starts cold."""
        shutil.rmtree(self.cache, ignore_errors=True)


def write_project(folder: Path, modules: int, items: int) -> Project:
    """Write a model, the modules that it reaches, and data files in folders of a hundred."""
    numbers = range(modules)
    for number in numbers:
        path = folder / _module_path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_module_source(number))
    packages = {(folder / _module_path(number)).parent for number in numbers}
    for package in packages | {package.parent for package in packages}:
        (package / "__init__.py").write_text('"""A package."""\n')
    model = folder / "models" / "sir.py"
    model.parent.mkdir(parents=True)
    starts = [number for number in numbers if number % 10 == 0]
    imports = "".join(f"from {_module_name(each)} import rate_{each}\n" for each in starts)
    calls = ", ".join(f"rate_{each}(seed)" for each in starts)
    model.write_text(MODEL.format(imports=imports.rstrip("\n"), calls=calls))
    (folder / "pyproject.toml").write_text('[project]\nname = "benchmark"\nversion = "0.1.0"\n')
    for item in range(items):
        _write_item(folder, item)
    return Project(folder, modules, items)


def _module_name(number: int) -> str:
    return f"helpers.part_{number // MODULES_IN_A_PACKAGE:02}.module_{number:04}"


def _module_path(number: int) -> str:
    return _module_name(number).replace(".", "/") + ".py"


def _module_source(number: int) -> str:
    # Each of ten neighbours leads to the next, and some to a module far away.
    needed = [number + 1] if number % 10 != 9 else []
    needed += [number // 2] if number % 7 == 0 and number else []
    imports = "".join(f"from {_module_name(each)} import rate_{each}\n" for each in needed)
    uses = "".join(f" + rate_{each}(scale)" for each in needed)
    return MODULE.format(number=number, imports=f"\n{imports}" if imports else "", uses=uses)


def _write_item(folder: Path, item: int) -> None:
    # Every fourth folder is declared by a pattern, the others by the folder that they lie in.
    number = item // FILES_IN_A_FOLDER
    top = "tables" if number % 4 == 0 else "raw"
    path = folder / "data" / top / f"part_{number:03}" / f"item_{item:05}.csv"
    if item % FILES_IN_A_FOLDER == 0:
        path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{day},{(item * 31 + day * 17) % 1000},{item}" for day in range(20 + item % 150)]
    path.write_text("day,cases,item\n" + "\n".join(rows) + "\n")


def register(tools: Tools, project: Project) -> None:
    """Make it a project of ours with everything declared, and wait until its files have aged.

    Raises:
        FailedError: A command failed, or the model is not current afterwards.
    """
    tools.call(tools.mops, "init", folder=project.folder)
    data = ["--data", "data/raw", "--data", "data/tables/**/*.csv"] if project.items else []
    tools.call(tools.mops, "register-model", "models/sir.py", *data, folder=project.folder)
    time.sleep(GUARD_SECONDS)
    # The first reads again what was too young to be believed, the second must find nothing to read.
    for _ in range(2):
        tools.call(tools.mops, "status", "--check", folder=project.folder)


def track_with_dvc(tools: Tools, project: Project) -> str:
    """Have dvc follow the data; returns why it does not."""
    dvc = tools.path("dvc")
    if not dvc:
        return "dvc is not installed"
    # Without SCM, or dvc would take the data away from git, whose status is measured in the same tree.
    return _problem(tools, project, [dvc, "init", "--no-scm"], [dvc, "add", "data"])


def track_with_git(tools: Tools, project: Project) -> str:
    """Commit everything but the tools' own caches; returns why it is not."""
    git = tools.path("git")
    if not git:
        return "git is not installed"
    (project.folder / ".gitignore").write_text(".dvc/cache/\n.dvc/tmp/\n__pycache__/\n")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"]
    commands = (
        [git, "init", "--quiet"],
        [git, "add", "--all"],
        [git, *who, "commit", "--quiet", "--message", "all"],
    )
    return _problem(tools, project, *commands)


def _problem(tools: Tools, project: Project, *commands: list[str]) -> str:
    try:
        for command in commands:
            tools.call(*command, folder=project.folder)
    except FailedError as error:
        return f"failed: {error}"
    return ""


def write_large(path: Path, size: int) -> None:
    """Write a file of random bytes; the blocks repeat, but no two neighbours are the same."""
    # Small, because what this process takes is the least that any process started by it seems to take.
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        left = size
        while left > 0:
            left -= file.write(left.to_bytes(8, "little") + block[: max(left - 8, 0)])
    os.truncate(path, size)
