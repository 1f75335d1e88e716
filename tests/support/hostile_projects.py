"""A generated corpus of projects that were made to hurt: what stands where a file should, and what it says.

Every case starts from the same small registered project (:func:`make_project`) and spoils it. The commands
that then run are those of :data:`COMMANDS`, or the case's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["COMMANDS", "Hostile", "hostile_projects", "make_project", "register_project"]

STATE = ".modelops-bundle"
REGISTRY = f"{STATE}/registry.yaml"
SITE = f".venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"

#: What is asked of a project in most cases; every word is an argument.
COMMANDS = (
    ("discover", "--json"),
    ("register-model", "model.py", "--data", "data"),
    ("register-model", "hostile.py"),
    ("status",),
    ("why", "model_sir", "--diff"),
    ("update",),
    ("doctor",),
    ("hash", ".", "--json"),
    ("env", "show"),
)
IN_SHORT = tuple(command for command in COMMANDS if command[0] in ("status", "update", "doctor"))

FILES = {
    "pyproject.toml": "[tool.modelops-bundle]\nmodel_bases = ['base.Model']\n",
    "base.py": "class Model: ...\n",
    "model.py": (
        "import os\nimport base\nimport hostile\nfrom pkg import rates\nimport installed\n"
        "class SIR(base.Model):\n    R = rates.R0\n    X = os.environ.get('SEED')\n"
    ),
    "hostile.py": "import base\nclass H(base.Model): ...\n",
    "pkg/__init__.py": "",
    "pkg/rates.py": "R0 = 2.5\n",
    "data/table.csv": "age,count\n0,10\n",
    ".venv/pyvenv.cfg": f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n",
    f"{SITE}/installed/__init__.py": "",
    f"{SITE}/installed-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: installed\nVersion: 1.0\n",
    f"{SITE}/installed-1.0.dist-info/RECORD": "installed/__init__.py,,\n",
}


class Hostile(NamedTuple):
    """One case.

    Attributes:
        name: What it is.
        spoil: Spoils a registered project, given its folder.
        commands: What is run in it.
        variables: Environment variables, besides those that every program needs.
        kept: Paths that must not change although commands write there otherwise.
    """

    name: str
    spoil: Callable[[Path], None] = lambda _: None
    commands: tuple[tuple[str, ...], ...] = COMMANDS
    variables: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it
    kept: tuple[str, ...] = ()


def make_project(root: Path) -> None:
    """The project that every case starts from, not registered yet."""
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".venv/bin").mkdir()
    (root / ".venv/bin/python").symlink_to(os.path.realpath(sys.executable))


def register_project(run: Callable[..., object]) -> None:
    """Make it one, with a command runner."""
    run("init")
    run("register-model", "model.py", "--data", "data")
    run("status")


def hostile_projects() -> Iterator[Hostile]:
    """Every case; the names are unique."""
    yield from _special_files()
    yield from _sources()
    yield from _named_sources()
    yield from _data()
    yield from _configurations()
    yield from _names()
    yield from _modules()
    yield from _environments()
    yield from _variables()
    yield from _states()
    yield from _arguments()


# What is no regular file, where one is expected.


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The path of a socket may only be short.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("x")


def _unreadable(path: Path) -> None:
    path.write_text("import base\n")
    path.chmod(0)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


SPECIAL: dict[str, Callable[[Path], None]] = {
    "pipe": _fifo,
    "socket": _socket,
    "folder": _folder,
    "unreadable file": _unreadable,
    "unreadable folder": lambda path: path.mkdir(0),
    "link to nothing": _link("nowhere/at/all"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": _link("/dev/zero"),
    "empty file": lambda path: path.write_bytes(b""),
    "binary file": lambda path: path.write_bytes(b"\x7fELF\0\xff\xfe" + bytes(range(256)) * 20),
}

PLACES = (
    "hostile.py",
    "model.py",
    "pkg",
    "pkg/__init__.py",
    "data",
    "data/table.csv",
    "pyproject.toml",
    REGISTRY,
    f"{STATE}/registry.lock",
    f"{STATE}/.gitignore",
    f"{STATE}/cache",
    f"{STATE}/cache/cache.sqlite",
    f"{STATE}/objects",
    f"{STATE}/objects/objects.sqlite",
    ".git",
    ".venv",
    ".venv/pyvenv.cfg",
    ".venv/bin/python",
    f"{SITE}/installed",
    f"{SITE}/installed-1.0.dist-info/METADATA",
    f"{SITE}/installed-1.0.dist-info/RECORD",
    f"{SITE}/installed-1.0.dist-info/direct_url.json",
    f"{SITE}/extra.pth",
    f"{SITE}/installed.cpython-311-x86_64-linux-gnu.so",
)


def _special_files() -> Iterator[Hostile]:
    for place in PLACES:
        for kind, make in SPECIAL.items():
            in_short = place.startswith((".venv", ".git"))
            kept = (place,) if place in (REGISTRY, f"{STATE}/.gitignore") else ()
            commands = (*IN_SHORT, ("env", "show")) if in_short else COMMANDS
            if place.startswith(STATE):
                commands = (*COMMANDS, ("init",))
            yield Hostile(f"{place}: {kind}", _replaced(place, make), commands, {}, kept)


def _replaced(place: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        path = root / place
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        make(path)

    return spoil


def _written(**contents: bytes) -> Callable[[Path], None]:
    """Writes files; ``__`` in a name stands for ``/`` and ``_py`` at its end for the suffix."""

    def spoil(root: Path) -> None:
        for name, data in contents.items():
            path = root / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    return spoil


def _at(place: str, data: bytes) -> Callable[[Path], None]:
    return _replaced(place, lambda path: path.write_bytes(data))


# Sources that say something odd. What hurts a parser is in hostile_sources.

CLASS = b"import base\nclass H(base.Model): ...\n"
SOURCES: dict[str, bytes] = {
    "syntax error": b"def f(:\n",
    "later syntax": b"x = t'{a}'\n",
    "a NUL": b"x = 1\0\n",
    "UTF-16": CLASS.decode().encode("utf-16"),
    "BOM": b"\xef\xbb\xbf" + CLASS,
    "carriage returns only": CLASS.replace(b"\n", b"\r"),
    "form feeds": b"\x0c" + CLASS.replace(b"\n", b"\n\x0c"),
    "Latin-1 without a cookie": b"x = '\xe4'\n",
    "an unknown cookie": b"# coding: nonsense\n" + CLASS,
    "a cookie that makes code of comments": b"# coding: utf-7\n# +AAo-import nowhere\n",
    "surrogates": b"x = '\\ud800'\nimport os\nos.environ['\\udcff']\nopen('data/\\udcff.csv')\n",
    "imports itself": b"import hostile\nfrom hostile import *\nfrom . import hostile\n",
    "imports above the top": b"from .......... import x\nfrom ...a.b import c\n",
    "odd dynamic imports": (
        b"import importlib as i\ni.import_module('')\ni.import_module('.')\ni.import_module('..x', '')\n"
        b"i.import_module('a..b')\ni.import_module('a\\0b')\ni.import_module('x' * 9)\n__import__('/etc')\n"
        b"i.import_module('" + b"x." * 20_000 + b"x')\ni.import_module('a/../../b')\n"
    ),
    "a long name": b"import " + b"x" * 100_000 + b"\n",
    "a class of itself": b"class A(A): ...\nclass B(C): ...\nclass C(B): ...\n",
    "bases in a circle with another file": b"import model\nclass H(model.SIR, H): ...\n",
    "bases in no order": (
        b"import base\nclass A(base.Model): ...\nclass B(A): ...\nclass C(A, B): ...\nclass D(B, B): ...\n"
    ),
    "20,000 classes": b"import base\n"
    + b"".join(b"class C%d(base.Model): ...\n" % i for i in range(20_000)),
    "20,000 classes in a row": b"from base import Model as C0\n"
    + b"".join(b"class C%d(C%d): ...\n" % (i + 1, i) for i in range(20_000)),
    "names that turn": b"from base import Model\nfor Model in []: Model\nModel = Model\n"
    b"class H(Model): ...\n",
    "dynamic classes": b"import base\nH = type('H', (base.Model,), {})\nclass I(H, metaclass=H): ...\n",
    "__all__ of everything": b"__all__ = [1, None, '\\ud800', *x, 'a' * 9]\n__all__ += dir()\n",
    "odd variables": (
        b"import os\nos.environ['']\nos.environ['A=B']\nos.getenv('A\\0B')\nos.environ['\\ud800']\n"
        b"os.environ.get('" + b"x" * 50_000 + b"')\n'\xc3\xa4' in os.environ\n"
    ),
    "odd paths": (
        b"open('/dev/zero')\nopen('../' * 99)\nopen('data/\\0.csv')\nopen('"
        + b"a/" * 5_000
        + b"b.csv')\n"
        b"open('')\nopen('.')\nopen('*')\nopen('data/[')\nopen('//')\nopen('data//table.csv')\nopen('\\n.csv')\n"
        b"open('C:\\\\x.csv')\nopen('~/x.csv')\nopen('pkg/..')\nopen('" + b"x" * 5_000 + b".csv')\n"
    ),
    "5,000 paths": b"".join(b"open('data/%d.csv')\n" % i for i in range(5_000)),
    "joined without end": b"from pathlib import Path\nx = Path('a')" + b" / 'b'" * 2_000 + b"\n",
    "docstrings of everything": (
        b"def f(): 'x'\nf.__doc__\nx.y().__doc__\ngetattr(f, '__doc__')\n__doc__\n"
    ),
    "odd literals": (
        b"import base\nclass H(base.Model):\n    PARAMS = {1: [2], None: {}}\n"
        b"    OUTPUTS = [1, b'x', '\\ud800']\n"
        b"    SCENARIOS = {'a\\n': 1}\n    PARAMS = 10 ** 10 ** 10\n"
    ),
    "a huge number": b"X = 0x" + b"f" * 100_000 + b"\n" + CLASS,
    "one long line": b"x = " + b"1 + " * 200_000 + b"1\n",
    "20 MB": b"x = 1\n" * (20 * 1024 * 1024 // 6),
    "merge conflict": b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n",
    "an executable": b"#!/usr/bin/env python\n" + CLASS,
    "a notebook": b'{"cells": [], "metadata": {}, "nbformat": 4}\n',
    "names in all scripts": "import base\nclass Å(base.Model): ...\nclass ℌ(base.Model): ...\n".encode(),
}


def _sources() -> Iterator[Hostile]:
    for name, data in SOURCES.items():
        # Thousands of models are much to register, which is nobody's fault.
        many = name.startswith("20,000")
        commands = (("discover",), *IN_SHORT) if many else COMMANDS
        yield Hostile(f"source: {name}", _at("hostile.py", data), commands)

    def sparse(root: Path) -> None:
        with (root / "hostile.py").open("wb") as file:
            file.truncate(3 << 30)

    yield Hostile("source: 3 GB of nothing", sparse, (*IN_SHORT, ("discover",)))


# Names that files may bear.

NAMES: dict[str, bytes] = {
    "no UTF-8": b"bad\xff.py",
    "a line break": b"two\nlines.py",
    "a terminal's code": b"\x1b[31mred.py",
    "a leading dash": b"--data.py",
    "only suffix": b".py",
    "255 bytes": b"n" * 252 + b".py",
    "a pattern": b"[a-z]*?.py",
    "blanks": b" a b .py",
    "quotes": b"a'b\"c`d.py",
    "shell": b"$(true);&|<>.py",
    "back slash": b"a\\b.py",
    "dots": b"a..b...py",
    "a device of Windows": b"con.py",
    "right to left": "\u202egnp.py".encode(),
    "a keyword": b"class.py",
    "a colon": b"a:b.py",
    "percent": b"%s%n%d.py",
    "YAML": b"- {a: *b}.py",
    "a tab": b"a\tb.py",
    "control": b"\x01\x7f.py",
}


def _named_sources() -> Iterator[Hostile]:
    for name, raw in NAMES.items():
        file = os.fsdecode(raw)

        def spoil(root: Path, file: str = file) -> None:
            (root / file).write_bytes(CLASS)
            (root / "data" / file).write_bytes(b"a,b\n1,2\n")

        commands = (
            ("register-model", f"./{file}", "--data", f"data/{file}"),
            ("register-model", ".", "--data", "data"),
            ("discover",),
            ("discover", "--json"),
            ("show-registry", "--tree"),
            *IN_SHORT,
            ("hash", f"./{file}", f"data/{file}"),
            ("status", "--json"),
            ("status", "--no-cache"),
        )
        yield Hostile(f"name: {name}", spoil, commands)


def _names() -> Iterator[Hostile]:
    def collisions(root: Path) -> None:
        for name in ("case.py", "CASE.py", "Case.py"):
            (root / name).write_bytes(CLASS)
        for form in ("NFC", "NFD"):
            (root / unicodedata.normalize(form, "\u00e9t\u00e9.py")).write_bytes(CLASS)

    register = (("register-model", "."), ("register-model", ".", "--dry-run"))
    yield Hostile("names: collisions", collisions, (*register, *COMMANDS))

    def deep(root: Path) -> None:
        """Deeper than any path may be long."""
        here = os.open(root / "data", os.O_RDONLY)
        for _ in range(300):
            os.mkdir("d" * 50, dir_fd=here)
            below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("x.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)

    yield Hostile("names: deeper than a path is long", deep, (*register, *COMMANDS))

    def many_folders(root: Path) -> None:
        path = root / "data" / "/".join("abcdefgh" * 12)
        path.mkdir(parents=True)
        (path / "x.py").write_bytes(CLASS)
        (path / "x.csv").write_bytes(b"a\n1\n")

    yield Hostile("names: 96 folders deep", many_folders, (*register, *COMMANDS))

    def loops(root: Path) -> None:
        (root / "data/up").symlink_to("..")
        (root / "data/here").symlink_to(".")
        (root / "pkg/again").symlink_to("../pkg")
        (root / "data/root").symlink_to("/")
        (root / "data/one").symlink_to("two")
        (root / "data/two").symlink_to("one")

    without_root = (*register, *IN_SHORT, ("discover",))

    def small_loops(root: Path) -> None:
        loops(root)
        (root / "data/root").unlink()

    yield Hostile("names: links in circles", small_loops, (*COMMANDS, *without_root))


# Data.


def _data() -> Iterator[Hostile]:
    tables: dict[str, bytes] = {
        "table.csv": b"",
        "nul.csv": b"a,b\n1,\0\n",
        "wide.csv": b"x," * 100_000 + b"x\n" + b"1," * 100_000 + b"1\n",
        "long.csv": b"a\n" + b"y" * 5_000_000 + b"\n",
        "quote.csv": b'a,b\n"1,2\n3,4\n' * 1000,
        "ragged.csv": b"a,b\n1\n1,2,3\n\n,,,,\n",
        "same.csv": b"a,a,,\n1,2,3,4\n",
        "latin.csv": b"\xe4,\xff\n1,2\n",
        "utf16.csv": "a,b\n1,2\n".encode("utf-16"),
        "surrogate.csv": b"\xed\xa0\x80,b\n1,2\n",
        "cr.csv": b"a,b\r1,2\r3,4\r",
        "binary.csv": bytes(range(256)) * 50,
        "empty.parquet": b"",
        "short.parquet": b"PAR1",
        "wrong.parquet": b"PAR1" + bytes(100) + b"PAR1",
        "far.parquet": b"PAR1" + bytes(100) + struct.pack("<I", 2**32 - 1) + b"PAR1",
        "thrift.parquet": b"PAR1" + b"\x19" * 5000 + struct.pack("<I", 5000) + b"PAR1",
        "text.PARQUET": b"a,b\n",
    }
    for name, data in tables.items():
        yield Hostile(f"data: {name}", _at(f"data/{name}", data))
    for text in ("[", "**", "*", "data/[", "data/**/**/**/**/**/**/x", "/", "..", "data/../..", ""):
        commands = (
            ("register-model", "model.py", "--data", text),
            ("register-model", "model.py", "--code", text),
            ("status",),
        )
        yield Hostile(f"data: declared as {text!r}", commands=commands)


# Configurations.


def _configurations() -> Iterator[Hostile]:
    head = "[tool.modelops-bundle]\n"
    inner = "[tool.modelops-bundle.environment]\n"
    texts = {
        "no TOML": "[tool.modelops-bundle",
        "a key twice": f"{head}exclude = []\nexclude = []\n",
        "nested without end": "x = " + "[" * 100_000,
        "tables without end": "[" + "a." * 50_000 + "a]\n",
        "tool is a list": "tool = [1]\n",
        "section is a text": "[tool]\nmodelops-bundle = 'x'\n",
        "section is a list of tables": "[[tool.modelops-bundle]]\n",
        "environment is a number": f"{head}environment = 3\n",
        "project is a number": "project = 3\n",
        "project of wrong types": "[project]\nname = 3\ndependencies = {a = 1}\n",
        "project of odd names": "[project]\nname = ''\ndependencies = ['', 'a ;', '@', 'x[']\n",
        "a BOM": "\ufeff" + head,
        "a huge number": f"{head}table_limit = {'9' * 5000}\n",
        "a date": f"{head}table_limit = 1979-05-27\n",
    }
    for key in ("model_bases", "source_roots", "exclude", "table_limit"):
        for value in ("3.5", "true", "{a = 1}", "[[1]]", "['a', 1]"):
            texts[f"{key} = {value}"] = f"{head}{key} = {value}\n"
    for key in ("python", "scope", "include", "ignore_variables", "rng_algorithm", "thread_count"):
        for value in ("3.5", "[1]", "''"):
            texts[f"environment.{key} = {value}"] = f"{inner}{key} = {value}\n"
    odd = {
        "model_bases": ("['']", "['.']", "['a..b']", "['\\u0000']", "['base.Model.x.y']", "[]"),
        "source_roots": (
            "['/']",
            "['../..']",
            "['\\u0000']",
            "['nowhere']",
            "['model.py']",
            "['']",
        ),
        "exclude": (
            "['[']",
            "['**']",
            "['" + "**/" * 40 + "x']",
            "['*" + "a*" * 30 + "b']",
            "['']",
        ),
        "table_limit": ("-1", "0", "9223372036854775807"),
    }
    for key, values in odd.items():
        for value in values:
            texts[f"{key} = {value[:40]}"] = f"{head}{key} = {value}\n"
    for value in (
        "/dev/null",
        "/",
        ".",
        "nowhere",
        "\\u0000",
        "model.py",
        "data",
        "sh",
        "/bin/false",
    ):
        texts[f"environment.python = {value}"] = f'{inner}python = "{value}"\n'
    for value in ("['']", "['[[']", "['a ; b']", "['\\u0000']", "['installed[x]']", "['nowhere']"):
        texts[f"environment.include = {value}"] = f"{inner}include = {value}\n"
    for name, text in texts.items():
        data = text.encode()
        yield Hostile(f"configuration: {name}", _at("pyproject.toml", data), IN_SHORT)
    yield Hostile("configuration: Latin-1", _at("pyproject.toml", b"# \xe4\n"), IN_SHORT)


# Modules and packages.


def _modules() -> Iterator[Hostile]:
    for name in (
        "os",
        "sys",
        "typing",
        "encodings",
        "abc",
        "site",
        "sitecustomize",
        "re",
        "__main__",
    ):
        spoil = _at(f"{name}.py", b"raise SystemExit('it was imported')\n" + CLASS)
        yield Hostile(f"modules: one named {name}", spoil)

    def circle(root: Path) -> None:
        for number in range(300):
            text = f"import m{(number + 1) % 300}\nfrom m{(number + 7) % 300} import *\n"
            (root / f"m{number}.py").write_text(text)
        (root / "hostile.py").write_text("from m0 import *\nclass H(Base): ...\n")

    yield Hostile("modules: a circle of 300", circle)

    def chain(root: Path) -> None:
        for number in range(1500):
            text = f"from c{number + 1} import C{number + 1} as X\nclass C{number}(X): ...\n"
            (root / f"c{number}.py").write_text(text)
        (root / "c1500.py").write_text("from base import Model as C1500\n")
        (root / "hostile.py").write_text("from c0 import C0\nclass H(C0): ...\n")

    yield Hostile("modules: a chain of 1,500", chain)

    def both(root: Path) -> None:
        _written(both_py=CLASS, both____init___py=CLASS, hostile_py=b"import both\n")(root)
        (root / "both.so").write_bytes(b"\x7fELF")
        (root / "both.abi3.so").mkdir()

    yield Hostile("modules: file, package and extension of one name", both)

    def packages(root: Path) -> None:
        path = root / "p"
        for _ in range(60):
            path.mkdir()
            (path / "__init__.py").write_text("from .p import *\nfrom ..p import p\n")
            path = path / "p"
        (root / "hostile.py").write_text("import " + ".".join("p" * 60) + "\nfrom p.p import *\n")

    yield Hostile("modules: packages in packages", packages)


# Installed packages.

LINES = {
    "import lines": b"import os; os._exit(1)\nimport\timport\nimport nowhere\n",
    "binary": bytes(range(256)),
    "a long line": b"x" * 2_000_000,
    "folders that are none": b"/\n.\n..\n/dev/zero\n/proc/self/fd\n\0\n" + b"a/" * 4000 + b"\n",
    "itself": b"extra.pth\n./extra.pth\n",
    "100,000 lines": b"nowhere\n" * 100_000,
    "UTF-16": "import x\n".encode("utf-16"),
}
METADATA = {
    "no name": b"Version: 1\n",
    "no version": b"Name: installed\n",
    "requirements": b"Name: installed\nVersion: 1.0\n"
    b"Requires-Dist: (\nRequires-Dist: a; b\nRequires-Dist: \xff\n",
    "requires itself": b"Name: installed\nVersion: 1.0\nRequires-Dist: installed[x]\nProvides-Extra: x\n"
    b"Requires-Dist: installed[y]; extra == 'x'\n",
    "an odd version": b"Name: installed\nVersion: ../../\x1b[31m\n",
}
RECORDS = {
    "outside": b"../../../../etc/passwd,,\n/etc/shadow,,\n,,\n",
    "no CSV": b'"installed/__init__.py,,\n\0\n\xff\n',
}
URLS = {
    "no JSON": b"{",
    "nested": b"[" * 100_000,
    "of wrong types": b'{"url": 1, "vcs_info": [], "dir_info": 3, "archive_info": "x"}',
    "editable nowhere": b'{"url": "file:///nowhere%00", "dir_info": {"editable": true}}',
    "editable device": b'{"url": "file:///dev/zero", "dir_info": {"editable": true}}',
    "odd commit": b'{"url": "git+x", "vcs_info": {"vcs": "git", "commit_id": {"a": 1}}}',
}
FINDER = b"MAPPING = {'installed': '/dev/zero', 'x': None, 1: 2}\nNAMESPACES = 3\n" + b"(" * 300


def _environments() -> Iterator[Hostile]:
    info = f"{SITE}/installed-1.0.dist-info"
    commands = (*IN_SHORT, ("env", "show"), ("env", "diff", "model_sir"))
    for place, contents in (
        (f"{SITE}/extra.pth", LINES),
        (f"{info}/METADATA", METADATA),
        (f"{info}/RECORD", RECORDS),
        (f"{info}/direct_url.json", URLS),
        (".venv/pyvenv.cfg", {"no keys": b"\0\xff\n=\n==\n", "a long one": b"home = /\n" * 99_999}),
        (".venv/bin/python", {"a text": b"x", "a script": b"#!/bin/sh\necho no\n"}),
    ):
        for name, data in contents.items():
            spoil = _executable(place, data) if place.endswith("/python") else _at(place, data)
            yield Hostile(f"installed: {os.path.basename(place)}: {name}", spoil, commands)

    def finder(root: Path) -> None:
        (root / SITE / "__editable___installed_finder.py").write_bytes(FINDER)
        (root / SITE / "e.pth").write_text("import __editable___installed_finder; x.install()\n")

    yield Hostile("installed: a broken finder", finder, commands)

    def crowd(root: Path) -> None:
        for name in ("a\n", "\udcff", "-", "installed", "INSTALLED", "~nstalled", "x" * 200, " "):
            folder = root / SITE / f"{name}-1.0.dist-info"
            folder.mkdir(exist_ok=True)
            (folder / "METADATA").write_text("Name: installed\nVersion: 2\n")

    yield Hostile("installed: odd names and one twice", crowd, commands)


def _executable(place: str, data: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(data)
        path.chmod(0o755)

    return _replaced(place, make)


def _variables() -> Iterator[Hostile]:
    values = {
        "PYTHONPATH": (
            "",
            ":::",
            "nowhere",
            "model.py",
            "\udcff",
            "pipe",
            "/dev/zero:/proc/self/fd",
            "/",
            ":".join(f"n{number}" for number in range(2000)),
            "a" * 5000,
            "~",
        ),
        "VIRTUAL_ENV": ("nowhere", "/", "pipe", "\udcff", "model.py"),
        "CONDA_PREFIX": ("nowhere", "/dev/zero", "\udcff"),
        "SEED": ("\udcff\udcfe", "x" * 100_000, "\n"),
        "MODELOPS_THREADS": ("many", "-1", "9" * 5000, "\udcff"),
        "OMP_NUM_THREADS": ("", "4,2", "0"),
        "MODELOPS_CONTAINER_IMAGE": ("\udcff", "\n"),
        "MODELOPS_CUDA_VERSION": ("\udcff",),
        "MODELOPS_RNG_ALGORITHM": ("\udcff", "\x1b[31m"),
        "TMPDIR": ("/nowhere", "\udcff"),
        "HOME": ("", "/nowhere", "\udcff"),
        "PATH": ("", "/nowhere", "\udcff:pipe"),
        "TERM": ("nonsense", "\udcff"),
        "COLUMNS": ("0", "-1", "many"),
    }
    for name, texts in values.items():
        for text in texts:
            yield Hostile(
                f"variable: {name}={text[:20]!a}",
                lambda root: os.mkfifo(root / "pipe"),
                (*IN_SHORT, ("env", "show")),
                {name: text},
            )


# What the tool wrote itself.

ENTRY = "models:\n  model_sir: {entrypoint: 'model:SIR', class_name: SIR, path: %s}\n"
REGISTRIES = {
    "path outside": "'../../../etc/passwd'",
    "path absolute": "/dev/zero",
    "path empty": "''",
    "path a dot": "'.'",
    "path of the registry": f"'{REGISTRY}'",
    "path with a NUL": '"a\\0b"',
    "path with a line break": '"a\\nb.py"',
    "path with a surrogate": '"\\xff.py"',
    "path too long": "a/" * 5000 + "b.py",
    "path of a pipe": "pipe",
    "data outside": "model.py, data: ['../x', /dev/zero, '', ., pipe], data_patterns: ['..', '/', '[']",
    "code outside": "model.py, code: ['../x', /dev/zero, ''], code_patterns: ['../**', '*']",
    "digests odd": "model.py, digest: x, model_digest: 'a:b:c', data_digests: {'': '', '..': 'blake3:'}",
    "names odd": "model.py, outputs: ['', \"\\e[31m\"], labels: {'': ''}, scenarios: ['a', 'a']",
    "environment unknown": "model.py, environment: 'blake2b:00', variables: {'': '', 'A=B': x}",
}


def _states() -> Iterator[Hostile]:
    for name, text in REGISTRIES.items():

        def spoil(root: Path, text: str = text) -> None:
            os.mkfifo(root / "pipe")
            (root / REGISTRY).write_text("version: '1.0'\n" + ENTRY % text)

        yield Hostile(f"registry: {name}", spoil, (*COMMANDS, ("show-registry", "--tree")))
    for name in ("cache", "objects"):
        place = f"{STATE}/{name}/{name}.sqlite"
        contents = {
            "text": b"hello\n",
            "a header alone": b"SQLite format 3\0",
            "a header and noise": b"SQLite format 3\0" + bytes(range(256)) * 99,
        }
        for kind, data in contents.items():
            yield Hostile(f"{name}: {kind}", _at(place, data))
        for kind, damage in DAMAGES.items():
            yield Hostile(f"{name}: {kind}", _damaged(place, damage))

    def without(root: Path) -> None:
        shutil.rmtree(root / STATE)

    yield Hostile("state: gone", without, (*COMMANDS, ("init",), ("status",)))
    for kind, make in SPECIAL.items():
        if kind != "folder":
            yield Hostile(
                f"state: {kind}", _replaced(STATE, make), (("init",), *COMMANDS), {}, (STATE,)
            )


def _flipped(data: bytearray) -> None:
    for at in range(200, len(data), 997):
        data[at] ^= 0x55


DAMAGES: dict[str, Callable[[bytearray], None]] = {
    "cut in half": lambda data: data.__delitem__(slice(len(data) // 2, None)),
    "bits flipped": _flipped,
    "pages zeroed": lambda data: data.__setitem__(slice(4096, 12288), bytes(8192)),
    "another version": lambda data: data.__setitem__(slice(60, 64), b"\0\0\0\x63"),
}


def _damaged(place: str, damage: Callable[[bytearray], None]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        data = bytearray((root / place).read_bytes())
        damage(data)
        (root / place).write_bytes(data)

    return spoil


def _arguments() -> Iterator[Hostile]:
    odd = (
        "", "-", "--", "/", "/dev/zero", "..", "~", "a" * 5000, "\udcff", "\n", "*", "pipe", ".", "data",
        "model.py/", "./model.py", "model.py:SIR", "nowhere.py", "\x1b[31m",
    )  # fmt: skip
    for text in odd:
        commands = (
            ("register-model", text),
            ("register-target", text),
            ("discover", text),
            ("why", text),
            ("update", text),
            ("unregister", text),
            ("hash", text),
            ("-C", text, "status"),
            ("--python", text, "env", "show"),
        )
        if text in ("/", "..", "~"):
            # Whole disks are searched for as long as it takes.
            commands = tuple(each for each in commands if each[0] not in ("discover", "hash"))
        yield Hostile(f"argument: {text[:20]!a}", lambda root: os.mkfifo(root / "pipe"), commands)
    register = ("register-model", "model.py")
    for option, texts in {
        "--class": ("", "\udcff", "SIR.x", "*"),
        "--id": ("", "..", "a/b", "\n", "\udcff", "x" * 5000, "-x", "no", "1.10"),
        "--label": ("", "=", "a", "a=b=c", "\udcff=\udcff", "a=\n"),
        "--output": ("", "\udcff", "\n"),
        "--base": ("", ".", "\udcff"),
    }.items():
        commands = tuple((*register, f"{option}={text}") for text in texts)
        if option == "--base":
            commands = tuple(("discover", f"{option}={text}") for text in texts)
        more = (("status",), ("show-registry",))
        yield Hostile(f"argument: odd values of {option}", commands=(*commands, *more))
