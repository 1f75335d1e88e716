"""Timing commands against each other.

Contenders take turns (A B A B ...), so that a slow minute of the machine hits all of them alike, and a figure
is the median of several runs with the extremes beside it. A contender that is missing or fails says so in its
place; it never ends the benchmark.

Memory is the largest resident set of one process among those that a command started. A process counts what it
was before it became the command, so no figure is below what this program itself takes (about 20 MB).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

TIME_LIMIT = 300.0
#: ``ru_maxrss`` counts kibibytes on Linux and bytes on macOS.
RSS_UNIT = 1 if os.uname().sysname == "Darwin" else 1024


class FailedError(Exception):
    """A command that should have worked did not."""


class Sample(NamedTuple):
    """One run: seconds by the clock, seconds of processor time, largest resident set in bytes."""

    seconds: float
    cpu: float
    peak: int


def nothing() -> None:
    """What precedes a run that needs no preparation."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A command to be measured.

    Attributes:
        name: What the table calls it.
        arguments: The command; empty when it is missing.
        folder: Where it runs.
        variables: Its environment.
        before: Brings about the state that is measured; not part of the time.
        missing: Why it cannot be measured.
    """

    name: str
    arguments: Sequence[str]
    folder: Path = Path()
    variables: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = nothing
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured of one contender.

    Attributes:
        name: The contender's name.
        samples: Its runs, in order.
        problem: Why there are none.
    """

    name: str
    samples: tuple[Sample, ...] = ()
    problem: str = ""

    @property
    def median(self) -> float:
        """Median of the seconds by the clock."""
        return statistics.median(sample.seconds for sample in self.samples)

    @property
    def low(self) -> float:
        """The quickest run."""
        return min(sample.seconds for sample in self.samples)

    @property
    def high(self) -> float:
        """The slowest run."""
        return max(sample.seconds for sample in self.samples)

    @property
    def cpu(self) -> float:
        """Median of the processor time, which other work on the machine disturbs less."""
        return statistics.median(sample.cpu for sample in self.samples)

    @property
    def peak(self) -> int:
        """Largest resident set of all runs, in bytes."""
        return max(sample.peak for sample in self.samples)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        if not self.samples:
            return {"name": self.name, "problem": self.problem}
        return {
            "name": self.name,
            "median": round(self.median, 4),
            "min": round(self.low, 4),
            "max": round(self.high, 4),
            "cpu": round(self.cpu, 4),
            "peak_bytes": self.peak,
            "seconds": [round(sample.seconds, 4) for sample in self.samples],
        }


class Aim(NamedTuple):
    """What a figure should be: at most so many seconds, or so many times a peer's."""

    most: float
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One comparison.

    Attributes:
        section: Name of the case that it belongs to.
        title: What was measured.
        ours: This program.
        peers: What it is compared with.
        aims: What it should be.
    """

    section: str
    title: str
    ours: Series
    peers: tuple[Series, ...]
    aims: tuple[Aim, ...] = ()

    def ratio(self, peer: Series) -> float | None:
        """Our median over a peer's; ``None`` unless both were measured."""
        if not self.ours.samples or not peer.samples:
            return None
        return self.ours.median / max(peer.median, 1e-9)

    def cpu_ratio(self, peer: Series) -> float | None:
        """The same for processor time, which is steadier on a machine that does other work."""
        if not self.ours.samples or not peer.samples:
            return None
        return self.ours.cpu / max(peer.cpu, 1e-9)

    def reached(self, aim: Aim) -> float | None:
        """What an aim is about, as measured; ``None`` when it was not."""
        if not aim.peer:
            return self.ours.median if self.ours.samples else None
        ratios = [self.ratio(peer) for peer in self.peers if peer.name == aim.peer]
        return ratios[0] if ratios else None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "section": self.section,
            "title": self.title,
            "ours": self.ours.document(),
            "peers": [self._peer_document(peer) for peer in self.peers],
            "aims": [self._aim_document(aim) for aim in self.aims],
        }

    def _peer_document(self, peer: Series) -> dict[str, Any]:
        ratios = {"ratio": self.ratio(peer), "cpu_ratio": self.cpu_ratio(peer)}
        return {**peer.document(), **{name: _rounded(value) for name, value in ratios.items()}}

    def _aim_document(self, aim: Aim) -> dict[str, Any]:
        value = self.reached(aim)
        met = None if value is None else value <= aim.most
        return {"peer": aim.peer or None, "most": aim.most, "value": _rounded(value), "met": met}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def compare(
    section: str,
    title: str,
    contenders: Sequence[Contender],
    *,
    rounds: int,
    warm_up: int = 1,
    aims: Sequence[Aim] = (),
    run: Callable[[Contender], Sample] | None = None,
) -> Figure:
    """Measure contenders in turns; the first is ours, the others its peers.

    Args:
        section: Name of the case.
        title: What is measured.
        contenders: Who takes part.
        rounds: Runs of each that count.
        warm_up: Runs of each before them that do not.
        aims: What the figure should be.
        run: Runs a contender once.
    """
    run = run or run_once
    samples: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    problems = {each.name: each.missing for each in contenders if each.missing}
    for turn in range(-warm_up, rounds):
        for each in contenders:
            if each.name in problems:
                continue
            try:
                each.before()
                sample = run(each)
            except (FailedError, OSError) as error:
                problems[each.name] = f"failed: {error}"
                continue
            if turn >= 0:
                samples[each.name].append(sample)
    series = [
        Series(name, () if name in problems else tuple(found), problems.get(name, ""))
        for name, found in samples.items()
    ]
    return Figure(section, title, series[0], tuple(series[1:]), tuple(aims))


def run_once(contender: Contender) -> Sample:
    """Run a contender's command and measure it.

    Raises:
        FailedError: It took too long, or its exit code is not 0.
    """
    with tempfile.TemporaryFile() as messages:
        begun = time.perf_counter()
        process = subprocess.Popen(
            contender.arguments,
            cwd=contender.folder,
            env=contender.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=messages,
        )
        limit = threading.Timer(TIME_LIMIT, process.kill)
        limit.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if seconds >= TIME_LIMIT:
            raise FailedError(f"it took more than {TIME_LIMIT:.0f} s")
        if process.returncode:
            raise FailedError(f"exit code {process.returncode}, {_last_lines(messages)}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT)


def _last_lines(messages: Any) -> str:
    messages.seek(0)
    lines = [line.strip() for line in messages.read().decode(errors="replace").split("\n")]
    return " | ".join([line for line in lines if line][-2:])[:300] or "no message"
