"""Files that code names in its texts are found, however the path is put together."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import pytest
from tests.fakes.code_project import SITE, CodeProject


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


def in_package(model: str) -> list[str]:
    sources = {
        "m.py": f"import os\nfrom pathlib import Path\n{model}",
        "src/epi/__init__.py": "from . import own",
        "src/epi/own.py": "",
        "src/epi/top.csv": "",
        "src/epi/data/pop.csv": "",
        "src/epi/inner/__init__.py": "",
        "src/epi/inner/pop.csv": "",
        "pop.csv": "",
        "data/pop.csv": "",
        f"{SITE}/lib/__init__.py": "",
        f"{SITE}/lib/data/pop.csv": "",
    }
    closure = CodeProject(sources, installed={"lib": "index"}).closure()
    return [mention.named.removeprefix("/p/") for mention in closure.mentions]


IN_DATA, IN_INNER = "src/epi/data/pop.csv", "src/epi/inner/pop.csv"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("from importlib.resources import files\nfiles('epi.data') / 'pop.csv'", IN_DATA),
        ("from importlib.resources import files\nfiles('epi') / 'data' / 'pop.csv'", IN_DATA),
        (
            "from importlib.resources import files\nfiles('epi').joinpath('data', 'pop.csv')",
            IN_DATA,
        ),
        ("from importlib.resources import files\nfiles('epi').joinpath('data/pop.csv')", IN_DATA),
        (
            "from importlib import resources\nimport epi\nresources.files(epi) / 'data/pop.csv'",
            IN_DATA,
        ),
        (
            "from importlib import resources\nimport epi.data\nresources.files(epi.data) / 'pop.csv'",
            IN_DATA,
        ),
        (
            "import importlib.resources as r\nfrom epi import inner\nr.files(inner) / 'pop.csv'",
            IN_INNER,
        ),
        (
            "import importlib.resources as r\nimport epi.inner as i\nr.files(i) / 'pop.csv'",
            IN_INNER,
        ),
        ("import importlib.resources as r\nP = 'epi.inner'\nr.files(P) / 'pop.csv'", IN_INNER),
        ("import importlib_resources as r\nr.files('epi.inner') / 'pop.csv'", IN_INNER),
        ("from importlib import resources\nresources.read_text('epi.data', 'pop.csv')", IN_DATA),
        ("from importlib.resources import open_text\nopen_text('epi.data', 'pop.csv')", IN_DATA),
        (
            "from importlib import resources\nwith resources.path('epi.inner', 'pop.csv') as p: ...",
            IN_INNER,
        ),
        (
            "from importlib import resources\nfrom epi import inner\nresources.read_text(inner, 'pop.csv')",
            IN_INNER,
        ),
        ("import pkgutil\npkgutil.get_data('epi', 'data/pop.csv')", IN_DATA),
        ("import pkgutil\npkgutil.get_data(package='epi', resource='data/pop.csv')", IN_DATA),
        ("import pkg_resources\npkg_resources.resource_filename('epi', 'data/pop.csv')", IN_DATA),
        ("import epi\nPath(epi.__file__).parent / 'data/pop.csv'", IN_DATA),
        ("import epi.own\nPath(epi.own.__file__).parent / 'data' / 'pop.csv'", IN_DATA),
        ("import epi\nos.path.join(os.path.dirname(epi.__file__), 'data/pop.csv')", IN_DATA),
        ("from epi import own\nPath(own.__file__).with_name('top.csv')", "src/epi/top.csv"),
    ],
)
def test_data_that_is_found_by_its_package(model: str, expected: str) -> None:
    assert in_package(model) == [expected]


@pytest.mark.parametrize(
    "model",
    [
        "from importlib.resources import files\nfiles('lib') / 'data' / 'pop.csv'",
        "from importlib.resources import files\nfiles('nowhere').joinpath('data/pop.csv')",
        "from importlib.resources import files\nfiles(package) / 'pop.csv'",
        "from importlib.resources import files\ndef f(p):\n    return files(p) / 'data/pop.csv'",
        "import pkgutil\npkgutil.get_data('lib', 'data/pop.csv')",
        "from importlib import resources\nresources.read_text(package, 'pop.csv')",
        "import lib\nPath(lib.__file__).parent / 'data/pop.csv'",
        "import lib\nPath(lib.__file__).parent.parent / 'data' / 'pop.csv'",
        "import nowhere\nos.path.join(os.path.dirname(nowhere.__file__), 'data/pop.csv')",
    ],
)
def test_data_of_a_package_elsewhere_is_no_file_of_the_same_name(model: str) -> None:
    assert in_package(model) == []


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("from dotenv import load_dotenv\nload_dotenv()", [".env", "src/.env"]),
        ("import dotenv\ndotenv.load_dotenv(override=True)", [".env", "src/.env"]),
        ("import dotenv as d\nsettings = d.dotenv_values()", [".env", "src/.env"]),
        (
            "from dotenv import find_dotenv, load_dotenv\nload_dotenv(find_dotenv())",
            [".env", "src/.env"],
        ),
        ("from dotenv import load_dotenv\nload_dotenv('settings.env')", ["settings.env"]),
        ("from dotenv import load_dotenv\nload_dotenv(stream=text)", []),
        ("from dotenv import load_dotenv\nload_dotenv(dotenv_path=path)", []),
    ],
)
def test_settings_that_are_looked_for(model: str, expected: list[str]) -> None:
    sources = {"src/m.py": model, ".env": "", "src/.env": "", "settings.env": "", "data/.env": ""}
    named = [mention.named for mention in CodeProject(sources).closure("src/m.py").mentions]
    assert [path.removeprefix("/p/") for path in named] == expected
