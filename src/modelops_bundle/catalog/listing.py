"""``models.json``: what is known of the models of every provider that can be asked, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.trees import public_tree

__all__ = ["models_json"]


def models_json(entries: Iterable[ModelEntry]) -> bytes:
    """An array of public entries, sorted by id, developer and provider; equal entries give equal bytes."""
    order = sorted(entries, key=lambda each: (each.id, each.developer or "", each.provider))
    text = json.dumps([public_tree(each) for each in order], indent=2, ensure_ascii=False)
    return text.encode("utf-8") + b"\n"
