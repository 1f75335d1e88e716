"""How the next page of a list is asked for, as a provider's configuration says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelops_bundle.catalog.entries import Pagination

__all__ = ["first_parameters", "next_token"]


def first_parameters(pagination: Pagination) -> dict[str, str]:
    """Query parameters for the first page."""
    if pagination.size_parameter and pagination.size:
        return {pagination.size_parameter: str(pagination.size)}
    return {}


def next_token(page: Any, pagination: Pagination) -> str | None:
    """What to ask for next; ``None`` after the last page.

    A page without items may have a successor all the same. A cursor is what the page names as its last item,
    else the id of that; it counts unless the page says that there are no more.
    """
    if pagination.style == "none" or not pagination.parameter or not isinstance(page, Mapping):
        return None
    token = page.get(pagination.field) if pagination.field else None
    if pagination.style == "cursor":
        if page.get("has_more") is False:
            return None
        if not pagination.field:
            token = _last_id(page)
    return token if isinstance(token, str) and token else None


def _last_id(page: Mapping[str, Any]) -> Any:
    lists = [
        each for each in page.values() if isinstance(each, Sequence) and not isinstance(each, str)
    ]
    last = lists[0][-1] if lists and lists[0] else None
    return last.get("id") if isinstance(last, Mapping) else None
