"""What workers are told and what they say: simulations to run, and what came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

from modelops_bundle.results.record import Level, Output, UndeclaredRead

__all__ = ["Engine", "Outcome", "RunnerSpec", "Task"]


@dataclass(frozen=True, slots=True)
class RunnerSpec:
    """How a model is run, the same for all tasks of a run. It travels to workers, and is plain JSON.

    Attributes:
        root: The project's folder, absolute; the working folder of simulations.
        interpreter: The project's interpreter.
        path: Absolute path of the file that defines the model.
        entrypoint: ``module:Qualified.Name``.
        scenario: Name of the scenario; ``None`` for the default.
        outputs: Names of the outputs asked for; ``None`` for all.
        scenarios: Names of the scenarios that the model defines.
        search: Folders of the project and of ``PYTHONPATH`` that imports are looked for in first, in order.
        readable: Absolute paths of the files that are declared: own file, code, data, and what the
            configuration says is no input.
        variables: Declared environment variables and their values where the digest was made; ``None``: unset.
        free_variables: Variables that may be read although they are not declared.
        python_version: Version that the digest was made for.
        platform: Platform that the digest was made for.
        dependencies: Distribution names to the versions that the digest was made for.
        level: How closely to watch: :attr:`Level.OFF`, :attr:`Level.ENFORCED` or :attr:`Level.HERMETIC`.
        allow: Absolute paths that hermetic simulations may read beside what is declared.
        network: Whether connections are allowed (hermetic) and no reason to distrust a result.
        hosts: ``host:port`` of each place that hosted models answer at: a connection there is declared.
        package: Folder that ``modelops_bundle`` is imported from where the project has it not installed.
        run: Name of the run, which no other has: a worker keeps the code that it has imported, so it serves
            one run and never a later one.
        judges: Where it is a target that is run: the output that it judges.
        data: Where it is a target: absolute paths of its data.
        inputs: Where workers may be on other machines: a digest of each file of the model, by path.
        packages: Import names of what is installed to the normalised names of their distributions.
        counted: Names of distributions, beside the dependencies, that the digest stands for.
        withheld: Names of variables that are set where a worker runs and that it was not given. Each worker
            has its own.
    """

    root: str
    interpreter: str
    path: str
    entrypoint: str
    scenario: str | None
    outputs: tuple[str, ...] | None
    scenarios: tuple[str, ...]
    search: tuple[str, ...]
    readable: tuple[str, ...]
    variables: Mapping[str, str | None]
    free_variables: tuple[str, ...]
    python_version: str
    platform: str
    dependencies: Mapping[str, str]
    level: Level
    allow: tuple[str, ...] = ()
    network: bool = False
    hosts: tuple[str, ...] = ()
    package: str = ""
    run: str = ""
    judges: str = ""
    data: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counted: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The specification as JSON."""
        return {**asdict(self), "level": self.level.name.lower()}


class Task(NamedTuple):
    """One simulation to run.

    Attributes:
        number: Its number within the run.
        params: Parameter names to JSON values.
        seed: Seed of the random numbers.
    """

    number: int
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task.

    Attributes:
        number: The task's.
        started: When it began, ISO 8601 in UTC.
        duration: How long it took, in seconds.
        host: Name of the machine that it ran on.
        level: How closely it was watched there.
        outputs: What the model gave; empty when it failed.
        undeclared: What it read that is not declared, refused reads included.
        error: The exception in one line, or what happened to the process; empty when it succeeded.
        traceback: Where it was raised.
    """

    number: int
    started: str
    duration: float
    host: str
    level: Level
    outputs: tuple[Output, ...] = ()
    undeclared: tuple[UndeclaredRead, ...] = ()
    error: str = ""
    traceback: str = ""


class Engine(Protocol):
    """Runs tasks somewhere."""

    def execute(self, spec: RunnerSpec, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Run tasks and yield each outcome once, as they come, in any order.

        Tasks are taken from the iterable as workers become free, so that its memory is bounded. Closing the
        iterator ends what still runs.

        Raises:
            WorkerError: No worker can run this model at all: its environment differs, the interpreter lacks
                something, the model cannot be imported.
        """
        ...
