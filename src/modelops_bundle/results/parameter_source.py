"""Parameter sets as they were given, each with its place, before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.study import Study, is_study, read_study

__all__ = ["MOST_SHOWN", "ParameterSource", "Problem", "TableRows", "refuse", "source_of_document"]

MOST_SHOWN = 10


class Problem(NamedTuple):
    """One thing that is wrong with parameters.

    Attributes:
        place: Where: ``params.csv line 3``, ``set 2``, ``--set``; empty for the whole.
        what: What is there and why that cannot be used.
        mend: What to do about it.
    """

    place: str
    what: str
    mend: str = ""


class TableRows(Sequence[Mapping[str, Any]]):
    """Rows of a table that is kept by columns, which takes less room than a mapping for each.

    Args:
        columns: Names to columns of one length.
        size: That length.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], size: int) -> None:
        self._names = tuple(columns)
        self._columns = tuple(columns.values())
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(self._size))]
        if not -self._size <= at < self._size:
            raise IndexError(at)
        values = (column[at] for column in self._columns)
        return dict(zip(self._names, values, strict=True))


@dataclass(frozen=True, slots=True)
class ParameterSource:
    """Parameter sets and where they stand.

    Attributes:
        name: The file's name, or what else the whole is called.
        sets: The sets, not checked yet; each should be a mapping of names to JSON values.
        place: Place of a set by its number, such as ``set 1`` for 0.
        problems: What was found wrong on reading.
        study: What the file says beside them, where it is a study.
    """

    name: str
    sets: Sequence[Mapping[str, Any]]
    place: Callable[[int], str]
    problems: tuple[Problem, ...] = ()
    study: Study | None = None


def refuse(name: str, problems: Sequence[Problem]) -> ParameterError:
    """One error for all that is wrong with the parameters called ``name``."""
    lines = [f"{p.place}: {p.what}" if p.place else p.what for p in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        lines.append(f"and {len(problems) - MOST_SHOWN} more")
    separator = "\n  " if len(lines) > 1 else ""
    mends = dict.fromkeys(problem.mend for problem in problems[:MOST_SHOWN] if problem.mend)
    what = f"{name} cannot be used"
    return ParameterError(what, separator + separator.join(lines), " ".join(list(mends)[:3]))


def source_of_document(document: Any, name: str) -> ParameterSource:
    """Parameter sets from JSON or YAML: one mapping, a list of them, or a study.

    Raises:
        ParameterError: It has another shape, or holds no set.
    """
    study: Study | None = None
    problems: Sequence[str] = ()
    if is_study(document):
        study, sets, problems = read_study(document)
    elif isinstance(document, Mapping):
        _refuse_calibration(document, name)
        return ParameterSource(name, [document], lambda _: name)
    elif isinstance(document, list):
        sets = document
    else:
        raise ParameterError(
            f"{name} cannot be used",
            f"expected a mapping or a list of mappings, got {type(document).__name__}",
        )
    if not sets:
        raise ParameterError(f"{name} cannot be used", "it holds no parameter sets")
    found = [Problem(name, problem) for problem in problems]
    numbers: Sequence[int] = range(1, len(sets) + 1)
    if not all(isinstance(each, Mapping) for each in sets):
        for number, each in enumerate(sets, 1):
            if not isinstance(each, Mapping):
                what = f"expected a mapping, got {type(each).__name__}"
                found.append(Problem(f"{name} set {number}", what))
        numbers = [n for n, each in enumerate(sets, 1) if isinstance(each, Mapping)]
        sets = [each for each in sets if isinstance(each, Mapping)]
    return ParameterSource(name, sets, lambda n: f"{name} set {numbers[n]}", tuple(found), study)


def _refuse_calibration(document: Mapping[str, Any], name: str) -> None:
    if {"algorithm", "target_data", "max_iterations"} <= document.keys():
        raise ParameterError(
            f"{name} cannot be used",
            "it is the specification of a calibration, which draws its own parameters",
            "Give a study, or parameter sets.",
        )
