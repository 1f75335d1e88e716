"""What several users wrote survives any order of edits, pushes and pulls, or was given up by somebody on purpose.

The model beside the program knows who wrote what after having seen what: every value has a version, which
comes after those that its writer had before them. Nothing of digests, lineages or provenance is in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from modelops_bundle.bundle.paths import REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.errors import MopsError, StaleRemoteError, WorkInTheWayError
from modelops_bundle.records.entries import TargetSet
from modelops_bundle.wiring import open_project
from modelops_bundle.wiring.exchanging import RealExchange, open_exchange
from modelops_bundle.workflows.bundles import moving
from modelops_bundle.workflows.bundles import push as pushing
from modelops_bundle.workflows.bundles.file_status import file_status
from modelops_bundle.workflows.bundles.pull import Pull, Wish, apply_pull, plan_the_pull
from modelops_bundle.workflows.bundles.tracking import add, remove
from modelops_bundle.workflows.init import init
from modelops_bundle.workflows.status import status as judge
from modelops_bundle.workflows.workspace import Workspace

USERS = ("ann", "bob", "carl")
SHARED = ("a.txt", "b.txt")
FILES = (*SHARED, "new.txt")
ENTRIES = ("one", "two")
#: How a place and tag are typed, and which they are. The first is what no argument stands for.
PLACES = {None: "P:latest", "latest": "P:latest", "exp": "P:exp", "Q": "Q:latest"}


# --- the model -----------------------------------------------------------------------------------


@dataclass(eq=False)
class Version:
    """A value of a cell, which is a file or an entry; ``None`` is one that is not there."""

    value: str | None
    author: str
    before: frozenset[Version] = frozenset()

    def comes_from(self, other: Version) -> bool:
        """Whether whoever made this had seen the other, or it is that."""
        return self is other or other in self.before


def after(value: str | None, author: str, *seen: Version) -> Version:
    """A version that somebody made who had these."""
    return Version(value, author, frozenset().union(*(each.before | {each} for each in seen)))


Cells = dict[str, Version]


@dataclass(eq=False)
class Push:
    """What a push left under a tag, and all pushes that it was made after."""

    cells: Cells
    digest: str
    attested: bool
    before: frozenset[Push] = frozenset()


@dataclass
class Person:
    """A user: the folder, what the model says is in it, and the pushes that it comes from."""

    name: str
    folder: Path
    cells: Cells
    heads: frozenset[Push] = frozenset()
    lost: bool = False
    known: set[str] = field(default_factory=set)

    @property
    def past(self) -> frozenset[Push]:
        """Every push that the folder comes from."""
        return self.heads.union(*(each.before for each in self.heads))


# --- the program ---------------------------------------------------------------------------------


@contextmanager
def opened(person: Person) -> Iterator[tuple[Workspace, RealExchange]]:
    """A user's project."""
    os.environ["XDG_CACHE_HOME"] = f"{person.folder}.cache"
    with open_project(str(person.folder)) as workspace, open_exchange(workspace) as exchange:
        yield workspace, exchange


def found(person: Person) -> dict[str, str | None]:
    """What is in a user's folder."""
    with opened(person) as (workspace, _):
        sets = workspace.registry.load().target_sets
    files = {path: person.folder / path for path in FILES}
    return {
        **{path: file.read_text() if file.exists() else None for path, file in files.items()},
        **{name: sets[name].extra["said"] if name in sets else None for name in ENTRIES},
    }


def tracked(person: Person) -> set[str]:
    """What a user's project tracks."""
    file = person.folder / TRACKED_PATH
    return set(file.read_text().split()) if file.exists() else set()


class Exchanges(RuleBasedStateMachine):
    """Users of two places and two tags."""

    @initialize()
    def start(self) -> None:
        """Everybody has the same bundle."""
        self.top = Path(tempfile.mkdtemp(prefix="laws"))
        self.variables = dict(os.environ)
        self.count = 0
        self.attesting = True
        ann = Person("ann", self.top / "ann", {})
        ann.folder.mkdir()
        (ann.folder / "pyproject.toml").write_text("[project]\nname = 'laws'\n")
        (ann.folder / ".modelops-bundle").mkdir()
        with opened(ann) as (workspace, exchange):
            init(workspace, lambda path, text, **_: Path(path).write_text(text))
            for path in SHARED:
                (ann.folder / path).write_text(f"{path} 0")
            add(workspace, exchange, SHARED)
        nothing = dict.fromkeys((*FILES, *ENTRIES))
        ann.cells = {cell: Version(value, "") for cell, value in {**nothing, **found(ann)}.items()}
        self.tags: dict[str, Push] = {}
        self.everything: list[Push] = []
        self.people = {"ann": ann}
        self.log: list[str] = []
        self._push(ann, f"oci-layout:{self.top}/P", "P:latest", force=False)
        for name in USERS[1:]:
            shutil.copytree(ann.folder, self.top / name)
            self.people[name] = Person(name, self.top / name, dict(ann.cells), ann.heads)

    def teardown(self) -> None:
        """Nothing stays."""
        if hasattr(self, "top"):
            shutil.rmtree(self.top)
            os.environ.clear()
            os.environ.update(self.variables)

    # --- what users do ---

    @rule(user=st.sampled_from(USERS), path=st.sampled_from(FILES), back=st.booleans())
    def write(self, user: str, path: str, back: bool) -> None:
        """A new value, or one that was there before."""
        person = self.people[user]
        old = person.cells[path]
        values = {each.value for each in old.before} - {None, old.value}
        value = min(values) if back and values else self._fresh(path)
        (person.folder / path).write_text(value)
        if old.value is None:
            with opened(person) as (workspace, exchange):
                add(workspace, exchange, [path])
        person.cells[path] = after(value, user, old)

    @rule(user=st.sampled_from(USERS), path=st.sampled_from(FILES))
    def delete(self, user: str, path: str) -> None:
        """Out of the bundle and the folder."""
        person = self.people[user]
        if person.cells[path].value is not None:
            with opened(person) as (workspace, exchange):
                remove(workspace, exchange, [path], delete=True, force=True)
            person.cells[path] = after(None, user, person.cells[path])

    @rule(user=st.sampled_from(USERS), name=st.sampled_from(ENTRIES), gone=st.booleans())
    def register(self, user: str, name: str, gone: bool) -> None:
        """An entry of the registry."""
        person = self.people[user]
        value = None if gone else self._fresh(name)
        with opened(person) as (workspace, _), workspace.registry.edit() as registry:
            registry.target_sets.pop(name, None)
            if value is not None:
                registry.target_sets[name] = TargetSet(extra={"said": value})
        if value != person.cells[name].value:
            person.cells[name] = after(value, user, person.cells[name])

    @rule(user=st.sampled_from(USERS))
    def lose_state(self, user: str) -> None:
        """The file of what was synced is gone."""
        person = self.people[user]
        (person.folder / ".modelops-bundle/state.json").unlink(missing_ok=True)
        person.lost = True

    @rule()
    def stop_attesting(self) -> None:
        """The next push does not come to say what it was made from."""
        self.attesting = False

    @rule(
        user=st.sampled_from(USERS),
        typed=st.sampled_from([None, None, "exp", "Q"]),
        force=st.sampled_from([False] * 5 + [True]),
    )
    def push(self, user: str, typed: str | None, force: bool) -> None:
        """A push; who is told to pull first does, and then it works."""
        person, where = self.people[user], PLACES[typed]
        try:
            self._push(person, self._ref(typed), where, force=force)
        except StaleRemoteError:
            assert not force, "a forced push is not refused"
            if self._pull(person, typed):
                try:
                    self._push(person, self._ref(typed), where, force=False)
                except StaleRemoteError as error:
                    raise AssertionError("after the pull that was asked for") from error

    @rule(
        user=st.sampled_from(USERS),
        typed=st.sampled_from([None, None, "latest", "exp", "Q"]),
        wish=st.sampled_from(
            [{}] * 6
            + [{"overwrite": True}]
            + [{side: [path]} for side in ("keep", "take") for path in (".", "a.txt")]
            + [{side: [REGISTRY_PATH]} for side in ("keep", "take")]
        ),
    )
    def pull(self, user: str, typed: str | None, wish: Mapping[str, Any]) -> None:
        """A pull."""
        if PLACES[typed] in self.tags:
            self._pull(self.people[user], typed, **wish)

    # --- what must hold ---

    def _push(self, person: Person, ref: str | None, where: str, *, force: bool) -> None:
        there = self.tags.get(where)
        made = person.cells
        lost = {
            cell
            for cell, theirs in (there.cells if there else {}).items()
            if made[cell].value != theirs.value and not made[cell].comes_from(theirs)
        }
        attest, attested = moving.attest, self.attesting
        if not attested:
            moving.attest = lambda *_: None
        try:
            with opened(person) as (workspace, exchange), exchange.lock():
                plan = pushing.plan_push(workspace, exchange, ref, (), force=force)
                pushing.apply_push(workspace, exchange, plan)
                report = judge(workspace, ())
                changed = file_status(workspace, exchange, report, with_untracked=False).changed
        finally:
            moving.attest = attest
        self.attesting = True
        assert not changed, f"in step after a push: {changed}"
        assert force or not lost, f"a push dropped {lost}"
        told = plan.dropped.keys()
        silent = {cell for cell in lost if _path(cell) not in told}
        assert not silent, f"a forced push did not tell that it drops {silent}"
        if there is not None:
            for cell, theirs in there.cells.items():
                if theirs.value == made[cell].value and not made[cell].comes_from(theirs):
                    made[cell] = after(theirs.value, person.name, theirs, made[cell])
        done = Push(dict(made), str(plan.digest), attested, person.past)
        self.tags[where] = done
        self.everything.append(done)
        person.heads = frozenset({done})
        person.lost = False

    def _pull(self, person: Person, typed: str | None, **wish: Any) -> bool:
        there = self.tags[PLACES[typed]]
        sure = not person.lost and all(
            each.attested for each in {there, *there.before, *person.past}
        )
        try:
            with opened(person) as (workspace, exchange), exchange.lock():
                pull = plan_the_pull(workspace, exchange, self._ref(typed), Wish(**wish))
                apply_pull(workspace, exchange, pull)
        except WorkInTheWayError as error:
            assert found(person) == _values(person.cells), "a pull that was refused changed something"
            if sure:
                self._require_conflicts(person, there, str(error), wish)
            return False
        except MopsError as error:
            assert "is not in the bundle" in str(error), error
            return False
        self._judge(person, there, pull, typed, wish)
        return True

    def _require_conflicts(
        self, person: Person, there: Push, said: str, wish: Mapping[str, Any]
    ) -> None:
        """What is in the way was changed by both."""
        real = {
            _path(cell)
            for cell, mine in person.cells.items()
            if mine.value != there.cells[cell].value
            and not there.cells[cell].comes_from(mine)
            and not (mine.comes_from(there.cells[cell]) and there not in person.past)
        }
        named = {path for path in (*FILES, REGISTRY_PATH, TRACKED_PATH) if f"d {path}" in said}
        assert named <= real, f"{named - real} is in the way and no conflict\n{said}"

    def _judge(
        self, person: Person, there: Push, pull: Pull, typed: str | None, wish: Mapping[str, Any]
    ) -> None:
        """Each cell is what it must be after a pull that was done."""
        is_behind = there in person.past
        whole = bool(wish.get("overwrite"))
        dropped = [each for each in self.everything if each.digest == str(pull.dropped)]
        now, new = found(person), {}
        for cell, mine in person.cells.items():
            theirs, value = there.cells[cell], now[cell]
            asked = whole or _is_named(cell, wish)
            what = f"{cell}: {mine.value!r} here, {theirs.value!r} there, {value!r} now"
            assert value in (mine.value, theirs.value), f"{what}: nobody wrote that"
            if whole:
                assert value == theirs.value, what
                new[cell] = theirs
            elif mine.value == theirs.value:
                ordered = theirs if theirs.comes_from(mine) else mine
                is_one = theirs.comes_from(mine) or mine.comes_from(theirs)
                new[cell] = ordered if is_one else after(value, person.name, mine, theirs)
            elif asked:
                new[cell] = after(value, person.name, mine, theirs)
            elif value == theirs.value:
                is_saved = any(each.cells[cell].value == mine.value for each in self.everything)
                assert (
                    theirs.comes_from(mine)
                    or (typed is not None and is_behind and is_saved)
                    or (typed is not None and mine.author != person.name and is_saved)
                    or any(each.cells[cell].value == mine.value for each in dropped)
                ), f"{what}: silently replaced"
                new[cell] = theirs
            else:
                assert not theirs.comes_from(mine) or person.lost, f"{what}: not brought"
                assert mine.comes_from(theirs) or person.lost, f"{what}: theirs is passed over"
                new[cell] = mine
        here = {path for path in FILES if now[path] is not None}
        assert here == tracked(person), "what is here is tracked, and nothing else"
        goes_back = typed is not None and is_behind
        if goes_back or whole:
            person.heads = frozenset({there})
        elif pull.ahead is None:
            person.heads = frozenset({*person.heads, there})
        person.cells, person.lost = new, False

    def _fresh(self, cell: str) -> str:
        self.count += 1
        return f"{cell} {self.count}"

    def _ref(self, typed: str | None) -> str | None:
        return f"oci-layout:{self.top}/Q:latest" if typed == "Q" else typed


def _path(cell: str) -> str:
    return REGISTRY_PATH if cell in ENTRIES else cell


def _is_named(cell: str, wish: Mapping[str, Iterable[str]]) -> bool:
    named = {*wish.get("keep", ()), *wish.get("take", ())}
    return "." in named or _path(cell) in named


def _values(cells: Cells) -> dict[str, str | None]:
    return {cell: version.value for cell, version in cells.items()}


@pytest.mark.timeout(120)
def test_nothing_that_anybody_wrote_is_lost() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Exchanges,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
