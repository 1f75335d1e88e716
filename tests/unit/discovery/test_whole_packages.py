"""On whole packages, discovery finds what importing everything and asking ``issubclass`` finds."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from tests.fakes import ask_issubclass
from tests.support.uv import uv_or_skip

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.discovery.models import Discovery, discover_model_classes
from modelops_bundle.discovery.modules import ModuleFinder
from modelops_bundle.discovery.resolve import Resolver
from modelops_bundle.discovery.search import Origin, SearchPath
from modelops_bundle.source.names_reader import NamesReader

pytestmark = [pytest.mark.slow, pytest.mark.needs_network, pytest.mark.timeout(900)]

#: What is compared, and what their tests need to be importable.
PACKAGES = ("scikit-learn==1.9.1", "django==5.2.19", "pytest", "pandas", "rich")

BASES = {
    "sklearn": (
        "sklearn.base.BaseEstimator",
        "sklearn.base.ClassifierMixin",
        "sklearn.base.TransformerMixin",
        "sklearn.utils._metadata_requests._MetadataRequester",
    ),
    "django": (
        "django.db.models.Model",
        "django.views.View",
        "django.views.generic.base.ContextMixin",
        "django.forms.Field",
        "django.db.models.Field",
        "django.db.models.Expression",
        "django.core.management.BaseCommand",
        "django.contrib.admin.ModelAdmin",
    ),
}


@dataclass(frozen=True)
class _Python:
    site_folders: tuple[str, ...] = ()
    stdlib_names: frozenset[str] = frozenset(sys.stdlib_module_names)
    builtin_names: frozenset[str] = frozenset(sys.builtin_module_names)
    extension_suffixes: tuple[str, ...] = (
        f".{sys.implementation.cache_tag}-x86_64-linux-gnu.so",
        ".so",
    )


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the packages."""

    python: Path
    site: Path

    def files(self, package: str) -> list[str]:
        return sorted(map(str, (self.site / package).rglob("*.py")))

    def discover(self, package: str, bases: Sequence[str], cache: Path) -> Discovery:
        site = str(self.site)
        search = SearchPath((("", Origin.STDLIB), (site, Origin.PROJECT)), {}, ())
        with DiskFiles(site, CacheFile(str(cache))) as files:
            finder = ModuleFinder(files, search, _Python(), site, lambda name: ())
            paths = self.files(package)
            files.contents(paths)
            resolver = Resolver(finder, NamesReader(files))
            return discover_model_classes(paths, resolver=resolver, bases=bases)

    def ask(self, package: str, bases: Sequence[str]) -> dict[str, object]:
        command = [str(self.python), str(Path(ask_issubclass.__file__)), package, *bases]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture(scope="session")
def installed(pytestconfig: pytest.Config) -> Installed:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert pytestconfig.cache is not None
    folder = Path(pytestconfig.cache.mkdir(f"packages-{version}"))
    # The processes that run the tests share the folder; one fills it.
    with FileLock(f"{folder}.lock"):
        _install(folder)
    python = folder / "bin" / "python"
    return Installed(python, folder / "lib" / f"python{version}" / "site-packages")


def _install(folder: Path) -> None:
    done = folder / "installed.txt"
    if done.exists() and done.read_text() == "\n".join(PACKAGES):
        return
    uv = uv_or_skip()
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
    install = [uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), *PACKAGES]
    outcome = subprocess.run(install, capture_output=True, text=True, check=False)
    if outcome.returncode:
        pytest.skip(f"packages cannot be installed: {outcome.stderr[-200:]}")
    done.write_text("\n".join(PACKAGES))


@pytest.mark.parametrize("package", sorted(BASES))
def test_the_same_classes_as_issubclass(installed: Installed, package: str, tmp_path: Path) -> None:
    truth = installed.ask(package, BASES[package])
    importable = set(truth["modules"])
    assert len(importable) > 300
    for base in BASES[package]:
        found = installed.discover(package, [base], tmp_path)
        expected = {tuple(item) for item in truth["classes"][base]}
        models = {(item.module, item.class_name, item.abstract) for item in found.models}
        assert {item for item in models if item[0] in importable} == expected, base
        assert len(expected) >= 5
        assert found.skipped == ()


def test_classes_with_computed_bases_are_reported(installed: Installed, tmp_path: Path) -> None:
    base = "django.db.models.manager.BaseManager"
    truth = installed.ask("django", [base])
    found = installed.discover("django", [base], tmp_path)
    reported = {item.name for item in found.unresolved} | {item.class_name for item in found.models}
    assert {name for _, name, _ in truth["classes"][base]} <= reported


def test_the_time_it_takes(installed: Installed, tmp_path: Path) -> None:
    # As ratios to parsing alone, so that a slow machine changes nothing.
    base = ["sklearn.base.BaseEstimator"]
    parsing = _seconds(lambda: _parse_all(installed.files("sklearn")))
    cold = _seconds(lambda: installed.discover("sklearn", base, tmp_path))
    warm = min(_seconds(lambda: installed.discover("sklearn", base, tmp_path)) for _ in range(3))
    assert cold < 2.5 * parsing
    assert warm < 0.5 * parsing


def _seconds(action: object) -> float:
    assert callable(action)
    started = time.process_time()
    action()
    return time.process_time() - started


def _parse_all(paths: Sequence[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths:
            ast.parse(Path(os.fspath(path)).read_bytes())
