"""A closure misses no file that an import may load, and takes in none that nothing loads."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.code_project import SITE, CodeProject, InterpreterFacts

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.discovery.closure import Closure, ClosureFinder
from modelops_bundle.discovery.missing import Missing
from modelops_bundle.discovery.modules import ModuleFinder
from modelops_bundle.discovery.search import build_search_path
from modelops_bundle.source.facts import FactsReader


def files_of(sources: Mapping[str, str], **settings: object) -> list[str]:
    closure = CodeProject(sources, **settings).closure()  # type: ignore[arg-type]
    return sorted(file.recorded for file in closure.files)


def reached(model: str, **others: str) -> list[str]:
    """Files beside the model that it reaches; as keywords, with ``__`` for ``/`` and ``INIT`` for packages."""
    sources = {"m.py": model}
    for name, text in others.items():
        sources[f"{name.replace('__', '/').replace('INIT', '__init__')}.py"] = text
    return [name for name in files_of(sources) if name != "m.py"]


def lines_of(closure: Closure) -> list[int]:
    return [warning.line for warning in closure.warnings]


@pytest.mark.parametrize(
    "model",
    [
        "import a",
        "import a as other",
        "from a import thing",
        "from a import *",
        "def f():\n    import a",
        "class C:\n    import a",
        "if x:\n    import a\nelse:\n    pass",
        "try:\n    import fast\nexcept ImportError:\n    import a",
        "try:\n    pass\nfinally:\n    import a",
        "with x:\n    import a",
        "for x in y:\n    import a",
        "while x:\n    import a",
        "match x:\n    case 1:\n        import a",
        "async def f():\n    async with x:\n        import a",
        "lambda: __import__('a')",
        "if not TYPE_CHECKING:\n    import a",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import a",
        "__import__('a')",
        "import builtins\nbuiltins.__import__('a')",
        "import importlib\nimportlib.import_module('a')",
        "import importlib\nimportlib.import_module(name='a')",
        "import importlib as il\nil.import_module('a')",
        "from importlib import import_module\nimport_module('a')",
        "from importlib import import_module as load\nload('a')",
        "import importlib\nload = importlib.import_module\nload('a')",
        "import importlib\ndef f():\n    load = importlib.import_module\n    return load('a')",
        "import importlib\nNAME = 'a'\nimportlib.import_module(NAME)",
        "import importlib\nNAME = 'a'\nimportlib.import_module(f'{NAME}')",
        "import importlib\nimportlib.import_module('' + 'a')",
        "import importlib\nfor name in ('a', 'json'):\n    importlib.import_module(name)",
        "import importlib\nNAMES = ['a']\n[importlib.import_module(n) for n in NAMES]",
        "import importlib\nT = {'x': 'a'}\nimportlib.import_module(T[key])",
        "import importlib\nT = {'x': ('a', 'y')}\nfor k, (n, _) in T.items():\n    importlib.import_module(T[k][0])",
        "import importlib\ndef load(name):\n    return importlib.import_module(name)\nload('a')",
        "import importlib\ndef load(name='a'):\n    return importlib.import_module(name)",
        "import importlib\nclass C:\n    def load(self, n):\n        importlib.import_module(n)\nC().load('a')",
        "import importlib\nclass C:\n    N = 'a'\n    def f(self):\n        importlib.import_module(self.N)",
        "import importlib.util\nimportlib.util.find_spec('a')",
        "import runpy\nrunpy.run_module('a')",
        "import runpy\nrunpy.run_path('a.py')",
        "import runpy\nrunpy.run_path('./a.py')",
        "from runpy import run_path\nfrom pathlib import Path\nrun_path(Path(__file__).parent / 'a.py')",
        "import pkgutil\npkgutil.resolve_name('a:thing')",
        "import importlib.util\nimportlib.util.spec_from_file_location('x', 'a.py')",
        "import importlib.util as u\nu.spec_from_file_location('x', location='a.py')",
        "import os\nimport importlib.util\nHERE = os.path.dirname(__file__)\n"
        "importlib.util.spec_from_file_location('x', os.path.join(HERE, 'a.py'))",
        "from importlib.machinery import SourceFileLoader\nSourceFileLoader('x', 'a.py')",
        "exec(open('a.py').read())",
        "from pathlib import Path\nexec(compile(Path('a.py').read_text(), 'a.py', 'exec'))",
        "exec('import a')",
        "eval('__import__(\"a\")')",
        "x = 1; import a",
        "def __getattr__(name):\n    import importlib\n    return importlib.import_module('a')",
    ],
)
def test_every_way_to_import(model: str) -> None:
    assert reached(model, a="", unused="") == ["a.py"]


@pytest.mark.parametrize(
    "model",
    [
        "import pkg.sub",
        "import pkg.sub as s",
        "from pkg import sub",
        "from pkg import sub as s",
        "from pkg.sub import thing",
        "__import__('pkg.sub')",
        "__import__('pkg', fromlist=['sub'])",
        "__import__('pkg', globals(), locals(), ['sub'], 0)",
        "import importlib\nimportlib.import_module('.sub', 'pkg')",
        "import importlib\nimportlib.import_module('.sub', package='pkg')",
        "import importlib\nP = 'pkg'\nimportlib.import_module(f'{P}.sub')",
        "import sys\nsubprocess.run([sys.executable])\nfrom pkg import sub",
    ],
)
def test_packages_around_a_module_are_loaded(model: str) -> None:
    found = reached(model, pkg__INIT="", pkg__sub="", pkg__other="")
    assert found == ["pkg/__init__.py", "pkg/sub.py"]


def test_name_that_is_attribute_and_submodule() -> None:
    found = reached("from pkg import sub", pkg__INIT="sub = 5", pkg__sub="import deep", deep="")
    assert found == ["deep.py", "pkg/__init__.py", "pkg/sub.py"]


@pytest.mark.parametrize(
    "inner",
    [
        "from . import other",
        "from .other import thing",
        "from pkg.other import thing",
        "from ..pkg import other",
        "import importlib\nimportlib.import_module('.other', __package__)",
        "import importlib\nimportlib.import_module('.other', package=__package__)",
        "import importlib\nimportlib.import_module('..other', __name__)",
        "import importlib\nimportlib.import_module(__package__ + '.other')",
        "import importlib\nimportlib.import_module('.other', __spec__.parent)",
        "import importlib\nimportlib.import_module(__name__.rpartition('.')[0] + '.other')",
        "__import__('other', globals(), level=1)",
    ],
)
def test_relative_imports(inner: str) -> None:
    top = {"m.py": "import top.pkg.sub", "top/__init__.py": "", "top/pkg/__init__.py": ""}
    if "from pkg" in inner:
        inner = inner.replace("from pkg", "from top.pkg")
    found = files_of({**top, "top/pkg/sub.py": inner, "top/pkg/other.py": ""})
    if "rpartition" in inner:
        # What cannot be told is warned about instead.
        closure = CodeProject({**top, "top/pkg/sub.py": inner, "top/pkg/other.py": ""}).closure()
        assert closure.warnings
    else:
        assert "top/pkg/other.py" in found


def test_package_of_the_model_itself_is_loaded() -> None:
    sources = {"models/__init__.py": "import setup_all", "models/m.py": "", "setup_all.py": ""}
    closure = CodeProject(sources).closure("models/m.py")
    assert [file.recorded for file in closure.files] == [
        "models/m.py",
        "models/__init__.py",
        "setup_all.py",
    ]
    assert closure.files[2].chain == ("models/m.py", "models/__init__.py", "setup_all.py")


def test_what_only_type_checkers_see_is_not_loaded() -> None:
    model = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b"
    assert reached(model, a="", b="") == ["b.py"]


def test_star_import_loads_the_submodules_that_are_listed() -> None:
    found = reached(
        "from pkg import *", pkg__INIT="__all__ = ['one', 'f']", pkg__one="", pkg__two=""
    )
    assert found == ["pkg/__init__.py", "pkg/one.py"]


def test_lazy_package_whose_names_are_modules() -> None:
    lazy = """
        import importlib
        def __getattr__(name):
            return importlib.import_module(f"{__name__}.{name}")
    """
    closure = CodeProject(
        {
            "m.py": "import pkg\npkg.one.f()",
            "pkg/__init__.py": lazy,
            "pkg/one.py": "",
            "pkg/two.py": "",
        }
    ).closure()
    assert "pkg/one.py" in {file.recorded for file in closure.files}
    assert [warning.text.startswith("imports a module") for warning in closure.warnings] == [True]


def test_names_from_another_file() -> None:
    found = reached(
        "from conf import PLUGIN\nfrom tools import load as get\nget(PLUGIN)",
        conf="from base import PLUGIN",
        base="PLUGIN = 'plugins.one'",
        tools="from importlib import import_module\ndef load(name):\n    return import_module(name)",
        plugins__one="",
        plugins__two="",
    )
    assert found == ["base.py", "conf.py", "plugins/one.py", "tools.py"]


def test_wrapper_around_a_wrapper_that_adds_a_prefix() -> None:
    found = reached(
        "from tools import plugin\nplugin('one')",
        tools="import importlib\ndef load(name):\n    return importlib.import_module(name)\n"
        "def plugin(name):\n    return load('plugins.' + name)",
        plugins__one="",
        plugins__two="",
    )
    assert "plugins/one.py" in found


def test_unknown_names_are_warned_about_and_suspects_taken_in() -> None:
    sources = {
        "m.py": "import importlib\nNAMES = read()\nKNOWN = foo('utils.plugin')\n\nimportlib.import_module(NAMES)",
        "utils/plugin.py": "",
        "utils/other.py": "",
    }
    closure = CodeProject(sources).closure()
    assert sorted(file.recorded for file in closure.files) == ["m.py", "utils/plugin.py"]
    assert lines_of(closure) == [5]


@pytest.mark.parametrize(
    "model",
    [
        "exec(text)",
        "eval(text)",
        "exec(open('a.py').read())",
        "__import__(name)",
        "import importlib\nimportlib.import_module(name)",
        "import importlib\nimportlib.import_module(*names)",
        "import importlib\nlist(map(importlib.import_module, names))",
        "import importlib\ndef load(name):\n    return importlib.import_module(name)",
        "import importlib\nf = lambda name: importlib.import_module(name)",
        "import runpy\nrunpy.run_path(path)",
        "import sys\nsys.path.insert(0, folder)",
        "import sys\nsys.path.extend(folders)",
        "import sys\nsys.path = folders + sys.path",
        "import sys\nsys.path += folders",
        "import sys\nsys.path[0:0] = folders",
        "import sys\nsys.meta_path.append(finder)",
        "from importlib.metadata import entry_points\nentry_points(group='x')",
        "from os import *\ngetenv(name)",
    ],
)
def test_what_cannot_be_told_is_warned_about(model: str) -> None:
    closure = CodeProject({"m.py": model, "a.py": ""}).closure()
    assert closure.warnings
    assert all(warning.path == "/p/m.py" and warning.line for warning in closure.warnings)


@pytest.mark.parametrize(
    "model",
    [
        "import sys\nsys.path.insert(0, 'lib')\nimport helper",
        "import sys\nsys.path.append('/p/lib')\nimport helper",
        "import sys, os\nsys.path.append(os.path.join(os.path.dirname(__file__), 'lib'))\nimport helper",
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'lib'))\nimport helper",
        "from sys import path\npath.insert(0, 'lib')\nimport helper",
        "import sys\nsys.path += ['lib']\nimport helper",
        "import sys\nsys.path = ['lib'] + sys.path\nimport helper",
        "import site\nsite.addsitedir('lib')\nimport helper",
        "def f():\n    import helper\nimport sys\nsys.path.extend(['lib'])",
    ],
)
def test_folders_that_code_adds_are_searched(model: str) -> None:
    closure = CodeProject(
        {"m.py": model, "lib/helper.py": "import inner", "lib/inner.py": ""}
    ).closure()
    assert [file.recorded for file in closure.files][1:] == ["lib/helper.py", "lib/inner.py"]
    assert closure.missing == ()
    assert closure.warnings == ()


def test_a_folder_that_code_adds_may_shadow() -> None:
    sources = {
        "m.py": "import sys\nsys.path.insert(0, 'lib')\nimport helper",
        "lib/helper.py": "",
        "helper.py": "",
    }
    assert files_of(sources) == ["helper.py", "lib/helper.py", "m.py"]


@pytest.mark.parametrize(
    "package",
    [
        "__path__.append('pkg/impl')",
        "import os\n__path__.insert(0, os.path.join(os.path.dirname(__file__), 'impl'))",
        "from pathlib import Path\n__path__.append(str(Path(__file__).parent / 'impl'))",
        "from pathlib import Path\n__path__ = [str(Path(__file__).parent / 'impl'), *__path__]",
        "__path__ = __path__ + ['pkg/impl']",
        "__path__ += ['pkg/impl']",
        "__path__.extend(['pkg/impl'])",
        "__path__ = ['pkg/impl']\n__path__ = list(__path__)",
        "MORE = ['pkg/impl']\n__path__ = MORE",
    ],
)
def test_folders_that_a_package_adds_to_its_path(package: str) -> None:
    sources = {
        "m.py": "from pkg import part",
        "pkg/__init__.py": package,
        "pkg/impl/part.py": "from . import deeper\nfrom .other import x",
        "pkg/impl/deeper/__init__.py": "",
        "pkg/other.py": "x = 1",
        "part.py": "",
    }
    closure = CodeProject(sources).closure()
    assert {file.recorded for file in closure.files} == set(sources) - {"part.py"}
    assert (closure.missing, closure.warnings) == ((), ())


@pytest.mark.parametrize(
    "extend",
    [
        "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)",
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "import pkgutil\n__path__[:] = pkgutil.extend_path(__path__, __name__)",
    ],
)
def test_a_package_in_several_places(extend: str) -> None:
    sources = {
        "models/m.py": "import pkg.one, pkg.two, pkg.three",
        "src/pkg/__init__.py": extend,
        "src/pkg/one.py": "",
        "pkg/__init__.py": extend,
        "pkg/two.py": "",
        f"{SITE}/pkg/three.py": "",
    }
    closure = CodeProject(sources, installed={"pkg": "index"}).closure("models/m.py")
    found = {file.recorded for file in closure.files}
    assert found == {"models/m.py", "src/pkg/__init__.py", "src/pkg/one.py", "pkg/two.py"}
    assert (closure.imported, closure.missing) == (("pkg.three",), ())


@pytest.mark.parametrize(
    "package",
    [
        "__path__.append(folder)",
        "__path__ = folders()",
        "import other\nother.__path__.append('impl')",
        "import other\nother.__path__ = ['impl']",
    ],
)
def test_a_path_of_a_package_that_cannot_be_told(package: str) -> None:
    sources = {"m.py": "import pkg", "pkg/__init__.py": package}
    (warning,) = CodeProject(sources).closure().warnings
    assert warning.text.startswith("changes where modules of a package are looked for")


@pytest.mark.parametrize(
    "model",
    [
        "import runpy\nrunpy.run_module('tools')",
        "import runpy\nrunpy.run_path('tools')",
        "from runpy import run_path\nfrom pathlib import Path\nrun_path(str(Path(__file__).parent / 'tools'))",
    ],
)
def test_a_folder_that_is_run(model: str) -> None:
    sources = {"m.py": model, "tools/__main__.py": "import helper", "tools/helper.py": ""}
    closure = CodeProject(sources).closure()
    found = {file.recorded for file in closure.files}
    assert "tools/__main__.py" in found
    assert ("tools/helper.py" in found) is ("run_path" in model)
    project = CodeProject({"m.py": model, "tools/helper.py": ""})
    assert all(missing.may_be("tools/__main__.py") for missing in project.closure().missing)


@pytest.mark.parametrize(
    "model",
    [
        "import importlib.util\nif importlib.util.find_spec('cupy'): pass",
        "from importlib.util import find_spec as has\nhas('cupy.linalg')",
        "import pkgutil\npkgutil.find_loader('cupy')",
        "import importlib\nimportlib.import_module('')",
        "import runpy\nrunpy.run_path('gone')",
    ],
)
def test_what_is_only_asked_for_is_not_missing(model: str) -> None:
    project = CodeProject({"m.py": model})
    finder = ClosureFinder(project.finder(), FactsReader(project.files), project.files, "/p")
    assert list(finder.absent(finder.find("/p/m.py"))) == []


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("from . import SCALE", ["__init__.py"]),
        ("from . import tool, SCALE", ["__init__.py", "tool.py"]),
        ("from .tool import x", ["__init__.py", "tool.py"]),
        ("from . import *", ["__init__.py"]),
        ("import tool", ["tool.py"]),
    ],
)
def test_a_project_that_is_a_package_itself(model: str, expected: list[str]) -> None:
    sources = {"m.py": model, "__init__.py": "SCALE = 1", "tool.py": "x = 1"}
    project = CodeProject(sources)
    finder = ClosureFinder(project.finder(), FactsReader(project.files), project.files, "/p")
    closure = finder.find("/p/m.py")
    assert {file.recorded for file in closure.files} == {"m.py", *expected}
    assert list(finder.absent(closure)) == []


def test_what_is_asked_for_and_gone_is_still_known() -> None:
    model = "import importlib.util\nimportlib.util.find_spec('helper')"
    (missing,) = CodeProject({"m.py": model}).closure().missing
    assert (missing.module, missing.guarded) == ("helper", True)


def test_script_finds_what_lies_beside_it() -> None:
    closure = CodeProject({"scripts/run-it.py": "import tool", "scripts/tool.py": ""}).closure(
        "scripts/run-it.py"
    )
    assert [file.recorded for file in closure.files] == ["scripts/run-it.py", "scripts/tool.py"]
    assert closure.missing == ()


def test_missing_modules_say_where_and_whether_that_is_expected() -> None:
    model = "import gone\n\ntry:\n    import fast\nexcept ImportError:\n    fast = None\nfrom pkg import what"
    closure = CodeProject({"m.py": model, "pkg/__init__.py": ""}).closure()
    found = [(missing.module, missing.line, missing.guarded) for missing in closure.missing]
    assert found == [("gone", 1, False), ("fast", 4, True), ("pkg.what", 7, False)]


@pytest.mark.parametrize(
    "package",
    [
        "what = 1",
        "def what(): ...",
        "import json as what",
        "from gone import what",
        "from json import *",
        "def __getattr__(name): ...",
        "for n in names:\n    globals()[n] = 1",
        "globals().update(names)",
        "import sys\nsys.modules[__name__] = Lazy()",
        "import sys\nsetattr(sys.modules[__name__], n, 1)",
        "if x:\n    what = 1",
        "def (",
    ],
)
def test_a_name_that_the_package_may_have_is_not_missing(package: str) -> None:
    closure = CodeProject({"m.py": "from pkg import what", "pkg/__init__.py": package}).closure()
    assert [missing.module for missing in closure.missing if missing.module[:3] == "pkg"] == []


@pytest.mark.parametrize("package", ["", "from . import what", "from pkg import what", "other = 1"])
def test_a_submodule_that_is_gone_is_missing(package: str) -> None:
    closure = CodeProject({"m.py": "from pkg import what", "pkg/__init__.py": package}).closure()
    assert {missing.module for missing in closure.missing} == {"pkg.what"}


@pytest.mark.parametrize(
    ("model", "lacking"),
    [
        ("import pkg.gone", ["pkg.gone"]),
        ("import pkg.gone.deeper", ["pkg.gone"]),
        ("from pkg import gone", ["pkg.gone"]),
        ("from pkg.gone import x, y", ["pkg.gone"]),
        ("from pkg.sub import x", []),
        ("from pkg import gives", []),
        ("from pkg import sub", []),
        ("from folder import gone", ["folder.gone"]),
        ("import importlib\nimportlib.import_module('pkg.gone')", ["pkg.gone"]),
        ("import pkgutil\npkgutil.resolve_name('pkg.gives')", []),
        ("import pkgutil\npkgutil.resolve_name('pkg.gives.deep')", []),
        ("try:\n    import pkg.gone\nexcept ImportError:\n    pass", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pkg.gone", []),
        ("import gone.deeper, gone.other", ["gone"]),
        ("import numpy.gone, json.gone", []),
        ("import importlib\nimportlib.import_module('no such key')", []),
    ],
)
def test_what_is_nowhere(model: str, lacking: list[str]) -> None:
    sources = {
        "m.py": model,
        "pkg/__init__.py": "gives = 1",
        "pkg/sub.py": "",
        "folder/a.txt": "",
        f"{SITE}/numpy/__init__.py": "",
    }
    project = CodeProject(sources, installed={"numpy": "index"})
    finder = ClosureFinder(project.finder(), FactsReader(project.files), project.files, "/p")
    assert [name for name, _ in finder.absent(finder.find("/p/m.py"))] == lacking


def test_a_text_that_may_name_a_module_is_never_missing() -> None:
    model = "import importlib\ndef load(name):\n    importlib.import_module(name)\nt = 'a.b'"
    assert CodeProject({"m.py": model}).closure().missing == ()


@pytest.mark.parametrize(
    ("module", "recorded", "expected"),
    [
        ("pkg.rates", "pkg/rates.py", True),
        ("pkg.rates", "src/pkg/rates.py", True),
        ("pkg", "src/pkg/__init__.py", True),
        ("pkg.fast", "pkg/fast.cpython-311-x86_64-linux-gnu.so", True),
        ("scripts/rates.py", "scripts/rates.py", True),
        ("/p/scripts/./rates.py", "scripts/rates.py", True),
        ("rates", "pkg/rates.py", True),
        ("pkg.rates", "rates.py", False),
        ("ates", "rates.py", False),
        ("pkg", "pkg/rates.py", False),
        ("ates.py", "rates.py", False),
    ],
)
def test_which_file_is_missed(module: str, recorded: str, expected: bool) -> None:
    assert Missing(module, "/p/m.py", 1, False, module[-3:] == ".py").may_be(recorded) is expected


def test_installed_modules_are_noted_and_not_followed() -> None:
    sources = {
        "m.py": "import numpy.linalg\nfrom scipy import stats\nimport loose, json",
        f"{SITE}/numpy/__init__.py": "import hidden",
        f"{SITE}/numpy/linalg.py": "",
        f"{SITE}/scipy/__init__.py": "",
        f"{SITE}/scipy/stats.py": "",
        f"{SITE}/loose.py": "",
        "hidden.py": "",
    }
    closure = CodeProject(sources, installed={"numpy": "index", "scipy": "index"}).closure()
    assert closure.imported == ("numpy.linalg", "scipy", "scipy.stats")
    assert [(file.recorded, file.kind) for file in closure.files] == [
        ("m.py", "MODEL"),
        ("loose.py", "EXT"),
    ]


def test_outside_code_is_followed_and_keeps_its_distribution() -> None:
    sources = {
        "m.py": "import lib, tool",
        "/x/lib/__init__.py": "from . import part",
        "/x/lib/part.py": "import back",
        f"{SITE}/tool.py": "",
        "back.py": "",
    }
    closure = CodeProject(sources, pythonpath=("/x",), installed={"tool": "local"}).closure()
    found = {file.recorded: (file.kind, file.distribution) for file in closure.files}
    assert found == {
        "m.py": ("MODEL", None),
        "lib/__init__.py": ("EXT", None),
        "lib/part.py": ("EXT", None),
        "tool.py": ("EXT", "tool"),
        "back.py": ("CODE_DEP", None),
    }


def test_extension_modules_count_by_their_bytes() -> None:
    closure = CodeProject({"m.py": "import fast", "fast.so": b"\x7fELF"}).closure()
    assert [(file.recorded, file.extension) for file in closure.files] == [
        ("m.py", False),
        ("fast.so", True),
    ]
    assert "/p/fast.so" not in closure.readings


def test_what_a_compiled_module_imports_is_seen_in_the_source_beside_it() -> None:
    sources = {
        "m.py": "import fast",
        "fast.so": b"\x7fELF",
        "fast.py": "import inner",
        "inner.py": "",
    }
    closure = CodeProject(sources).closure()
    assert [file.recorded for file in closure.files] == ["m.py", "fast.so", "inner.py"]


@pytest.mark.parametrize("name", ["fast.so", "fast.pyc"])
def test_what_a_compiled_module_imports_cannot_be_seen(name: str) -> None:
    sources = {"m.py": "import fast", name: b"", "fast.pyx": "import inner", "inner.py": ""}
    (warning,) = CodeProject(sources).closure().warnings
    assert warning == (f"/p/{name}", 0, "is compiled: what it imports and reads cannot be seen")


def test_a_compiled_module_whose_source_is_there_or_that_is_installed_is_no_reason_to_worry() -> (
    None
):
    sources = {"m.py": "import fast, lib", "fast.so": b"", "fast.py": "", f"{SITE}/lib.so": b""}
    for origin in ("index", "local"):
        assert CodeProject(sources, installed={"lib": origin}).closure().warnings == ()


def test_a_model_that_another_file_shadows_brings_that_file_along() -> None:
    closure = CodeProject({"m.py": "", "m.so": b"\x7fELF"}).closure()
    assert [file.recorded for file in closure.files] == ["m.py", "m.so"]


def test_sources_that_do_not_parse_stay_in_and_are_warned_about() -> None:
    closure = CodeProject({"m.py": "import a", "a.py": "def ("}).closure()
    assert [file.recorded for file in closure.files] == ["m.py", "a.py"]
    (warning,) = closure.warnings
    assert warning.path == "/p/a.py"
    assert "does not parse" in warning.text


def test_circles_end_and_chains_are_the_shortest() -> None:
    sources = {"m.py": "import a, b", "a.py": "import b, m", "b.py": "import c", "c.py": "import a"}
    closure = CodeProject(sources).closure()
    assert {file.recorded: file.chain for file in closure.files}["c.py"] == ("m.py", "b.py", "c.py")
    assert len(closure.files) == 4


def test_a_new_package_shadows_a_module() -> None:
    project = CodeProject({"m.py": "import utils.consts", "utils/consts.py": ""})
    assert project.closure().files[1].recorded == "utils/consts.py"
    project.files.write("/p/utils/consts/__init__.py", "")
    assert project.closure().files[1].recorded == "utils/consts/__init__.py"


def test_declared_code_belongs_and_is_followed() -> None:
    sources = {"m.py": "", "extra.py": "import deep", "deep.py": ""}
    closure = CodeProject(sources).closure(declared=["extra.py"])
    assert [file.recorded for file in closure.files] == ["m.py", "extra.py", "deep.py"]
    assert closure.files[2].chain == ("m.py", "extra.py", "deep.py")


def test_without_the_search_only_declared_code_counts() -> None:
    sources = {
        "m.py": "import a, numpy",
        "a.py": "",
        "extra.py": "import a",
        f"{SITE}/numpy.py": "",
    }
    project = CodeProject(sources, installed={"numpy": "index"})
    closure = project.closure(declared=["extra.py"], auto_code=False)
    assert [file.recorded for file in closure.files] == ["m.py", "extra.py"]
    assert closure.imported == ("numpy",)
    assert closure.missing == ()


def test_the_order_is_always_the_same() -> None:
    sources = {
        "m.py": "import b, a\nfrom c import d",
        "a.py": "import e",
        "b.py": "",
        "c.py": "",
        "e.py": "",
    }
    first = CodeProject(sources).closure()
    again = CodeProject(dict(reversed(sources.items()))).closure()
    assert [file.recorded for file in first.files] == ["m.py", "b.py", "a.py", "c.py", "e.py"]
    assert first.files == again.files


def test_very_long_chains_of_imports() -> None:
    count = 3000
    sources = {f"m{i}.py": f"import m{i + 1}" for i in range(count)}
    closure = CodeProject({"m.py": "import m0", **sources, f"m{count}.py": ""}).closure()
    assert len(closure.files) == count + 2


LISTS = {
    "pkg/_names.py": "NAMES = ['a']\nBY_NAME = {'a': 1}\nothers = make()\n__all__ = ['a']",
    "pkg/a.py": "",
    "pkg/b.py": "",
}


@pytest.mark.parametrize(
    "package",
    [
        "__all__ = ['a']",
        "__all__ = ['x'] + ['a']",
        "__all__ = sorted({'x', 'a'})",
        "__all__ = []\n__all__ += ['a']",
        "NAMES = ['a']\n__all__ = NAMES",
        "from ._names import __all__",
        "from ._names import NAMES as __all__",
        "from ._names import NAMES\n__all__ = ['x', *NAMES]",
        "from . import _names\n__all__ = _names.__all__ + ['x']",
        "import pkg._names\n__all__ = list(pkg._names.NAMES)",
        "from ._names import BY_NAME\n__all__ = list(BY_NAME)",
        "import json\n__all__ = ['a'] + json.__all__",
    ],
)
def test_a_star_import_loads_the_submodules_that_are_listed(package: str) -> None:
    found = files_of({**LISTS, "m.py": "from pkg import *", "pkg/__init__.py": package})
    assert "pkg/a.py" in found
    assert "pkg/b.py" not in found


@pytest.mark.parametrize(
    "package",
    [
        "import os\n__all__ = [n[:-3] for n in os.listdir(os.path.dirname(__file__))]",
        "__all__ = names()",
        "from . import _names\n__all__ = _names.others",
        "for __all__ in ['a'], ['b']: pass",
    ],
)
def test_a_star_import_under_a_list_that_is_computed_loads_every_submodule(package: str) -> None:
    found = files_of({**LISTS, "m.py": "from pkg import *", "pkg/__init__.py": package})
    assert {"pkg/a.py", "pkg/b.py"} <= set(found)


def test_a_star_import_without_a_list_loads_no_submodule() -> None:
    found = files_of({**LISTS, "m.py": "from pkg import *", "pkg/__init__.py": "x = 1"})
    assert found == ["m.py", "pkg/__init__.py"]


@pytest.mark.parametrize(
    "model",
    [
        "import pkgutil, importlib, plug\nfor i in pkgutil.iter_modules(plug.__path__, 'plug.'):\n    importlib.import_module(i.name)",
        "import pkgutil, importlib, plug\nfor i in pkgutil.iter_modules(plug.__path__, plug.__name__ + '.'):\n    importlib.import_module(i.name)",
        "from pkgutil import walk_packages\nimport plug as p\nfor f, n, _ in walk_packages(path=p.__path__, prefix=f'{p.__name__}.'):\n    f.find_spec(n).loader.exec_module(x)",
        "import importlib\ndef load(n):\n    importlib.import_module(f'plug.{n}')",
        "import importlib\ndef load(n):\n    importlib.import_module(f'plug.a{n}')",
        "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach('plug', submodules=['a'])",
    ],
)
def test_modules_of_a_package_that_is_gone_through(model: str) -> None:
    sources = {
        "m.py": model,
        "plug/__init__.py": "",
        "plug/a1.py": "",
        "plug/ab/c.py": "",
        "o.py": "",
    }
    found = files_of(sources)
    assert found == ["m.py", "plug/__init__.py", "plug/a1.py", "plug/ab/c.py"]


def test_only_modules_that_start_with_what_is_known_are_loaded() -> None:
    model = "import importlib\ndef load(n):\n    importlib.import_module(f'plug.a{n}')"
    sources = {"m.py": model, "plug/a1.py": "", "plug/b.py": "", "plug/ab/__init__.py": ""}
    assert files_of(sources) == ["m.py", "plug/a1.py", "plug/ab/__init__.py"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "plug").mkdir()
    (tmp_path / "plug/a.py").write_text("")
    for name in ("b", "c", "d"):
        (tmp_path / "plug" / name).symlink_to("../plug")
    (tmp_path / "m.py").write_text("import importlib\nimportlib.import_module('plug.' + n)")
    root, python = str(tmp_path), InterpreterFacts()
    with DiskFiles(root) as files:
        search = build_search_path(files, root, (), (), python)
        finder = ModuleFinder(files, search, python, root, lambda _module: ())
        found = ClosureFinder(finder, FactsReader(files), files, root).find(f"{root}/m.py")
    assert "plug/a.py" in {file.recorded for file in found.files}


@pytest.mark.parametrize(
    ("test", "seen"),
    [
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:", False),
        ("TYPE_CHECKING = False\nif TYPE_CHECKING:", False),
        ("TYPE_CHECKING = 0\nif not TYPE_CHECKING:", True),
        ("TYPE_CHECKING = True\nif TYPE_CHECKING:", True),
        ("TYPE_CHECKING = flag()\nif TYPE_CHECKING:", True),
        ("import typing\nif typing.TYPE_CHECKING:", False),
    ],
)
def test_what_only_type_checkers_see(test: str, seen: bool) -> None:
    assert (files_of({"m.py": f"{test}\n    import a", "a.py": ""}) == ["a.py", "m.py"]) is seen


def test_an_entry_point_in_a_text_is_a_module() -> None:
    model = "import importlib\ndef load(path):\n    name, _, attribute = path.partition(':')\n    return importlib.import_module(name)\n"
    sources = {"pkg/a.py": "", "b.py": ""}
    assert "pkg/a.py" in files_of({**sources, "m.py": f"{model}load('pkg.a:run')"})
    assert "b.py" in files_of({**sources, "m.py": f"{model}load('b:C.run')"})
