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


@pytest.mark.parametrize(
    "model",
    [
        "HERE = Path(__file__).parent\ndef load(name):\n    return (HERE / 'tables' / name).read_text()\nload('t.csv')",
        "HERE = Path(__file__).parent\ndef load(name):\n    return open(f'{HERE}/tables/{name}')\nload('t.csv')",
        "def load(name):\n    return open(os.path.join('models', 'tables', name))\nload('t.csv')",
        "def load(name):\n    return open('models/tables/' + name)\nload('t.csv')",
        "def load(name):\n    return (Path('models').joinpath('tables', name, 'x')).open()\nload('t.csv')",
        "load(Path('models/tables') / pick())\nPICKS = ['t.csv']",
    ],
)
def test_files_are_looked_for_in_the_known_part_of_a_path(model: str) -> None:
    sources = {"m.py": f"import os\nfrom pathlib import Path\n{model}", "models/tables/t.csv": ""}
    if "__file__" in model:
        sources["tables/t.csv"] = sources.pop("models/tables/t.csv")
    named = [mention.named for mention in CodeProject(sources).closure().mentions]
    assert [path.removeprefix("/p/") for path in named] == list(sources)[1:]


def test_folders_are_shared_between_the_sources() -> None:
    util = "from pathlib import Path\nDATA = Path(__file__).parent / 'data'\ndef load(name):\n    return (DATA / name).read_text()"
    assert mentioned("from util import load\nload('pop.csv')", util=util) == POP
    assert mentioned("from util import load\nload('regions/north.csv')", util=util) == [
        "data/regions/north.csv"
    ]


def patterns(model: str, **others: str) -> list[str]:
    sources = {"src/m.py": f"import glob, os\nfrom pathlib import Path\n{model}"}
    for name in ("data/raw/a.csv", "data/raw/b.csv", "src/own/c.csv", "out/d.csv", "top.csv"):
        sources[name] = ""
    sources.update({f"{name}.py": text for name, text in others.items()})
    closure = CodeProject(sources).closure("src/m.py")
    assert all(mention.line > 2 for mention in closure.mentions)
    return [each.named.removeprefix("/p/") for each in closure.mentions if each.is_pattern]


RAW = "data/raw/*.csv"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("load('data/raw/*.csv')", RAW),
        ("glob.glob('data/raw/*.csv')", RAW),
        ("from glob import iglob\niglob('data/raw/*.csv')", RAW),
        ("glob.glob(os.path.join('data', 'raw', '*.csv'))", RAW),
        ("D = 'data/raw'\nglob.glob(f'{D}/*.csv')", RAW),
        ("D = 'data/raw'\nglob.glob(D + '/*.csv')", RAW),
        ("glob.glob('*.csv', root_dir='data/raw')", RAW),
        ("Path('data/raw').glob('*.csv')", RAW),
        ("Path('data').glob('raw/*.csv')", RAW),
        ("Path('data').rglob('*.csv')", "data/**/*.csv"),
        ("ROOT = Path(__file__).parents[1]\nsorted((ROOT / 'data' / 'raw').glob('*.csv'))", RAW),
        ("Path(__file__).parent.glob('own/*.csv')", "src/own/*.csv"),
        ("from conf import DATA\nDATA.glob('*.csv')", "data/*.csv"),
        ("def load(region):\n    return glob.glob(f'data/{region}/*.csv')", "data/*/*.csv"),
        ("def load(name):\n    return glob.glob(f'data/raw/{name}_*.csv')", "data/raw/*_*.csv"),
        ("def load(d):\n    return Path(d).glob('*.csv')\nload('data/raw')", RAW),
        ("def load(root):\n    return glob.glob(root + '/data/*.csv')", "data/*.csv"),
        ("Path('data/raw').glob(which)", "data/raw/**"),
        ("os.listdir('data/raw')", "data/raw/**"),
        ("os.listdir('data')", "data/**"),
        ("from os import scandir\nfor e in scandir('data/raw'): ...", "data/raw/**"),
        ("for d, ds, fs in os.walk('./data'): ...", "data/**"),
        ("x = [p for p in Path('data/raw').iterdir()]", "data/raw/**"),
        ("def f(root):\n    return (root / 'data').iterdir()", "data/**"),
    ],
)
def test_every_way_to_name_many_files(model: str, expected: str) -> None:
    conf = "from pathlib import Path\nDATA = Path(__file__).parent / 'data'"
    assert expected in patterns(model, conf=conf)
    assert {expected.split("/")[0]} == {each.split("/")[0] for each in patterns(model, conf=conf)}


@pytest.mark.parametrize(
    "model",
    [
        "x['data']; f('data'); f('data/raw')",
        "data = 'data'; Path('data')",
        "f('*.csv'); f('*'); f('**/*'); f('*/*')",
        "os.listdir('.'); os.listdir(); Path('.').iterdir()",
        "os.listdir(os.path.dirname(__file__)); Path(__file__).parent.iterdir()",
        "HERE = Path(__file__).parent\nfor p in HERE.rglob('*'): ...",
        "os.listdir('nowhere'); glob.glob('nowhere/*.csv')",
        "os.listdir(folder); folder.iterdir(); folder.glob('*.csv')",
        "import ast\nast.walk(tree); queue.walk('data')",
        "f('text/* or x'); f('a * b / c'); f('https://x.org/data/*.csv')",
        "os.listdir('/etc'); glob.glob('/etc/*')",
    ],
)
def test_what_names_no_folder(model: str) -> None:
    assert patterns(model) == []


def test_a_pattern_is_looked_for_where_files_are() -> None:
    assert patterns("Path('.').glob('*.csv')") == ["*.csv", "src/*.csv"]
    assert patterns("Path().glob(which)") == []
    assert patterns("from conf import EACH\nglob.glob(EACH)", conf="EACH = 'data/raw/*'") == [
        "data/raw/*"
    ]
