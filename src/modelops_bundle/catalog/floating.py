"""Ids that do not stay what they are: their provider moves them from one model to the next."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["is_floating"]

_LATEST = re.compile(r"(?:^|[-_:@./])latest(?:$|[-_:@./])")
#: A date, with the year first, last or left out, or a number of three digits, as Google has it.
_DATED = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|0\d{2})")


def is_floating(model_id: str, siblings: Collection[str]) -> bool:
    """Whether an id is a name that its provider moves: ``…-latest``, or one also listed with a date.

    Where the catalog has dated aliases of such a name, it means the model that they say.

    Args:
        model_id: The id that a name was resolved to.
        siblings: All ids of the same provider.
    """
    if _LATEST.search(model_id):
        return True
    return any(
        each.startswith(model_id) and _DATED.fullmatch(each, len(model_id)) for each in siblings
    )
