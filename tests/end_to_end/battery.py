"""The staleness battery: making the project, and carrying out its edits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "projects" / "battery"
SCENARIOS = [
    scenario
    for name in ("battery.json", "more.json")
    for scenario in json.loads((SOURCE / name).read_text())["scenarios"]
]
CONFIGURATION = """
[tool.modelops-bundle]
model_bases = ["models.base.BaseModel"]

[tool.modelops-bundle.environment]
ignore_variables = ["SIR_RUNLOG"]
"""
DATA = ("data/pop.csv", "data/regions/*.csv", "data/current.csv")


@dataclass
class Battery:
    """One copy of the project with its library, and the environment that its commands run in."""

    folder: Path
    pythons: dict[str, str]
    variant: str = "base"
    variables: dict[str, str] = field(default_factory=lambda: {"SIR_SCALE": "1.0"})
    name: str = "project"

    @property
    def project(self) -> Path:
        return self.folder / self.name

    def create(self) -> None:
        shutil.copytree(SOURCE / "project", self.project)
        shutil.copytree(SOURCE / "extlib", self.folder / "extlib")
        current = self.project / "data" / "current.csv"
        target = current.read_text().strip()
        current.unlink()
        current.symlink_to(target)
        (self.project / "pyproject.toml").write_text(CONFIGURATION)

    def copy(self, folder: Path) -> Battery:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Battery(folder, self.pythons)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = ("PATH", "HOME", "LANG", "SYSTEMROOT")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "PYTHONPATH": str(self.folder / "extlib"),
            "SIR_RUNLOG": str(self.folder / "runs.log"),
            **self.variables,
        }
        return subprocess.run(
            [
                Path(sys.executable).with_name("mops-bundle"),
                "-C",
                self.project,
                *arguments,
                "--python",
                self.pythons[self.variant],
            ],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def register(self) -> None:
        data = [part for pattern in DATA for part in ("--data", f"{self.project}/{pattern}")]
        for arguments in (
            ("init",),
            ("register-model", f"{self.project}/models/sir.py", "--class", "SIRModel", *data),
        ):
            done = self.command(*arguments)
            assert done.returncode == 0, done.stderr

    def answer(self) -> str:
        """REUSE when the model is current, else RERUN."""
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stderr
        (entry,) = json.loads(done.stdout)["entries"]
        return "REUSE" if entry["state"] == "current" else "RERUN"

    def edit(self, operation: dict) -> None:
        getattr(self, f"_{operation['op']}")(operation)

    def _path(self, operation: dict, key: str = "file") -> Path:
        return self.project / operation[key]

    def _replace(self, operation: dict) -> None:
        self._substitute(self._path(operation), operation)

    def _substitute(self, path: Path, operation: dict) -> None:
        text = path.read_text()
        assert operation["old"] in text
        path.write_text(text.replace(operation["old"], operation["new"], 1))

    def _write(self, operation: dict) -> None:
        path = self._path(operation)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(operation["text"])

    def _append(self, operation: dict) -> None:
        with self._path(operation).open("a") as file:
            file.write(operation["text"])

    def _delete(self, operation: dict) -> None:
        self._path(operation).unlink()

    def _touch(self, operation: dict) -> None:
        self._path(operation).touch()

    def _rewrite(self, operation: dict) -> None:
        path = self._path(operation)
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)

    def _fmt(self, operation: dict) -> None:
        program, *options = operation["cmd"]
        command = [Path(sys.executable).with_name(program), *options, self._path(operation)]
        before = self._path(operation).read_bytes()
        subprocess.run(command, check=True, cwd=self.project, capture_output=True)
        assert self._path(operation).read_bytes() != before

    def _symlink(self, operation: dict) -> None:
        path = self._path(operation)
        path.unlink()
        path.symlink_to(operation["target"])

    def _move(self, operation: dict) -> None:
        self._path(operation, "src").rename(self._path(operation, "dst"))

    def _chmod(self, operation: dict) -> None:
        self._path(operation).chmod(operation["mode"])

    def _env(self, operation: dict) -> None:
        self.variables[operation["k"]] = operation["v"]

    def _venv(self, operation: dict) -> None:
        self.variant = operation["variant"]

    def _ext(self, operation: dict) -> None:
        self._substitute(self.folder / "extlib" / "epilib" / "__init__.py", operation)

    def _touch_all(self, _operation: dict) -> None:
        for path in self.project.rglob("*"):
            path.touch()

    def _crlf(self, operation: dict) -> None:
        path = self._path(operation)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    def _bom(self, operation: dict) -> None:
        path = self._path(operation)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    def _rmtree(self, operation: dict) -> None:
        shutil.rmtree(self._path(operation))

    def _stealth(self, operation: dict) -> None:
        path = self._path(operation)
        before = path.stat()
        self._substitute(path, operation)
        assert path.stat().st_size == before.st_size
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _ask(self, _operation: dict) -> None:
        self.answer()

    def _relocate(self, operation: dict) -> None:
        self.project.rename(self.folder / "moved")
        self.name = "moved"
