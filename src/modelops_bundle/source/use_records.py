"""The records of what a source uses, and the marks that their texts hold.

Records hold text, numbers and tuples only, so that they survive JSON.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "FILE",
    "GUARDED",
    "INNER",
    "LATER",
    "LOOKED_INTO",
    "NAME",
    "PACKAGE",
    "TYPING",
    "UNKNOWN",
    "UP",
    "Effects",
    "Import",
    "Mention",
    "Read",
    "Touch",
    "Uses",
    "folder_of_package",
]

#: Marks of an import: for type checkers alone; its failure is caught; not at the module's top level; in a
#: function, so that it does not happen while the module is loaded.
TYPING, GUARDED, INNER, LATER = 1, 2, 4, 8

#: Put behind the target of something whose attributes are asked for by a call.
LOOKED_INTO = "__dict__"

#: Marks in a text; see :mod:`modelops_bundle.source.use_texts`.
UNKNOWN = "\x01?\x02"
FILE = "\x01file\x02"
NAME = "\x01name\x02"
PACKAGE = "\x01package\x02"
UP = "\x01up\x02"


class Effects(NamedTuple):
    """What a module does when it is imported, beyond defining.

    Attributes:
        line: Line of the first statement that does more; 0 when there is none.
        calls: Targets of other files that are called: they have to be harmless too. Those that are looked
            into by ``getattr`` and its like end in :data:`LOOKED_INTO`.
        bases: Targets of other files that are derived from.
        roll_call: Line that asks a class for its subclasses, at import or later; 0 when there is none.
            Their order shows in which order other modules were loaded, whatever those do. Likewise one
            that looks at all of ``sys.modules``.
        listed: Targets whose namespaces are looked at in their order, at import or later; see
            :mod:`modelops_bundle.source.use_namespaces`.
        looked: Targets that are only asked for attributes, and otherwise handed on to nothing.
        borrowed: Targets of other files that are iterated over.
        lends: Line of an iterator that is made and kept; 0 when there is none.
        makers: Qualified names of classes that run code of their own when an instance is made.
    """

    line: int = 0
    calls: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    roll_call: int = 0
    listed: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()
    lends: int = 0
    makers: tuple[str, ...] = ()


class Import(NamedTuple):
    """One module that an import statement names.

    Attributes:
        module: Dotted name after ``import`` or ``from``, without leading dots.
        names: ``x``, ``x as y`` or ``*`` after ``from x import``; empty for ``import x``.
        bound: The name after ``import x as``, if any.
        level: Number of leading dots.
        line: Its line.
        unit: Line of the top-level statement it stands in.
        marks: :data:`TYPING` (for type checkers alone), :data:`GUARDED` (its failure is caught),
            :data:`INNER` (in a function or class) and :data:`LATER` (in a function), added up.
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
    """A text (a template) that may be a path of a file or folder, or a pattern of such (with ``*``)."""

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
        constants: ``(name, text)``: names of the module, dotted ones of its classes, and attributes with a
            leading dot, that stand for a text, once for each text; an unknown one only beside others.
        documents: ``(target, line)`` of each docstring read; target ``?`` when that is not known.
        mentions: Texts that may be paths.
        modules: Texts that may be names of modules, kept only where a module is imported under an unknown
            name.
        effects: What happens when it is imported.
        grown: ``(target, text)`` of what is put into a collection of another file, or of an attribute.
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
    grown: tuple[tuple[str, str], ...]


def folder_of_package(text: str) -> str:
    """A mark of the folder of a package that a text names, or that it is a mark of; of none otherwise."""
    if text in (PACKAGE, NAME):
        return f"{FILE}{UP}"
    if "\x01" not in text:
        return f"\x01in={text}\x02"
    whole = text.startswith("\x01=") and text.index("\x02") == len(text) - 1
    return f"\x01in={text[2:-1]}\x02" if whole else "\x01in=\x02"
