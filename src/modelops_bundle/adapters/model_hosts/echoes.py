"""Answers that repeat the key: what is in them must not get into documents that are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelops_bundle.adapters.model_hosts.access import Secret

__all__ = ["repeats_key"]

#: A shorter one is a word that stands for none, such as ``ollama``, and may be anywhere.
_SHORTEST_KEY = 16


def repeats_key(answer: Any, secret: Secret | None) -> bool:
    """Whether a parsed answer holds a key in a text or in the name of a field."""
    key = "" if secret is None else secret.reveal()
    if len(key) < _SHORTEST_KEY:
        return False
    left = [answer]
    while left:
        each = left.pop()
        if isinstance(each, Mapping):
            left += [*each, *each.values()]
        elif isinstance(each, list):
            left += each
        elif isinstance(each, str) and key in each:
            return True
    return False
