"""The promises that the repository itself makes: its tasks, its checks, its packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from dev.check_sizes import oversized
from dev.check_text import forbidden
from dev.check_text import main as check_text
from tests.support.uv import find_uv

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ["3.11", "3.12", "3.13"]

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("MAKE", "MFLAGS", "UV_", "PIP_", "NAME"))
    }
    return subprocess.run(
        command,
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestMakefile:
    @needs_make
    def test_help_is_the_default_and_names_every_target(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
        assert phony is not None
        targets = phony.group(1).replace("\\\n", " ").split()
        listed = re.findall(r"^  make (\S+) +\S", run("make").stdout, re.MULTILINE)
        assert sorted(listed) == sorted(targets)
        assert {"demo", "test", "test-slow", "check", "bench", "sample-create", "help"} <= set(
            targets
        )

    @needs_make
    def test_a_sample_needs_a_name(self) -> None:
        asked = run("make", "-n", "sample-create")
        assert asked.returncode == 2
        assert "make sample-create NAME=x" in asked.stderr
        assert run("make", "-n", "sample-create", "NAME=x").returncode == 0

    @needs_make
    def test_uv_is_installed_where_the_one_on_path_fails(self, tmp_path: Path) -> None:
        broken = tmp_path / "uv"
        broken.write_text("#!/bin/sh\nexit 127\n")
        broken.chmod(0o755)
        planned = run(
            "make", "-n", "test", "-W", "uv.lock", PATH=f"{tmp_path}:{os.environ['PATH']}"
        )
        assert ".uv/bin/uv run" in planned.stdout

    def test_tests_find_the_one_that_was_installed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, code in (("uv", 127), ("private", 0)):
            (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("UV", str(tmp_path / "nowhere"))
        assert find_uv(tmp_path / "private") == str(tmp_path / "private")
        assert find_uv(tmp_path / "uv") is None

    def test_what_it_makes_is_ignored_by_git(self) -> None:
        made = [
            ".venv/x",
            ".venv-3.12/x",
            ".uv/x",
            "dev/sample_projects/x",
            "bench-results.json",
            ".env",
        ]
        ignored = run("git", "check-ignore", *made)
        if "not a git repository" in ignored.stderr:
            pytest.skip("not a git clone")
        assert ignored.stdout.split() == made


class TestSetup:
    """`dev/setup.sh`, with a uv that only writes down how it was called."""

    @pytest.fixture
    def calls(self, tmp_path: Path):
        uv = tmp_path / "uv"
        uv.write_text(f'#!/bin/sh\necho "${{UV_DEFAULT_INDEX:-none}} $*" >> "{tmp_path}/log"\n')
        uv.chmod(0o755)

        def calls(**environment: str) -> list[str]:
            target = str(tmp_path / "environment")
            done = run("sh", "dev/setup.sh", str(uv), UV_PROJECT_ENVIRONMENT=target, **environment)
            assert done.returncode == 0, done.stderr
            return (tmp_path / "log").read_text().splitlines()

        return calls

    def test_the_lock_is_installed_as_it_is(self, calls) -> None:
        assert calls() == ["none sync --locked"]

    @pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
    def test_another_index_gives_the_same_versions(self, calls, variable: str) -> None:
        made = calls(**{variable: "https://packages.example.org/simple"})
        assert all(call.startswith("https://packages.example.org/simple ") for call in made)
        assert not any("sync --locked" in call for call in made)
        assert any("--require-hashes" in call for call in made)


class TestSizes:
    def test_a_long_function_is_named(self) -> None:
        body = "    x = 1\n" * 40
        assert list(oversized(f"def f():\n{body}")) == ["1: f has 41 code lines, over 40: split it"]

    def test_prose_and_blank_lines_are_free(self) -> None:
        prose = '    """Say.\n\n    More.\n    """\n\n    # Why.\n'
        assert not list(oversized(f"def f():\n{prose}" + "    x = 1\n" * 39))

    def test_options_of_a_command_are_free_and_its_body_is_short(self) -> None:
        options = "".join(f"    o{n}: int = 1,\n" for n in range(50))
        command = f"@app.command()\ndef f(\n{options}):\n"
        assert not list(oversized(command + "    x = 1\n" * 20))
        assert len(list(oversized(command + "    x = 1\n" * 21))) == 1

    def test_a_long_file_is_named(self) -> None:
        assert not list(oversized("x = 1\n" * 400))
        assert len(list(oversized("x = 1\n" * 401))) == 1


class TestText:
    @pytest.mark.parametrize(
        "line",
        [
            "see /" + "work/main/x",
            "HOME=/" + "root/.cache",
            "'/" + "home/alice/x'",
            "https://pypi" + ".org/simple",
        ],
    )
    def test_what_belongs_to_one_machine_is_found(self, line: str) -> None:
        assert len(list(forbidden(f"first\n{line}\n"))) == 1

    @pytest.mark.parametrize(
        "line", ["src/work/x.py", "~/work/x", "/home/you/x", "$HOME/root/x", "PyPI"]
    )
    def test_other_text_is_left_alone(self, line: str) -> None:
        assert not list(forbidden(line))

    def test_the_repository_has_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        if run("git", "rev-parse").returncode:
            pytest.skip("not a git clone")
        assert check_text() == 0, capsys.readouterr().out


class TestPackages:
    def test_the_lock_has_what_the_project_asks_for(self) -> None:
        lock = tomllib.loads((ROOT / "uv.lock").read_text())
        (own,) = [package for package in lock["package"] if package["name"] == PROJECT["name"]]
        wanted = {re.split(r"[<>=!~\[ ;]", need)[0].lower() for need in PROJECT["dependencies"]}
        assert {need["name"] for need in own["dependencies"]} == wanted
        assert own["version"] == PROJECT["version"]
        assert lock["requires-python"] == PROJECT["requires-python"]

    def test_the_lock_names_one_public_index(self) -> None:
        lock = (ROOT / "uv.lock").read_text()
        assert len(set(re.findall(r'registry = "([^"]+)"', lock))) == 1
        assert len(set(re.findall(r'url = "(https?://[^/]+/)', lock))) == 1
        assert "@" not in "".join(re.findall(r'"(https?://[^/]+)/', lock))

    def test_the_changelog_ends_with_this_version(self) -> None:
        versions = re.findall(
            r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
        )
        assert versions[0] == PROJECT["version"]


#: What single jobs may do beyond reading the repository.
MAY = {
    ("refresh_model_registry.yml", "update"): {"contents": "write"},
    ("publish_catalog_site.yml", "publish"): {
        "contents": "read",
        "pages": "write",
        "id-token": "write",
    },
}


class TestContinuousIntegration:
    def test_its_script_runs_everything(self) -> None:
        script = ROOT / ".ci" / "run"
        assert os.access(script, os.X_OK)
        assert {"run check", "run test-slow"} <= set(script.read_text().splitlines())

    def test_its_workflows_ask_for_little_and_pin_their_actions(self) -> None:
        for path in (ROOT / ".github" / "workflows").glob("*.yml"):
            workflow = yaml.safe_load(path.read_text())
            assert workflow["permissions"] == {"contents": "read"}
            for name, job in workflow["jobs"].items():
                assert job.get("permissions") == MAY.get((path.name, name))
                assert job["timeout-minutes"] <= 90
                actions = [step["uses"] for step in job["steps"] if "uses" in step]
                assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action) for action in actions)

    def test_every_supported_python_is_tested(self) -> None:
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
        assert workflow["jobs"]["check"]["strategy"]["matrix"]["python"] == PYTHONS
        assert (
            f"for version in {' '.join(PYTHONS)};" in (ROOT / "dev" / "test_pythons.sh").read_text()
        )
        supported = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
        assert supported == PYTHONS
