"""Virtual environments made and filled by venv and pip, without a network; Python itself is the judge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from tests.support.pythons import MINORS, pythons

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.interpreters import StartedInterpreters
from modelops_bundle.environment import (
    Distributions,
    Interpreter,
    choose_interpreter,
    read_interpreter,
    scope,
)
from modelops_bundle.project.config import Config

# A build backend that needs nothing: it packs one package, or a link to it.
BACKEND = """
import os, zipfile
def _wheel(folder, editable):
    name, version = open("NAME").read().strip(), "1.5"
    path = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(folder, path), "w") as wheel:
        if editable:
            wheel.writestr(f"_{name}.pth", os.path.abspath("src") + "\\n")
        else:
            wheel.write(f"src/{name}lib/__init__.py", f"{name}lib/__init__.py")
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Requires-Dist: plain", ""]
        wheel.writestr(f"{info}/METADATA", "\\n".join(lines))
        lines = ["Wheel-Version: 1.0", "Generator: x", "Root-Is-Purelib: true", "Tag: py3-none-any", ""]
        wheel.writestr(f"{info}/WHEEL", "\\n".join(lines))
        wheel.writestr(f"{info}/RECORD", "")
    return path
def build_wheel(folder, config_settings=None, metadata_directory=None): return _wheel(folder, False)
def build_editable(folder, config_settings=None, metadata_directory=None): return _wheel(folder, True)
def build_sdist(folder, config_settings=None): raise NotImplementedError
def get_requires_for_build_wheel(config_settings=None): return []
def get_requires_for_build_editable(config_settings=None): return []
"""
GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def wheel(folder: Path, name: str, version: str, module: str, requires: str = "") -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(module, "")
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}\n",
        )
        tags = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", tags)
        archive.writestr(f"{info}/RECORD", "")
    return path


def source(folder: Path, name: str) -> Path:
    root = folder / name
    (root / "src" / f"{name}lib").mkdir(parents=True)
    (root / "src" / f"{name}lib" / "__init__.py").write_text("")
    (root / "backend.py").write_text(BACKEND)
    (root / "NAME").write_text(name)
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "1.5"\n'
    )
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment, and sources that were installed in each way."""
    folder = tmp_path_factory.mktemp("real environment")
    pytest.importorskip("ensurepip")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    wheels = folder / "wheels"
    wheels.mkdir()
    wheel(wheels, "plain", "1.0", "plain.py")
    wheel(wheels, "Needs.It", "2.0", "needs_it/__init__.py", "Requires-Dist: PLAIN>0")
    wheel(wheels, "space_a", "1", "space/a/__init__.py")
    pip(folder, "--no-index", "--find-links", str(wheels), "plain", "Needs.It", "space_a")
    pip(folder, str(wheel(folder, "direct", "3.0", "direct.py")))
    for name, options in (("local", []), ("edit", ["-e"])):
        pip(folder, *options, str(source(folder, name)))
    if shutil.which("git"):
        repository = source(folder, "fromgit")
        for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
            subprocess.run(
                ["git", *arguments], cwd=repository, env={**os.environ, **GIT}, check=True
            )
        pip(folder, f"git+file://{str(repository).replace(' ', '%20')}")
    return folder


def pip(folder: Path, *arguments: str) -> None:
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q"]
    command = [str(folder / "venv/bin/python"), "-m", "pip", "install", *options, *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **GIT}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def look(folder: Path, environment: str = "venv") -> Distributions:
    files = DiskFiles(str(folder))
    choice = choose_interpreter(
        files,
        root=str(folder),
        cwd=str(folder),
        option=environment,
        configured=None,
        variables={},
        running=sys.executable,
    )
    interpreter = read_interpreter(files, StartedInterpreters(), choice, dict(os.environ))
    return Distributions(files, interpreter)


def ask(python: str, program: str) -> object:
    command = [python, "-W", "ignore", "-c", "import json\n" + program]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    return json.loads(done.stdout)


def check_against_itself(interpreter: Interpreter) -> None:
    theirs = ask(
        interpreter.executable,
        """
import os, platform, sys
print(json.dumps([platform.python_version(), sys.prefix,
    [p for p in sys.path if p.endswith("-packages") and os.path.isdir(p) and os.listdir(p)],
    sorted(sys.stdlib_module_names)]))
""",
    )
    ours = [
        interpreter.version,
        interpreter.prefix,
        # The second of a folder and a link to it is on the path only once.
        list({os.path.realpath(path): path for path in interpreter.site_folders}.values()),
        sorted(interpreter.stdlib_names),
    ]
    assert ours == theirs


def test_the_interpreter_is_as_it_says_itself(made: Path) -> None:
    check_against_itself(look(made).interpreter)


def test_the_base_interpreter_is_too(made: Path) -> None:
    base = os.path.realpath(made / "venv/bin/python")
    check_against_itself(look(made, base).interpreter)


def test_a_virtual_environment_over_the_bases_packages(made: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "open", with_pip=False, symlinks=True, system_site_packages=True)
    site = tmp_path / "open" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (site / "site-packages" / "x.py").write_text("")
    check_against_itself(look(tmp_path, "open").interpreter)


def test_markers_agree_with_packaging(made: Path) -> None:
    from packaging.markers import default_environment

    assert look(made).interpreter.markers == default_environment()


def test_names_and_versions_agree_with_importlib_metadata(made: Path) -> None:
    distributions = look(made)
    theirs = ask(
        distributions.interpreter.executable,
        """
from importlib.metadata import distributions
print(json.dumps([[d.metadata["Name"].lower().replace("_", "-").replace(".", "-"), d.version,
                   d.requires or []] for d in distributions()]))
""",
    )
    assert isinstance(theirs, list)
    ours = [
        [item.name, item.version.partition("+")[0], list(item.requires)]
        for item in distributions.all()
    ]
    assert sorted(ours) == sorted(theirs)


def test_each_way_of_installing(made: Path) -> None:
    distributions = look(made)
    found = {item.name: item for item in distributions.all()}
    assert found["plain"].origin == "index"
    stated = Path(found["direct"].folder, "direct_url.json").read_text()
    # Older releases of pip leave out the hash of a local archive; then nothing pins the content.
    pinned = "sha256" in stated
    assert found["direct"].origin == ("archive" if pinned else "local")
    assert found["direct"].version.startswith("3.0+sha256." if pinned else "3.0")
    assert (found["local"].origin, found["local"].source) == ("local", str(made / "local"))
    assert (found["edit"].origin, found["edit"].source) == ("editable", str(made / "edit"))
    assert found["edit"].roots == ("editlib",)
    if "fromgit" in found:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=made / "fromgit", capture_output=True, check=True
        )
        assert found["fromgit"].version == f"1.5+git.{head.stdout.decode().strip()}"


def test_owners_agree_with_importlib_metadata(made: Path) -> None:
    distributions = look(made)
    for module, owner in (
        ("plain", "plain"),
        ("needs_it.deep", "needs-it"),
        ("space.a", "space-a"),
        ("locallib", "local"),
        ("editlib", "edit"),
        ("pip._internal", "pip"),
    ):
        assert [item.name for item in distributions.owners(module)] == [owner]


def test_scope(made: Path) -> None:
    found = scope(
        look(made), ["needs_it", "editlib", "locallib"], config=Config(), root=str(made / "edit")
    )
    assert found.dependencies == {"needs-it": "2.0", "plain": "1.0"}
    assert [item.name for item in found.content_hashed] == ["local"]


@pytest.mark.needs_pythons
@pytest.mark.parametrize("version", MINORS)
def test_another_python(version: str, tmp_path: Path) -> None:
    if version not in pythons():
        pytest.skip(f"Python {version} is not installed")
    interpreter = look(tmp_path, pythons()[version]).interpreter
    assert interpreter.version.startswith(version + ".")
    check_against_itself(interpreter)
