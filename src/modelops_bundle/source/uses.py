"""What one source imports, reads and names, as far as the source alone can tell.

What a name stands for is followed within the file; names of other files stay as *targets*
(:mod:`modelops_bundle.source.use_scopes`) and texts that depend on them as templates
(:mod:`modelops_bundle.source.use_texts`), to be resolved where other files are at hand. Nothing is decided by
a name alone if it can be followed, and what cannot be followed is kept as unknown, never dropped.
"""

from __future__ import annotations

import ast
from typing import Any

from modelops_bundle.source.use_records import Effects, Import, Mention, Read, Touch, Uses

__all__ = ["Effects", "Import", "Mention", "Read", "Touch", "Uses", "decode", "encode", "read_uses"]


def read_uses(tree: ast.Module) -> Uses:
    """What a parsed source uses. Never raises, whatever the tree's depth."""
    from modelops_bundle.source.use_collect import collect

    return collect(tree)


def encode(uses: Uses) -> Any:
    """The plain form of ``uses``: it may go through JSON, which makes lists of tuples."""
    return uses


def decode(plain: Any) -> Uses:
    """The records of :func:`encode`'s plain form, before or after its trip through JSON.

    Raises:
        ValueError, TypeError: It is no such form.
    """
    imports, reads, touches, aliases, constants, documents, mentions, modules, effects, grown = (
        plain
    )
    line, calls, bases, roll_call, listed, looked, borrowed, lends, makers = effects
    return Uses(
        tuple([Import(module, tuple(names), *rest) for module, names, *rest in imports]),
        tuple([Read(*item) for item in reads]),
        tuple([Touch(*item) for item in touches]),
        tuple([(name, target) for name, target in aliases]),
        tuple([(name, text) for name, text in constants]),
        tuple([(target, line) for target, line in documents]),
        tuple([Mention(*item) for item in mentions]),
        tuple(modules),
        Effects(
            line,
            tuple(calls),
            tuple(bases),
            roll_call,
            tuple(listed),
            tuple(looked),
            tuple(borrowed),
            lends,
            tuple(makers),
        ),
        tuple([(target, text) for target, text in grown]),
    )
