"""Characters that nobody sees."""

from __future__ import annotations

from unicodedata import category

__all__ = ["is_seen"]

#: Controls, formats (as of no width, or of the direction of writing), surrogates, and blanks of any width.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))


def is_seen(text: str) -> bool:
    """Whether all of a name can be seen, so that two that look the same are the same."""
    return text.isascii() or all(category(each) not in _UNSEEN for each in text)
