from __future__ import annotations

import json

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.environment import Choice, Interpreter, read_interpreter
from modelops_bundle.environment.interpreter import ANSWER
from modelops_bundle.errors import EnvironmentProbeError

FACTS: dict[str, object] = {
    "executable": "/venv/bin/python",
    "version": "3.11.7",
    "platform": "linux-x86_64",
    "markers": {"python_version": "3.11", "os_name": "posix", "implementation_name": "cpython"},
    "prefix": "/usr",
    "site": ["/usr/lib/python3/dist-packages"],
    "user": "/home/user/.local/lib/python3.11/site-packages",
    "libraries": ["lib", "lib64"],
    "free_threaded": False,
    "stdlib": ["os", "sys"],
    "builtin": ["sys"],
    "suffixes": [".so"],
}
HOLDING = {
    f"{folder}/x.py": ""
    for folder in (
        "/venv/lib/python3.11/site-packages",
        "/venv/lib64/python3.11/site-packages",
        "/usr/lib/python3/dist-packages",
        "/home/user/.local/lib/python3.11/site-packages",
    )
}


class Starter:
    """Answers as an interpreter would, and counts how often it is started."""

    def __init__(self, facts: object = FACTS, stamp: str | None = "1") -> None:
        self.facts = facts
        self.stamped = stamp
        self.starts = 0

    def stamp(self, executable: str) -> str | None:
        return self.stamped

    def ask(self, executable: str, question: str) -> str:
        self.starts += 1
        return f"noise of a wrapper\n{ANSWER}{json.dumps(self.facts)}\nmore noise\n"


def read(files: MemoryFiles, starter: Starter, **variables: str) -> Interpreter:
    return read_interpreter(files, starter, Choice("/venv/bin/python", ".venv"), variables)


def test_a_plain_interpreter_has_the_users_folder_and_its_own() -> None:
    interpreter = read(MemoryFiles(HOLDING), Starter())
    assert interpreter.site_folders == (FACTS["user"], "/usr/lib/python3/dist-packages")
    assert interpreter.prefix == "/usr"
    assert interpreter.chosen_by == ".venv"
    assert interpreter.builtin_names == {"sys"}
    assert read(MemoryFiles(HOLDING), Starter(), PYTHONNOUSERSITE="1").site_folders == (
        "/usr/lib/python3/dist-packages",
    )


def test_a_virtual_environment_has_only_its_own() -> None:
    files = MemoryFiles({**HOLDING, "/venv/pyvenv.cfg": "home = /usr/bin\n"})
    interpreter = read(files, Starter())
    assert interpreter.prefix == "/venv"
    assert interpreter.site_folders == (
        "/venv/lib/python3.11/site-packages",
        "/venv/lib64/python3.11/site-packages",
    )


def test_a_virtual_environment_may_let_the_base_through() -> None:
    text = "HOME = /usr/bin\nInclude-System-Site-Packages = True\nnonsense\n\xff"
    files = MemoryFiles({**HOLDING, "/venv/pyvenv.cfg": text.encode("latin-1")})
    assert read(files, Starter()).site_folders == (
        "/venv/lib/python3.11/site-packages",
        "/venv/lib64/python3.11/site-packages",
        FACTS["user"],
        "/usr/lib/python3/dist-packages",
    )


@pytest.mark.parametrize(
    ("changes", "folder"),
    [
        ({"free_threaded": True}, "lib/python3.11t/site-packages"),
        ({"markers": {"implementation_name": "pypy"}}, "lib/pypy3.11/site-packages"),
        ({"markers": {"os_name": "nt"}}, "Lib/site-packages"),
    ],
)
def test_other_layouts(changes: dict[str, object], folder: str) -> None:
    files = MemoryFiles({f"/venv/{folder}/x.py": "", "/venv/pyvenv.cfg": ""})
    assert read(files, Starter({**FACTS, **changes})).site_folders == (f"/venv/{folder}",)


def test_one_start_until_the_executable_or_its_settings_change() -> None:
    files, starter = MemoryFiles({"/venv/pyvenv.cfg": "home = /usr/bin\n"}), Starter()
    assert read(files, starter) == read(files, starter)
    assert starter.starts == 1
    starter.stamped = "2"
    read(files, starter)
    assert starter.starts == 2
    files.write("/venv/pyvenv.cfg", "home = /opt/bin\n")
    read(files, starter)
    assert starter.starts == 3
    read(files, starter, HOME="/home/other")
    assert starter.starts == 4


def test_what_nothing_vouches_for_is_asked_every_time() -> None:
    files, starter = MemoryFiles(), Starter(stamp=None)
    read(files, starter)
    read(files, starter)
    assert starter.starts == 2


def test_a_damaged_cache_is_asked_again() -> None:
    files, starter = MemoryFiles(), Starter()
    first = read(files, starter)
    for key in list(files._memos):
        files._memos[key] = "{"
    assert read(files, starter) == first
    assert starter.starts == 2


def test_what_stands_behind_a_wrapper_counts() -> None:
    facts = {**FACTS, "executable": "/real/bin/python3"}
    files = MemoryFiles({"/real/pyvenv.cfg": "", "/real/lib/python3.11/site-packages/x.py": ""})
    interpreter = read(files, Starter(facts, stamp=None))
    assert interpreter.executable == "/real/bin/python3"
    assert interpreter.site_folders == ("/real/lib/python3.11/site-packages",)


def test_an_older_python_that_cannot_list_its_standard_library() -> None:
    assert "json" in read(MemoryFiles(), Starter({**FACTS, "stdlib": []})).stdlib_names


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        {},
        {**FACTS, "version": 3},
        {**FACTS, "markers": []},
        {**FACTS, "site": [None]},
        {**FACTS, "prefix": None},
    ],
)
def test_an_answer_that_makes_no_sense(facts: object) -> None:
    with pytest.raises(EnvironmentProbeError, match="did not answer as a Python 3"):
        read(MemoryFiles(), Starter(facts))
