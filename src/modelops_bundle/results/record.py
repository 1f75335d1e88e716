"""What is kept of one simulation: its outputs, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from modelops_bundle.results.key import ResultKey

__all__ = ["Failure", "Level", "Output", "Provenance", "Result", "UndeclaredRead"]


class Level(IntEnum):
    """How closely a simulation was kept to what its model declares, from nothing to everything."""

    OFF = 0  # watched, not enforced, because the user said so
    AUDIT = 1  # watched, not enforced, because the kernel cannot
    ENFORCED = 2  # undeclared files of the project could not be read
    HERMETIC = 3  # nothing but what is declared could be read


class UndeclaredRead(NamedTuple):
    """Something that a simulation read and that its model does not declare.

    Attributes:
        kind: ``data`` (a file), ``code`` (a Python source), ``absent`` (a file that is not there),
            ``present`` (a file that was looked for and is there), ``listed`` (the names that a pattern stands
            for), ``package`` (an installed package that the digest does not name, or one that was looked for
            and is not installed), ``variable``, ``withheld`` (a variable that an installed package asks for,
            and that is set but was not given to the simulation), ``outside`` (a file outside the project),
            ``written`` (a file that the simulation wrote into the project and was refused to read back),
            ``network``, or ``process`` (another program, whose reads nobody sees; only where nothing is
            enforced).
        name: Recorded path, import name of the package or name of its distribution, name of the variable
            (``*`` for all of them), absolute path, ``host:port``, or the program; the pattern, relative to
            the project.
        place: The line that read it, ``path:line`` with the path as recorded where it is in the project;
            empty when it is unknown.
        state: Of what was listed, a digest of the names; of a package, its version, empty where it was not
            installed.
    """

    kind: str
    name: str
    place: str
    state: str = ""

    @property
    def is_surrounding(self) -> bool:
        """Whether it can be looked up again, and the result is true while nothing has changed there."""
        return self.kind in ("absent", "present", "listed", "package")

    @property
    def spoils(self) -> bool:
        """Whether the result depends on it and nobody would notice a change.

        A variable that was withheld is so from every simulation.
        """
        return not self.is_surrounding and self.kind != "withheld"


class Output(NamedTuple):
    """One named output.

    Attributes:
        name: Its name.
        kind: ``table`` (an Arrow IPC stream or file), ``array`` (an Arrow IPC stream of one column
            ``value``, its shape in the schema's metadata), or ``json`` (UTF-8 text).
        data: Its bytes.
    """

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes:
        started: When its simulation began, ISO 8601 in UTC.
        duration: How long it took, in seconds.
        host: Name of the machine.
        tool: Version of this package.
        python: Version of the interpreter.
        level: How closely reads were watched.
        undeclared: What it read that its model does not declare.
        bundle: Reference of the bundle that code and data came from, if any.
        model_id: Id under which the model was registered.
        params: The parameters.
    """

    started: str
    duration: float
    host: str
    tool: str
    python: str
    level: Level
    undeclared: tuple[UndeclaredRead, ...] = ()
    bundle: str | None = None
    model_id: str = ""
    params: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A result as it is stored.

    Attributes:
        key: Its identity.
        provenance: Where it comes from.
        outputs: What the model gave, in its order.
    """

    key: ResultKey
    provenance: Provenance
    outputs: tuple[Output, ...]

    @property
    def sound(self) -> bool:
        """Whether the key stands for all that it depends on, so that it may be reused."""
        return not any(read.spoils for read in self.provenance.undeclared)

    def may_be_taken(self, least: Level) -> bool:
        """Whether it is sound and was watched at least so closely."""
        return self.sound and self.provenance.level >= least

    def contradicts(self, other: Result) -> bool:
        """Whether the two found something in different states, so that only one can be true at a time."""
        mine, others = dict(self._found()), dict(other._found())
        return any(mine[what] != others[what] for what in mine.keys() & others.keys())

    def _found(self) -> Iterator[tuple[tuple[str, str], str]]:
        for read in self.surroundings:
            if read.kind in ("absent", "present"):
                yield ("file", read.name), read.kind
            else:
                yield (read.kind, read.name), read.state

    @property
    def surroundings(self) -> tuple[UndeclaredRead, ...]:
        """What it is true while it stays as it was, beside all that its key stands for."""
        return tuple(read for read in self.provenance.undeclared if read.is_surrounding)


@dataclass(frozen=True, slots=True)
class Failure:
    """A simulation that gave no result. Never taken for one.

    Attributes:
        key: What was asked for.
        error: The exception in one line, or what happened to the process.
        traceback: Where it was raised; empty when the process died.
        started: When its simulation began, ISO 8601 in UTC.
        duration: How long it took, in seconds.
        undeclared: What it read that its model does not declare, refused reads included.
    """

    key: ResultKey
    error: str
    traceback: str
    started: str
    duration: float
    undeclared: tuple[UndeclaredRead, ...] = ()
