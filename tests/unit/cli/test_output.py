"""Text for people: safe whatever names hold, plain where nobody watches."""

from __future__ import annotations

import io
import sys

import pytest

from modelops_bundle.cli import output
from modelops_bundle.cli.drawing import Node, columns, plural, tree
from modelops_bundle.cli.output import printable, say, show, show_lines, warn


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("data/pop.csv", "data/pop.csv"),
        ("bevölkerung 人口.csv", "bevölkerung 人口.csv"),
        ("bad\udcff.py", "bad\\xff.py"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\ud800", "\\ud800"),
        ("a\tb", "a\tb"),
    ],
)
def test_what_a_terminal_would_not_print_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_pipe_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    show(("stale", "warn"), " x")
    assert capsys.readouterr().out == "stale x\n"


def test_a_terminal_gets_colours(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    show(("stale", "warn"), " x")
    assert terminal.getvalue() == "\x1b[33mstale\x1b[0m x\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv(name, value)
    show(("stale", "warn"))
    assert terminal.getvalue() == "stale\n"


def test_colours_can_be_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    show(("stale", "warn"))
    assert "\x1b[33m" in capsys.readouterr().out


def test_talk_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("Next: do this.")
    warn(["one", "two", "one"])
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err == "Next: do this.\nwarning: one\nwarning: two\n"


def test_a_stream_that_lacks_characters_escapes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output.make_streams_safe()
    show("人口")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\u4eba\\u53e3\n"


def test_columns_are_aligned_by_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show_lines(columns([["a", "x", ""], [("long\n", "bad"), "yy", "end"]], indent="  "))
    assert capsys.readouterr().out == "  a       x\n  long\\n  yy  end\n"


def test_a_tree_is_drawn_with_guides(capsys: pytest.CaptureFixture[str]) -> None:
    leaf = Node(("leaf",))
    show_lines(tree(Node(("root",), (Node(("fork",), (leaf, leaf)), Node(("end",), (leaf,))))))
    assert capsys.readouterr().out.splitlines() == [
        "root",
        "├── fork",
        "│   ├── leaf",
        "│   └── leaf",
        "└── end",
        "    └── leaf",
    ]


def test_a_tree_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    lines = ["".join(map(str, line)) for line in tree(Node(("root",), (Node(("leaf",)),)))]
    assert lines == ["root", "`-- leaf"]


def test_a_deep_tree_does_not_recurse() -> None:
    node = Node(("leaf",))
    for _ in range(5000):
        node = Node(("fork",), (node,))
    assert sum(1 for _ in tree(node)) == 5001


def test_numbers_agree_with_their_nouns() -> None:
    assert [plural(1, "entry", "entries"), plural(2, "entry", "entries"), plural(0, "file")] == [
        "1 entry",
        "2 entries",
        "0 files",
    ]
