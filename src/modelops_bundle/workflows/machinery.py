"""What running models needs of the world outside, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from modelops_bundle.results.given_parameters import AskedParameters
from modelops_bundle.results.record import Level
from modelops_bundle.results.store import Claims, ManagedStore, ResultStore
from modelops_bundle.results.tasks import Engine

__all__ = ["InputGuard", "Machinery", "RunRequest"]


class InputGuard(Protocol):
    """Knows whether what a model depends on is still what it was when the run began."""

    def changed(self) -> Sequence[str]:
        """What has changed since, at any time, in words; empty when nothing has."""
        ...


class Machinery(Protocol):
    """What running needs of the world outside."""

    @property
    def local(self) -> ManagedStore:
        """The project's own store."""
        ...

    @property
    def store(self) -> ResultStore:
        """Where results are looked for and go: :attr:`local`, or one that shares them."""
        ...

    @property
    def workers(self) -> int:
        """How many simulations run at once."""
        ...

    @property
    def elsewhere(self) -> bool:
        """Whether workers may be on other machines."""
        ...

    @property
    def package(self) -> str:
        """Folder that this package is imported from."""
        ...

    @property
    def tool(self) -> str:
        """Version of this package."""
        ...

    def engine(self) -> AbstractContextManager[Engine]:
        """Workers, started now.

        Raises:
            WorkerError: They cannot be reached.
        """
        ...

    @property
    def claims(self) -> Claims:
        """Claims in the name of this run, which end with it."""
        ...

    def guard(
        self, paths: Sequence[str], look: Callable[[], Sequence[str]]
    ) -> AbstractContextManager[InputGuard]:
        """A watch over a model's inputs, from now on.

        Args:
            paths: Absolute paths of its files.
            look: Looks at the whole model again and says what has changed, in words.
        """
        ...

    def catch_up(self) -> None:
        """Send to the store what an earlier run could not send."""
        ...

    def warnings(self) -> Sequence[str]:
        """What the user should know of stores and workers, in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the user asked for.

    Attributes:
        model: Name or id of the model.
        parameters: Parameter sets and seeds as they were given.
        scenario: Name of the scenario; ``None`` for the default.
        outputs: Names of the outputs; ``None`` for all.
        level: How closely to watch: off, enforced or hermetic.
        dry_run: Whether nothing is run.
        refresh: Whether everything is computed again.
        keep_going: Whether a failure leaves the others running.
        declare: Whether what was read is declared rather than refused.
    """

    model: str
    parameters: AskedParameters
    scenario: str | None = None
    outputs: tuple[str, ...] | None = None
    level: Level = Level.ENFORCED
    dry_run: bool = False
    refresh: bool = False
    keep_going: bool = False
    declare: bool = False

    @property
    def least(self) -> Level:
        """How closely a stored result must have been watched to be taken."""
        # A kernel that cannot enforce is no reason to compute again what was watched.
        return min(self.level, Level.AUDIT) if self.level < Level.HERMETIC else self.level
