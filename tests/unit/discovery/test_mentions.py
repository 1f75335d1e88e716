"""Files that code names in its texts are found, however the path is put together."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import pytest
from tests.fakes.code_project import CodeProject


def mentioned(model: str, start: str = "models/m.py", **others: str) -> list[str]:
    sources = {
        start: model,
        "models/__init__.py": "",
        "models/local.csv": "",
        "data/pop.csv": "",
        "data/regions/north.csv": "",
        ".modelops-bundle/registry.yaml": "",
        "top.json": "",
        "LICENSE": "",
        **{f"{name}.py": text for name, text in others.items()},
    }
    closure = CodeProject(sources).closure(start)
    return [mention.named.removeprefix("/p/") for mention in closure.mentions]


POP = ["data/pop.csv"]


@pytest.mark.parametrize(
    "model",
    [
        "load('data/pop.csv')",
        "load('./data/pop.csv')",
        "load('../data/pop.csv')",
        "load('/p/data/pop.csv')",
        "load(name='data/pop.csv')",
        "PATH = 'data/pop.csv'",
        "def f(path='data/pop.csv'): ...",
        "class C:\n    path = 'data/pop.csv'",
        "PATHS = {'pop': ['data/pop.csv']}",
        "from pathlib import Path\nPath('data') / 'pop.csv'",
        "from pathlib import Path\nROOT = Path(__file__).resolve().parent.parent\nROOT / 'data' / 'pop.csv'",
        "from pathlib import Path\nROOT = Path(__file__).parents[1]\nDATA = ROOT / 'data'\nload(DATA / 'pop.csv')",
        "from pathlib import Path\nDATA = Path(__file__).parent.parent.joinpath('data')\nDATA.joinpath('pop.csv')",
        "from pathlib import Path\nload(Path(__file__).parent / '..' / 'data' / 'pop.csv')",
        "from pathlib import Path\nload(Path(__file__, '..', '..', 'data', 'pop.csv'))",
        "from pathlib import Path\nROOT = Path(__file__).parent.parent\nload(f'{ROOT}/data/pop.csv')",
        "from pathlib import Path\nload(Path.cwd() / 'data' / 'pop.csv')",
        "def f(root):\n    return load(root / 'data' / 'pop.csv')",
        "def f(root):\n    return load(f'{root}/data/pop.csv')",
        "def f(root):\n    return load(root + '/data/pop.csv')",
        "import os\nload(os.path.join('data', 'pop.csv'))",
        "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\nload(os.path.join(HERE, '..', 'data', 'pop.csv'))",
        "import os.path as osp\nROOT = osp.dirname(osp.dirname(__file__))\nload(osp.join(ROOT, 'data', 'pop.csv'))",
        "import os\nD = os.getenv('D', 'data')\nload(os.path.join(D, 'pop.csv'))\nX = 'data/'",
        "DATA = 'data/'\nload(DATA + 'pop.csv')",
        "from importlib.resources import files\nload(files(__package__) / '..' / 'data' / 'pop.csv')",
        "for name in ('pop.csv', 'x.csv'):\n    load(os.path.join('data', name))",
        "load('data' '/pop.csv')",
        "x = {'a': b'', 'c': 'data/pop.csv'}",
        "match x:\n    case 'data/pop.csv':\n        pass",
    ],
)
def test_every_way_to_name_a_file(model: str) -> None:
    assert mentioned(model) == POP


def test_folders_named_in_other_files() -> None:
    conf = "from pathlib import Path\nDATA = Path(__file__).parent / 'data'"
    assert mentioned("from conf import DATA\nload(DATA / 'pop.csv')", conf=conf) == POP
    assert mentioned("import conf\nload(conf.DATA / 'regions' / 'north.csv')", conf=conf) == [
        "data/regions/north.csv"
    ]


def test_beside_the_source_and_without_a_suffix() -> None:
    assert mentioned("load('local.csv')") == ["models/local.csv"]
    assert mentioned("open('LICENSE')") == ["LICENSE"]
    assert mentioned("open('top.json'); open('top.json')") == ["top.json"]


@pytest.mark.parametrize(
    "model",
    [
        '"""Reads data/pop.csv."""',
        "'data/pop.csv'",
        "load('data')",
        "load('data/gone.csv')",
        "load('pop.csv')",
        "load('/etc/passwd')",
        "load('../../x')",
        "load('data/pop.csv\\n')",
        "load('https://x.org/data/pop.csv')",
        "load('a' * 10)",
        "load('\\0data/pop.csv')",
        "load('.modelops-bundle/registry.yaml')",
        "x = 1.5\ny = '1.5'\nz = '.'\nw = '/'",
    ],
)
def test_what_names_no_file(model: str) -> None:
    assert mentioned(model) == []


def test_the_place_is_that_of_the_text() -> None:
    sources = {"m.py": "import a", "a.py": "\n\nload('d.csv')", "d.csv": ""}
    (mention,) = CodeProject(sources).closure().mentions
    assert (mention.path, mention.line, mention.named) == ("/p/a.py", 3, "/p/d.csv")


def test_code_outside_the_project_names_nothing_in_it() -> None:
    project = CodeProject(
        {"m.py": "import lib", "/x/lib.py": "load('d.csv')", "d.csv": ""}, pythonpath=("/x",)
    )
    assert project.closure().mentions == ()
