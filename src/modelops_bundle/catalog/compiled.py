"""The compiled catalog: JSON that a process opens in a moment and reads one entry of.

The first line is an index, every further line one model. The index says where each line begins, so that a
lookup parses that line alone. Only what was validated is compiled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.trees import (
    entry_from_tree,
    entry_tree,
    provider_from_tree,
    provider_tree,
)

__all__ = ["FORMAT", "Shelf", "compile_catalog"]

#: Version of the format; another one is not read.
FORMAT = 1


def compile_catalog(providers: Iterable[ProviderConfig], models: Iterable[ModelEntry]) -> bytes:
    """The compiled form: equal records give equal bytes.

    Raises:
        ValueError: Two of the models have the same provider and id, or two providers the same slug.
    """
    lines: list[bytes] = []
    index: dict[str, dict[str, list[int]]] = {}
    aliases: dict[str, dict[str, list[str]]] = {}
    offset = 0
    for entry in sorted(models, key=lambda each: (each.provider, each.id)):
        line = _line(entry_tree(entry))
        _put(index.setdefault(entry.provider, {}), entry.id, [offset, len(line)], entry.name)
        offset += len(line)
        lines.append(line)
        for alias in entry.aliases:
            meant = aliases.setdefault(entry.provider, {}).setdefault(alias.name, [])
            if entry.id not in meant:
                meant.append(entry.id)
    configs: dict[str, dict[str, Any]] = {}
    for each in sorted(providers, key=lambda config: config.slug):
        _put(configs, each.slug, provider_tree(each), each.slug)
    head = {"format": FORMAT, "providers": configs, "models": index, "aliases": aliases}
    return b"".join([_line(head), *lines])


def _put(mapping: dict[str, Any], key: str, value: Any, name: str) -> None:
    if key in mapping:
        raise ValueError(f"{name} stands twice")
    mapping[key] = value


def _line(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Shelf:
    """A compiled catalog; entries are made when they are first asked for.

    Attributes:
        models: Where each model's line is, by provider and id.
        aliases: Ids that each alias ever meant, by provider and alias.
    """

    def __init__(self, data: bytes) -> None:
        """Open what :func:`compile_catalog` has made.

        Raises:
            ValueError: It is of another format.
        """
        head, _, self._lines = data.partition(b"\n")
        index = json.loads(head)
        if not isinstance(index, dict) or index.get("format") != FORMAT:
            raise ValueError(f"the catalog is not compiled in format {FORMAT}")
        self.models: Mapping[str, Mapping[str, list[int]]] = index["models"]
        self.aliases: Mapping[str, Mapping[str, list[str]]] = index["aliases"]
        self._configs: Mapping[str, Mapping[str, Any]] = index["providers"]

    @cached_property
    def providers(self) -> Mapping[str, ProviderConfig]:
        """Configurations by slug."""
        return MappingProxyType(
            {slug: provider_from_tree(slug, tree) for slug, tree in self._configs.items()}
        )

    def read(self, provider: str, model_id: str) -> ModelEntry | None:
        """The model with this very id; ``None`` when there is none."""
        place = self.models.get(provider, {}).get(model_id)
        if place is None:
            return None
        start, length = place
        return entry_from_tree(json.loads(self._lines[start : start + length]))
