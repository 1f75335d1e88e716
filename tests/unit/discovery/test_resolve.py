"""Names followed from file to file."""

from __future__ import annotations

import time

from tests.fakes.source_tree import ROOT, SITE, SourceTree

from modelops_bundle.discovery.resolve import Resolved


def resolve(tree: SourceTree, dotted: str, path: str = "main.py") -> list[tuple[str, str]]:
    module = tree.resolver.module_at(f"{ROOT}/{path}")
    return [(found.kind, found.name) for found in tree.resolver.resolve_name(module, dotted)]


def test_aliases_and_from_imports_are_followed_to_the_definition() -> None:
    tree = SourceTree(
        {
            "main.py": "import pkg.deep as d\nfrom pkg import Thing as T\nimport pkg\n",
            "pkg/__init__.py": "from .deep import Original as Thing\n",
            "pkg/deep.py": "class Original:\n    def run(self): ...\n    class Inner: ...\ndef f(): ...\n",
        }
    )
    original = [("class", "pkg.deep.Original")]
    assert resolve(tree, "T") == original
    assert resolve(tree, "pkg.Thing") == original
    assert resolve(tree, "d.Original") == original
    assert resolve(tree, "pkg.deep.Original.Inner") == [("class", "pkg.deep.Original.Inner")]
    assert resolve(tree, "d.f") == [("function", "pkg.deep.f")]
    assert resolve(tree, "T.run") == [("function", "pkg.deep.Original.run")]


def test_a_definition_says_where_it_is() -> None:
    tree = SourceTree({"main.py": "from lib import A\n", "lib.py": "class B: ...\nclass A: ...\n"})
    module = tree.resolver.module_at(f"{ROOT}/main.py")
    (found,) = tree.resolver.resolve_name(module, "A")
    assert found == Resolved("class", "lib.A", f"{ROOT}/lib.py", "A", 1)
    assert found.module == "lib"
    assert tree.resolver.home(found).path == f"{ROOT}/lib.py"


def test_relative_imports_of_every_depth() -> None:
    tree = SourceTree(
        {
            "a/__init__.py": "X = 1\n",
            "a/b/__init__.py": "from . import c\nfrom .. import d\n",
            "a/b/c.py": "from ..d import K\nfrom .. import d as e\nfrom ...a import nothing\n",
            "a/d.py": "class K: ...\n",
        }
    )
    assert resolve(tree, "K", "a/b/c.py") == [("class", "a.d.K")]
    assert resolve(tree, "e.K", "a/b/c.py") == [("class", "a.d.K")]
    assert resolve(tree, "c.K", "a/b/__init__.py") == [("class", "a.d.K")]
    assert resolve(tree, "nothing", "a/b/c.py")[0][0] == "unknown"


def test_a_package_binding_comes_before_its_submodule() -> None:
    tree = SourceTree(
        {
            "main.py": "from pkg import thing\nimport pkg.thing\nfrom pkg.thing import Deep\n",
            "pkg/__init__.py": "from .thing import thing\n",
            "pkg/thing.py": "def thing(): ...\nclass Deep: ...\n",
        }
    )
    assert resolve(tree, "thing") == [("function", "pkg.thing.thing")]
    assert resolve(tree, "Deep") == [("class", "pkg.thing.Deep")]
    (found,) = tree.resolver.resolve_absolute("pkg.thing.Deep")
    assert found.kind == "class"


def test_star_imports_respect_all_underscores_and_order() -> None:
    tree = SourceTree(
        {
            "main.py": "from one import *\nfrom two import *\nclass Late: ...\n",
            "one.py": "class A: ...\nclass B: ...\nclass Late: ...\nclass _Hidden: ...\n",
            "two.py": (
                "import three\nfrom three import *\n__all__ = ['A', 'sub'] + three.__all__\n"
                "class A: ...\nclass B: ...\n"
            ),
            "three.py": "__all__ = ['_Shown']\nclass _Shown: ...\nclass B: ...\n",
        }
    )
    assert resolve(tree, "A") == [("class", "two.A")]
    assert resolve(tree, "B") == [("class", "one.B")]
    assert resolve(tree, "_Shown") == [("class", "three._Shown")]
    assert resolve(tree, "Late") == [("class", "main.Late")]
    assert resolve(tree, "_Hidden")[0][0] == "unknown"


def test_a_star_import_that_cannot_be_read_gives_what_nothing_else_binds() -> None:
    tree = SourceTree({"main.py": "from missing import *\nfrom math import *\nclass Known: ...\n"})
    assert ("unknown", "missing.Base") in resolve(tree, "Base")
    assert ("external", "math.pi") in resolve(tree, "pi")
    assert resolve(tree, "Known") == [("class", "main.Known")]
    assert resolve(tree, "object") == [("external", "builtins.object")]


def test_star_imports_in_a_circle_are_followed_to_whoever_binds_the_name() -> None:
    size = 300
    files = {
        f"m{number}.py": f"from m{(number + 1) % size} import *\nfrom m{(number + 7) % size} import *\n"
        f"class C{number}: ...\n"
        for number in range(size)
    }
    tree = SourceTree({**files, "main.py": "from m0 import *\n"})
    started = time.process_time()
    for number in range(size):
        assert resolve(tree, f"C{number}") == [("class", f"m{number}.C{number}")]
    assert resolve(tree, "D") == [("unknown", "D")]
    assert time.process_time() - started < 10


def test_what_one_module_lacks_the_others_of_the_circle_may_not_know() -> None:
    tree = SourceTree(
        {
            "main.py": "from a import *\n",
            "a.py": "from b import *\nfrom c import *\n",
            "b.py": "from c import *\n",
            "c.py": "from nowhere import *\n",
        }
    )
    exports = tree.resolver._exports
    assert [exports.provides(name, "X") for name in ("a", "b", "c", "a")] == [None] * 4
    assert exports.provides("c", "_X") is False


def test_a_conditional_star_import_shadows_nothing_for_certain() -> None:
    tree = SourceTree(
        {
            "main.py": "try:\n    from fast import *\nexcept ImportError:\n    from slow import *\n",
            "fast.py": "class A: ...\n",
            "slow.py": "class A: ...\n",
        }
    )
    assert set(resolve(tree, "A")) == {("class", "fast.A"), ("class", "slow.A")}


def test_cycles_of_imports_end() -> None:
    tree = SourceTree(
        {
            "a.py": "from b import X, Y\nfrom b import *\n",
            "b.py": "from a import X\nfrom a import *\nclass Y: ...\n",
            "pkg/__init__.py": "from . import sub\nfrom pkg import again\n",
            "pkg/sub.py": "class S: ...\n",
        }
    )
    assert resolve(tree, "X", "a.py")[0][0] == "unknown"
    assert resolve(tree, "Y", "a.py") == [("class", "b.Y")]
    assert resolve(tree, "Nowhere", "a.py")[0][0] == "unknown"
    assert resolve(tree, "sub.S", "pkg/__init__.py") == [("class", "pkg.sub.S")]


def test_inherited_attributes_are_found_in_bases() -> None:
    tree = SourceTree(
        {
            "main.py": "from base import Parent\nclass Child(Parent, object): ...\n",
            "base.py": "class Parent:\n    class Inner: ...\n    X = 3\n",
        }
    )
    assert resolve(tree, "Child.Inner") == [("class", "base.Parent.Inner")]
    assert resolve(tree, "Child.X") == [("value", "base.Parent.X")]
    assert resolve(tree, "Child.gone")[0][0] in {"unknown", "external"}


def test_what_sources_do_not_say_is_external_or_unknown() -> None:
    tree = SourceTree(
        {
            "main.py": "import os\nfrom os import environ as env\nimport gone.deep\nimport lazy, ext, bad\n",
            "lazy.py": "def __getattr__(name): ...\n",
            "ext.so": b"",
            "bad.py": "def (\n",
        }
    )
    assert resolve(tree, "os.environ.get") == [("external", "os.environ.get")]
    assert resolve(tree, "env") == [("external", "os.environ")]
    assert resolve(tree, "gone.deep.X") == [("unknown", "gone.deep.X")]
    assert resolve(tree, "lazy.X") == [("unknown", "lazy.X")]
    assert resolve(tree, "ext.X") == [("external", "ext.X")]
    assert resolve(tree, "bad.X") == [("unknown", "bad.X")]
    module = tree.resolver.module_at(f"{ROOT}/main.py")
    assert "__getattr__" in tree.resolver.resolve_name(module, "lazy.X")[0].reason
    assert "cannot be read" in tree.resolver.resolve_name(module, "bad.X")[0].reason


def test_installed_packages_are_followed() -> None:
    tree = SourceTree(
        {
            "main.py": "import fw\n",
            f"{SITE}/fw/__init__.py": "from fw.base import Base\n",
            f"{SITE}/fw/base.py": "class Base: ...\n",
        }
    )
    assert resolve(tree, "fw.Base") == [("class", "fw.base.Base")]


def test_a_file_that_no_import_finds_still_has_names() -> None:
    tree = SourceTree({"odd-name/my model.py": "class A: ...\nclass B(A): ...\n"})
    module = tree.resolver.module_at(f"{ROOT}/odd-name/my model.py")
    (found,) = tree.resolver.resolve_name(module, "A")
    assert tree.resolver.home(found) == module


def test_long_chains_of_imports() -> None:
    count = 3000
    sources = {f"m{i}.py": f"from m{i + 1} import X\n" for i in range(count)}
    tree = SourceTree({**sources, f"m{count}.py": "class X: ...\n"})
    listing = tree.files.entries(ROOT)
    tree.files.entries = lambda folder: listing if folder == ROOT else {}  # type: ignore[method-assign]
    assert resolve(tree, "X", "m0.py") == [("class", f"m{count}.X")]
