"""Reports for people and for programs, from the same records."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from modelops_bundle.cli.render_registration import registration_document, show_registration
from modelops_bundle.cli.render_status import show_status, status_document
from modelops_bundle.cli.render_why import show_why, why_document
from modelops_bundle.explanation import ColumnChange, DataRecord, DefinitionChange
from modelops_bundle.records.entries import ModelEntry
from modelops_bundle.staleness import Change, State, Verdict
from modelops_bundle.workflows.registration import Line, Registration
from modelops_bundle.workflows.status import EntryStatus, StatusReport
from modelops_bundle.workflows.why import Reason, WhyReport

OLD, NEW = "blake2b:" + "0a" * 32, "blake2b:" + "1b" * 32
CODE = Change("code", "utils/consts.py", "modified", OLD, NEW)
DATA = Change("data", "data/pop.csv", "modified", OLD, NEW)
PYTHON = Change("environment", "python", "modified", "3.11.7", "3.12.1")
NUMPY = Change("environment", "numpy", "modified", "2.1.3", "2.2.6")
CHAIN = ("models/sir.py", "utils/rates.py", "utils/consts.py")
R0 = DefinitionChange("R0", "modified", "2.5", "3.0")


def judged(state: State, *changes: Change, name: str = "sir_sir", reason: str = "") -> EntryStatus:
    entry = ModelEntry(
        entrypoint="models.sir:SIR", path="models/sir.py", class_name="SIR", digest=OLD
    )
    digest = None if state is State.MISSING else OLD if state is State.CURRENT else NEW
    return EntryStatus(name, "model", entry, Verdict(state, changes), digest, reason, None)


def report(*entries: EntryStatus, warnings: tuple[str, ...] = ()) -> StatusReport:
    return StatusReport(entries, warnings)


class TestStatus:
    def test_json(self) -> None:
        document = status_document(
            report(judged(State.STALE, CODE, DATA), judged(State.MISSING, name="b"))
        )
        assert document["schema"] == 1
        first, second = document["entries"]
        assert first.items() >= {
            "id": "sir_sir", "kind": "model", "state": "stale", "digest": NEW, "recorded_digest": OLD,
            "changes": 2,
        }.items()  # fmt: skip
        assert (second["state"], second["digest"], second["changes"]) == ("missing", None, 0)
        json.dumps(document)

    def test_all_current(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_status(report(judged(State.CURRENT), judged(State.CURRENT, name="b")))
        caught = capsys.readouterr()
        assert caught.out == "current  sir_sir\ncurrent  b\n\nAll 2 entries are current.\n"
        assert caught.err == ""

    def test_what_changed_and_what_to_do(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_status(report(judged(State.CURRENT, name="a"), judged(State.STALE, CODE, DATA)))
        caught = capsys.readouterr()
        assert caught.out.splitlines() == [
            "current  a",
            "stale    sir_sir  2 changes: utils/consts.py, data/pop.csv",
            "",
            "2 entries: 1 current, 1 stale.",
        ]
        assert "`mops-bundle why sir_sir`" in caught.err
        assert "`mops-bundle update`" in caught.err

    def test_a_change_for_all_is_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        entries = [judged(State.STALE, PYTHON, name=f"m{number}") for number in range(50)]
        entries.append(judged(State.STALE, PYTHON, NUMPY, CODE, name="z"))
        show_status(report(*entries))
        out = capsys.readouterr().out
        assert out.count("3.12.1") == 1
        assert "environment: python 3.11.7 -> 3.12.1, for every entry\n" in out
        assert "stale  z    3 changes: numpy, utils/consts.py, environment\n" in out
        assert "stale  m0   1 change: environment\n" in out

    def test_a_change_for_some_says_for_how_many(self, capsys: pytest.CaptureFixture[str]) -> None:
        entries = [judged(State.STALE, NUMPY, name=name) for name in "ab"]
        show_status(report(*entries, judged(State.CURRENT, name="c")))
        assert "numpy 2.1.3 -> 2.2.6, for 2 entries\n" in capsys.readouterr().out

    def test_what_is_gone_or_broken(self, capsys: pytest.CaptureFixture[str]) -> None:
        gone = judged(State.MISSING, name="a", reason="models/sir.py is gone")
        broken = judged(State.INVALID, name="b", reason="models/sir.py does not parse")
        show_status(report(gone, broken))
        caught = capsys.readouterr()
        assert "missing  a  models/sir.py is gone\n" in caught.out
        assert "invalid  b  models/sir.py does not parse\n" in caught.out
        assert "`mops-bundle unregister a`" in caught.err

    def test_nothing_registered(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_status(report(warnings=("look out",)))
        caught = capsys.readouterr()
        assert caught.out == ""
        assert caught.err.startswith("warning: look out\nNothing is registered yet.\n")


def because(*reasons: Reason, state: State = State.STALE) -> WhyReport:
    changes = [reason.change for reason in reasons]
    return WhyReport(judged(state, *changes), reasons, ())


def lines_of(why: WhyReport, capsys: pytest.CaptureFixture[str]) -> list[str]:
    show_why(why)
    return capsys.readouterr().out.splitlines()


class TestWhy:
    def test_json(self) -> None:
        document = why_document(because(Reason(CODE, CHAIN, (R0,)), Reason(NUMPY)))
        assert (document["schema"], document["id"], document["state"]) == (1, "sir_sir", "stale")
        code, environment = document["reasons"]
        assert code == {
            "kind": "code", "path": "utils/consts.py", "change": "modified", "chain": list(CHAIN),
            "definitions": [{"name": "R0", "change": "modified", "before": "2.5", "after": "3.0"}],
            "before": OLD, "after": NEW,
        }  # fmt: skip
        assert environment == {
            "kind": "environment", "path": "numpy", "change": "modified", "chain": [], "definitions": [],
            "before": "2.1.3", "after": "2.2.6",
        }  # fmt: skip

    def test_json_of_data(self) -> None:
        columns = (ColumnChange("people", "modified"),)
        reason = Reason(
            DATA, columns=columns, before=DataRecord(45, 3, ()), after=DataRecord(52, 4, ())
        )
        (document,) = why_document(because(reason))["reasons"]
        assert document["columns"] == [{"name": "people", "change": "modified"}]
        assert (document["rows_before"], document["rows_after"]) == (3, 4)
        assert (document["size_before"], document["size_after"]) == (45, 52)

    def test_a_definition_by_its_chain(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert lines_of(because(Reason(CODE, CHAIN, (R0,))), capsys) == [
            "sir_sir is stale: 1 change",
            "└── models/sir.py -> utils/rates.py -> utils/consts.py: R0 changed 2.5 -> 3.0",
        ]

    def test_several_definitions_hang_below(self, capsys: pytest.CaptureFixture[str]) -> None:
        force = DefinitionChange("force", "modified", OLD, NEW)
        lines = lines_of(because(Reason(CODE, CHAIN[:1], (R0, force)), Reason(NUMPY)), capsys)
        assert lines[1:] == [
            "├── models/sir.py: 2 definitions changed",
            "│   ├── R0 changed 2.5 -> 3.0",
            "│   └── force changed",
            "└── numpy 2.1.3 -> 2.2.6",
        ]

    def test_code_without_definitions(self, capsys: pytest.CaptureFixture[str]) -> None:
        added = replace(CODE, change="added", before=None)
        lines = lines_of(because(Reason(CODE, CHAIN, note="no sources"), Reason(added)), capsys)
        assert lines[1].endswith("utils/consts.py: changed: no sources")
        assert lines[2].endswith("utils/consts.py: added")

    def test_a_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        columns = (ColumnChange("people", "modified"), ColumnChange("age", "added"))
        reason = Reason(
            DATA, columns=columns, before=DataRecord(45, 3, ()), after=DataRecord(52, 4, ())
        )
        (line,) = lines_of(because(reason), capsys)[1:]
        assert line == (
            "└── data/pop.csv: column people changed, column age added, 3 rows -> 4 rows,"
            " 45 bytes -> 52 bytes, digest 0a0a0a0a0a0a -> 1b1b1b1b1b1b"
        )

    def test_data_of_which_nothing_was_kept(self, capsys: pytest.CaptureFixture[str]) -> None:
        (line,) = lines_of(because(Reason(DATA, after=DataRecord(52, None, ()))), capsys)[1:]
        assert line == "└── data/pop.csv: now 52 bytes, digest 0a0a0a0a0a0a -> 1b1b1b1b1b1b"

    def test_data_that_came_or_went(self, capsys: pytest.CaptureFixture[str]) -> None:
        came = Reason(replace(DATA, change="added", before=None), after=DataRecord(52, 4, ()))
        went = Reason(replace(DATA, change="removed", after=None), before=DataRecord(45, None, ()))
        lines = lines_of(because(came, went), capsys)[1:]
        assert lines[0].endswith("data/pop.csv: added, 4 rows, 52 bytes, digest 1b1b1b1b1b1b")
        assert lines[1].endswith(
            "data/pop.csv: gone, or no longer declared, 45 bytes, digest 0a0a0a0a0a0a"
        )

    def test_a_difference(self, capsys: pytest.CaptureFixture[str]) -> None:
        lines = lines_of(because(Reason(CODE, CHAIN, (R0,), diff=("--- a", "+R0 = 3.0"))), capsys)
        assert lines[-3:] == ["", "--- a", "+R0 = 3.0"]

    def test_a_current_entry(self, capsys: pytest.CaptureFixture[str]) -> None:
        (line,) = lines_of(because(state=State.CURRENT), capsys)
        assert line.startswith("sir_sir is current: nothing")

    def test_names_cannot_break_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        strange = Reason(replace(DATA, path="two\nlines\udcff.csv"))
        lines = lines_of(because(strange), capsys)
        assert len(lines) == 2
        assert "two\\nlines\\xff.csv" in lines[1]
        json.loads(json.dumps(why_document(because(strange))))


class TestRegistration:
    LINES = (
        Line("+", "a", "m:A"),
        Line("~", "b", "m:B", (CODE, NUMPY), ("outputs: none -> x",)),
        Line("-", "c", "m:C", notes=("its class is gone",)),
        Line("=", "d", "m:D"),
    )

    def test_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_registration(Registration(self.LINES, ("look out",), written=True))
        caught = capsys.readouterr()
        assert caught.out.splitlines() == [
            "+  a  m:A",
            "~  b  m:B",
            "     outputs: none -> x",
            "     utils/consts.py changed",
            "     numpy 2.1.3 -> 2.2.6",
            "-  c  m:C",
            "     its class is gone",
            "=  d  m:D",
        ]
        assert caught.err.splitlines() == [
            "warning: look out",
            "1 registered, 1 recorded anew, 1 pruned, 1 unchanged.",
        ]

    def test_a_dry_run_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_registration(Registration(self.LINES[:1], (), written=False))
        assert "Nothing was written" in capsys.readouterr().err

    def test_many_details_are_cut(self, capsys: pytest.CaptureFixture[str]) -> None:
        changes = tuple(replace(DATA, path=f"data/{number}.csv") for number in range(100))
        show_registration(Registration((Line("~", "b", "m:B", changes),), (), written=True))
        assert "     and 92 more changes\n" in capsys.readouterr().out

    def test_json(self) -> None:
        document = registration_document(Registration(self.LINES, (), written=True))
        assert document["written"] is True
        assert [entry["sign"] for entry in document["entries"]] == ["+", "~", "-", "="]
        assert document["entries"][1]["changes"][0]["path"] == "utils/consts.py"
