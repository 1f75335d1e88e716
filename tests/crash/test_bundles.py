"""``push``, ``pull``, ``clone`` and ``ensure`` killed, or refused by the system, at files and sockets.

The calls of one run are recorded, and a sample of them, spread evenly, is struck: over a layout folder and
over a real registry. Whatever the fault: who looks at the place sees the old bundle or the new one, whole;
each file of the user is the old one or the new one, and what only the user has is as it was; the same command
given again ends well and leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support import injection
from tests.support.command import environment
from tests.support.injection import Call, tree_of
from tests.support.oci_servers import docker_registry, docker_registry_program
from tests.support.warm import HUNG, Warm, WarmBench

from modelops_bundle.wiring import open_around
from modelops_bundle.wiring.exchanging import open_exchange
from modelops_bundle.workflows.bundles.verify import verify_bundle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.needs_strace,
    pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "strace works"),
]

STATE = ".modelops-bundle"
OLD = {
    "pyproject.toml": b"[tool.modelops-bundle]\nmodel_bases = ['base.Model']\n",
    "base.py": b"class Model: ...\n",
    "model.py": b"import base\nfrom pkg import rates\nclass SIR(base.Model):\n    R = rates.R0\n",
    "pkg/__init__.py": b"",
    "pkg/rates.py": b"R0 = 2.5\n",
    "data/population.csv": b"age,count\n0,10\n",
    "data/gone.csv": b"in the way of nobody\n",
    "large.bin": bytes(range(256)) * 8192 + os.urandom(3_000_000),
    "run.sh": b"#!/bin/sh\n",
}
NEW = {
    "pkg/rates.py": b"R0 = 3.0\n",
    "data/population.csv": b"age,count\n0,10\n1,12\n",
    "data/new.csv": b"a,b\n" + b"1,2\n" * 50_000,
    "large.bin": OLD["large.bin"][:2_500_000] + os.urandom(2_500_000),
}
WORK = {"notes.txt": b"only here\n", "run.sh": b"#!/bin/sh\necho mine\n"}
# Pushes to registries wait this long for others who push.
HASTY = "import modelops_bundle.workflows.bundles.moving as moving\nmoving.RACE_SECONDS = 0.02\n"
BELONGS_THERE = {
    ".gitignore", "bundle.lock", "cache", "cache/cache.sqlite", "config.yaml", "ensured", "objects",
    "objects/objects.sqlite", "registry.lock", "registry.yaml", "state.json", "tracked.txt",
}  # fmt: skip
NETWORK = re.compile(r"<(?:TCP|socket|UNIX)[^>]*>|AF_INET")
KINDS = {injection.KILL: 56, "EIO": 14, "ENOSPC": 14}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


class BundleBench(WarmBench):
    """A bench that counts calls on sockets as well, and starts from what :class:`Case` has made."""

    def __init__(self, warm: Warm, arguments: list[str], case: Case, scratch: Path) -> None:
        self._variables = case.variables
        super().__init__(warm, arguments, case.root, scratch=scratch, before=HASTY)

    def _record(self) -> list[Call]:
        self.restore()
        done = self._run(["-e", "trace=%file,%desc,%network"])
        assert done.returncode == 0, done.stdout + done.stderr
        calls = list(self._calls())
        self.restore()
        return calls

    def _run(self, options, timeout=60):
        tracer = ["strace", "-f", "-qq", "-y", "-s", "256", "-o", os.fspath(self._log)]
        chosen = [option for option in options if option != "--seccomp-bpf"]
        return self._warm.run(
            self._command,
            env=self._variables,
            before=self._before,
            timeout=timeout,
            tracer=[*tracer, *chosen] if options else (),
        )

    def _calls(self) -> Iterator[Call]:
        counts: Counter[tuple[str, str]] = Counter()
        for line in self._log.read_text(errors="replace").splitlines():
            match = injection._CALL.match(line)
            if match is None:
                continue
            counts[match["pid"], match["name"]] += 1
            text = f"{match['name']}({match['rest']}"
            if os.fspath(self._root) in text or NETWORK.search(text):
                yield Call(match["name"], counts[match["pid"], match["name"]], text)


class HarmError(Exception):
    """A fault did harm."""


def claim(holds: object, otherwise: str, *details: object) -> None:
    if not holds:
        raise HarmError(" ".join([otherwise, *map(str, details)]))


@dataclass
class Case:
    """A place and its users in one folder, which is put back before each fault."""

    warm: Warm
    root: Path
    place: str
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir(exist_ok=True)
        home = self.root / "home"
        home.mkdir()
        self.variables = environment(HOME=str(home), XDG_CACHE_HOME=str(self.root / "caches"))

    def run(self, user: str, *arguments: str, code: int | None = 0) -> str:
        at = ["-C", os.fspath(self.root / user)] if user else ["-C", os.fspath(self.root)]
        done = self.warm.run([*at, *arguments], env=self.variables, before=HASTY)
        claim("Traceback" not in done.stderr, "a traceback", done.stderr)
        if code is not None:
            claim(done.returncode == code, f"{arguments} ends", done.returncode, done.stderr)
        return done.stdout + done.stderr

    def write(self, user: str, files: dict[str, bytes]) -> None:
        for path, data in files.items():
            (self.root / user / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / user / path).write_bytes(data)

    def make(self) -> None:
        """Ann has pushed the old bundle, and edited; Bob has cloned it, and edited other things."""
        self.write("ann", OLD)
        (self.root / "ann/run.sh").chmod(0o755)
        self.run("ann", "init")
        self.run("ann", "env", "show")
        self.run("ann", "register-model", "model.py", "--data", "data/population.csv")
        self.run("ann", "add", "data/gone.csv", "large.bin", "run.sh")
        self.run("ann", "push", self.place)
        self.run("", "clone", self.place, "bob")
        self.write("bob", WORK)
        self.write("ann", NEW)
        (self.root / "ann/link.csv").symlink_to("data/new.csv")
        (self.root / "ann/base.py").chmod(0o755)
        self.run("ann", "add", "data/new.csv", "link.csv")
        self.run("ann", "remove", "data/gone.csv", "--rm")
        self.run("ann", "update")

    def digest(self) -> str:
        """What the tag points to; everything in that bundle is read, with no cache."""
        with (
            open_around(os.fspath(self.root / "home")) as workspace,
            open_exchange(workspace) as exchange,
        ):
            found = verify_bundle(exchange, self.place)
        claim(not found.damaged, "the bundle is damaged", found.damaged)
        return str(found.bundle.digest)

    def files(self, user: str) -> dict[str, object]:
        """Content and mode of each file of a user, the tool's own left out except what travels."""
        folder = self.root / user
        found: dict[str, object] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            own = name.startswith(STATE) and not name.endswith(("registry.yaml", "tracked.txt"))
            if own:
                continue
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif path.is_file():
                found[name] = (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        return found

    def litter(self, user: str) -> set[str]:
        state = self.root / user / STATE
        return {path.relative_to(state).as_posix() for path in state.rglob("*")} - BELONGS_THERE

    def left(self, *parts: str) -> frozenset[tuple[str, int]]:
        """What is there, without what is random in names and times."""
        found = set()
        for part in parts:
            for path, data in tree_of(self.root / part).items():
                if not path.endswith(("cache.sqlite", ".tmp")):
                    found.add((f"{part}/{path}", hash(data)))
        return frozenset(found)


@contextmanager
def places(name: str, folder: Path, warm: Warm) -> Iterator[Case]:
    root = folder / "root"
    if name == "layout":
        yield Case(warm, root, f"oci-layout:{root / 'place'}")
        return
    if docker_registry_program() is None:
        pytest.skip("docker-registry is not installed")
    # Its files are put back with all others.
    (root / "place").mkdir(parents=True)
    with docker_registry(folder, data=root / "place") as server:
        yield Case(warm, root, f"{server.host}/team/project")


def in_words(outcome: injection.Outcome) -> bool:
    if "Traceback" in outcome.errors or "bug of modelops-bundle" in outcome.errors:
        return False
    if outcome.code == 0:
        return True
    # What pulls and refused pushes list stands in lines of its own.
    return outcome.code in (1, 2) and "error: " in outcome.errors


def sample(calls: list[Call], kind: str, count: int) -> list[injection.Fault]:
    found = injection.faults(calls, [kind])
    return [found[number * len(found) // count] for number in range(min(count, len(found)))]


def harm(bench: BundleBench, judge, counts: dict[str, int]) -> Counter[tuple[str, bool | None]]:
    """What each fault did: counted if it is fine, told together if it is not."""
    problems: list[str] = []
    seen: Counter[tuple[str, bool | None]] = Counter()
    for kind, count in counts.items():
        for fault in sample(bench.calls, kind, count):
            outcome = bench.run(fault, timeout=40)
            if not outcome.struck:
                seen["elsewhere", None] += 1
                continue
            try:
                claim(outcome.code != HUNG, "it hangs")
                # Of writes, those of words are struck as well: the calls of each thread are counted.
                spoke = in_words(outcome) or (fault.call.name == "write" and not outcome.errors)
                claim(outcome.killed or spoke, "no words", outcome)
                seen[kind, judge(outcome)] += 1
            except HarmError as error:
                problems.append(f"{fault}: {error}")
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems)
    return seen


PLACES = ["layout", pytest.param("registry", marks=pytest.mark.needs_servers)]


@pytest.mark.parametrize("name", PLACES)
def test_a_push_under_faults(name: str, warm: Warm, tmp_path: Path) -> None:
    with places(name, tmp_path, warm) as case:
        case.make()
        (tmp_path / "scratch").mkdir()
        old, work = case.digest(), case.files("ann")
        command = ["-C", os.fspath(case.root / "ann"), "push"]
        bench = BundleBench(warm, command, case, tmp_path / "scratch")
        case.run("ann", "push")
        new = case.digest()
        assert new != old
        judged = set()

        def judge(outcome: injection.Outcome) -> bool:
            now = case.digest()
            claim(now in (old, new), "another bundle is there", now)
            claim(case.files("ann") == work, "work is lost")
            if outcome.code == 0:
                claim(now == new, "what was acknowledged is not there")
            left = case.left("ann", "place")
            if left not in judged:
                case.run("ann", "push")
                claim(case.digest() == new, "the next push ends otherwise")
                claim("Nothing to pull" in case.run("ann", "pull"), "there is something to pull")
                claim(case.files("ann") == work, "work is lost later")
                claim(not case.litter("ann"), "litter", case.litter("ann"))
                said = case.run("ann", "manifest", "--json")
                claim(old in said, "nobody says what the bundle came after")
                judged.add(left)
            return now == new

        seen = harm(bench, judge, KINDS)
        # Both ends were met.
        assert {new for kind, new in seen if kind == injection.KILL} == {False, True}
        assert seen["elsewhere", None] <= 5


@pytest.mark.parametrize("name", PLACES)
def test_a_pull_under_faults(name: str, warm: Warm, tmp_path: Path) -> None:
    with places(name, tmp_path, warm) as case:
        case.make()
        case.run("ann", "push")
        (tmp_path / "scratch").mkdir()
        shutil.rmtree(case.root / "caches")
        before, bundle = case.files("bob"), case.digest()
        command = ["-C", os.fspath(case.root / "bob"), "pull"]
        bench = BundleBench(warm, command, case, tmp_path / "scratch")
        case.run("bob", "pull")
        after = case.files("bob")
        assert after.keys() ^ before.keys() == {"data/gone.csv", "data/new.csv", "link.csv"}
        assert after["run.sh"] == (WORK["run.sh"], True)
        judged = set()

        def judge(outcome: injection.Outcome) -> bool:
            now = case.files("bob")
            for path in {*now, *before, *after}:
                either = (before.get(path), after.get(path))
                claim(now.get(path) in either, "a third content", path)
            if outcome.code == 0:
                claim(now == after, "what was acknowledged is not there")
            left = case.left("bob", "caches")
            if left not in judged:
                case.run("bob", "pull")
                claim(case.files("bob") == after, "the next pull ends otherwise")
                claim("Nothing to pull" in case.run("bob", "pull"), "there is something to pull")
                # It opens the store of sources, of which a killed pull may have left a journal.
                case.run("bob", "update")
                claim(not case.litter("bob"), "litter", case.litter("bob"))
                claim(case.digest() == bundle, "the bundle is another one")
                judged.add(left)
            return now == after

        seen = harm(bench, judge, KINDS)
        assert {new for kind, new in seen if kind == injection.KILL} == {False, True}
        assert seen["elsewhere", None] <= 5


@pytest.mark.parametrize("name", PLACES)
def test_a_clone_under_faults(name: str, warm: Warm, tmp_path: Path) -> None:
    with places(name, tmp_path, warm) as case:
        case.make()
        (tmp_path / "scratch").mkdir()
        shutil.rmtree(case.root / "bob")
        shutil.rmtree(case.root / "caches")
        command = ["-C", os.fspath(case.root), "clone", case.place, "bob"]
        bench = BundleBench(warm, command, case, tmp_path / "scratch")
        case.run("", "clone", case.place, "bob")
        after = case.files("bob")

        def judge(outcome: injection.Outcome) -> bool:
            now = case.files("bob")
            claim(now.items() <= after.items(), "a third content")
            if not (case.root / "bob" / STATE / "state.json").exists():
                case.run("", "clone", case.place, "bob")
            # From there on it is a project.
            claim("Nothing to pull" in case.run("bob", "pull"), "there is something to pull")
            claim(case.files("bob") == after, "the next clone ends otherwise")
            # It opens the store of sources, of which a killed clone may have left a journal.
            case.run("bob", "update")
            claim(not case.litter("bob"), "litter", case.litter("bob"))
            return now == after

        harm(bench, judge, {injection.KILL: 30, "EIO": 5, "ENOSPC": 5})


@pytest.mark.parametrize("name", PLACES)
def test_an_ensure_under_faults(name: str, warm: Warm, tmp_path: Path) -> None:
    with places(name, tmp_path, warm) as case:
        case.make()
        case.run("", "ensure", case.place, "--dest", "there", "--mirror")
        case.run("ann", "push")
        (tmp_path / "scratch").mkdir()
        shutil.rmtree(case.root / "caches")
        before = case.files("there")
        arguments = ("ensure", case.place, "--dest", "there", "--mirror")
        bench = BundleBench(
            warm, ["-C", os.fspath(case.root), *arguments], case, tmp_path / "scratch"
        )
        case.run("", *arguments)
        after = case.files("there")
        assert before != after

        def judge(outcome: injection.Outcome) -> bool:
            now = case.files("there")
            for path in {*now, *before, *after}:
                either = (before.get(path), after.get(path))
                claim(now.get(path) in either, "a third content", path)
            if outcome.code == 0:
                claim(now == after, "what was acknowledged is not there")
            case.run("", *arguments)
            claim(case.files("there") == after, "the next one ends otherwise")
            claim(not case.litter("there"), "litter", case.litter("there"))
            return now == after

        harm(bench, judge, {injection.KILL: 30, "EIO": 5, "ENOSPC": 5})
