"""Every supported Python gives a source the same digest."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.pythons import NOT_THERE, pythons

import modelops_bundle

SOURCES = Path(modelops_bundle.__file__).parent.parent
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))

pytestmark = [
    pytest.mark.needs_pythons,
    pytest.mark.skipif(len(pythons()) < 2, reason=NOT_THERE),
]

TOKENS = """
import json, sys
from modelops_bundle.source.parse import Unparsable, parse
from modelops_bundle.source.fingerprint import read_prints
answers = {}
for path in json.load(sys.stdin):
    with open(path, "rb") as file:
        tree = parse(file.read())
    answers[path] = None if isinstance(tree, Unparsable) else read_prints(tree)
json.dump(answers, sys.stdout)
"""

#: The language itself changed: from 3.12 on, nested format specifications of f-strings are read differently.
EXCEPTIONS: set[str] = set()


def tokens(executable: str, paths: Sequence[Path]) -> dict[str, list[object] | None]:
    """Prints of each source under another Python; ``None`` where it does not parse."""
    run = subprocess.run(
        [executable, "-S", "-W", "error", "-c", TOKENS],
        input=json.dumps([str(path) for path in paths]),
        env={"PYTHONPATH": str(SOURCES), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers: dict[str, list[object] | None] = json.loads(run.stdout)
    return answers


def disagreements(paths: Sequence[Path]) -> tuple[int, set[str]]:
    """How many sources parse on all Pythons, and those whose prints differ in anything."""
    answers = [tokens(executable, paths) for executable in pythons().values()]
    common = [str(path) for path in paths if all(answer[str(path)] for answer in answers)]
    wrong = {
        path
        for path in common
        if any(_digests(answer[path]) != _digests(answers[0][path]) for answer in answers)
    }
    return len(common), wrong


def _digests(prints: object) -> object:
    # All but the texts of values, which are for people, and written by each Python as it likes.
    token, units, docs = prints  # type: ignore[misc]
    return token, [unit[:-1] for unit in units], docs


EVERYTHING = '''
"""doc"""
from __future__ import annotations
import a.b as c, d
@dec(1)
class A(B, metaclass=M):
    """doc"""
    x: int = 1
    async def f(self, a, /, b=1, *args, c: int = 2, **kw) -> None:
        async with a as b, c: await d
        async for x in y: yield x
        return
f"a{b!r:>{w}}c{d}" "e" f"{f=}" f"{g:}" f"" rf"\\d{h}"
f"{x:%Y-%m-%d}" f"{{}}{y}{{z}}" f"{'a' 'b'}" f"{lambda_}"
try: pass
except* (A, B) as e: raise X from e
match x:
    case {"k": [1, *r], **rest} | C(a, b=-1.5 + 2j) if g: pass
    case None | True | "s" "t" | a.b: pass
    case _: pass
x = [1, 0xff, 1e400, -0.0, 1j, b"b", "\\ud800", ..., None, *a, *(b := 2,)]
y = {**a, "b": lambda *a, b=1, **c: (yield)}
z = [i async for i in j if k for l in m]
del (a, b)
while a: break
else: pass
with (open(a) as b, open(c)): pass
assert a, b
global g
x[1:2, ::3, ...] @= -a ** ~b if not c else d < e is not f not in g
'''


def test_all_of_the_grammar(tmp_path: Path) -> None:
    path = tmp_path / "everything.py"
    path.write_text(EVERYTHING)
    assert disagreements([path]) == (1, set())


def test_some_of_the_standard_library() -> None:
    common, wrong = disagreements(sorted(STANDARD_LIBRARY.glob("[a-e]*.py")))
    assert wrong == set()
    assert common > 20


def library(executable: str) -> Path:
    """The folder of a Python's standard library."""
    code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    run = subprocess.run([executable, "-c", code], capture_output=True, text=True, check=True)
    return Path(run.stdout.strip())


def libraries() -> dict[str, list[Path]]:
    """By Python, the files of its standard library that none before it has, byte for byte."""
    seen: set[bytes] = set()
    found: dict[str, list[Path]] = {}
    for minor, executable in pythons().items():
        for path in sorted(library(executable).rglob("*.py")):
            data = path.read_bytes()
            if "site-packages" not in path.parts and data not in seen:
                seen.add(data)
                found.setdefault(minor, []).append(path)
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_of_the_standard_libraries() -> None:
    """Whatever is in the library of any of the Pythons, and parses on all."""
    found = libraries()
    assert list(found) == list(pythons())
    files = [path for paths in found.values() for path in paths]
    common, wrong = disagreements(files)
    assert {Path(path).name for path in wrong} == EXCEPTIONS
    assert common > 1500 * (1 + len(found)) / 2
