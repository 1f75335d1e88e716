"""Claims: one run computes what two want, and a dead one keeps nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from modelops_bundle.adapters.results_claims import ClaimFile
from modelops_bundle.adapters.results_db import Database
from modelops_bundle.errors import StorageError

KEYS = [f"{number:064x}" for number in range(20)]
HOLDER = """
import sys, time
from modelops_bundle.adapters.results_claims import ClaimFile
with ClaimFile(sys.argv[1]).new_run() as claims:
    claims.claim(sys.argv[2:])
    claims.hold(["context"])
    print("claimed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def claims(tmp_path: Path) -> ClaimFile:
    return ClaimFile(str(tmp_path / "results"))


@pytest.fixture
def holder(claims: ClaimFile) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of its own that has claimed five keys; it ends when its input does."""
    command = [sys.executable, "-c", HOLDER, claims.folder, *KEYS[:5]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        yield process


def test_what_one_has_the_other_does_not_get(claims: ClaimFile) -> None:
    with claims.new_run() as first, claims.new_run() as second:
        assert set(first.claim(KEYS[:10])) == set(KEYS[:10])
        assert set(second.claim(KEYS)) == set(KEYS[10:])
        first.release(KEYS[:3])
        assert set(second.claim(KEYS)) == set(KEYS[:3]) | set(KEYS[10:])
    with claims.new_run() as third:
        assert set(third.claim(KEYS)) == set(KEYS)
    assert os.listdir(Path(claims.folder, "runs")) == []


def test_a_killed_holder_keeps_nothing(claims: ClaimFile, holder: subprocess.Popen[bytes]) -> None:
    with claims.new_run() as ours:
        assert set(ours.claim(KEYS)) == set(KEYS[5:])
        with claims.in_use() as (_, contexts):
            assert contexts == {"context"}
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert set(ours.claim(KEYS)) == set(KEYS)
    with claims.in_use() as used:
        assert used == (set(), set())


def test_nobody_begins_to_use_anything_while_it_is_said_what_is_used(claims: ClaimFile) -> None:
    order: list[str] = []
    with claims.new_run() as ours:
        with claims.in_use() as (_, contexts):
            assert contexts == set()
            other = Thread(target=lambda: (ours.hold(["late"]), order.append("held")))
            other.start()
            other.join(0.2)
            order.append("over")
        other.join()
    assert order == ["over", "held"]


def test_a_run_of_another_machine_lives_as_long_as_its_lease(claims: ClaimFile) -> None:
    with claims.new_run() as ours:
        with sqlite3.connect(Path(claims.folder, "claims.sqlite")) as connection:
            for run, left in (("dead", -1), ("alive", 60)):
                connection.execute(
                    "INSERT INTO runs VALUES (?, 'elsewhere', ?)", (run, time.time() + left)
                )
            rows = [(bytes.fromhex(KEYS[0]), "dead"), (bytes.fromhex(KEYS[1]), "alive")]
            connection.executemany("INSERT INTO claims VALUES (?, ?)", rows)
        connection.close()
        assert set(ours.claim(KEYS[:3])) == {KEYS[0], KEYS[2]}


def test_waiting_ends_when_something_is_given_back(
    claims: ClaimFile, holder: subprocess.Popen[bytes]
) -> None:
    with claims.new_run() as ours:
        assert holder.stdin is not None
        holder.stdin.close()
        while not ours.claim(KEYS[:1]):
            ours.wait(30)
        assert set(ours.claim(KEYS)) == set(KEYS)


def test_a_lease_is_renewed_while_the_run_lives(tmp_path: Path) -> None:
    claims = ClaimFile(str(tmp_path / "results"), lease=0.2)
    with claims.new_run():
        first = _lease(claims)
        until = time.monotonic() + 20
        while _lease(claims) == first:
            assert time.monotonic() < until
            time.sleep(0.01)


class FailsTwice(Database):
    """A database that refuses the first two times."""

    def __init__(self, path: str) -> None:
        super().__init__(path, (), "OFF")
        self.failures = 0

    def transaction(self):
        if self.failures < 2:
            self.failures += 1
            raise StorageError("the disk fails")
        return super().transaction()


class Flaky(ClaimFile):
    """Gives a run a good database, and its renewals one that fails at first."""

    renewing: FailsTwice | None = None
    asked = 0

    def database(self) -> Database:
        self.asked += 1
        if self.asked != 2:
            return super().database()
        self.renewing = FailsTwice(super().database().path)
        return self.renewing


def test_a_renewal_that_fails_is_tried_again(tmp_path: Path) -> None:
    claims = Flaky(str(tmp_path / "results"), lease=0.2)
    with claims.new_run():
        first, until = _lease(claims), time.monotonic() + 20
        while _lease(claims) == first:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert claims.renewing is not None
    assert claims.renewing.failures == 2


def _lease(claims: ClaimFile) -> float:
    with sqlite3.connect(Path(claims.folder, "claims.sqlite")) as connection:
        (lease,) = connection.execute("SELECT lease FROM runs").fetchone()
    connection.close()
    return float(lease)


@pytest.mark.parametrize("damage", ["no database", "torn"])
def test_a_damaged_file_of_claims_is_made_anew(claims: ClaimFile, damage: str) -> None:
    """A power cut may leave it so, and nobody could run anything until they had deleted it."""
    with claims.new_run() as first:
        first.claim(KEYS)
    file = Path(claims.folder, "claims.sqlite")
    content = file.read_bytes()
    file.write_bytes(b"nothing" * 999 if damage == "no database" else content[:4096] + b"x" * 9999)
    with claims.new_run() as second:
        assert set(second.claim(KEYS)) == set(KEYS)
