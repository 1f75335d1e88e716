"""``models.json``: what is known of the models of every provider that can be asked, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.trees import public_tree

__all__ = ["is_models_json", "models_json"]


def models_json(entries: Iterable[ModelEntry]) -> bytes:
    """An array of public entries, sorted by id, developer and provider; equal entries give equal bytes."""
    order = sorted(entries, key=lambda each: (each.id, each.developer or "", each.provider))
    text = json.dumps([public_tree(each) for each in order], indent=2, ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


def is_models_json(data: bytes) -> bool:
    """Whether a file holds such a list, of whatever age, or nothing."""
    if not data.strip():
        return True
    try:
        listed = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(listed, list) and all(
        isinstance(each, dict) and "model_id" in each for each in listed
    )
