"""The benchmark: turns, medians, ratios, and contenders that are missing or fail."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DEV = Path(__file__).resolve().parents[2] / "dev"


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The scripts import each other as they do when one of them is started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DEV)
        names = ("bench", "bench_cases", "bench_measure", "bench_projects", "bench_tools")
        yield {name: __import__(name) for name in names}
        for name in names:
            sys.modules.pop(name)


@pytest.fixture
def measure(modules: dict[str, ModuleType]) -> Any:
    return modules["bench_measure"]


@pytest.fixture
def bench(modules: dict[str, ModuleType]) -> Any:
    return modules["bench"]


@pytest.fixture
def tools(modules: dict[str, ModuleType], tmp_path: Path) -> Any:
    return modules["bench_tools"].Tools(tmp_path)


def figure_of(measure: Any, **seconds: list[float]) -> Any:
    """A figure of contenders that take the seconds given, the first round uncounted."""
    left = {name: iter([0.0, *each]) for name, each in seconds.items()}
    contenders = [measure.Contender(name, ("x",)) for name in seconds]
    rounds = len(next(iter(seconds.values())))
    return measure.compare(
        "case",
        "A title",
        contenders,
        rounds=rounds,
        aims=[measure.Aim(0.5, "peer"), measure.Aim(0.2)],
        run=lambda each: measure.Sample(next(left[each.name]), 0.1, 10_000_000),
    )


def python(measure: Any, name: str, source: str, **options: Any) -> Any:
    return measure.Contender(name, (sys.executable, "-c", source), **options)


def test_contenders_take_turns_and_are_prepared_before_each_run(measure: Any) -> None:
    seen: list[str] = []
    ours = measure.Contender("ours", ("x",), before=lambda: seen.append("before"))
    peer = measure.Contender("peer", ("x",))

    def run(each: Any) -> Any:
        seen.append(each.name)
        return measure.Sample(1.0, 1.0, 1)

    measure.compare("case", "title", [ours, peer], rounds=2, run=run)
    assert seen == ["before", "ours", "peer"] * 3


def test_a_figure_is_a_median_and_its_ratio_to_a_peer(measure: Any) -> None:
    figure = figure_of(measure, ours=[0.3, 0.1, 0.2], peer=[0.5, 9.0, 0.4])
    assert (figure.ours.median, figure.ours.low, figure.ours.high) == (0.2, 0.1, 0.3)
    assert figure.ratio(figure.peers[0]) == pytest.approx(0.4)
    aims = figure.document()["aims"]
    assert [(each["peer"], each["value"], each["met"]) for each in aims] == [
        ("peer", pytest.approx(0.4), True),
        (None, 0.2, True),
    ]


def test_an_aim_is_missed_when_the_peer_is_quicker(measure: Any, bench: Any) -> None:
    figure = figure_of(measure, ours=[0.9], peer=[0.3])
    assert [each["met"] for each in figure.document()["aims"]] == [False, False]
    text = "\n".join(bench.table(figure))
    assert "aim: at most 0.5 x peer: MISSED, 3" in text
    assert bench.summary([figure]) == "0 of 2 aims met."


def test_a_missing_peer_is_shown_and_the_rest_is_measured(measure: Any, bench: Any) -> None:
    peer = measure.Contender("peer", (), missing="dvc is not installed")
    figure = measure.compare(
        "case",
        "title",
        [measure.Contender("ours", ("x",)), peer],
        rounds=1,
        aims=[measure.Aim(1.0, "peer")],
        run=lambda each: measure.Sample(0.5, 0.1, 1),
    )
    assert figure.ours.median == 0.5
    assert figure.document()["peers"][0]["ratio"] is None
    text = "\n".join(bench.table(figure))
    assert "dvc is not installed" in text
    assert "aim: at most 1 x peer: not measured" in text


def test_a_run_is_timed_and_its_memory_seen(measure: Any) -> None:
    source = "import time; block = bytearray(80_000_000); time.sleep(0.2)"
    sample = measure.run_once(python(measure, "big", source))
    assert sample.seconds >= 0.2
    assert sample.cpu > 0
    assert sample.peak > 80_000_000


def test_a_contender_that_fails_says_why_and_is_not_run_again(measure: Any) -> None:
    runs: list[str] = []
    contenders = [
        python(measure, "good", "pass"),
        python(
            measure, "bad", "import sys; sys.exit('no luck')", before=lambda: runs.append("bad")
        ),
        measure.Contender("nowhere", ("./no-such-program",)),
    ]
    figure = measure.compare("case", "title", contenders, rounds=2)
    assert len(figure.ours.samples) == 2
    assert figure.peers[0].problem == "failed: exit code 1, no luck"
    assert figure.peers[1].problem.startswith("failed: ")
    assert runs == ["bad"]


def test_a_contender_that_hangs_is_ended(measure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "TIME_LIMIT", 0.3)
    with pytest.raises(measure.FailedError, match="more than 0 s"):
        measure.run_once(python(measure, "slow", "import time; time.sleep(60)"))


def test_tools_that_are_not_here_are_missing_contenders(tools: Any, tmp_path: Path) -> None:
    assert tools.contender("x", "no-such-tool", folder=tmp_path).missing
    assert tools.script("x", "pass", needs="no_such_package").missing
    assert not tools.script("x", "pass", needs="json").missing


def test_the_tools_see_nobodys_settings(modules: dict[str, ModuleType], tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "GIT_DIR": "x", "PYTHONPATH": "y", "DVC_TEST": "1"}
    seen = modules["bench_tools"].environment(tmp_path, inherited)
    assert seen["PATH"] == "/bin"
    assert not {"GIT_DIR", "PYTHONPATH", "DVC_TEST"} & set(seen)
    assert seen["DVC_SITE_CACHE_DIR"].startswith(str(tmp_path))


def test_the_project_is_what_it_says_and_its_sources_parse(
    modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    project = modules["bench_projects"].write_project(tmp_path / "p", modules=60, items=250)
    sources = sorted((project.folder / "helpers").rglob("module_*.py"))
    assert len(sources) == 60
    assert len(list((project.folder / "data").rglob("*.csv"))) == 250
    trees = [ast.parse(each.read_bytes()) for each in [*sources, project.folder / "models/sir.py"]]
    imported = {
        node.module
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers.")
    }
    named = {".".join(each.relative_to(project.folder).with_suffix("").parts) for each in sources}
    assert imported == named, "the model reaches every module"


def test_a_large_file_has_the_size_asked_for(
    modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    for size in (0, 5, 1_000_003, (1 << 20) + 5):
        modules["bench_projects"].write_large(tmp_path / "large", size)
        assert (tmp_path / "large").stat().st_size == size


def test_the_report_is_json_and_failures_decide_the_exit_code(
    bench: Any, measure: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def works(context: Any) -> Iterator[Any]:
        assert context.quick
        yield figure_of(measure, ours=[0.1], peer=[0.4])

    def breaks(context: Any) -> Iterator[Any]:
        raise measure.FailedError("no project")
        yield

    monkeypatch.setattr(bench, "CASES", {"works": works, "breaks": breaks})
    out = tmp_path / "out.json"
    assert bench.main(["--quick", "--only", "works", "--json", str(out)]) == 0
    document = json.loads(out.read_text())
    assert document["schema"] == 1
    assert document["figures"][0]["peers"][0]["ratio"] == 0.25
    assert bench.main(["--quick", "--json", str(out)]) == 1
    assert json.loads(out.read_text())["problems"] == ["breaks: no project"]


@pytest.mark.slow
def test_start_up_is_measured_for_real(
    modules: dict[str, ModuleType], tools: Any, tmp_path: Path
) -> None:
    cases = modules["bench_cases"]
    figures = list(
        cases.start_up(modules["bench_tools"].Bench(tools, tmp_path, True, lambda text: None))
    )
    assert [each.ours.name for each in figures] == ["mops-bundle --version", "mops-bundle --help"]
    assert all(each.ours.samples for each in figures)
