"""Formatters change no digest: black and ruff, really run over real packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.trees import installed_sources, token

FEW = ("pluggy", "iniconfig", "packaging", "filelock")
MANY = ("hypothesis", "_pytest", "mypy", "rich", "isort", "yaml")

BLACK = [sys.executable, "-m", "black", "--quiet", "--no-cache", "--fast"]
RUFF = [
    shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff",
    "format",
    "--isolated",
]
STYLES = {
    "black": [*BLACK],
    "black, narrow": [*BLACK, "--line-length", "40", "--skip-magic-trailing-comma"],
    "black, unstable": [*BLACK, "--line-length", "200", "--preview", "--unstable"],
    "ruff": [*RUFF, "--no-cache", "--quiet"],
    "ruff, narrow": [*RUFF, "--no-cache", "--quiet", "--line-length", "40"],
    "ruff, wide, preview": [*RUFF, "--no-cache", "--quiet", "--line-length", "200", "--preview"],
}


def reformat(folder: Path, command: list[str], packages: tuple[str, ...]) -> tuple[int, list[str]]:
    """How many files the formatter rewrote, and those whose digest that changed."""
    written: list[tuple[Path, str, bytes]] = []
    for number, (name, data) in enumerate(installed_sources(*packages)):
        path = folder / f"{number}.py"
        path.write_bytes(data)
        written.append((path, name, data))
    # Status 123: a file that the formatter cannot read, which it leaves alone.
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2, 123), done.stderr
    changed = [(path, name, data) for path, name, data in written if path.read_bytes() != data]
    wrong = [name for path, name, data in changed if token(path.read_bytes()) != token(data)]
    return len(changed), wrong


@pytest.mark.parametrize("style", ["black", "ruff, narrow"])
def test_formatting_changes_no_digest(style: str, tmp_path: Path) -> None:
    changed, wrong = reformat(tmp_path, STYLES[style], FEW)
    assert not wrong
    assert changed > 5


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("style", STYLES)
def test_formatting_many_packages_changes_no_digest(style: str, tmp_path: Path) -> None:
    changed, wrong = reformat(tmp_path, STYLES[style], MANY)
    assert not wrong
    assert changed > 100


@pytest.mark.parametrize("style", STYLES)
def test_habits_of_formatters(style: str, tmp_path: Path) -> None:
    source = """
x = u'a' "b" \\
    'c'
del (a, b)
del (a), (b)
for (i, j) in (y): print((i))
class A():

    "doc   "
    attribute = 1
    "about the attribute"
    def f(self,):
        \'\'\'   first
          second  \'\'\'
        return (not (yield))
    def g(self): return await_((lambda: (1)))
if (a): pass
with (open(a)) as b, (c): pass
z = 0XFF + 1E5 + 1_0J
"""
    path = tmp_path / "habits.py"
    path.write_text(source)
    subprocess.run([*STYLES[style], str(path)], check=True)
    assert path.read_text() != source
    assert token(path.read_bytes()) == token(source)
