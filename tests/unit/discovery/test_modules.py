"""Modules are found the way Python finds them, without importing any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.discovery.modules import Module, ModuleFinder
from modelops_bundle.discovery.search import Origin, build_search_path

SITE = "/env/lib/python3.11/site-packages"


@dataclass(frozen=True)
class Python:
    site_folders: tuple[str, ...] = (SITE,)
    stdlib_names: frozenset[str] = frozenset({"json", "random", "os", "types"})
    builtin_names: frozenset[str] = frozenset({"time"})
    extension_suffixes: tuple[str, ...] = (".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so")


@dataclass(frozen=True)
class Dist:
    name: str
    origin: str = "index"
    location: str = SITE


def finder(
    tree: Mapping[str, str | bytes | None],
    *,
    roots: tuple[str, ...] = (),
    pythonpath: tuple[str, ...] = (),
    dists: Mapping[str, Dist] | None = None,
) -> ModuleFinder:
    files = MemoryFiles(tree)
    python = Python()
    search = build_search_path(files, "/p", roots, pythonpath, python)
    owned = dists or {}

    def owners(module: str) -> tuple[Dist, ...]:
        names = [name for name in owned if module == name or module.startswith(f"{name}.")]
        return tuple(owned[name] for name in names)

    return ModuleFinder(files, search, python, "/p", owners)


def place(module: Module) -> tuple[str | None, Origin]:
    return module.path, module.origin


def test_roots_are_looked_through_in_order() -> None:
    tree = {"/p/a.py": "", "/p/src/a.py": "", "/p/lib/a.py": "", "/x/a.py": ""}
    assert finder(tree, roots=("lib",)).find("a").path == "/p/lib/a.py"
    assert finder(tree, pythonpath=("/x",)).find("a").path == "/p/src/a.py"
    del tree["/p/src/a.py"], tree["/p/lib/a.py"]
    assert finder(tree, pythonpath=("/x",)).find("a").path == "/p/a.py"
    del tree["/p/a.py"]
    found = finder(tree, pythonpath=("", "/x")).find("a")
    assert place(found) == ("/x/a.py", Origin.OUTSIDE)
    assert found.root == "/x"


def test_package_before_extension_before_source() -> None:
    tree = {
        "/p/a.py": "",
        "/p/a.abi3.so": b"",
        "/p/a.cpython-311-x86_64-linux-gnu.so": b"",
        "/p/a/__init__.py": "",
    }
    assert finder(tree).find("a").path == "/p/a/__init__.py"
    del tree["/p/a/__init__.py"]
    found = finder(tree).find("a")
    assert found.path == "/p/a.cpython-311-x86_64-linux-gnu.so"
    assert found.is_extension
    del tree["/p/a.cpython-311-x86_64-linux-gnu.so"]
    assert finder(tree).find("a").path == "/p/a.abi3.so"
    del tree["/p/a.abi3.so"]
    assert not finder(tree).find("a").is_extension


def test_source_without_text_counts_as_bytes() -> None:
    found = finder({"/p/a.pyc": b""}).find("a")
    assert (found.path, found.is_extension) == ("/p/a.pyc", True)


def test_namespace_package_only_where_nothing_else_is_found_later() -> None:
    tree = {"/p/src/ns/one.py": "", "/p/ns/two.py": ""}
    found = finder(tree)
    assert place(found.find("ns")) == (None, Origin.PROJECT)
    assert found.find("ns").is_package
    assert found.find("ns.one").path == "/p/src/ns/one.py"
    assert found.find("ns.two").path == "/p/ns/two.py"
    assert found.find("ns.three").origin is Origin.MISSING
    tree["/p/ns.py"] = ""
    assert finder(tree).find("ns").path == "/p/ns.py"
    tree["/p/ns/__init__.py"] = ""
    assert finder(tree).find("ns").path == "/p/ns/__init__.py"
    assert finder(tree).find("ns.one").origin is Origin.MISSING


def test_namespace_shared_with_installed_distributions() -> None:
    tree = {
        "/p/google/mine.py": "",
        f"{SITE}/google/cloud/storage/__init__.py": "",
        f"{SITE}/google/cloud/storage/blob.py": "",
    }
    found = finder(tree, dists={"google.cloud.storage": Dist("google-cloud-storage")})
    assert found.find("google.mine").origin is Origin.PROJECT
    module = found.find("google.cloud.storage.blob")
    assert (module.origin, module.distribution) == (Origin.INSTALLED, "google-cloud-storage")


def test_standard_library_after_the_project_and_builtins_first() -> None:
    tree = {"/p/random.py": "", "/p/time.py": "", "/p/os.py": "", "/x/json.py": ""}
    found = finder(tree, pythonpath=("/x",))
    assert found.find("random").path == "/p/random.py"
    assert found.find("time").origin is Origin.STDLIB
    assert found.find("os").origin is Origin.STDLIB
    assert found.find("os.path").origin is Origin.STDLIB
    assert found.find("json").path == "/x/json.py"
    installed = {f"{SITE}/json.py": "", f"{SITE}/up.pth": "/y\n", "/y/types.py": ""}
    assert finder(installed).find("json").origin is Origin.STDLIB
    assert finder(installed).find("types").origin is Origin.STDLIB


def test_installed_modules_belong_to_their_distribution() -> None:
    tree = {f"{SITE}/numpy/__init__.py": "", f"{SITE}/loose.py": "", f"{SITE}/mine.py": ""}
    found = finder(tree, dists={"numpy": Dist("numpy"), "mine": Dist("mine", "local")})
    assert found.find("numpy").origin is Origin.INSTALLED
    assert found.find("numpy").distribution == "numpy"
    assert found.find("loose").origin is Origin.OUTSIDE
    assert found.find("loose").distribution is None
    assert found.find("mine").origin is Origin.OUTSIDE
    assert found.find("mine").distribution == "mine"


def test_a_file_that_shadows_an_installed_module_is_not_the_distributions() -> None:
    tree = {f"{SITE}/numpy/__init__.py": "", "/x/numpy.py": ""}
    found = finder(tree, pythonpath=("/x",), dists={"numpy": Dist("numpy")}).find("numpy")
    assert place(found) == ("/x/numpy.py", Origin.OUTSIDE)
    assert found.distribution is None


def test_pth_files_add_folders() -> None:
    tree = {
        f"{SITE}/b.pth": "# comment\n\n../../../../ext\n/none\n",
        f"{SITE}/a.pth": b"\xef\xbb\xbf/edit\n",
        f"{SITE}/.hidden.pth": "/hidden\n",
        "/ext/lib.py": "",
        "/edit/tool.py": "",
        "/hidden/secret.py": "",
        "/p/inner/mod.py": "",
        f"{SITE}/c.pth": "/p/inner\n",
    }
    found = finder(tree, dists={"tool": Dist("tool", "editable")})
    assert place(found.find("lib")) == ("/ext/lib.py", Origin.OUTSIDE)
    assert found.find("tool").distribution == "tool"
    assert found.find("tool").origin is Origin.OUTSIDE
    assert found.find("secret").origin is Origin.MISSING
    assert found.find("mod").origin is Origin.PROJECT
    assert found.warnings == ()


def test_what_is_installed_comes_before_what_pth_files_add() -> None:
    tree = {f"{SITE}/lib.py": "", f"{SITE}/a.pth": "/edit\n", "/edit/lib.py": ""}
    found = finder(tree, dists={"lib": Dist("lib")}).find("lib")
    assert place(found) == (f"{SITE}/lib.py", Origin.INSTALLED)


def test_executable_pth_lines_are_warned_about() -> None:
    tree = {
        f"{SITE}/hook.pth": "/none\nimport hook; hook.install()\n",
        f"{SITE}/distutils-precedence.pth": "import os; os\n",
        f"{SITE}/google-nspkg.pth": "import sys, types\n",
    }
    (warning,) = finder(tree).warnings
    assert (warning.path, warning.line) == (f"{SITE}/hook.pth", 2)
    assert "import hook" in warning.text


FINDER = """
import sys
MAPPING: dict[str, str] = {'tool': '/edit/tool', 'one': '/edit/one', 'a.b': '/edit/ab', 'p': '/p/lib/p'}
NAMESPACES: dict[str, list[str]] = {'space': ['/edit/space']}
"""


def test_finders_of_editable_installs_are_read() -> None:
    tree = {
        f"{SITE}/__editable__.tool-1.pth": "import __editable___tool_1_finder; any.thing()",
        f"{SITE}/__editable___tool_1_finder.py": FINDER,
        "/edit/tool/__init__.py": "",
        "/edit/tool/sub.py": "",
        "/edit/one.py": "",
        "/edit/ab/__init__.py": "",
        "/edit/space/part.py": "",
        "/p/lib/p/__init__.py": "",
    }
    found = finder(tree, dists={"tool": Dist("tool", "editable")})
    assert found.warnings == ()
    assert found.find("tool.sub").path == "/edit/tool/sub.py"
    assert found.find("tool.sub").root == "/edit"
    assert found.find("tool").distribution == "tool"
    assert found.find("one").path == "/edit/one.py"
    assert found.find("a.b").path == "/edit/ab/__init__.py"
    assert found.find("space.part").path == "/edit/space/part.py"
    assert found.find("p").origin is Origin.PROJECT
    tree["/p/tool.py"] = ""
    assert finder(tree).find("tool").path == "/p/tool.py"


@pytest.mark.parametrize(
    "text",
    ["MAPPING = call()", "(", "\0", "MAPPING = 5", "MAPPING = {[]: 1}", "# coding: hex\n00", ""],
)
def test_a_finder_of_another_form_is_warned_about(text: str) -> None:
    tree = {
        f"{SITE}/__editable__.x.pth": "import __editable___x_finder; __editable___x_finder.install()",
        f"{SITE}/__editable___x_finder.py": text,
    }
    assert len(finder(tree).warnings) == 1


def test_an_archive_on_the_path_is_warned_about() -> None:
    (warning,) = finder({"/x/lib.zip": b"PK"}, pythonpath=("/x/lib.zip",)).warnings
    assert warning.path == "/x/lib.zip"


def test_pipes_are_no_modules() -> None:
    assert finder({"/p/a.py": None}).find("a").origin is Origin.MISSING


def test_the_tools_own_package_is_never_followed() -> None:
    tree = {f"{SITE}/me.pth": "/dev/src", "/dev/src/modelops_bundle/__init__.py": ""}
    dists = {"modelops_bundle": Dist("modelops-bundle", "editable")}
    assert finder(tree, dists=dists).find("modelops_bundle").origin is Origin.INSTALLED


def test_a_virtual_environment_in_the_project_is_not_the_project() -> None:
    site = "/p/.venv/lib/python3.11/site-packages"
    files = MemoryFiles({f"{site}/numpy/__init__.py": "", f"{site}/loose.py": ""})
    python = Python(site_folders=(site,))
    search = build_search_path(files, "/p", (), (), python)
    found = ModuleFinder(
        files,
        search,
        python,
        "/p",
        lambda name: [Dist("numpy", location=site)] if name == "numpy" else [],
    )
    assert found.find("numpy").origin is Origin.INSTALLED
    assert found.find("loose").origin is Origin.OUTSIDE


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "..", "../a", "a\0b", "a.", ".".join("a" * 500), "a" * 5000]
)
def test_odd_names_are_missing(name: str) -> None:
    assert finder({"/a.py": "", "/p/a.py": ""}).find(name).origin is Origin.MISSING


def test_name_of_a_file() -> None:
    tree = {
        "/p/src/model.py": "",
        "/p/models/__init__.py": "",
        "/p/models/sir.py": "",
        "/p/lib/tool.py": "",
        "/p/scripts/run-it.py": "",
        "/p/scripts/a:b.py": "",
        "/p/scripts/a.b.py": "",
        "/p/old-scripts/run.py": "",
        "/p/dup.py": "",
        "/p/src/dup.py": "",
    }
    found = finder(tree, roots=("lib",))
    assert found.name_of("/p/src/model.py") == "model"
    assert found.name_of("/p/models/sir.py") == "models.sir"
    assert found.name_of("/p/models/__init__.py") == "models"
    assert found.name_of("/p/lib/tool.py") == "tool"
    assert found.name_of("/p/scripts/run-it.py") == "scripts.run-it"
    assert found.name_of("/p/scripts/a:b.py") == "scripts.a:b"
    assert found.name_of("/p/scripts/a.b.py") is None
    assert found.name_of("/p/old-scripts/run.py") is None
    assert found.name_of("/p/dup.py") == "dup"  # shadowed by src/dup.py, and still its only name
    assert found.name_of("/elsewhere/x.py") is None


def test_find_in_a_folder_that_code_adds_to_the_path() -> None:
    tree = {
        "/p/tools/helper.py": "",
        "/p/tools/pkg/__init__.py": "",
        "/p/tools/pkg/sub.py": "",
        "/z/ns/m.py": "",
    }
    found = finder(tree)
    assert found.find("helper").origin is Origin.MISSING
    assert place(found.find_in("/p/tools", "helper")) == ("/p/tools/helper.py", Origin.PROJECT)
    assert found.find_in("/p/tools", "pkg.sub").path == "/p/tools/pkg/sub.py"
    assert found.find_in("/p/tools", "pkg.none").origin is Origin.MISSING
    assert place(found.find_in("/z", "ns.m")) == ("/z/ns/m.py", Origin.OUTSIDE)
    assert found.find("helper").origin is Origin.MISSING
