"""The digest of a source as one model depends on it.

Beyond ``token_hash``, which is the same for everyone, a model's other code matters here: docstrings that it
reads count, and the order of imports does not where nothing that they import can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import code_digest
from modelops_bundle.source.prints import Prints, Unit

__all__ = ["Reading", "source_component"]


class Reading(NamedTuple):
    """How a model's code looks at one of its sources.

    Attributes:
        docstrings: Qualified names of the definitions whose docstrings are read (``""`` is the module).
        free_runs: Numbers of the runs of top-level imports whose order nothing can notice.
        free_units: Positions of the top-level statements inside which the same holds for every run.
    """

    docstrings: Collection[str] = frozenset()
    free_runs: Collection[int] = frozenset()
    free_units: Collection[int] = frozenset()


def source_component(prints: Prints, reading: Reading) -> Digest:
    """Digest of a source under such a reading."""
    docstrings = [
        (doc.qualname, doc.digest) for doc in prints.docs if doc.qualname in reading.docstrings
    ]
    return code_digest(_units(prints, reading), docstrings)


def _units(prints: Prints, reading: Reading) -> Iterator[bytes]:
    numbered = enumerate(prints.units)
    for run, members in groupby(numbered, key=lambda item: _free_run(item[1], reading)):
        if run is not None:
            atoms = sorted({atom for _, unit in members for atom in unit.imports})
            yield "\0".join(["imports in any order", *atoms]).encode("utf-8", "surrogatepass")
            continue
        for position, unit in members:
            digest = unit.grouped if position in reading.free_units else unit.ordered
            yield bytes.fromhex(digest)


def _free_run(unit: Unit, reading: Reading) -> int | None:
    return unit.run if unit.kind == "import" and unit.run in reading.free_runs else None
