"""Two users of one tag who push at the same moment: nobody's push is lost without anybody being told."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelops_bundle.errors import StaleRemoteError
from modelops_bundle.wiring import open_project
from modelops_bundle.wiring.exchanging import RealExchange, open_exchange
from modelops_bundle.workflows.bundles import moving
from modelops_bundle.workflows.bundles import push as pushing
from modelops_bundle.workflows.bundles.attesting import provenance_of
from modelops_bundle.workflows.bundles.pull import Wish, apply_pull, plan_the_pull
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support.command import Project
from tests.support.places import PLACES, Desk

ROUNDS = 100
#: Instead of a second, so that a hundred rounds end; who is slower than that is told.
RACE_SECONDS = 0.25


class Told(NamedTuple):
    """What a push said: its digest, or none where it was refused, and whether it warned."""

    user: str
    digest: str | None
    warned: bool


def started(folder: Path) -> Project:
    """A project that is little but a list of lines."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'lines'\n")
    (folder / "lines.txt").write_text("")
    project = Project(folder)
    project.run("init")
    project.run("add", "lines.txt")
    return project


def push(folder: str) -> Told:
    with (
        open_project(folder) as workspace,
        open_exchange(workspace) as exchange,
        exchange.lock(),
    ):
        name = os.path.basename(folder)
        try:
            plan = pushing.plan_push(workspace, exchange, None, ())
            warnings = pushing.apply_push(workspace, exchange, plan)
        except StaleRemoteError:
            return Told(name, None, False)
        return Told(name, str(plan.digest), bool(warnings))


def pull(folder: str) -> None:
    with (
        open_project(folder) as workspace,
        open_exchange(workspace) as exchange,
        exchange.lock(),
    ):
        apply_pull(
            workspace, exchange, plan_the_pull(workspace, exchange, None, Wish(overwrite=True))
        )


def add(folder: str, line: str) -> None:
    with open(os.path.join(folder, "lines.txt"), "r+") as file:
        if line not in file.read().splitlines():
            file.write(f"{line}\n")


def hesitant(require: Callable[..., None]) -> Callable[..., None]:
    """Let time pass between the last look at the tag and moving it, so that the other one may come first."""

    def look(*arguments: Any) -> None:
        require(*arguments)
        time.sleep(random.choice((0, 0.12)))

    return look


def user(folder: str, variables: dict[str, str], barrier: Any, answers: Any, rounds: int) -> None:
    """In a process of its own: add a line and push, each time at the same moment as the other."""
    os.environ.update(variables)
    moving.RACE_SECONDS = RACE_SECONDS
    moving._require = hesitant(moving._require)
    told: list[Told] = []
    try:
        for number in range(rounds):
            line = f"{os.path.basename(folder)} {number}"
            pull(folder)
            barrier.wait(60)
            add(folder, line)
            told.append(push(folder))
            while told[-1].digest is None:
                pull(folder)
                add(folder, line)
                told.append(push(folder))
            barrier.wait(60)
    except BaseException:
        barrier.abort()
        raise
    finally:
        answers.put(told)


def ancestry(exchange: RealExchange) -> set[str]:
    """The bundle that is there now, and all that it came after."""
    reference = exchange.reference(None)
    remote = exchange.remote(reference)
    waiting = [remote.resolve("latest")]
    found: set[str] = set()
    while waiting:
        digest = waiting.pop()
        if digest is None or str(digest) in found:
            continue
        found.add(str(digest))
        waiting += [each for said in provenance_of(remote, digest) for each in said.ancestors]
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name", ["layout", pytest.param("registry", marks=pytest.mark.needs_servers)]
)
def test_no_push_is_lost_in_silence(name: str, tmp_path: Path) -> None:
    with PLACES[name](tmp_path) as desk:
        first = started(tmp_path / "first")
        first.run("push", desk.place)
        users = [desk.clone(each) for each in ("ann", "bob")]
        context = multiprocessing.get_context("spawn")
        barrier, answers = context.Barrier(2), context.Queue()
        processes = [
            context.Process(
                target=user,
                args=(str(each.folder), each.variables, barrier, answers, ROUNDS),
            )
            for each in users
        ]
        for process in processes:
            process.start()
        told = [each for _ in processes for each in answers.get(timeout=280)]
        for process in processes:
            process.join()
            assert process.exitcode == 0
        refused = [each for each in told if each.digest is None]
        pushed = {each.digest for each in told if each.digest is not None}
        # They did meet, and one of the two had the better of it.
        assert len(refused) >= ROUNDS // 4
        first.run("pull", f"{desk.place}:latest", "--overwrite")
        lines = (first.folder / "lines.txt").read_text().splitlines()
        with (
            open_project(str(users[0].folder)) as workspace,
            open_exchange(workspace) as exchange,
        ):
            lost = pushed - ancestry(exchange)
        wanted = {f"{who} {number}" for who in ("ann", "bob") for number in range(ROUNDS)}
        # Who is slower than a race may take has been told so; nobody else can have replaced anything.
        warned = sum(each.warned for each in told)
        assert len(lost) <= warned
        assert len(wanted - set(lines)) <= warned
        assert len(lines) == len(set(lines))
        assert name != "layout" or not warned


# --- one moment at a time ------------------------------------------------------------------------


class Watched(list[Any]):
    """Requests of a registry; what happens at the first one that fits a pattern can be said."""

    def __init__(self, pattern: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._pattern = pattern
        self._then: Callable[[], None] | None = then

    def append(self, request: Any) -> None:
        super().append(request)
        if self._then is not None and re.search(self._pattern, request.line):
            then, self._then = self._then, None
            then()


class Pair:
    """Ann, who is about to push, and Bob, whose bundle is there under another tag and will be the latest."""

    def __init__(self, fake: FakeRegistry, folder: Path) -> None:
        self.fake = fake
        self._folder = folder
        desk = Desk(folder, f"{fake.host}/team/lines")
        first = started(folder / "first")
        (first.folder / "other.txt").write_text("")
        first.run("add", "other.txt")
        first.variables = desk.own("first")
        first.run("push", desk.place)
        self.ann, self.bob = desk.clone("ann"), desk.clone("bob")
        (self.ann.folder / "lines.txt").write_text("ann\n")
        (self.bob.folder / "other.txt").write_text("bob\n")
        self.bobs = self.bob.json("push", f"{desk.place}:bobs")["digest"]
        self._kept = deepcopy(fake.repositories)

    def reset(self) -> None:
        """As it was in the beginning."""
        self.fake.repositories = deepcopy(self._kept)
        self.fake.requests = []
        self.fake.before_tag = lambda tag: None
        self.fake.heal()
        self.tags = self.fake.repository("team/lines").tags
        if not (self._folder / "kept").exists():
            shutil.copytree(self._folder, self._folder / "kept", symlinks=True)
        for each in (self.ann, self.bob):
            shutil.rmtree(each.folder)
            shutil.copytree(self._folder / "kept" / each.folder.name, each.folder, symlinks=True)

    def bob_moves(self) -> None:
        with self.fake.lock:
            self.tags["latest"] = self.bobs

    def settle(self) -> None:
        """Ann pulls and pushes again; what both did is there then."""
        self.ann.run("pull")
        assert (self.ann.folder / "lines.txt").read_text() == "ann\n"
        digest = self.ann.json("push")["digest"]
        assert self.tags["latest"] == digest
        self.bob.run("pull")
        assert (self.bob.folder / "lines.txt").read_text() == "ann\n"
        assert (self.bob.folder / "other.txt").read_text() == "bob\n"


@pytest.fixture(scope="module")
def shared_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with fake_registry() as fake:
        yield Pair(fake, tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(shared_pair: Pair) -> Pair:
    shared_pair.reset()
    return shared_pair


def test_a_tag_that_moves_after_the_plan_stays_where_it_is(pair: Pair) -> None:
    pair.fake.requests = Watched("POST .*/blobs/uploads/", pair.bob_moves)
    before = pair.ann.content()
    done = pair.ann.run("push", expect=1)
    assert "was moved while this push was under way" in done.stderr
    assert "mops-bundle pull" in done.stderr
    assert done.stdout == ""
    assert pair.tags["latest"] == pair.bobs
    assert pair.ann.content() == before
    pair.settle()


def test_a_tag_that_moves_right_after_the_push_is_noticed(pair: Pair) -> None:
    movers: list[threading.Thread] = []

    def moves(tag: str) -> None:
        # It waits for the lock that this request holds.
        movers.append(threading.Thread(target=pair.bob_moves))
        movers[-1].start()
        pair.fake.before_tag = lambda tag: None

    pair.fake.before_tag = moves
    before = pair.ann.content()
    done = pair.ann.run("push", expect=1)
    movers[0].join()
    assert "somebody else pushed" in done.stderr
    assert done.stdout == ""
    assert pair.tags["latest"] == pair.bobs
    assert pair.ann.content() == before
    # What Ann pushed is there by its digest, as she is told.
    match = re.search(r"sha256:[0-9a-f]{64}", done.stderr)
    assert match is not None
    pair.ann.run("verify", f"@{match[0]}")
    pair.settle()


def test_of_several_tags_none_is_taken_from_somebody_else(pair: Pair) -> None:
    pair.fake.requests = Watched("PUT .*/manifests/first", pair.bob_moves)
    done = pair.ann.run("push", "--tag", "first", "--tag", "latest", expect=1)
    assert "latest was moved" in done.stderr
    assert pair.tags["latest"] == pair.bobs
    pair.settle()


@pytest.mark.slow
def test_a_slow_registry_is_told(pair: Pair) -> None:
    pair.fake.fail("PUT .*/manifests/latest", Fault(hang=1.3, times=1))
    done = pair.ann.run("push")
    assert "took long to move the tag" in done.stderr
    assert "took long" not in pair.ann.run("push").stderr
    pair.fake.fail("PUT .*/manifests/slow", Fault(hang=1.3, times=1))
    assert len(pair.ann.json("push", "--tag", "slow")["warnings"]) == 1
