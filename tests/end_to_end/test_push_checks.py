"""What is imported is in the bundle, by relative names too: a push is refused where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Project

PLACE = "oci-layout:../bundles"
MODEL = "src/epi/seir/model.py"
ID = "model_seir"
FILES = {
    "src/epi/__init__.py": "",
    "src/epi/people.py": "PEOPLE = 1000\n",
    "src/epi/units.py": "DAY = 1.0\n",
    "src/epi/seir/__init__.py": "",
    "src/epi/seir/rates.py": "from ..units import DAY\n\nRATE = 0.2 / DAY\n",
    "src/epi/seir/tables.py": "COLUMNS = ('day', 'infected')\n",
    MODEL: '''\
from modelops_bundle import BaseModel

from . import tables
from ..people import PEOPLE
from .rates import RATE


class Seir(BaseModel):
    """A model whose parts are in modules beside it and above it."""

    OUTPUTS = ("infected",)

    def simulate(self, params, seed):
        return {"infected": dict.fromkeys(tables.COLUMNS, [RATE * PEOPLE])}
''',
}


@pytest.fixture
def project(sample: Project, tmp_path: Path) -> Project:
    """A project with a model of several modules, which is not registered yet."""
    sample.variables = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for path, text in FILES.items():
        (sample.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (sample.folder / path).write_text(text)
    return sample


def tags(project: Project) -> dict[str, str]:
    found: dict[str, str] = project.json("tags", PLACE)["tags"]
    return found


@pytest.mark.parametrize(
    ("path", "place", "module"),
    [
        pytest.param("src/epi/seir/rates.py", f"{MODEL}:5", "epi.seir.rates", id="beside"),
        pytest.param("src/epi/people.py", f"{MODEL}:4", "epi.people", id="above"),
        pytest.param("src/epi/seir/tables.py", f"{MODEL}:3", "epi.seir.tables", id="a name"),
        pytest.param("src/epi/units.py", "src/epi/seir/rates.py:1", "epi.units", id="of another"),
    ],
)
def test_what_is_gone_since_it_was_registered(
    project: Project, path: str, place: str, module: str
) -> None:
    project.run("register-model", MODEL)
    before = project.json("push", PLACE)["digest"]
    (project.folder / path).unlink()

    for arguments in (("push",), ("push", "--dry-run")):
        said = project.run(*arguments, expect=1).stderr
        assert said.splitlines() == [
            "error: the project cannot be pushed",
            f"{ID}: it is invalid: {place} imports {module}, which is gone",
            f"  Mend it. If it is gone for good, `mops-bundle unregister {ID}` forgets it.",
            f"{path}: it does not exist, and {ID} needs it",
            f"  Bring it back, or register {ID} without it.",
        ]
    assert tags(project) == {"latest": before}
    assert project.json("doctor", expect=1)["problems"] == [
        {
            "where": ID,
            "what": f"{place} imports {module}, which is gone",
            "mend": "Mend it, or register again without what is gone (--reset).",
        }
    ]

    # What is said to do is enough.
    (project.folder / path).write_text(FILES[path])
    assert "No problems" in project.run("doctor").stderr
    assert project.json("push")["digest"] == before


NEVER_THERE = [
    pytest.param(MODEL, "from .rates", "from .missing", "epi.seir.missing", id="beside"),
    pytest.param(MODEL, "from ..people", "from ..helpers", "epi.helpers", id="above"),
    pytest.param(MODEL, "import tables", "import missing as tables", "epi.seir.missing", id="name"),
    pytest.param(
        "src/epi/seir/rates.py", "from ..units", "from ..missing", "epi.missing", id="of another"
    ),
]


@pytest.mark.parametrize(("path", "before", "after", "module"), NEVER_THERE)
class TestWhatWasNeverThere:
    def test_it_is_told(
        self, project: Project, path: str, before: str, after: str, module: str
    ) -> None:
        project.edit(path, before, after)
        warned = project.run("register-model", MODEL).stderr
        (problem,) = project.json("doctor", expect=1)["problems"]
        assert problem["where"].startswith(f"{path}:")
        assert problem["what"] == f"imports {module}, which is not in the project"
        assert "Bring it back, or declare the file" in problem["mend"]
        assert f"warning: {problem['where']} {problem['what']}: declare the file" in warned

    def test_it_stops_a_push(
        self, project: Project, path: str, before: str, after: str, module: str
    ) -> None:
        project.edit(path, before, after)
        project.run("register-model", MODEL)
        done = project.run("push", PLACE, expect=None)
        assert done.returncode == 1
        assert f"{path}:" in done.stderr
        assert f"imports {module}, which is not in the project" in done.stderr
        assert "Bring it back" in done.stderr
        assert not (project.folder.parent / "bundles/index.json").exists()


def test_what_code_can_do_without_stops_nothing(project: Project) -> None:
    project.edit(
        MODEL,
        "from .rates import RATE\n",
        "try:\n    from .missing import RATE\nexcept ImportError:\n    RATE = 0.2\n",
    )
    project.run("register-model", MODEL)
    assert "No problems" in project.run("doctor").stderr
    digest = project.json("push", PLACE)["digest"]
    assert tags(project) == {"latest": digest}


def test_what_a_build_makes_is_declared_by_its_source(project: Project) -> None:
    project.edit(MODEL, "from .rates import RATE", "from ._fast import RATE")
    (project.folder / "src/epi/seir/_fast.pyx").write_text("RATE = 0.2\n")
    project.run("register-model", MODEL)
    assert "imports epi.seir._fast" in project.run("push", PLACE, expect=1).stderr
    said = project.run("register-model", MODEL, "--code", "src/epi/seir/_fast.pyx").stderr
    assert "imports" not in said.replace("what it imports", "")
    assert "imports epi" not in project.run("doctor", expect=1).stdout
    project.run("push", PLACE)
