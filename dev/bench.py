"""Measure modelops-bundle against other tools on this machine, in one run.

    python dev/bench.py [--quick] [--only NAME]... [--json FILE]

Prints a table and writes JSON. Every figure stands beside its peers, which take turns with it, and the last
two columns say how many times a peer's time ours is, by the clock and by processor time: below 1 we are
quicker. A machine that does other work meanwhile shows in the distance between the quickest and the slowest
run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# What starts a registry for the tests starts one here as well.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from bench_cases import CASES
from bench_measure import Aim, FailedError, Figure, Series
from bench_tools import Bench, Tools

ROOT = Path(__file__).resolve().parent.parent
HEAD = ("", "median", "min - max", "CPU", "memory", "ours is", "by CPU")
WIDTHS = (38, 9, 17, 8, 9, 9, 9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases asked for; 1 when one could not be measured."""
    asked = _parse(arguments)
    # Ended from outside, it still removes what it made.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun = time.monotonic()
    figures: list[Figure] = []
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="modelops-bench-") as folder:
        bench = Bench(Tools(Path(folder)), Path(folder), asked.quick, _say)
        for name in asked.only or CASES:
            try:
                for figure in CASES[name](bench):
                    figures.append(figure)
                    print("\n".join(table(figure)), flush=True)
            except FailedError as error:
                problems.append(f"{name}: {error}")
                print(f"\n{name} could not be measured: {error}", flush=True)
    problems += [f"{each.title}: {each.ours.problem}" for each in figures if each.ours.problem]
    document = report(figures, problems, quick=asked.quick)
    asked.json.write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{summary(figures)} {time.monotonic() - begun:.0f} s in all; see {asked.json.name}.")
    return 1 if problems else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: under a minute")
    parser.add_argument("--only", action="append", choices=CASES, help="only this case; repeatable")
    default = ROOT / "bench-results.json"
    parser.add_argument("--json", type=Path, default=default, metavar="FILE", help="where to write")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def report(figures: Iterable[Figure], problems: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """Everything that was measured, as JSON."""
    return {
        "schema": 1,
        "quick": quick,
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load": [round(each, 2) for each in os.getloadavg()],
        },
        "figures": [figure.document() for figure in figures],
        "problems": list(problems),
    }


def table(figure: Figure) -> list[str]:
    """One figure as lines: ours, its peers, and what it should be."""
    lines = ["", figure.title, _row(HEAD), _row(_cells(figure.ours))]
    lines += [
        _row(_cells(peer, figure.ratio(peer), figure.cpu_ratio(peer))) for peer in figure.peers
    ]
    return [*lines, *(f"  {_aim(figure, aim)}" for aim in figure.aims)]


def _cells(series: Series, *ratios: float | None) -> tuple[str, ...]:
    if not series.samples:
        return (series.name, series.problem)
    return (
        series.name,
        f"{series.median:.3f} s",
        f"{series.low:.3f} - {series.high:.3f}",
        f"{series.cpu:.3f} s",
        f"{series.peak / 1e6:.0f} MB",
        *("" if ratio is None else f"{ratio:.3g} x" for ratio in ratios or (None, None)),
    )


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    if len(others) == 1:
        return f"  {first:<{WIDTHS[0]}} {others[0]}"
    widths = zip(others, WIDTHS[1:], strict=True)
    return " ".join([f"  {first:<{WIDTHS[0]}}", *(f"{cell:>{width}}" for cell, width in widths)])


def _aim(figure: Figure, aim: Aim) -> str:
    value = figure.reached(aim)
    what = f"{aim.most:.3g} x {aim.peer}" if aim.peer else f"{aim.most:g} s"
    if value is None:
        return f"aim: at most {what}: not measured"
    return f"aim: at most {what}: {'met' if value <= aim.most else f'MISSED, {value:.3g}'}"


def summary(figures: Iterable[Figure]) -> str:
    """How many aims were met, in one sentence."""
    values = [(figure.reached(aim), aim) for figure in figures for aim in figure.aims]
    measured = [value <= aim.most for value, aim in values if value is not None]
    return f"{sum(measured)} of {len(values)} aims met."


if __name__ == "__main__":
    sys.exit(main())
