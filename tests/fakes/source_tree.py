"""Projects of Python sources in memory, with everything that discovery needs to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.discovery.models import Discovery, discover_model_classes
from modelops_bundle.discovery.modules import ModuleFinder
from modelops_bundle.discovery.resolve import Resolver
from modelops_bundle.discovery.search import build_search_path
from modelops_bundle.source.facts import FactsReader

__all__ = ["ROOT", "SITE", "SourceTree"]

ROOT = "/p"
SITE = "/env/lib/python3.11/site-packages"


@dataclass(frozen=True)
class _Python:
    site_folders: tuple[str, ...] = (SITE,)
    stdlib_names: frozenset[str] = frozenset(
        {
            "abc",
            "collections",
            "enum",
            "functools",
            "os",
            "sys",
            "typing",
            "types",
            "importlib",
            "math",
        }
    )
    builtin_names: frozenset[str] = frozenset({"time"})
    extension_suffixes: tuple[str, ...] = (".cpython-311-x86_64-linux-gnu.so", ".so")


@dataclass(frozen=True)
class _Distribution:
    name: str
    origin: str = "index"
    location: str = SITE


class SourceTree:
    """A project under :data:`ROOT`.

    Args:
        sources: Paths relative to the project and their text; absolute ones lie outside it.
    """

    def __init__(self, sources: Mapping[str, str | bytes | None]) -> None:
        tree = {
            path if path[0] == "/" else f"{ROOT}/{path}": text for path, text in sources.items()
        }
        self.files = MemoryFiles(tree)
        python = _Python()
        search = build_search_path(self.files, ROOT, (), (), python)
        finder = ModuleFinder(self.files, search, python, ROOT, lambda name: [_Distribution(name)])
        self.resolver = Resolver(finder, FactsReader(self.files))
        self.paths = sorted(path for path in tree if path.startswith(ROOT) and path.endswith(".py"))

    def discover(self, *bases: str, paths: Sequence[str] = ()) -> Discovery:
        """The models of the whole tree, or of ``paths`` relative to the project."""
        asked = [f"{ROOT}/{path}" for path in paths] or self.paths
        return discover_model_classes(
            asked, resolver=self.resolver, bases=bases or ("cb.BaseModel",)
        )
