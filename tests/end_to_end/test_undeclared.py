"""What the code names and nobody declared is told with the option that declares it, and --auto-data takes it."""

from __future__ import annotations

from pathlib import Path

from tests.support.command import Project

MODEL = """\
import subprocess
import sys
import modelops_bundle as mb


class Model(mb.BaseModel):
    def simulate(self, params, seed):
        return READS
"""


def project(folder: Path, reads: str, **files: str) -> Project:
    """A project whose model reads so; files by keyword, with ``__`` for ``/`` and ``_DOT_`` for a dot."""
    (folder / "model.py").write_text(MODEL.replace("READS", reads))
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made = Project(folder)
    made.run("init")
    return made


def test_a_script_that_is_started_is_declared_as_code(tmp_path: Path) -> None:
    runs = "subprocess.run([sys.executable, 'show.py'])"
    made = project(
        tmp_path, runs, show_DOT_py="import rates\nopen('x.csv')", rates_DOT_py="", x_DOT_csv="1"
    )
    said = made.run("register-model", "model.py").stderr
    assert "model.py:8 names show.py, which is not declared: add --code show.py" in said
    assert "register-model model.py --code show.py" in made.run("doctor", expect=1).stdout
    made.run("register-model", "model.py", "--auto-data")
    (entry,) = made.json("show-registry")["models"]
    assert {"show.py", "rates.py"} <= set(entry["code"])
    assert list(entry["data"]) == ["x.csv"]
    assert "warning" not in made.run("register-model", "model.py").stderr
