from __future__ import annotations

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.environment import Choice, choose_interpreter
from modelops_bundle.errors import ConfigError, UsageError


def choose(files: MemoryFiles, **given: object) -> Choice:
    arguments: dict[str, object] = {
        "root": "/p",
        "cwd": "/p/sub",
        "option": None,
        "configured": None,
        "variables": {},
        "running": "/tool/bin/python",
    }
    return choose_interpreter(files, **{**arguments, **given})  # type: ignore[arg-type]


def venv(folder: str) -> dict[str, str]:
    return {f"{folder}/bin/python": "elf", f"{folder}/pyvenv.cfg": "home = /usr/bin\n"}


def test_the_running_interpreter_when_nothing_else_is_named() -> None:
    assert choose(MemoryFiles()) == Choice("/tool/bin/python", "running interpreter")


def test_order_of_places() -> None:
    files = MemoryFiles(
        {
            **venv("/opt/option"),
            **venv("/p/configured"),
            **venv("/active"),
            **venv("/p/.venv"),
            "/conda/bin/python": "elf",
        }
    )
    variables = {"VIRTUAL_ENV": "/active", "CONDA_PREFIX": "/conda"}
    full: dict[str, object] = {
        "option": "/opt/option",
        "configured": "configured",
        "variables": variables,
    }
    chosen = []
    for drop in ("option", "configured"):
        chosen.append(choose(files, **full))
        full[drop] = None
    for name in ("VIRTUAL_ENV", None, "CONDA_PREFIX"):
        chosen.append(choose(files, **full))
        if name:
            variables.pop(name)
        else:
            for path in venv("/p/.venv"):
                files.remove(path)
    assert [(choice.executable, choice.chosen_by) for choice in chosen] == [
        ("/opt/option/bin/python", "--python"),
        ("/p/configured/bin/python", "environment.python"),
        ("/active/bin/python", "VIRTUAL_ENV"),
        ("/p/.venv/bin/python", ".venv"),
        ("/conda/bin/python", "CONDA_PREFIX"),
    ]
    assert [len(choice.warnings) for choice in chosen] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ("../tools/py", "/p/tools/py"),
        ("/abs/env", "/abs/env/bin/python3"),
        ("python3.12", "/usr/bin/python3.12"),
        ("/win", "/win/Scripts/python.exe"),
    ],
)
def test_what_the_option_takes(option: str, found: str) -> None:
    files = MemoryFiles(
        {
            "/p/tools/py": "elf",
            "/abs/env/bin/python3": "elf",
            "/usr/bin/python3.12": "elf",
            "/win/Scripts/python.exe": "pe",
        }
    )
    assert choose(files, option=option, variables={"PATH": "/none:/usr/bin"}).executable == found


@pytest.mark.parametrize("text", ["", "nowhere", "/none/python", "a\0b", "/p"])
def test_a_place_named_on_purpose_must_exist(text: str) -> None:
    files = MemoryFiles({"/p/pyproject.toml": ""})
    with pytest.raises(UsageError, match="--python"):
        choose(files, option=text)
    with pytest.raises(ConfigError, match=r"environment\.python"):
        choose(files, configured=text)


def test_a_pipe_is_no_interpreter() -> None:
    with pytest.raises(UsageError):
        choose(MemoryFiles({"/fifo": None}), option="/fifo")


def test_a_variable_that_leads_nowhere_is_passed_over_with_a_warning() -> None:
    files = MemoryFiles(venv("/p/.venv"))
    choice = choose(files, variables={"VIRTUAL_ENV": "/gone", "CONDA_PREFIX": ""})
    assert choice.chosen_by == ".venv"
    assert choice.warnings == (
        "VIRTUAL_ENV names /gone, which holds no interpreter; it was ignored.",
    )


def test_two_names_of_one_environment_are_no_conflict() -> None:
    files = MemoryFiles({**venv("/p/.venv"), "/p/.venv/bin/python3": "elf"})
    choice = choose(files, option="/p/.venv/bin/python3", variables={"VIRTUAL_ENV": "/p/.venv"})
    assert choice.warnings == ()


def test_a_conflict_names_both_and_the_mend() -> None:
    files = MemoryFiles({**venv("/active"), **venv("/p/.venv")})
    (warning,) = choose(files, variables={"VIRTUAL_ENV": "/active"}).warnings
    assert "/active/bin/python (VIRTUAL_ENV)" in warning
    assert "/p/.venv/bin/python" in warning
    assert "--python" in warning


def test_condas_base_environment_is_nobodys_choice() -> None:
    files = MemoryFiles({**venv("/p/.venv"), "/conda/bin/python": "elf"})
    variables = {"CONDA_PREFIX": "/conda", "CONDA_DEFAULT_ENV": "base"}
    assert choose(files, variables=variables).warnings == ()
    assert choose(files, variables={**variables, "CONDA_DEFAULT_ENV": "science"}).warnings != ()
    assert choose(MemoryFiles({"/conda/bin/python": ""}), variables=variables).chosen_by == (
        "CONDA_PREFIX"
    )
