"""Fingerprints of a source as records, and their plain form for the cache.

How they are made is in :mod:`modelops_bundle.source.fingerprint`; whoever only compares them needs no parser.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["DocPrint", "Prints", "Unit", "decode", "encode"]


class Unit(NamedTuple):
    """One top-level statement.

    Attributes:
        name: What people call it: ``SIRModel``, ``R0``, ``import numpy``; for other statements their keyword
            or ``expression``. Not unique.
        kind: ``function``, ``class``, ``constant`` (an assignment), ``import`` or ``statement``.
        line: Where it starts, decorators aside.
        ordered: Digest, 64 hex digits.
        grouped: The same where runs of imports inside it count as sets.
        imports: What an import statement imports, a text for each name.
        run: Number of the run of imports that it is part of; -1 where their order counts or it is none.
        value: Text of a short constant's value, for people; else empty.
    """

    name: str
    kind: str
    line: int
    ordered: str
    grouped: str
    imports: tuple[str, ...]
    run: int
    value: str


class DocPrint(NamedTuple):
    """A docstring: whose it is (empty for the module), the digest of its text, and its owner's line."""

    qualname: str
    digest: str
    line: int


class Prints(NamedTuple):
    """Fingerprints of a source.

    Attributes:
        token: Its token hash, ``blake2b:`` and 64 hex digits.
        units: Its top-level statements in order, its docstring aside.
        docs: Its docstrings in order. A name that is defined twice is there twice.
    """

    token: str
    units: tuple[Unit, ...]
    docs: tuple[DocPrint, ...]


def encode(prints: Prints) -> list[Any]:
    """``prints`` as plain lists, for JSON."""
    return [
        prints.token,
        [
            (*unit[:4], "" if unit.grouped == unit.ordered else unit.grouped, *unit[5:])
            for unit in prints.units
        ],
        prints.docs,
    ]


def decode(value: Any) -> Prints:
    """What :func:`encode` was given, from what JSON made of it."""
    token, units, docs = value
    return Prints(
        token,
        tuple(
            Unit(name, kind, line, ordered, grouped or ordered, tuple(imports), run, text)
            for name, kind, line, ordered, grouped, imports, run, text in units
        ),
        tuple([DocPrint(*doc) for doc in docs]),
    )
