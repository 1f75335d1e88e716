"""The bar shows on a terminal, and only when work takes long."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest

from modelops_bundle.cli.progress import ProgressBar, progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_nothing_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar() as bar:
        assert bar is None


def test_short_work_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar() as bar:
        assert bar is not None
        bar("hashing", 5, 10)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("told", [True, False])
def test_longer_work_is_shown_on_standard_error(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    told: bool,
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(patience=0.01) as bar:
        assert bar is not None
        if told:
            bar("hashing", 5, 10)
        for _ in range(500):
            time.sleep(0.01)
            if terminal.getvalue():
                break
    assert ("hashing" if told else "working") in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_a_closed_bar_stays_closed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = ProgressBar()
    bar.close()
    bar.show()
    bar("hashing", 1, 2)
    bar.close()
    assert terminal.getvalue() == ""


def test_count_rate_and_time_left_are_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(patience=0.01) as bar:
        assert bar is not None
        for done in range(1, 500):
            bar("computing (3 hits)", done, 500)
            time.sleep(0.01)
            shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", terminal.getvalue())
            if re.search(r"\d+/500 [\d.]+/s \d+:\d\d", shown):
                break
    assert re.search(r"computing \(3 hits\) .*\d+/500 [\d.]+/s \d+:\d\d", shown)
