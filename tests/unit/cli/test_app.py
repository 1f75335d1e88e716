"""The Typer app: its commands, their common options, and being mounted by another command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from modelops_bundle import __version__
from modelops_bundle.cli import app
from modelops_bundle.cli.main import COMMANDS
from modelops_bundle.cli.options import Debug
from modelops_bundle.cli.session import Session, command, new_app, new_group, remember_options

ASKED = {
    "init", "register-model", "register-target", "target-set", "unregister", "show-registry", "list",
    "status", "why", "update", "hash", "discover", "env", "sample-create", "doctor", "run", "trace",
    "evaluate", "results", "add", "remove", "push", "pull", "tags", "manifest", "diff", "clone", "ensure",
    "verify", "export", "import", "cache", "login", "dev", "catalog",
}  # fmt: skip
runner = CliRunner()


def test_every_command_is_there() -> None:
    assert set(COMMANDS) == ASKED


@pytest.mark.parametrize("name", [*COMMANDS, "target-set set", "env diff", "target-set list"])
def test_every_command_explains_itself(name: str) -> None:
    done = runner.invoke(app, [*name.split(), "--help"])
    assert done.exit_code == 0
    assert "Usage: " in done.stdout
    assert f"{name.split()[-1]} [OPTIONS]" in done.stdout or name in ("target-set", "env")


def test_every_command_has_a_line_in_the_help() -> None:
    listed = runner.invoke(app, ["-h"]).stdout.partition("Commands:")[2]
    for name in COMMANDS:
        (line,) = [line for line in listed.splitlines() if line.split()[:1] == [name]]
        assert not line.endswith("..."), f"the first sentence about {name} is too long"


def test_the_version() -> None:
    assert runner.invoke(app, ["--version"]).stdout == f"modelops-bundle {__version__}\n"


def test_a_misspelt_command_gets_a_hint() -> None:
    assert "'status'" in runner.invoke(app, ["statu"]).output


@pytest.mark.parametrize("arguments", [["bogus"], ["status", "--bogus"], ["why"], ["hash"]])
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    assert runner.invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["status", "--bogus"], ["why"], ["status", "--python"], ["env", "sho"]]
)
def test_wrong_use_is_worded_like_every_other_error(arguments: list[str]) -> None:
    first, second = runner.invoke(app, arguments).stderr.splitlines()
    assert first.startswith("error: ")
    assert "--help` shows how it is used." in second


def test_a_pattern_that_the_shell_has_expanded_gets_a_hint() -> None:
    expanded = ["register-model", "sir.py", "--data", "data/a.csv", "data/b.csv"]
    first, second = runner.invoke(app, expanded).stderr.splitlines()
    assert "data/b.csv" in first
    assert "quote patterns, or repeat the option" in second


def test_no_command_shows_the_help() -> None:
    done = runner.invoke(app, [])
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: mops-bundle")
    assert "error" not in done.stderr


@pytest.fixture
def asked() -> tuple[typer.Typer, list[Session]]:
    """An app with a command that tells what it was asked for."""
    sessions: list[Session] = []
    small = new_app()

    @small.callback()
    def root(ctx: typer.Context, python: str | None = None, debug: Debug = False) -> None:
        remember_options(ctx, python=python, debug=debug, folder=None, no_cache=True)

    @small.command()
    @command
    def tell(session: Session, name: str, check: bool = False) -> int:
        sessions.append(session)
        return 3 if check else 0

    return small, sessions


def test_options_count_before_and_after_a_command(asked, tmp_path: Path) -> None:
    small, sessions = asked
    runner.invoke(small, ["--python", "a", "tell", "x"])
    runner.invoke(small, ["--python", "a", "tell", "x", "--python", "b", "-C", str(tmp_path)])
    assert [session.python for session in sessions] == ["a", "b"]
    assert [session.cwd for session in sessions] == [str(Path.cwd()), str(tmp_path)]
    assert all(session.no_cache for session in sessions)


def test_options_count_between_a_group_and_its_command(asked, tmp_path: Path) -> None:
    small, sessions = asked
    group = new_group("Tell things.")
    group.registered_commands.extend(small.registered_commands)
    whole = new_app()
    whole.callback()(small.registered_callback.callback)
    whole.add_typer(group, name="group")
    at = str(tmp_path)
    for given in (
        ["group", "-C", at, "tell", "x"],
        ["--python", "a", "group", "--python", "b", "tell", "x", "-C", at],
        ["--python", "a", "group", "--debug", "-C", "/", "tell", "x", "-C", at],
    ):
        assert runner.invoke(whole, given).exit_code == 0
    assert [session.cwd for session in sessions] == [at, at, at]
    assert [session.python for session in sessions] == [None, "b", "a"]
    assert [session.debug for session in sessions] == [False, False, True]
    assert "Tell things." in runner.invoke(whole, ["group", "--help"]).stdout


def test_what_a_command_returns_is_its_exit_code(asked) -> None:
    assert runner.invoke(asked[0], ["tell", "x", "--check"]).exit_code == 3


def test_a_folder_that_is_none(asked) -> None:
    done = runner.invoke(asked[0], ["tell", "x", "-C", "nowhere"])
    assert done.exit_code == 2
    assert "-C nowhere is not a folder" in done.output


@pytest.fixture
def mounted() -> typer.Typer:
    outer = typer.Typer()
    outer.add_typer(app, name="bundle")
    return outer


def test_another_command_line_can_mount_the_app(mounted: typer.Typer) -> None:
    done = runner.invoke(mounted, ["bundle", "target-set", "list", "--help"])
    assert done.exit_code == 0
    assert "List the sets" in done.stdout
    assert runner.invoke(mounted, ["bundle", "--version"]).stdout.startswith("modelops-bundle")


def test_errors_are_words_when_mounted_too(mounted: typer.Typer, tmp_path: Path) -> None:
    done = runner.invoke(mounted, ["bundle", "-C", str(tmp_path), "status"])
    assert done.exit_code == 2
    assert done.output.startswith(f"error: no project in {tmp_path} or above it")
    assert len(done.output.splitlines()) == 2


def loaded_by(*arguments: str) -> set[str]:
    code = "import sys; from modelops_bundle.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["status", "--help"]])
def test_starting_loads_little(arguments: list[str]) -> None:
    heavy = {"yaml", "rich", "packaging", "pyarrow", "blake3", "filelock", "sqlite3", "asyncio"}
    stages = {"source", "discovery", "environment", "digests", "registry", "adapters", "workflows"}
    loaded = loaded_by(*arguments)
    assert not heavy & loaded
    assert not {f"modelops_bundle.{stage}" for stage in stages} & loaded


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "modelops_bundle.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"modelops-bundle {__version__}\n"
