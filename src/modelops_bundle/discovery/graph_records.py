"""The records of the sources that are reached, and of what names in them mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.discovery.modules import Module
from modelops_bundle.source.names import ModuleNames
from modelops_bundle.source.prints import Prints
from modelops_bundle.source.use_records import Uses

__all__ = ["Meaning", "Source"]


class Meaning(NamedTuple):
    """What a target stands for.

    Attributes:
        kind: ``definition`` (``name`` in source ``module``), ``module`` (one of the sources), ``external`` (a
            dotted name outside the sources), ``attribute`` (of something unknown) or ``anything`` (there was
            too much to follow).
        module: Key of the source, or empty.
        name: See ``kind``.
    """

    kind: str
    module: str
    name: str


@dataclass(slots=True)
class Source:
    """A source that is reached.

    Attributes:
        key: What it is imported as, or its path where no name leads to it.
        module: How it was found.
        path: Absolute path.
        package: What relative imports in it start from.
        uses: What it uses; ``None`` for what does not parse or is compiled.
        prints: Its fingerprints, likewise.
        names: Its names, likewise.
        exports: Targets by the names of the module that stand for something of another one, once asked.
        own: Names that the module binds itself, once asked.
        texts: Names that it binds to texts, once asked.
        stars: Modules that it imports everything from, once asked.
    """

    key: str
    module: Module
    path: str
    package: str
    uses: Uses | None
    prints: Prints | None
    names: ModuleNames | None
    exports: dict[str, tuple[str, ...]] | None = None
    own: frozenset[str] | None = None
    texts: frozenset[str] | None = None
    stars: tuple[str, ...] | None = None
