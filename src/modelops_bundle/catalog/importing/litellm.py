"""LiteLLM's ``model_prices_and_context_window.json``, read into trees of this catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelops_bundle.catalog.entries import SLUG
from modelops_bundle.catalog.importing.litellm_prices import is_price, read_prices
from modelops_bundle.catalog.importing.outcome import Imported, Notes
from modelops_bundle.catalog.importing.slugs import LITELLM_PREFIXES, developer_of, slug_of
from modelops_bundle.catalog.importing.values import Reader, is_id, read_object, sort_prices

__all__ = ["read_litellm"]

_CAPABILITIES = {
    "supports_vision": "supports_vision",
    "supports_function_calling": "supports_function_calling",
    "supports_response_schema": "supports_structured_output",
    "supports_reasoning": "supports_reasoning",
    "supports_native_streaming": "supports_streaming",
}
_LIMITS = ("max_input_tokens", "max_output_tokens")
_READ = {
    *_CAPABILITIES,
    *_LIMITS,
    "deprecation_date",
    "deprecation_source",
    "litellm_provider",
    "source",
    "successor_model",
    "alias_of",
}
#: Rows that price a size and quality of picture, or a class of models, rather than one.
_NO_MODEL = re.compile(
    r"(?:.*/)?(?:\d+-x-\d+|max-x-max|\*)/.*"
    r"|.*/\d+-month-commitment/.*"
    r"|(?:fireworks-ai|together-ai)-(?!.*/).*(?:\d+(?:\.\d+)?[bm]|default).*"
)
_SAMPLE = "sample_spec"

Tree = dict[str, Any]


def read_litellm(data: bytes, source: str) -> Imported:
    """The models of LiteLLM's JSON.

    Ids lose the provider that LiteLLM puts before them. A name that ``alias_of`` explains becomes an alias,
    without dates, of the model that it names.

    Args:
        data: The document, UTF-8.
        source: What to name as the source of every value, with its version.

    Raises:
        CatalogError: It is no such document.
    """
    document = read_object(data, source)
    reading = _Reading(source)
    aliases = {}
    for key, row in document.items():
        if key == _SAMPLE:
            continue
        if isinstance(row, dict) and "alias_of" in row:
            aliases[key] = row
        else:
            reading.take(key, row)
    for key, row in sorted(aliases.items()):
        reading.take_alias(key, row)
    return reading.outcome()


class _Reading:
    """What was read so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.notes = Notes()
        self.models: dict[tuple[str, str], Tree] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.names: dict[str, set[str]] = {}
        self.aliases: dict[tuple[str, str], str] = {}

    def take(self, key: str, row: Any) -> None:
        """Take in one model."""
        provider = row.get("litellm_provider") if isinstance(row, dict) else None
        if not isinstance(provider, str) or not SLUG.fullmatch(slug_of(provider)):
            self.notes.unmapped(key, "litellm_provider", provider, "no provider is named")
            return
        if _NO_MODEL.fullmatch(key):
            self.notes.unmapped(
                key, "mode", row.get("mode"), "it prices a size or a class, and is no model"
            )
            return
        slug = slug_of(provider)
        model_id = _without_prefix(key, slug, provider)
        if not is_id(model_id):
            self.notes.impossible(key, "id", model_id, "an id has no blanks")
            return
        self.names.setdefault(slug, set()).update(_names(provider) - {slug})
        self.keys[key] = slug, model_id
        self._add(key, self._tree(key, slug, model_id, row))

    def take_alias(self, key: str, row: Mapping[str, Any]) -> None:
        """Take in a name that means a model."""
        target = row["alias_of"]
        place = self.keys.get(target) if isinstance(target, str) else None
        if place is None:
            self.notes.unmapped(key, "alias_of", target, "no such model is in the document")
            return
        slug, model_id = place
        provider = key.partition("/")[0] if "/" in key else slug
        name = _without_prefix(key, slug, provider)
        if slug_of(provider) != slug or not is_id(name):
            self.notes.unmapped(key, "alias_of", target, "the name is of another provider")
            return
        if (slug, name) in self.models:
            self.notes.unmapped(key, "alias_of", target, "the name is the id of another model")
            return
        if self.aliases.setdefault((slug, name), model_id) != model_id:
            self.notes.unmapped(
                key, "alias_of", target, "another key gives the name another meaning"
            )
            return
        alias = {"name": name, "source": self.source}
        aliases = self.models[slug, model_id].setdefault("aliases", [])
        if alias not in aliases:
            aliases.append(alias)

    def outcome(self) -> Imported:
        """All of it, sorted."""
        models = tuple(self.models[place] for place in sorted(self.models))
        slugs = sorted({tree["provider"] for tree in models})
        providers = {
            slug: {"also_known_as": sorted(self.names[slug])} if self.names[slug] else {}
            for slug in slugs
        }
        return Imported(models, providers, self.notes.all())

    def _tree(self, key: str, slug: str, model_id: str, row: Mapping[str, Any]) -> Tree:
        reader = Reader(key, self.notes)
        tree: Tree = {"id": model_id, "provider": slug}
        sources = {"*": self.source}
        tree["developer"] = developer_of(slug, model_id)
        for limit in _LIMITS:
            if row.get(limit) is not None:
                tree[limit] = reader.limit(limit, row[limit])
        tree["capabilities"] = dict(_capabilities(row, reader))
        if row.get("deprecation_date") is not None:
            tree["deprecation_date"] = reader.date("deprecation_date", row["deprecation_date"])
            page = row.get("deprecation_source")
            if page is not None and (page := reader.text("deprecation_source", page)):
                sources["deprecation_date"] = f"{self.source}, from {page}"
        tree["replacement"] = _replacement(row, slug, reader)
        tree["prices"] = read_prices(row, key, self.source, self.notes)
        for name, value in row.items():
            if name not in _READ and not is_price(name):
                self.notes.unmapped(key, name, value, "the catalog has no field for it")
        kept = {name: value for name, value in tree.items() if value not in (None, {}, [])}
        return {**kept, "source": sources}

    def _add(self, key: str, tree: Tree) -> None:
        """Add a model, or join it to the one that another key has given already."""
        place = tree["provider"], tree["id"]
        known = self.models.setdefault(place, tree)
        if known is tree:
            return
        for name, value in tree.items():
            if name == "prices":
                _join_prices(known, value, key, self.notes)
            elif known.setdefault(name, value) != value:
                if name == "source" or name == "capabilities":
                    known[name] = {**value, **known[name]}
                else:
                    self.notes.unmapped(
                        key, name, value, f"another key of {place[0]} says otherwise"
                    )


def _names(provider: str) -> set[str]:
    prefixes = LITELLM_PREFIXES.get(provider, ())
    family = re.fullmatch(r"(vertex_ai|fireworks_ai)-.*", provider)
    names = {*prefixes, family[1] if family else provider}
    return {each for each in names if SLUG.fullmatch(each)}


def _without_prefix(key: str, slug: str, provider: str) -> str:
    """A key without the provider's name before it."""
    names = sorted({slug, *_names(provider), *LITELLM_PREFIXES.get(provider, ())}, key=len)
    for name in reversed(names):
        rest = key.removeprefix(f"{name}/")
        if rest != key and rest:
            return rest
    return key


def _capabilities(row: Mapping[str, Any], reader: Reader) -> Iterator[tuple[str, bool]]:
    for key, name in _CAPABILITIES.items():
        if row.get(key) is not None:
            value = reader.truth(key, row[key])
            if value is not None:
                yield name, value


def _replacement(row: Mapping[str, Any], slug: str, reader: Reader) -> str | None:
    """The id of the model to go to, with its provider before it only where that is another one."""
    if row.get("successor_model") is None:
        return None
    text = reader.text("successor_model", row["successor_model"])
    if text is None or not is_id(text):
        return None
    head, slash, _ = text.partition("/")
    return _without_prefix(text, slug, head) if slash and slug_of(head) == slug else text


def _join_prices(known: Tree, rows: list[Tree], key: str, notes: Notes) -> None:
    """Add rows for what has no price yet; what two keys price differently is noted."""
    places = {_place(row): row for row in known.get("prices", ())}
    for row in rows:
        there = places.setdefault(_place(row), row)
        if there["amount"] != row["amount"]:
            notes.unmapped(key, row["meter"], row["amount"], "another key gives another price")
    if places:
        known["prices"] = sort_prices(list(places.values()))


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    when = row.get("when") or {}
    return row["meter"], tuple(sorted(when.items())), row.get("min_context") or 0
