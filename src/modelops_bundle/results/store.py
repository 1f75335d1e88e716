"""What the stages see of a place where results are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Failure, Level, Result

__all__ = [
    "Claims",
    "ContextRecord",
    "Known",
    "ManagedStore",
    "ResultStore",
    "Stored",
    "Wrote",
]


class Known(NamedTuple):
    """What a store knows of one result without reading it.

    Attributes:
        param_id: The parameter set's identity, 32 bytes.
        seed: The seed.
        sound: Whether it may be reused.
        level: How closely its simulation was watched, a :class:`Level`'s number.
        duration: How long its simulation took, in seconds.
    """

    param_id: bytes
    seed: int
    sound: bool
    level: int
    duration: float


class Stored(NamedTuple):
    """One row of a listing.

    Attributes:
        key: The result's key, 64 hex digits.
        context: Digest of its context.
        param_id: The parameter set's identity, 64 hex digits.
        seed: The seed.
        sound: Whether it may be reused.
        level: How closely its simulation was watched.
        duration: How long its simulation took, in seconds.
        created: When it was stored, seconds since 1970.
        size: Bytes that it takes.
    """

    key: str
    context: str
    param_id: str
    seed: int
    sound: bool
    level: Level
    duration: float
    created: float
    size: int


@dataclass(frozen=True, slots=True)
class ContextRecord:
    """A context, and what its model's digest was made from: enough to say later what has changed.

    Attributes:
        context: The context.
        model_id: Id under which the model was registered.
        components: ``(kind, path, digest)`` triples.
        environment: Fields of the environment, as JSON.
        environment_digest: Its digest, 64 hex digits.
        llms: Hosted models that it calls, and what each name meant.
        created: When it was first seen, seconds since 1970.
    """

    context: Context
    model_id: str
    components: tuple[tuple[str, str, str], ...]
    environment: Mapping[str, Any]
    environment_digest: str
    llms: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of results that were put.

    Attributes:
        written: How many were stored.
        differing: Keys of results that are stored already, under the same circumstances and with other
            outputs: the model does not give the same twice.
    """

    written: int
    differing: tuple[str, ...] = ()


class ResultStore(Protocol):
    """Results by key.

    A result is replaced by one that is worth more (sound before unsound, then the higher level), or where it
    is not true any more, and by no other: among equals the first stays.
    """

    def scan(self, context: Context) -> Iterator[Known]:
        """All that is known of a context's results, without reading any."""
        ...

    def get(self, key: ResultKey) -> Result | None:
        """A result, verified; ``None`` when there is none, or it is damaged (see :meth:`damaged`)."""
        ...

    def get_many(self, keys: Iterable[ResultKey]) -> Iterator[tuple[ResultKey, Result | None]]:
        """:meth:`get` of each, in the order asked for, in bounded memory."""
        ...

    def put(self, results: Sequence[Result], untrue: Collection[str] = ()) -> Wrote:
        """Store results durably, all of them or none.

        Args:
            results: The results.
            untrue: Keys whose stored results are not true any more, and are replaced without comparing.

        Raises:
            StorageError: The disk is full, permission is denied, the store cannot be reached.
        """
        ...

    def put_context(self, record: ContextRecord) -> None:
        """Store what a context's model digest was made from, unless it is there."""
        ...

    def damaged(self) -> Sequence[str]:
        """What was found damaged since the last time of asking, in words."""
        ...


class Claims(Protocol):
    """Who computes what, so that two runs that want the same result compute it once.

    A claim dies with its holder: with the process on this machine, and after the lease on another.
    """

    def claim(self, keys: Sequence[str]) -> Collection[str]:
        """Take those keys that nobody else holds, and say which."""
        ...

    def release(self, keys: Iterable[str]) -> None:
        """Give keys back, whether they were computed or not."""
        ...

    def hold(self, contexts: Collection[str]) -> None:
        """Say that results of some contexts are in use, so that nobody drops them meanwhile."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait until another run has released something, or the time has passed."""
        ...


class ManagedStore(ResultStore, Protocol):
    """A store that can be looked over and tidied: the local one."""

    def contexts(self) -> Mapping[str, ContextRecord]:
        """Every context by its digest."""
        ...

    def list(self, contexts: Collection[str] | None = None) -> Iterator[Stored]:
        """Every result, or those of some contexts, oldest first."""
        ...

    def find(self, key: str) -> Sequence[str]:
        """Full keys that begin with some hex digits."""
        ...

    def read(self, key: str) -> Result | None:
        """A result by the text of its key, verified; ``None`` as for :meth:`get`."""
        ...

    def present(self, keys: Collection[str], least: Level) -> Collection[str]:
        """Those of some keys whose results are there, sound, and were watched at least so closely."""
        ...

    def put_failures(self, failures: Sequence[Failure]) -> None:
        """Record simulations that failed; the last one of a key stays, until it has a result."""
        ...

    def failures(self, context: Context) -> Sequence[Failure]:
        """Those recorded."""
        ...

    def durations(self, entrypoint: str) -> Iterator[float]:
        """How long simulations of an entrypoint took in any context, newest first."""
        ...

    def drop(self, keys: Iterable[str]) -> int:
        """Remove results, except those that a run holds; returns how many were removed."""
        ...

    def claims(self) -> Claims:
        """Claims in the name of a new run, which holds them until it is closed."""
        ...
