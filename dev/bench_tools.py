"""The tools that are measured, as found on this machine, the environment they run in, and how to measure."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench_measure import Contender, FailedError, nothing

#: Variables that would make two machines, or two runs, differ in what is measured.
DROPPED = ("PYTHON", "GIT_", "DVC_", "MODELOPS_", "COVERAGE_", "OMP_NUM_THREADS", "CUDA_VERSION")

BARE_TYPER = """\
import typer

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def main(version: bool = False) -> None:
    if version:
        typer.echo("1.0")


app()
"""

READ_FILE = """\
import sys
buffer = bytearray(4 << 20)
with open(sys.argv[1], "rb", buffering=0) as file:
    while file.readinto(buffer):
        pass
"""

HASH_FILE = """\
import sys
from blake3 import blake3
print(blake3(max_threads=blake3.AUTO).update_mmap(sys.argv[1]).hexdigest())
"""

PARSE_ALL = """\
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    ast.parse(path.read_bytes())
"""

GRIFFE_LOAD = """\
import logging, sys
import griffe
logging.disable(logging.CRITICAL)
griffe.load(sys.argv[2], search_paths=[sys.argv[1]], allow_inspection=False)
"""

IMPORT_GRAPH = """\
import sys
import grimp
sys.path.insert(0, sys.argv[1])
grimp.build_graph(*sys.argv[3:], cache_dir=sys.argv[2])
"""


class Tools:
    """What is here to be measured.

    Args:
        folder: Where the tools may keep their own state; removed with the benchmark.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = environment(folder, os.environ)

    @cached_property
    def mops(self) -> str:
        """This program's command."""
        beside = Path(sys.executable).with_name("mops-bundle")
        found = str(beside) if beside.exists() else shutil.which("mops-bundle")
        if not found:
            raise FailedError("mops-bundle is not installed: run `make bench`")
        return found

    @cached_property
    def uv(self) -> str | None:
        """``uv``, if it works: a version manager can leave one on PATH that only fails."""
        found = os.environ.get("UV") or shutil.which("uv")
        if not found:
            return None
        done = subprocess.run([found, "--version"], capture_output=True, check=False)
        return None if done.returncode else found

    def path(self, name: str) -> str | None:
        """A tool beside this interpreter, or else on PATH."""
        beside = Path(sys.executable).with_name(name)
        return str(beside) if beside.exists() else shutil.which(name)

    def contender(
        self,
        name: str,
        tool: str,
        *arguments: str,
        folder: Path,
        before: Callable[[], None] = nothing,
    ) -> Contender:
        """A tool with arguments, missing when the tool is."""
        found = self.path(tool)
        if not found:
            return Contender(name, (), missing=f"{tool} is not installed")
        return Contender(name, (found, *arguments), folder, self.variables, before)

    def ours(
        self, *arguments: str, folder: Path, before: Callable[[], None] = nothing
    ) -> Contender:
        """This program with arguments."""
        name = " ".join(["mops-bundle", *(Path(each).name for each in arguments)])
        return Contender(name, (self.mops, *arguments), folder, self.variables, before)

    def script(
        self,
        name: str,
        source: str,
        *arguments: str,
        needs: str = "",
        extra_path: Path | None = None,
        before: Callable[[], None] = nothing,
    ) -> Contender:
        """A few lines of Python with arguments, missing when the package that they need is."""
        places = [str(extra_path)] if extra_path else None
        if needs and not has_package(needs, places):
            return Contender(name, (), missing=f"{needs} is not installed")
        variables = dict(self.variables)
        if extra_path:
            variables["PYTHONPATH"] = str(extra_path)
        command = (sys.executable, "-c", source, *arguments)
        return Contender(name, command, self.folder, variables, before)

    def call(self, *command: str, folder: Path) -> None:
        """Run a command that prepares something.

        Raises:
            FailedError: It cannot be run, or its exit code is not 0.
        """
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise FailedError(f"{command[0]}: {error}") from error
        if done.returncode:
            shown = " ".join([Path(command[0]).name, *command[1:3]])
            lines = (done.stderr.strip() or done.stdout.strip() or "no message").split("\n")
            raise FailedError(f"{shown}: exit code {done.returncode}, {lines[-1][:200]}")

    def install(self, target: Path, *packages: str, with_requirements: bool = True) -> None:
        """Put packages into a folder.

        Raises:
            FailedError: uv is missing, or it cannot get them.
        """
        if not self.uv:
            raise FailedError("uv is not installed")
        options = [] if with_requirements else ["--no-deps"]
        place = ["--python", sys.executable, "--target", str(target)]
        self.call(
            self.uv, "pip", "install", "--quiet", *options, *place, *packages, folder=self.folder
        )


def has_package(name: str, places: Sequence[str] | None = None) -> bool:
    """Whether a package can be imported, from this interpreter or from the folders given."""
    if places and any((Path(place) / name).is_dir() for place in places):
        return True
    return importlib.util.find_spec(name) is not None


def environment(folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that every tool runs with: nobody's own settings, nothing kept outside the folder."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(DROPPED)}
    index = kept.get("UV_DEFAULT_INDEX") or kept.get("UV_INDEX_URL") or kept.get("PIP_INDEX_URL")
    if index:
        kept["UV_DEFAULT_INDEX"] = index
    if sys.prefix != sys.base_prefix:
        kept["VIRTUAL_ENV"] = sys.prefix
    return kept | {
        "NO_COLOR": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder / "dvc-site"),
        "DVC_GLOBAL_CONFIG_DIR": str(folder / "dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(folder / "dvc-system"),
    }


@dataclass(frozen=True, slots=True)
class Bench:
    """How to measure.

    Attributes:
        tools: What is measured.
        folder: Where to work.
        quick: Smaller and fewer.
        say: Told what is going on.
    """

    tools: Tools
    folder: Path
    quick: bool
    say: Callable[[str], None]

    def place(self, name: str) -> Path:
        """A new folder."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def rounds(self, full: int) -> int:
        """How many runs count."""
        return max(3, full // 3) if self.quick else full
