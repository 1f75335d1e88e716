"""A watch over inputs: an edit is noticed, also one that is undone before anybody asks."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from modelops_bundle.adapters.input_guard import PolledInputs
from modelops_bundle.errors import InvalidEntryError


def test_an_edit_that_is_undone_is_noticed_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("1")
    looked = threading.Event()

    def look() -> list[str]:
        found = [] if file.read_text() == "1" else ["x.csv"]
        if found:
            looked.set()
        return found

    with PolledInputs([str(file)], look, seconds=0.01) as guard:
        assert guard.changed() == []
        file.write_text("2")
        assert looked.wait(20)
        file.write_text("1")
        assert guard.changed() == ["x.csv"]


def test_an_edit_before_the_block_counts(tmp_path: Path) -> None:
    """Between the digest and the block time may pass, and the file may be put back before it ends."""
    file = tmp_path / "x.csv"
    file.write_text("2")
    look = lambda: [] if file.read_text() == "1" else ["x.csv"]  # noqa: E731
    with PolledInputs([str(file)], look) as guard:
        file.write_text("1")
        assert guard.changed() == ["x.csv"]


def test_a_touch_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("1")
    looks = []

    def look() -> list[str]:
        looks.append(file.read_text())
        return []

    with PolledInputs([str(file), str(tmp_path / "gone")], look, seconds=0.01) as guard:
        assert looks == ["1"]
        os.utime(file, (1, 1))
        until = time.monotonic() + 20
        while len(looks) < 2:
            assert time.monotonic() < until
            time.sleep(0.005)
        assert guard.changed() == []
    assert all(each.name != "input-guard" for each in threading.enumerate())


def test_a_project_that_cannot_be_looked_at_has_changed(tmp_path: Path) -> None:
    def look() -> list[str]:
        raise InvalidEntryError("sir cannot be run", "model.py does not parse")

    with PolledInputs([], look) as guard:
        assert guard.changed() == ("sir cannot be run: model.py does not parse",)
