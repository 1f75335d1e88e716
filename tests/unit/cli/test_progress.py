"""The bar shows on a terminal, and only when work takes long."""

from __future__ import annotations

import io
import sys

import pytest

from modelops_bundle.cli.progress import ProgressBar, progress_bar


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar() as bar:
        assert bar is None


def test_work_under_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    clock = Clock()
    bar = ProgressBar(clock)
    bar("hashing", 0, 10)
    clock.time = 0.9
    bar("hashing", 10, 10)
    bar.close()
    assert sys.stderr.getvalue() == ""


def test_longer_work_is_shown_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    clock = Clock()
    bar = ProgressBar(clock)
    clock.time = 1.5
    bar("hashing", 5, 10)
    bar("hashing", 10, 10)
    bar.close()
    bar.close()
    assert "hashing" in terminal.getvalue()
    assert capsys.readouterr().out == ""
