"""What is measured, and against whom. Each case prepares its state, measures, and removes it again."""

from __future__ import annotations

import shutil
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench_bundles import bundles, edited_bundle
from bench_catalog import resolved_names, served_catalog
from bench_measure import Aim, Contender, FailedError, Figure, compare
from bench_projects import (
    GUARD_SECONDS,
    Project,
    register,
    track_with_dvc,
    track_with_git,
    write_large,
    write_project,
)
from bench_results import batched_writes, cached_calls, cold_writes, prediction, short_tasks
from bench_tools import (
    BARE_TYPER,
    GRIFFE_LOAD,
    HASH_FILE,
    IMPORT_GRAPH,
    PARSE_ALL,
    READ_FILE,
    Bench,
    Tools,
)

__all__ = ["CASES"]

#: What the large package's classes derive from.
LARGE_PACKAGE = ("sklearn", "scikit-learn", "sklearn.base.BaseEstimator")
#: Taken instead when the package cannot be installed.
STANDARD_LIBRARY = ("stdlib", "abc.ABC")


def start_up(bench: Bench) -> Iterator[Figure]:
    """Start-up of the command, for the version and for the help."""
    tools = bench.tools
    for option in ("--version", "--help"):
        bench.say(f"start-up with {option}")
        yield compare(
            "start-up",
            f"Start-up, {option}",
            [
                tools.ours(option, folder=bench.folder),
                tools.contender(f"dvc {option}", "dvc", option, folder=bench.folder),
                tools.script("a bare Typer program", BARE_TYPER, option),
                tools.script("a bare Python", "pass"),
            ],
            rounds=bench.rounds(15),
            aims=[Aim(1.0, f"dvc {option}")],
        )


def status(bench: Bench) -> Iterator[Figure]:
    """``status`` with nothing changed, as a project has it: a few hundred sources, the rest data."""
    plans = (
        [(100, 900), (300, 3_700)] if bench.quick else [(100, 900), (300, 19_700), (1_000, 19_000)]
    )
    for modules, items in plans:
        aims = []
        if modules + items == 20_000:
            aims = [Aim(1 / 8, "dvc status"), *([Aim(0.2)] if modules == 300 else [])]
        yield _unchanged(bench, modules, items, aims)


def _unchanged(bench: Bench, modules: int, items: int, aims: list[Aim]) -> Figure:
    tools = bench.tools
    title = f"Status, nothing changed: {modules:,} sources and {items:,} data files"
    bench.say(f"a project with {modules:,} sources and {items:,} data files")
    project = write_project(bench.place(f"status-{modules}-{items}"), modules, items)
    try:
        register(tools, project)
        no_dvc = track_with_dvc(tools, project)
        no_git = track_with_git(tools, project)
        bench.say("status")
        here = project.folder
        contenders = [
            tools.ours("status", folder=here),
            replace(tools.contender("git status", "git", "status", folder=here), missing=no_git),
            replace(tools.contender("dvc status", "dvc", "status", folder=here), missing=no_dvc),
            tools.script("a bare Python", "pass"),
        ]
        return compare("status", title, contenders, rounds=bench.rounds(9), aims=aims)
    finally:
        shutil.rmtree(project.folder, ignore_errors=True)


def hash_large(bench: Bench) -> Iterator[Figure]:
    """A large file, hashed for the first time and again."""
    tools, folder = bench.tools, bench.place("large")
    size = _affordable(bench, 256_000_000 if bench.quick else 2_000_000_000)
    title = f"Hash of {size / 1e9:g} GB, in the page cache"
    bench.say(f"a file of {size / 1e9:g} GB")
    large = folder / "large.bin"
    try:
        write_large(large, size)
        tools.call(tools.mops, "init", folder=folder)
        no_dvc = _start_dvc(tools, folder)
        time.sleep(GUARD_SECONDS)
        bench.say("first hash")
        yield _first_hash(bench, large, title, no_dvc)
        bench.say("repeated hash")
        yield _repeated_hash(bench, large, title, no_dvc)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _affordable(bench: Bench, size: int) -> int:
    # Only the file itself is stored: dvc is told to leave it where it is.
    free = shutil.disk_usage(bench.folder).free
    while size > free // 2 and size > 1_000_000:
        size //= 2
    return size


def _start_dvc(tools: Tools, folder: Path) -> str:
    dvc = tools.path("dvc")
    if not dvc:
        return "dvc is not installed"
    tools.call(dvc, "init", "--no-scm", folder=folder)
    return ""


def _first_hash(bench: Bench, large: Path, title: str, no_dvc: str) -> Figure:
    tools, folder = bench.tools, large.parent
    add = ["add", "--quiet", "--no-commit", large.name]

    def forget() -> None:
        shutil.rmtree(tools.folder / "dvc-site", ignore_errors=True)
        shutil.rmtree(folder / ".dvc" / "tmp", ignore_errors=True)
        (folder / "large.bin.dvc").unlink(missing_ok=True)

    dvc = tools.contender("dvc add --no-commit", "dvc", *add, folder=folder, before=forget)
    return compare(
        "hash",
        f"{title}: first",
        [
            tools.ours("--no-cache", "hash", large.name, folder=folder),
            tools.contender("b3sum", "b3sum", large.name, folder=folder),
            tools.script("blake3 module, all threads", HASH_FILE, str(large), needs="blake3"),
            tools.script("reading alone", READ_FILE, str(large)),
            replace(dvc, missing=no_dvc or dvc.missing),
        ],
        rounds=bench.rounds(5),
        aims=[Aim(1.2, "blake3 module, all threads")],
    )


def _repeated_hash(bench: Bench, large: Path, title: str, no_dvc: str) -> Figure:
    tools, folder = bench.tools, large.parent
    dvc = tools.contender("dvc status", "dvc", "status", folder=folder)
    return compare(
        "hash",
        f"{title}: repeated",
        [
            tools.ours("hash", large.name, folder=folder),
            tools.contender("b3sum", "b3sum", large.name, folder=folder),
            replace(dvc, missing=no_dvc or dvc.missing),
        ],
        rounds=bench.rounds(5),
        aims=[Aim(1.0, "dvc status")],
    )


def discovery(bench: Bench) -> Iterator[Figure]:
    """Models of a large package, with and without what an earlier run remembered."""
    tools = bench.tools
    folder, extra = bench.place("discovery"), bench.place("griffe")
    bench.say("installing a large package")
    package, base = _large_package(bench, folder)
    try:
        tools.install(extra, "griffe")
    except FailedError as error:
        bench.say(f"no griffe: {error}")
    files = sum(1 for _ in (folder / package).rglob("*.py"))
    tools.call(tools.mops, "init", folder=folder)
    time.sleep(GUARD_SECONDS)
    cache = Project(folder, files, 0)
    find = ("discover", package, "--base", base)
    parse = tools.script("ast.parse of every file", PARSE_ALL, str(folder / package))
    load = (GRIFFE_LOAD, str(folder), package)
    griffe = tools.script("griffe", *load, needs="griffe", extra_path=extra)
    ours = replace(tools.ours(*find, folder=folder), name="mops-bundle discover")
    plans = (
        ("cold", [replace(ours, before=cache.forget), parse, griffe], 3.0),
        ("warm", [ours, parse], 0.5),
    )
    for state, contenders, most in plans:
        bench.say(f"discovery, {state}")
        # The aims are for 700 files.
        aims = [Aim(most)] if 600 < files < 1_200 else []
        title = f"Discovery in {package}, {files:,} files, {state}"
        yield compare("discovery", title, contenders, rounds=bench.rounds(5), aims=aims)
    shutil.rmtree(folder)


def _large_package(bench: Bench, folder: Path) -> tuple[str, str]:
    name, distribution, base = LARGE_PACKAGE
    wheel = bench.place("wheel")
    try:
        bench.tools.install(wheel, distribution, with_requirements=False)
        shutil.copytree(wheel / name, folder / name)
    except FailedError as error:
        bench.say(f"no {distribution}, the standard library instead: {error}")
        name, base = STANDARD_LIBRARY
        skipped = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "__pycache__")
        shutil.copytree(sysconfig.get_path("stdlib"), folder / name, ignore=skipped)
    finally:
        shutil.rmtree(wheel, ignore_errors=True)
    return name, base


def closure(bench: Bench) -> Iterator[Figure]:
    """Which files a model imports, with and without what an earlier run remembered."""
    tools, modules = bench.tools, 300 if bench.quick else 1_000
    bench.say(f"a model that imports {modules:,} files")
    project = write_project(bench.place("closure"), modules, 0)
    register(tools, project)
    graph = bench.folder / "graph"
    build = (IMPORT_GRAPH, str(project.folder), str(graph), "helpers")
    parse = tools.script("ast.parse of every file", PARSE_ALL, str(project.folder))

    def forget_graph() -> None:
        shutil.rmtree(graph, ignore_errors=True)

    def figure(state: str, *contenders: Contender) -> Figure:
        bench.say(f"import closure, {state}")
        title = f"Status of a model that imports {modules:,} files, {state}"
        return compare("closure", title, [*contenders, parse], rounds=bench.rounds(5))

    yield figure(
        "cold",
        tools.ours("status", folder=project.folder, before=project.forget),
        tools.script("grimp", *build, needs="grimp", before=forget_graph),
    )
    yield figure(
        "warm",
        tools.ours("status", folder=project.folder),
        tools.script("grimp", *build, needs="grimp"),
    )
    shutil.rmtree(project.folder)


#: Every case by the name that ``--only`` takes.
CASES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "start-up": start_up,
    "status": status,
    "hash": hash_large,
    "discovery": discovery,
    "closure": closure,
    "cached": cached_calls,
    "cold": cold_writes,
    "batched": batched_writes,
    "short": short_tasks,
    "prediction": prediction,
    "bundles": bundles,
    "edited-bundle": edited_bundle,
    "resolved-names": resolved_names,
    "served-catalog": served_catalog,
}
