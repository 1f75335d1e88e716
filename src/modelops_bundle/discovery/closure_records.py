"""What the code that a model reaches is, and what may be missed of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from modelops_bundle.discovery.mentions import Mentioned
from modelops_bundle.discovery.missing import Missing
from modelops_bundle.discovery.search import Warned

__all__ = ["Closure", "CodeFile", "Reading"]


class CodeFile(NamedTuple):
    """A file of code that counts by its content.

    Attributes:
        path: Absolute path.
        recorded: Relative to the project, or to the folder it is imported from where it lies outside.
        kind: ``MODEL`` (the file asked for), ``CODE_DEP`` (of the project) or ``EXT`` (outside).
        chain: Recorded paths from the model's file to this one.
        extension: Compiled: only its bytes can be compared.
        distribution: The distribution hashed by content that it belongs to, if any.
    """

    path: str
    recorded: str
    kind: str
    chain: tuple[str, ...]
    extension: bool
    distribution: str | None


class Reading(NamedTuple):
    """How the closure's code looks at one of its sources.

    Attributes:
        docstrings: Qualified names of the definitions whose docstrings are read (``""`` is the module).
        free_runs: Numbers of the runs of top-level imports whose order nothing can notice.
        free_units: Positions of the top-level statements inside which the same holds for every run.
    """

    docstrings: Collection[str] = frozenset()
    free_runs: Collection[int] = frozenset()
    free_units: Collection[int] = frozenset()


@dataclass(slots=True)
class Closure:
    """What a model's code is and reads.

    Attributes:
        files: The model's file first, then as found.
        imported: Installed modules that are imported, sorted.
        variables: Environment variables that are read, and the absolute path and line that reads each.
        readings: By absolute path, how each parsed source is looked at.
        bytes_matter: The code reads the text of sources: every byte of them counts.
        warnings: What may be missed.
    """

    files: tuple[CodeFile, ...]
    imported: tuple[str, ...]
    variables: Mapping[str, tuple[str, int]]
    readings: Mapping[str, Reading]
    bytes_matter: bool
    warnings: tuple[Warned, ...]
    _mentions: Callable[[], tuple[Mentioned, ...]] = field(repr=False)
    _missing: Callable[[], Iterable[Missing]] = field(repr=False)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Imports that lead nowhere; looked into when asked."""
        return tuple(self._missing())

    @property
    def mentions(self) -> tuple[Mentioned, ...]:
        """Files of the project that the code names in texts; looked for when asked."""
        return self._mentions()
