"""What one source imports, reads and names, as far as the source alone can tell.

What a name stands for is followed within the file; names of other files stay as *targets*
(:mod:`modelops_bundle.source.use_scopes`) and texts that depend on them as templates
(:mod:`modelops_bundle.source.use_texts`), to be resolved where other files are at hand. Nothing is decided by
a name alone if it can be followed, and what cannot be followed is kept as unknown, never dropped.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from modelops_bundle.source.purity import Effects

__all__ = ["Import", "Mention", "Read", "Touch", "Uses", "decode", "encode", "read_uses"]


class Import(NamedTuple):
    """One module that an import statement names.

    Attributes:
        module: Dotted name after ``import`` or ``from``, without leading dots.
        names: ``x``, ``x as y`` or ``*`` after ``from x import``; empty for ``import x``.
        bound: The name after ``import x as``, if any.
        level: Number of leading dots.
        line: Its line.
        unit: Line of the top-level statement it stands in.
        marks: :data:`TYPING` (for type checkers alone), :data:`GUARDED` (its failure is caught) and
            :data:`INNER` (in a function or class), added up.
    """

    module: str
    names: tuple[str, ...]
    bound: str
    level: int
    line: int
    unit: int
    marks: int


class Read(NamedTuple):
    """A text given to something: ``X["TEXT"]``, ``"TEXT" in X``, ``X("TEXT")``.

    Attributes:
        target: What ``X`` may stand for.
        position: ``[]`` or the argument: a position as digits, or a keyword.
        text: The text, a template.
        line: Its line.
        owner: When the text depends on an argument of a function around: ``qualname|index|parameter``.
    """

    target: str
    position: str
    text: str
    line: int
    owner: str


class Touch(NamedTuple):
    """Something that is used in a way that does not show what is read: passed on, or called blindly."""

    target: str
    line: int


class Mention(NamedTuple):
    """A text (a template) that may be a path of a file."""

    text: str
    line: int


class Uses(NamedTuple):
    """What a source uses.

    Attributes:
        imports: In order.
        reads: Texts given to things that may be the environment or an import.
        touches: Other uses of such things.
        aliases: ``(name, target)``: names of the module, and with a leading dot names of attributes, that
            stand for something of another module.
        constants: ``(name, text)``: names of the module, and dotted ones of its classes, that stand for a
            text, once for each text.
        documents: ``(target, line)`` of each docstring read; target ``?`` when that is not known.
        mentions: Texts that may be paths.
        modules: Texts that may be names of modules, kept only where a module is imported under an unknown
            name.
        effects: What happens when it is imported.
    """

    imports: tuple[Import, ...]
    reads: tuple[Read, ...]
    touches: tuple[Touch, ...]
    aliases: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, int], ...]
    mentions: tuple[Mention, ...]
    modules: tuple[str, ...]
    effects: Effects


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
    imports, reads, touches, aliases, constants, documents, mentions, modules, effects = plain
    line, calls, bases = effects
    return Uses(
        tuple([Import(module, tuple(names), *rest) for module, names, *rest in imports]),
        tuple([Read(*item) for item in reads]),
        tuple([Touch(*item) for item in touches]),
        tuple([(name, target) for name, target in aliases]),
        tuple([(name, text) for name, text in constants]),
        tuple([(target, line) for target, line in documents]),
        tuple([Mention(*item) for item in mentions]),
        tuple(modules),
        Effects(line, tuple(calls), tuple(bases)),
    )
