"""Computing what is missing: claimed, run, looked at once more, stored, given back.

The order of these steps is what makes results true, each computed once, and none lost:

1. Claim keys, a few at a time, so that another run takes the others.
2. See whether somebody stored one of them in the meantime.
3. Run the rest.
4. Look at the inputs again. What was computed while they changed is dropped.
5. Store, and only then give the claims back.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelops_bundle.errors import InputsChangedError
from modelops_bundle.ports import Progress
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Failure, Level, Provenance, Result, UndeclaredRead
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import Claims, ManagedStore, ResultStore
from modelops_bundle.results.tasks import Engine, Outcome, RunnerSpec, Task
from modelops_bundle.workflows.machinery import InputGuard

__all__ = ["Execution", "Tally", "TaskParams"]

#: What a worker is given of a simulation, made when it is sent.
TaskParams = Callable[[Simulation], Mapping[str, Any]]

_MOST_CLAIMED = 500
_CLAIM_SECONDS = 2.0  # of work on one worker that are claimed at a time
_MOST_PENDING_BYTES = 64 << 20
_FIRST_COMMIT_SECONDS = 0.5
_COMMIT_SHARE = 10  # committing takes at most one part in so many of the time
_WAIT_SECONDS = 0.5


@dataclass
class Tally:
    """What a run has done so far.

    Attributes:
        stored: Results that were computed and stored.
        elsewhere: Results that another run has stored in the meantime.
        unsound: How many of ``stored`` may not be reused.
        spent: Seconds that simulations took, failed ones included.
        failures: Simulations that failed.
        reads: Undeclared reads, and how many simulations made each.
        withheld: Variables that packages asked for and that are set, but not declared and so not given.
        differing: Keys of results that differ from those that are stored.
        levels: How closely simulations were watched.
        states: What became of each simulation that was missing, by parameter set and seed.
    """

    stored: int = 0
    elsewhere: int = 0
    unsound: int = 0
    spent: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    reads: Counter[UndeclaredRead] = field(default_factory=Counter)
    withheld: set[UndeclaredRead] = field(default_factory=set)
    differing: list[str] = field(default_factory=list)
    levels: set[Level] = field(default_factory=set)
    states: dict[tuple[str, int], str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many simulations are dealt with."""
        return len(self.states)


@dataclass(kw_only=True)
class Execution:
    """One run's work.

    Attributes:
        context: The run's context.
        model_id: Id of the model.
        task_params: What a worker is given of a simulation.
        tool: Version of this package.
        spec: How workers run the model.
        engine: Where.
        local: The store of this project.
        store: Where results go: that store, or one that shares them.
        claims: Which keys are this run's.
        guard: Whether the inputs are what they were.
        least: How closely a result that another run stored must have been watched.
        keep_going: Whether a failure leaves the others running.
        progress: Told how far it is.
        is_input: Whether a read counts, which the configuration may deny.
        label: What progress is told is being done.
        tally: What has been done.
    """

    context: Context
    model_id: str
    task_params: TaskParams
    tool: str
    spec: RunnerSpec
    engine: Engine
    local: ManagedStore
    store: ResultStore
    claims: Claims
    guard: InputGuard
    least: Level
    keep_going: bool
    progress: Progress | None
    is_input: Callable[[UndeclaredRead], bool] = lambda _: True
    label: str = "computing"
    tally: Tally = field(default_factory=Tally, init=False)
    _waiting: deque[Simulation] = field(default_factory=deque, init=False)
    _held: list[Simulation] = field(default_factory=list, init=False)
    _running: dict[int, Simulation] = field(default_factory=dict, init=False)
    _numbers: int = field(default=0, init=False)
    _pending: list[Result] = field(default_factory=list, init=False)
    _pending_bytes: int = field(default=0, init=False)
    _failed: list[Failure] = field(default_factory=list, init=False)
    _next_commit: float = field(default=0.0, init=False)
    _total: int = field(default=0, init=False)
    _anew: Collection[str] = field(default=(), init=False)
    _untrue: Collection[str] = field(default=(), init=False)

    def run(
        self,
        misses: Sequence[Simulation],
        compare: Collection[Simulation] = (),
        untrue: Collection[Simulation] = (),
    ) -> Tally:
        """Compute what is missing.

        Args:
            misses: Simulations to run.
            compare: Those of them that are run although results may be there, which stay.
            untrue: Those of them whose results are damaged or not true any more.

        Raises:
            InputsChangedError: What the model depends on changed meanwhile. Earlier results are kept.
            StorageError: Results cannot be stored. Earlier ones are kept.
            WorkerError: The model cannot be run at all.
        """
        self._waiting.extend(misses)
        self._total = len(misses)
        self._untrue = {self._key(each).digest for each in untrue}
        self._anew = self._untrue | {self._key(each).digest for each in compare}
        self._next_commit = time.monotonic() + _FIRST_COMMIT_SECONDS
        while self._waiting and not self._stopped:
            self._round()
            if self._held and not self._stopped:
                if self.progress:
                    self.progress("waiting for another run", self.tally.done, self._total)
                # Others compute these; whoever is done or dies gives them back.
                self.claims.wait(_WAIT_SECONDS)
                self._waiting.extend(self._held)
                self._held.clear()
        return self.tally

    @property
    def _stopped(self) -> bool:
        return bool(self.tally.failures) and not self.keep_going

    def _round(self) -> None:
        """Everything that can be claimed now."""
        outcomes = self.engine.execute(self.spec, self._tasks())
        try:
            for outcome in outcomes:
                self._take(outcome)
                if self._stopped:
                    break
                if self._is_due():
                    self._commit()
        finally:
            _close(outcomes)
            # What is done is kept, also when the user or an error ended the run.
            self._commit()
            self._give_back()

    # --- what to run ------------------------------------------------------------------------

    def _tasks(self) -> Iterator[Task]:
        while self._waiting and not self._stopped:
            count = min(self._chunk(), len(self._waiting))
            chunk = [self._waiting.popleft() for _ in range(count)]
            for simulation in self._claimed(chunk):
                number = self._numbers
                self._numbers += 1
                self._running[number] = simulation
                yield Task(number, self.task_params(simulation), simulation.seed)

    def _chunk(self) -> int:
        done = self.tally.stored + len(self._pending)
        if not done or not self.tally.spent:
            return 1
        return max(1, min(_MOST_CLAIMED, int(_CLAIM_SECONDS * done / self.tally.spent)))

    def _claimed(self, chunk: Sequence[Simulation]) -> list[Simulation]:
        keys = {self._key(each).digest: each for each in chunk}
        granted = set(self.claims.claim(list(keys)))
        self._held.extend(each for key, each in keys.items() if key not in granted)
        # Looked for only now: whoever held the claim before has stored before giving it back.
        looked_for = [key for key in granted if key not in self._anew]
        there = self.local.present(looked_for, self.least)
        for key in there:
            self._settle(keys[key], "hit")
        self.tally.elsewhere += len(there)
        self.claims.release(there)
        return [each for key, each in keys.items() if key in granted and key not in there]

    def _key(self, simulation: Simulation) -> ResultKey:
        return ResultKey(self.context, simulation.param_id, simulation.seed)

    # --- what came out ----------------------------------------------------------------------

    def _take(self, outcome: Outcome) -> None:
        simulation = self._running.pop(outcome.number)
        key = self._key(simulation)
        undeclared = tuple(filter(self.is_input, outcome.undeclared))
        self.tally.spent += outcome.duration
        self.tally.levels.add(outcome.level)
        self.tally.reads.update(read for read in undeclared if read.spoils)
        self.tally.withheld.update(read for read in undeclared if read.kind == "withheld")
        if outcome.error:
            failure = Failure(
                key=key,
                error=outcome.error,
                traceback=outcome.traceback,
                started=outcome.started,
                duration=outcome.duration,
                undeclared=undeclared,
            )
            self.tally.failures.append(failure)
            self._failed.append(failure)
            self._settle(simulation, "failed")
            return
        result = Result(key, self._provenance(simulation, outcome, undeclared), outcome.outputs)
        self._pending.append(result)
        self._pending_bytes += sum(len(output.data) for output in outcome.outputs)
        self._settle(simulation, "computed" if result.sound else "unsound")

    def _provenance(
        self, simulation: Simulation, outcome: Outcome, undeclared: tuple[UndeclaredRead, ...]
    ) -> Provenance:
        return Provenance(
            started=outcome.started,
            duration=outcome.duration,
            host=outcome.host,
            tool=self.tool,
            python=self.spec.python_version,
            level=outcome.level,
            undeclared=undeclared,
            model_id=self.model_id,
            params=dict(simulation.params),
        )

    def _settle(self, simulation: Simulation, state: str) -> None:
        self.tally.states[simulation.param_id, simulation.seed] = state
        if self.progress:
            self.progress(self.label, self.tally.done, self._total)

    def _is_due(self) -> bool:
        return self._pending_bytes > _MOST_PENDING_BYTES or time.monotonic() >= self._next_commit

    def _commit(self) -> None:
        """Store what is pending, if the inputs are still those that it was computed from."""
        if not (self._pending or self._failed):
            return
        started = time.monotonic()
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        failed, self._failed = self._failed, []
        changed = self.guard.changed()
        if changed:
            self._waiting.clear()
            raise _inputs_changed(changed, len(pending), self.tally.stored)
        if pending:
            self.tally.differing.extend(self.store.put(pending, self._untrue).differing)
            self.tally.stored += len(pending)
            self.tally.unsound += sum(not result.sound for result in pending)
        self.local.put_failures(failed)
        dealt_with = [*(each.key for each in pending), *(each.key for each in failed)]
        self.claims.release([key.digest for key in dealt_with])
        took = time.monotonic() - started
        self._next_commit = time.monotonic() + max(_FIRST_COMMIT_SECONDS, _COMMIT_SHARE * took)

    def _give_back(self) -> None:
        """Let go of what was claimed and not run."""
        self.claims.release([self._key(each).digest for each in self._running.values()])
        self._running.clear()


def _close(outcomes: Iterator[Outcome]) -> None:
    close = getattr(outcomes, "close", None)
    if close is not None:
        close()


def _inputs_changed(changed: Sequence[str], dropped: int, kept: int) -> InputsChangedError:
    return InputsChangedError(
        f"what the model depends on changed while it ran: {', '.join(changed)}",
        f"{dropped} results that were computed meanwhile are not kept, {kept} from before are",
        "Run the command again when the files are as you want them.",
    )
