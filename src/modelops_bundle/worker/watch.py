"""Watches what a model reads: nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Watcher", "install"]


class Watcher:
    """Keeps what was read and is not declared."""

    def take(self, number: int) -> list[list[str]]:
        """Undeclared reads of this process up to now, as ``[kind, name, place]``."""
        del number
        return []


def install(spec: Mapping[str, Any]) -> Watcher:
    """Watch from now on."""
    del spec
    return Watcher()
