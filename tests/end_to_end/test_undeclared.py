"""What code names and nobody declared is told with the option that declares it; --auto-data takes it."""

from __future__ import annotations

from pathlib import Path

from tests.support.command import Project

MODEL = """\
import os
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
    assert "model.py:9 names show.py, which is not declared: add --code show.py" in said
    assert "register-model model.py --code show.py" in made.run("doctor", expect=1).stdout
    made.run("register-model", "model.py", "--auto-data")
    (entry,) = made.json("show-registry")["models"]
    assert {"show.py", "rates.py"} <= set(entry["code"])
    assert list(entry["data"]) == ["x.csv"]
    assert "warning" not in made.run("register-model", "model.py").stderr


def test_folders_and_patterns_are_declared_as_such(tmp_path: Path) -> None:
    files = {f"data__{name}_DOT_csv": name for name in "abc"} | {"raw__x_DOT_txt": ""}
    reads = "[load('data/*.csv'), os.listdir('raw'), load('data/a.csv')]"
    made = project(tmp_path, reads, **files)
    said = made.run("register-model", "model.py", "--data", "data/a.csv").stderr
    place = "warning: model.py:9 names"
    assert said.splitlines()[:2] == [
        f"{place} data/*.csv (3 files), which is not declared: add --data 'data/*.csv'",
        f"{place} raw (1 file), which is not declared: add --data raw",
    ]
    assert "--data 'data/*.csv'" in made.run("doctor", expect=1).stdout
    made.run("register-model", "model.py", "--auto-data")
    (entry,) = made.json("show-registry")["models"]
    assert entry["data_patterns"] == ["data/*.csv", "data/a.csv", "raw"]
    assert "warning" not in made.run("register-model", "model.py").stderr
    (tmp_path / "data/d.csv").write_text("")
    assert made.states() == {"model_model": "stale"}


def test_a_run_tells_of_a_file_that_has_come_beside_declared_ones(tmp_path: Path) -> None:
    """What looks for the pattern may be C or Rust code, which nobody sees."""
    made = project(tmp_path, "len('data/*.csv')", data__a_DOT_csv="1")
    made.run("register-model", "model.py", "--data", "data/a.csv")
    assert made.json("run", "Model")["warnings"] == []
    (tmp_path / "data/b.csv").write_text("")
    (warning,) = made.json("run", "Model")["warnings"]
    assert warning.endswith(
        "names data/*.csv (2 files), which is not declared: add --data 'data/*.csv'"
    )


def test_a_folder_of_sources_is_declared_as_code(tmp_path: Path) -> None:
    made = project(tmp_path, "list(os.scandir('plugins'))", plugins__one_DOT_py="")
    said = made.run("register-model", "model.py").stderr
    assert "names plugins (1 file), which is not declared: add --code plugins" in said


def test_all_of_a_folder_declared_by_another_name_is_declared(tmp_path: Path) -> None:
    made = project(tmp_path, "[os.listdir('raw'), load('raw/*.txt')]", raw__x_DOT_txt="")
    assert "warning" not in made.run("register-model", "model.py", "--data", "raw/x.txt").stderr


def test_a_variable_that_no_code_is_seen_to_read_is_declared(tmp_path: Path) -> None:
    made = project(tmp_path, "os.environ[''.join(params)]")
    refused = made.run("register-model", "model.py", "--variable", "A=1", expect=2).stderr
    assert "--variable 'A=1' is no name of a variable" in refused
    made.variables["RATE"] = "1"
    made.run("register-model", "model.py", "--variable", "RATE")
    assert made.states() == {"model_model": "current"}
    made.variables["RATE"] = "2"
    assert made.states() == {"model_model": "stale"}
    assert "RATE" in made.run("why", "model_model").stdout
    # Said once, it stays.
    made.run("register-model", "model.py")
    assert made.states() == {"model_model": "current"}
    made.variables.clear()
    assert made.states() == {"model_model": "stale"}
