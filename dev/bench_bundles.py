"""What sending and fetching bundles costs, beside the tools that people use for that.

A registry runs on this machine. Before a first push its files are removed, before a first pull what was
fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench_measure import Aim, Contender, FailedError, Figure, Sample, compare, run_once
from bench_tools import Bench
from tests.support.oci_servers import docker_registry, docker_registry_program

__all__ = ["bundles", "edited_bundle"]

ORAS_PUSH = """\
import os, sys, oras.client
os.chdir(sys.argv[2])
files = sorted(os.path.join(at, name) for at, _, names in os.walk("data") for name in names)
client = oras.client.OrasClient(insecure=True)
client.push(target=sys.argv[1] + "/oras:latest", files=files, disable_path_validation=True)
"""
ORAS_PULL = """\
import sys, oras.client
client = oras.client.OrasClient(insecure=True)
client.pull(target=sys.argv[1] + "/oras:latest", outdir=sys.argv[2])
"""
PYPROJECT = '[project]\nname = "bench"\nversion = "0"\n'
EDIT = b"seventeen bytes.."


@dataclass(frozen=True, slots=True)
class Site:
    """A project with data, a registry, and where each tool keeps what it has.

    Attributes:
        bench: How to measure.
        folder: The project.
        host: The registry, ``host:port``.
        data: The registry's files.
        title: What the data is.
    """

    bench: Bench
    folder: Path
    host: str
    data: Path
    title: str

    @property
    def place(self) -> str:
        return f"{self.host}/bench/ours"

    def beside(self, name: str) -> Path:
        return self.folder.parent / name

    def forget(self) -> None:
        """As if nobody had pushed anything."""
        repositories = self.data / "docker"
        shutil.rmtree(repositories, ignore_errors=True)
        shutil.rmtree(self.beside("dvc-remote"), ignore_errors=True)
        shutil.rmtree(self.beside("copied"), ignore_errors=True)
        (self.folder / ".modelops-bundle" / "state.json").unlink(missing_ok=True)

    def lose(self) -> None:
        """As if nobody had fetched anything."""
        for name in ("cloned", "cache", "layout", "oras", "copied"):
            shutil.rmtree(self.beside(name), ignore_errors=True)
        shutil.rmtree(self.folder / ".dvc" / "cache", ignore_errors=True)


def bundles(bench: Bench) -> Iterator[Figure]:
    """Pushes and pulls of one large file, and of many small ones."""
    if docker_registry_program() is None:
        raise FailedError("docker-registry is not installed")
    large = (64 if bench.quick else 1024) << 20
    small = 200 if bench.quick else 2_000

    def one(folder: Path) -> None:
        _random(folder / "large.bin", large)

    def many(folder: Path) -> None:
        _many(folder, small)

    plans: list[tuple[str, Callable[[Path], None], Aim]] = [
        (f"one file of {large >> 20} MiB", one, Aim(1.5, "skopeo copy")),
        (f"{small:,} files of 10 kB", many, Aim(1 / 20, "oras")),
    ]
    for title, write, aim in plans:
        with ExitStack() as stack:
            site = _site(bench, stack, title, write)
            bench.say(f"bundles of {title}")
            yield from _figures(site, aim)


def _figures(site: Site, aim: Aim) -> Iterator[Figure]:
    bench, rounds = site.bench, site.bench.rounds(3)

    def figure(what: str, contenders: list[Contender], *aims: Aim) -> Figure:
        bench.say(what)
        title = f"{what}: {site.title}"
        return compare("bundles", title, contenders, rounds=rounds, warm_up=0, aims=aims)

    pushes, pulls = list(_pushes(site)), list(_pulls(site))
    first = figure("Push", [replace(each, before=site.forget) for each in pushes], aim)
    yield first
    pushes, pulls = _without_failed(pushes, first), _without_failed(pulls, first)
    for each in pushes:
        _quietly(each)
    yield figure("Push again", pushes, Aim(0.5))
    yield figure("Pull", [replace(each, before=site.lose) for each in pulls], aim)
    again = bench.tools.ours("pull", folder=site.beside("cloned"))
    site.lose()
    for each in pulls:
        _quietly(each)
    yield figure("Pull again", [_varied(again, site), *pulls[1:]], Aim(0.5))


def _without_failed(contenders: list[Contender], pushed: Figure) -> list[Contender]:
    """Contenders whose tool could push: the others have nothing to go on from."""
    series = (pushed.ours, *pushed.peers)
    problems = {each.name.split()[0]: each.problem for each in series if each.problem}
    return [
        replace(each, missing=each.missing or problems.get(each.name.split()[0], ""))
        for each in contenders
    ]


def _pushes(site: Site) -> Iterator[Contender]:
    tools, folder = site.bench.tools, site.folder
    yield _varied(tools.ours("push", site.place, folder=folder), site)
    skopeo = ("copy", "--quiet", "--dest-tls-verify=false", f"oci:{site.beside('given')}:latest")
    target = f"docker://{site.host}/bench/skopeo:latest"
    yield tools.contender("skopeo copy", "skopeo", *skopeo, target, folder=folder)
    oras = (ORAS_PUSH, f"{site.host}/bench", str(folder))
    yield tools.script("oras", *oras, needs="oras")
    yield tools.contender("dvc push", "dvc", "push", "--quiet", folder=folder)
    yield tools.contender("cp", "cp", "-r", "data", str(site.beside("copied")), folder=folder)


def _pulls(site: Site) -> Iterator[Contender]:
    tools, folder = site.bench.tools, site.folder
    yield _varied(tools.ours("clone", site.place, str(site.beside("cloned")), folder=folder), site)
    source = f"docker://{site.host}/bench/skopeo:latest"
    skopeo = ("copy", "--quiet", "--src-tls-verify=false", source, f"oci:{site.beside('layout')}:x")
    yield tools.contender("skopeo copy", "skopeo", *skopeo, folder=folder)
    oras = (ORAS_PULL, f"{site.host}/bench", str(site.beside("oras")))
    yield tools.script("oras", *oras, needs="oras")
    yield tools.contender("dvc pull", "dvc", "pull", "--quiet", "--force", folder=folder)
    yield tools.contender("cp", "cp", "-r", "data", str(site.beside("copied")), folder=folder)


def edited_bundle(bench: Bench) -> Iterator[Figure]:
    """What is sent after 17 bytes were inserted into a large file."""
    if docker_registry_program() is None:
        raise FailedError("docker-registry is not installed")
    size = (32 if bench.quick else 256) << 20
    with ExitStack() as stack:
        title = f"{size >> 20} MiB"
        site = _site(bench, stack, title, lambda at: _random(at / "large.bin", size))
        ours = _varied(bench.tools.ours("push", site.place, folder=site.folder), site)
        _quietly(ours)
        file = site.folder / "data" / "large.bin"
        first = Path(shutil.copy(file, site.beside("first.bin")))
        middle = size // 2
        _insert(first, middle, file)
        sent = _bytes_to_send(ours)
        edits = iter(range(1, 1000))

        def edit() -> None:
            # Each run sends another edit, or the second would find it there.
            at = middle + next(edits) * 5_000_000 % middle
            _insert(first, at, file)

        yield compare(
            "edited-bundle",
            f"Push after 17 bytes were inserted into {title}: {sent / 2**20:.2f} MiB sent"
            f" (aim: under 4, {'met' if sent < 4 << 20 else 'MISSED'})",
            [replace(ours, before=edit)],
            rounds=bench.rounds(3),
        )


def _insert(original: Path, at: int, into: Path) -> None:
    """Write a file anew with a few bytes more. Never all in memory, or that would count as the command's."""
    with original.open("rb") as source, into.open("wb") as target:
        for _ in range(at >> 20):
            target.write(source.read(1 << 20))
        target.write(source.read(at & 0xFFFFF) + EDIT)
        shutil.copyfileobj(source, target, 1 << 20)


def _bytes_to_send(push: Contender) -> int:
    command = [*push.arguments, "--dry-run", "--json"]
    done = subprocess.run(
        command, cwd=push.folder, env=push.variables, capture_output=True, check=True
    )
    return int(json.loads(done.stdout)["bytes"])


def _site(bench: Bench, stack: ExitStack, title: str, write: Callable[[Path], None]) -> Site:
    top = bench.place(f"bundles-{len(list(bench.folder.iterdir()))}")
    stack.callback(shutil.rmtree, top, ignore_errors=True)
    folder, server = top / "project", top / "server"
    for each in (folder, server, folder / "data"):
        each.mkdir()
    registry = stack.enter_context(docker_registry(server))
    write(folder / "data")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    site = Site(bench, folder, registry.host, registry.data, title)
    tools = bench.tools
    tools.call(tools.mops, "init", folder=folder)
    tools.call(tools.mops, "add", "data", folder=folder)
    # What skopeo copies from: the same blobs as ours, or one for all where they are one file.
    _give_skopeo(site)
    dvc = tools.path("dvc")
    if dvc is not None:
        remote = str(site.beside("dvc-remote"))
        for command in (
            ["init", "--no-scm", "--quiet"],
            ["remote", "add", "--default", "--quiet", "bench", remote],
            ["add", "--quiet", "data"],
        ):
            tools.call(dvc, *command, folder=folder)
    return site


def _give_skopeo(site: Site) -> None:
    """A layout with the data as a layer a file, which is how skopeo would have it."""
    tools, copy = site.bench.tools, site.beside("given-project")
    shutil.copytree(site.folder, copy)
    layout = f"oci-layout:{site.beside('given')}"
    tools.call(tools.mops, "push", layout, "--index-version", "1", folder=copy)
    shutil.rmtree(copy)


def _varied(contender: Contender, site: Site) -> Contender:
    """Ours, with a cache that can be lost."""
    variables = {**contender.variables, "XDG_CACHE_HOME": str(site.beside("cache"))}
    return replace(contender, variables=variables, name=contender.name.partition(" bench")[0])


def _quietly(contender: Contender) -> Sample | None:
    """Run something once, so that it is done already when it is measured."""
    return None if contender.missing else run_once(contender)


def _random(path: Path, size: int) -> None:
    with path.open("wb") as file:
        while size:
            piece = os.urandom(min(size, 16 << 20))
            size -= file.write(piece)


def _many(folder: Path, number: int) -> None:
    for index in range(number):
        (folder / f"{index:05}.bin").write_bytes(os.urandom(10_000))
