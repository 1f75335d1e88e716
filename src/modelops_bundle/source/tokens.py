"""Words, signs, strings and line ends of a source's bytes, roughly, in time in proportion to its size.

It is for judging what parsing would cost. A string that does not end is a sign followed by words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

__all__ = ["tokens"]

# Atomic, so that no input makes it go back (possessive groups match wrongly before Python 3.11.4).
_INSIDE = {
    b'"""': rb'(?>(?:[^"\\]+|\\.|"(?!""))*)',
    b"'''": rb"(?>(?:[^'\\]+|\\.|'(?!''))*)",
    b'"': rb'(?>(?:[^"\\\n]+|\\.)*)',
    b"'": rb"(?>(?:[^'\\\n]+|\\.)*)",
}
_INSIDES = {quote: re.compile(inside, re.DOTALL) for quote, inside in _INSIDE.items()}


@cache
def _pattern(quotes: tuple[bytes, ...]) -> re.Pattern[bytes]:
    strings = b"|".join(quote + _INSIDE[quote] + quote for quote in quotes) or rb"(?!)"
    return re.compile(
        rb"\#[^\n]*|(?:\b(?P<prefix>[A-Za-z]{1,2}))?(?:" + strings + rb")|\w+|\n\s*|[^\s\w]",
        re.DOTALL,
    )


def tokens(data: bytes) -> Iterator[re.Match[bytes]]:
    """The tokens in order; those that may be strings have their ``prefix``."""
    # Where a string was found not to end, no other of its kind is looked for: each search goes as far.
    blind: dict[bytes, int] = {}
    pattern = _pattern(tuple(_INSIDE))
    position, change = 0, len(data)
    while (match := pattern.search(data, position)) is not None:
        yield match
        position = match.end()
        quote = _unended(data, match)
        if quote and blind.get(quote, 0) < position:
            # Of three quotes the token took two.
            stopped = _INSIDES[quote].match(data, position + (len(quote) == 3))
            blind[quote] = stopped.end() if stopped is not None else position
        elif position < change:
            continue
        active = tuple(item for item in _INSIDE if blind.get(item, 0) <= position)
        pattern = _pattern(active)
        change = min((end for end in blind.values() if end > position), default=len(data))


def _unended(data: bytes, match: re.Match[bytes]) -> bytes:
    """The quotes that a token shows to begin a string without an end; empty for others."""
    end = match.end()
    last = data[end - 1 : end]
    if last not in (b'"', b"'"):
        return b""
    if end - match.start() == 1:
        return last
    triple = last * 3
    opening = match.end("prefix") if match["prefix"] is not None else match.start()
    return triple if data[opening : end + 1] == triple else b""
