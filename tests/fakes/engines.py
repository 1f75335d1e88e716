"""An engine that calls a function in this process, and a guard that says what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from modelops_bundle.results.record import Level, Output
from modelops_bundle.results.tasks import Outcome, RunnerSpec, Task

__all__ = ["FakeEngine", "FakeGuard", "outcome_of"]


def outcome_of(task: Task, data: bytes | None = None, **more: object) -> Outcome:
    """What a worker would say of a task that gave ``data``, or its seed."""
    content = str(task.seed).encode() if data is None else data
    given: dict[str, object] = {
        "started": "2026-11-26T12:00:00+00:00",
        "duration": 0.01,
        "host": "here",
        "level": Level.ENFORCED,
        "outputs": (Output("n", "json", content),),
    }
    return Outcome(number=task.number, **{**given, **more})  # type: ignore[arg-type]


class FakeEngine:
    """Runs each task when its outcome is asked for.

    Args:
        run: Makes an outcome of a task, or raises.
    """

    def __init__(self, run: Callable[[Task], Outcome] = outcome_of) -> None:
        self._run = run
        self.seeds: list[int] = []
        self.closed = 0

    def execute(self, spec: RunnerSpec, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield outcomes in order."""
        del spec
        try:
            for task in tasks:
                self.seeds.append(task.seed)
                yield self._run(task)
        finally:
            self.closed += 1


class FakeGuard:
    """Says what has changed."""

    def __init__(self) -> None:
        self.found: Sequence[str] = ()

    def changed(self) -> Sequence[str]:
        """What it was told."""
        return self.found
