"""What several users wrote survives any order of edits, pushes and pulls, unless somebody gave it up.

The model beside the program knows who wrote what after having seen what: every value has a version, which
comes after those that its writer had before them. Nothing of digests, lineages or provenance is in it.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from modelops_bundle.bundle.paths import REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.errors import StaleRemoteError, UsageError, WorkInTheWayError
from modelops_bundle.records.entries import TargetSet
from modelops_bundle.wiring import open_project, write_text
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
PLACES: dict[str | None, str] = {
    None: "P:latest",
    "latest": "P:latest",
    "Q": "Q:latest",
    **{tag: f"P:{tag}" for tag in ("exp", "exp2", "stable")},
}


# --- the model -----------------------------------------------------------------------------------


@dataclass(eq=False)
class Version:
    """A value of a cell, which is a file or an entry; ``None`` is one that is not there."""

    value: str | None
    author: str
    before: frozenset[Version] = frozenset()
    twin: Version | None = None

    @property
    def first(self) -> Version:
        """Of versions in bundles that turned out to be the same, the first."""
        return self if self.twin is None else self.twin.first

    def comes_from(self, other: Version) -> bool:
        """Whether whoever made this had seen the other, or it is that."""
        return any(each.first is other.first for each in (self, *self.before))

    def knows(self, other: Version) -> bool:
        """Whether whoever made this had seen the other, or its value from somebody else."""
        return self.comes_from(other) or any(each.value == other.value for each in self.before)


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
    synced: Cells
    heads: frozenset[Push] = frozenset()
    lost: bool = False

    @property
    def past(self) -> frozenset[Push]:
        """Every push that the folder comes from."""
        return self.heads.union(*(each.before for each in self.heads))

    def edit(self, cell: str, value: str | None) -> None:
        """Another value; who goes back to what was synced has changed nothing."""
        is_back = value == self.synced[cell].value
        self.cells[cell] = (
            self.synced[cell] if is_back else after(value, self.name, self.cells[cell])
        )

    def has_seen(self, push: Push) -> bool:
        """Whether the folder comes from what a push left, whoever pushed the same."""
        return any(each.digest == push.digest for each in self.past)


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


class Exchanges:
    """Users of two places and two tags."""

    def __init__(self) -> None:
        """Everybody has the same bundle."""
        self.top = Path(tempfile.mkdtemp(prefix="laws"))
        self.count = 0
        self.attesting = True
        self.has_lost = False
        ann = Person("ann", self.top / "ann", {}, {})
        ann.folder.mkdir()
        (ann.folder / "pyproject.toml").write_text("[project]\nname = 'laws'\n")
        (ann.folder / ".modelops-bundle").mkdir()
        with opened(ann) as (workspace, exchange):
            init(workspace, write_text)
            for path in SHARED:
                (ann.folder / path).write_text(f"{path} 0")
            add(workspace, exchange, SHARED)
        nothing = dict.fromkeys((*FILES, *ENTRIES))
        ann.cells = {cell: Version(value, "") for cell, value in {**nothing, **found(ann)}.items()}
        ann.synced = dict(ann.cells)
        self.tags: dict[str, Push] = {}
        self.everything: list[Push] = []
        self.people = {"ann": ann}
        self._push(ann, f"oci-layout:{self.top}/P", "P:latest", force=False)
        for name in USERS[1:]:
            shutil.copytree(ann.folder, self.top / name)
            self.people[name] = Person(
                name, self.top / name, dict(ann.cells), dict(ann.cells), ann.heads
            )

    def close(self) -> None:
        """Nothing stays."""
        shutil.rmtree(self.top)

    # --- what users do ---

    def write(self, user: str, path: str, back: bool) -> None:
        """A new value, or one that was there before."""
        person = self.people[user]
        old = person.cells[path]
        values = {each.value for each in old.before if each.value not in (None, old.value)}
        value = min(map(str, values)) if back and values else self._fresh(path)
        (person.folder / path).write_text(value)
        if old.value is None:
            with opened(person) as (workspace, exchange):
                add(workspace, exchange, [path])
        person.edit(path, value)

    def delete(self, user: str, path: str) -> None:
        """Out of the bundle and the folder."""
        person = self.people[user]
        if person.cells[path].value is not None:
            with opened(person) as (workspace, exchange):
                remove(workspace, exchange, [path], delete=True, force=True)
            person.edit(path, None)

    def register(self, user: str, name: str, gone: bool) -> None:
        """An entry of the registry."""
        person = self.people[user]
        value = None if gone else self._fresh(name)
        with opened(person) as (workspace, _), workspace.registry.edit() as registry:
            registry.target_sets.pop(name, None)
            if value is not None:
                registry.target_sets[name] = TargetSet(extra={"said": value})
        if value != person.cells[name].value:
            person.edit(name, value)

    def lose_state(self, user: str) -> None:
        """The file of what was synced is gone."""
        person = self.people[user]
        (person.folder / ".modelops-bundle/state.json").unlink(missing_ok=True)
        person.lost = self.has_lost = True

    def stop_attesting(self) -> None:
        """The next push does not come to say what it was made from."""
        self.attesting = False

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
            if made[cell].value != theirs.value and not made[cell].knows(theirs)
        }
        # Who has lost the state does not know what the folder comes from.
        attested = self.attesting and not person.lost
        silenced = nullcontext() if self.attesting else patch.object(moving, "attest")
        with silenced, opened(person) as (workspace, exchange), exchange.lock():
            plan = pushing.plan_push(workspace, exchange, ref, (), force=force)
            pushing.apply_push(workspace, exchange, plan)
            report = judge(workspace, ())
            changed = file_status(workspace, exchange, report, with_untracked=False).changed
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
        for same in self.everything:
            if same.digest == str(plan.digest):
                for cell, theirs in same.cells.items():
                    if theirs.first is not made[cell].first:
                        theirs.first.twin = made[cell].first
        done = Push(dict(made), str(plan.digest), attested, person.past)
        self.tags[where] = done
        self.everything.append(done)
        person.heads = frozenset({done})
        person.synced = dict(made)
        person.lost = False

    def _pull(self, person: Person, typed: str | None, **wish: Any) -> bool:
        there = self.tags[PLACES[typed]]
        sure = (
            not person.lost
            and all(each.attested for each in {there, *there.before, *person.past})
            and _is_one_base(person, there)
        )
        try:
            with opened(person) as (workspace, exchange), exchange.lock():
                pull = plan_the_pull(workspace, exchange, self._ref(typed), Wish(**wish))
                apply_pull(workspace, exchange, pull)
        except WorkInTheWayError as error:
            assert found(person) == _values(person.cells), (
                "a pull that was refused changed something"
            )
            if sure:
                self._require_conflicts(person, there, str(error), wish)
            return False
        except UsageError as error:
            if "is not in the bundle" not in str(error):
                raise
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
            and not (mine.comes_from(there.cells[cell]) and not person.has_seen(there))
        }
        named = {path for path in (*FILES, REGISTRY_PATH, TRACKED_PATH) if f"d {path}" in said}
        assert named <= real, f"{named - real} is in the way and no conflict\n{said}"

    def _judge(  # noqa: C901
        self, person: Person, there: Push, pull: Pull, typed: str | None, wish: Mapping[str, Any]
    ) -> None:
        """Each cell is what it must be after a pull that was done."""
        is_behind = person.has_seen(there)
        whole = bool(wish.get("overwrite"))
        dropped = [each for each in self.everything if each.digest == str(pull.dropped)]
        # Files of the user's own that are in no bundle stay, and are nobody's then.
        is_all = pull.ahead is None and (whole or "." in wish.get("take", ()))
        for path in FILES if is_all else ():
            if there.cells[path].value is None and path not in tracked(person):
                (person.folder / path).unlink(missing_ok=True)
        goes_back = typed is not None and is_behind
        now, new = found(person), {}
        for cell, mine in person.cells.items():
            theirs, value = there.cells[cell], now[cell]
            asked = whole or _is_named(cell, wish)
            what = f"{cell}: {mine.value!r} here, {theirs.value!r} there, {value!r} now"
            assert value in (mine.value, theirs.value), f"{what}: nobody wrote that"
            if whole or (goes_back and value == theirs.value == mine.value):
                assert value == theirs.value, what
                new[cell] = theirs
            elif mine.value == theirs.value:
                ordered = theirs if theirs.comes_from(mine) else mine
                is_one = theirs.comes_from(mine) or mine.comes_from(theirs)
                new[cell] = ordered if is_one else after(value, person.name, mine, theirs)
            elif asked and value == theirs.value:
                is_given_up = (
                    "take" in wish
                    and not goes_back
                    and not theirs.comes_from(mine)
                    and self._is_saved(cell, mine)
                )
                new[cell] = after(value, person.name, mine, theirs) if is_given_up else theirs
            elif asked:
                seen = (theirs,) if goes_back else (mine, theirs)
                new[cell] = after(value, person.name, *seen)
            elif value == theirs.value:
                is_saved = self._is_saved(cell, mine)
                assert (
                    theirs.comes_from(mine)
                    or (goes_back and is_saved)
                    or (typed is not None and mine.author != person.name and is_saved)
                    or any(each.cells[cell].value == mine.value for each in dropped)
                    # What others took out is new to a folder that has lost its state, and so comes back.
                    or (mine.value is None and (self.has_lost or theirs.knows(mine)))
                ), f"{what}: silently replaced"
                new[cell] = theirs
            else:
                assert not theirs.comes_from(mine) or person.lost, f"{what}: not brought"
                assert mine.knows(theirs) or person.lost, f"{what}: theirs is passed over"
                seen = (theirs,) if goes_back else (mine, theirs)
                new[cell] = after(value, mine.author, *seen) if goes_back or person.lost else mine
        here = {path for path in FILES if now[path] is not None}
        assert here == tracked(person), "what is here is tracked, and nothing else"
        if goes_back or whole:
            person.heads = frozenset({there})
        elif pull.ahead is None:
            person.heads = frozenset({*person.heads, there})
        person.cells, person.lost = new, False
        if pull.ahead is None:
            person.synced = dict(there.cells)

    def _is_saved(self, cell: str, version: Version) -> bool:
        """Whether a bundle has it."""
        return any(each.cells[cell].value == version.value for each in self.everything)

    def _fresh(self, cell: str) -> str:
        self.count += 1
        return f"{cell} {self.count}"

    def _ref(self, typed: str | None) -> str | None:
        return f"oci-layout:{self.top}/Q:latest" if typed == "Q" else typed


def _is_one_base(person: Person, there: Push) -> bool:
    """Whether the last that a folder and a bundle both come from is one; else none fits every file."""
    common = person.past & {there, *there.before}
    return sum(not any(each in other.before for other in common) for each in common) == 1


def _path(cell: str) -> str:
    return REGISTRY_PATH if cell in ENTRIES else cell


def _is_named(cell: str, wish: Mapping[str, Iterable[str]]) -> bool:
    named = {*wish.get("keep", ()), *wish.get("take", ())}
    return "." in named or _path(cell) in named


def _values(cells: Cells) -> dict[str, str | None]:
    return {cell: version.value for cell, version in cells.items()}


Operation = tuple[str, dict[str, Any]]


def w(user: str, path: str) -> Operation:
    """Somebody writes."""
    return "write", {"user": user, "path": path, "back": False}


def back(user: str, path: str) -> Operation:
    """Somebody writes what was there before."""
    return "write", {"user": user, "path": path, "back": True}


def gone(user: str, path: str) -> Operation:
    """Somebody deletes."""
    return "delete", {"user": user, "path": path}


def push(user: str, typed: str | None = None, *, force: bool = False) -> Operation:
    """Somebody pushes, and pulls before if told to."""
    return "push", {"user": user, "typed": typed, "force": force}


def pull(user: str, typed: str | None = None, **wish: list[str]) -> Operation:
    """Somebody pulls."""
    return "pull", {"user": user, "typed": typed, "wish": wish}


A, B, NEW = FILES
SEQUENCES = {
    "a choice where the folder is ahead": [
        *(w("ann", A), w("ann", B), push("ann", "exp"), pull("ann", take=[A])),
    ],
    "a bundle that two tags have": [
        *(w("bob", B), push("bob"), push("bob", "exp"), w("carl", A), pull("carl", "exp")),
        *(push("carl", "exp"), push("carl")),
    ],
    "a tag that was forced back": [
        *(w("bob", B), push("bob"), push("ann", force=True), push("bob")),
    ],
    "a change that was taken back": [
        *(w("ann", A), push("ann"), pull("bob"), back("ann", A), push("ann"), pull("bob")),
    ],
    "a change that was taken back, and more": [
        *(w("ann", A), push("ann"), pull("bob"), back("ann", A), push("ann"), w("ann", B)),
        *(push("ann"), pull("bob")),
    ],
    "a bundle that got another tag": [
        *(w("ann", A), push("ann"), pull("carl"), w("ann", A), push("ann"), w("ann", A)),
        *(push("ann"), pull("bob"), push("bob", "stable"), pull("carl")),
    ],
    "a merge under another tag": [
        *(w("ann", A), push("ann", "exp"), pull("carl", "exp"), w("bob", B), push("bob")),
        *(pull("ann"), w("ann", A), push("ann", "exp"), pull("carl", "exp")),
    ],
    "a bundle that was skipped": [
        *(w("ann", B), push("ann"), pull("bob"), w("ann", A), push("ann"), pull("carl")),
        *(w("bob", B), push("bob", "exp"), pull("carl", "exp")),
    ],
    "what both come from is at another place": [
        *(w("bob", B), push("bob", "Q"), w("ann", A), push("ann"), pull("ann", "Q")),
    ],
    "a chain over two places": [
        *(w("carl", B), push("carl", "exp2"), w("ann", A), push("ann", "exp"), w("ann", A)),
        *(push("ann", "Q"), pull("carl", "Q")),
    ],
    "back along a chain over two places": [
        *(w("ann", A), push("ann"), w("ann", A), push("ann", "Q"), pull("bob", "Q"), pull("bob")),
    ],
    "nothing in common": [
        *(("lose_state", {"user": "ann"}), w("ann", A), push("ann", "Q"), pull("ann")),
    ],
    "the last that was tracked": [
        *(gone("bob", A), gone("bob", B), push("bob"), w("ann", NEW), pull("ann")),
    ],
    "kept, and not tracked": [
        *(gone("ann", A), push("ann"), w("bob", A), pull("bob", keep=[A])),
    ],
    "taken, and not tracked": [
        *(gone("ann", A), pull("ann", take=[A])),
    ],
}


WISHES: list[dict[str, Any]] = [
    *[{}] * 8,
    {"overwrite": True},
    *({side: [path]} for side in ("keep", "take") for path in (".", A, REGISTRY_PATH)),
]


def walk(seed: int, length: int = 16) -> list[Operation]:
    """What people do, at random."""
    chosen = random.Random(seed)

    def operation() -> Operation:
        user, kind = chosen.choice(USERS), chosen.random()
        if kind < 0.25:
            arguments = {"path": chosen.choice(FILES), "back": chosen.random() < 0.25}
            return "write", {"user": user, **arguments}
        if kind < 0.3:
            return gone(user, chosen.choice(FILES))
        if kind < 0.38:
            arguments = {"name": chosen.choice(ENTRIES), "gone": chosen.random() < 0.2}
            return "register", {"user": user, **arguments}
        if kind < 0.39:
            return "lose_state", {"user": user}
        if kind < 0.4:
            return "stop_attesting", {}
        typed = chosen.choice([None, None, None, "latest", "exp", "Q"])
        if kind < 0.7:
            forced = chosen.random() < 0.1
            return push(user, None if typed == "latest" else typed, force=forced)
        return pull(user, typed, **chosen.choice(WISHES))

    return [operation() for _ in range(length)]


def broken(operations: Iterable[Operation]) -> Exception | None:
    """The law that a sequence breaks, or the error that it ends with."""
    exchanges = Exchanges()
    try:
        for name, arguments in operations:
            getattr(exchanges, name)(**arguments)
    except Exception as error:  # noqa: BLE001
        return error
    finally:
        exchanges.close()
    return None


def require_lawful(operations: list[Operation]) -> None:
    """Fail with the shortest sequence that fails in the same way, roughly."""
    error = broken(operations)
    if error is None:
        return
    for number in reversed(range(len(operations))):
        fewer = operations[:number] + operations[number + 1 :]
        other = broken(fewer)
        if type(other) is type(error) and str(other)[-20:] == str(error)[-20:]:
            operations, error = fewer, other
    lines = [f"{name} {arguments}" for name, arguments in operations]
    raise AssertionError("\n".join((str(error), *lines))) from error


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut here; and what commands set is taken back."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", ""))


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_that_went_wrong(name: str) -> None:
    """The shortest ones that broke a law."""
    error = broken(SEQUENCES[name])
    if error is not None:
        raise error


def test_nothing_that_anybody_wrote_is_lost() -> None:
    for seed in range(60):
        require_lawful(walk(seed))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_that_anybody_wrote_is_lost_in_many_walks() -> None:
    # Of other seeds, one in two hundred takes all of another tag and merges what that replaced: what is right
    # then is a matter of taste.
    for seed in range(1000, 1400):
        require_lawful(walk(seed, 20))
