"""The data of models.dev, read into trees of this catalog: ``{provider: {"models": {id: model}}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelops_bundle.catalog.entries import SLUG
from modelops_bundle.catalog.importing.outcome import Imported, Notes
from modelops_bundle.catalog.importing.slugs import developer_of
from modelops_bundle.catalog.importing.values import (
    Reader,
    is_id,
    price_row,
    read_object,
    sort_prices,
)
from modelops_bundle.errors import CatalogError

__all__ = ["read_models_dev"]

_METERS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
    "reasoning": "output_reasoning",
    "input_audio": "input_audio",
    "output_audio": "output_audio",
}
_LIMITS = {
    "context": "context_window",
    "input": "max_input_tokens",
    "output": "max_output_tokens",
}
_CAPABILITIES = {
    "tool_call": "supports_function_calling",
    "structured_output": "supports_structured_output",
    "reasoning": "supports_reasoning",
}
_STATUSES = {
    "alpha": "experimental",
    "beta": "beta",
    "deprecated": "deprecated",
}
_READ = {
    *_CAPABILITIES,
    "id",
    "name",
    "release_date",
    "modalities",
    "limit",
    "cost",
    "status",
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL = re.compile(r"https?://[^\s/?#@{}$]+(/[^\s?#{}$]*[^\s?#/{}$])?")
_PAGE = re.compile(r"https?://[^\s/?#@\\]+([/?#]\S*)?")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|CREDENTIALS|PASSWORD|PAT$")
_OVER_200K = 200_000

Tree = dict[str, Any]


def read_models_dev(data: bytes, source: str) -> Imported:
    """The providers and models of models.dev.

    Args:
        data: The document, UTF-8 and not compressed.
        source: What to name as the source of every value, with its version.

    Raises:
        CatalogError: It is no such document.
    """
    document = read_object(data, source)
    notes = Notes()
    models: list[Tree] = []
    providers: dict[str, Tree] = {}
    for slug, provider in sorted(document.items()):
        listed = provider.get("models") if isinstance(provider, dict) else None
        if not isinstance(listed, dict):
            raise CatalogError(
                f"cannot read {source}",
                f"{slug} has no models, so it is not the data of models.dev",
                "Give api.json of models.dev.",
            )
        if not SLUG.fullmatch(slug):
            notes.impossible(slug, "id", slug, "a slug has small letters, digits, dots and dashes")
            continue
        providers[slug] = _provider(slug, provider, notes)
        for model_id, row in sorted(listed.items()):
            where = f"{slug}/{model_id}"
            if not isinstance(row, dict) or not is_id(model_id):
                notes.impossible(where, "id", model_id, "an id has no blanks")
            else:
                models.append(_model(slug, model_id, row, Reader(where, notes), source))
    return Imported(tuple(models), providers, notes.all())


def _provider(slug: str, row: Mapping[str, Any], notes: Notes) -> Tree:
    reader = Reader(slug, notes)
    tree: Tree = {}
    for key, name in (("name", "name"), ("doc", "docs")):
        if row.get(key) is not None:
            tree[name] = reader.text(key, row[key])
    if tree.get("docs") is not None and not _PAGE.fullmatch(tree["docs"]):
        notes.impossible(slug, "doc", tree.pop("docs"), "it is no address of a page")
    api = row.get("api")
    if isinstance(api, str):
        url = api.rstrip("/")
        if _URL.fullmatch(url):
            tree["base_url"] = url
        else:
            notes.unmapped(slug, "api", api, "it has gaps that only an account fills")
    tree["credential_variables"] = list(_credentials(row, reader))
    for key, value in row.items():
        if key not in ("id", "name", "doc", "api", "env", "models"):
            notes.unmapped(slug, key, value, "the catalog has no field for it")
    return {key: value for key, value in tree.items() if value not in (None, [])}


def _credentials(row: Mapping[str, Any], reader: Reader) -> Iterator[str]:
    for each in reader.items("env", row.get("env")):
        if not isinstance(each, str) or not _VARIABLE.fullmatch(each):
            reader.notes.impossible(reader.where, "env", each, "no variable can have this name")
        elif _SECRET.search(each):
            yield each
        else:
            reader.notes.unmapped(reader.where, "env", each, "a variable that holds no credential")


def _model(slug: str, model_id: str, row: Mapping[str, Any], reader: Reader, source: str) -> Tree:
    notes = reader.notes
    tree: Tree = {"id": model_id, "provider": slug, "developer": developer_of(slug, model_id)}
    if row.get("name") is not None:
        tree["display_name"] = reader.text("name", row["name"])
    if row.get("release_date"):
        tree["release_date"] = reader.date("release_date", row["release_date"])
    if row.get("status") is not None:
        tree["status"] = _STATUSES.get(str(row["status"]))
        if tree["status"] is None:
            notes.unmapped(reader.where, "status", row["status"], "no status means this")
    limits = reader.part("limit", row.get("limit"))
    for key, name in _LIMITS.items():
        if limits.get(key) is not None:
            tree[name] = reader.limit(f"limit.{key}", limits[key])
    tree["capabilities"] = dict(_capabilities(row, reader))
    tree["prices"] = sort_prices(_prices(reader.part("cost", row.get("cost")), reader, source))
    for key, value in row.items():
        if key not in _READ:
            notes.unmapped(reader.where, key, value, "the catalog has no field for it")
    kept = {name: value for name, value in tree.items() if value not in (None, {}, [])}
    return {**kept, "source": {"*": source}}


def _capabilities(row: Mapping[str, Any], reader: Reader) -> Iterator[tuple[str, bool]]:
    modalities = reader.part("modalities", row.get("modalities")).get("input")
    if isinstance(modalities, list):
        yield "supports_vision", "image" in modalities
    for key, name in _CAPABILITIES.items():
        if row.get(key) is not None:
            value = reader.truth(key, row[key])
            if value is not None:
                yield name, value


def _prices(cost: Mapping[str, Any], reader: Reader, source: str) -> list[Tree]:
    tiers = [(0, cost)]
    for each in reader.items("cost.tiers", cost.get("tiers")):
        tier = reader.part("cost.tiers", each)
        place = reader.part("cost.tiers.tier", tier.get("tier"))
        if place.get("type") == "context" and type(size := place.get("size")) is int and size > 0:
            tiers.append((size, tier))
        elif tier:
            reader.notes.unmapped(reader.where, "cost.tiers", tier, "a tier of no context length")
    if len(tiers) == 1 and cost.get("context_over_200k"):
        over = reader.part("cost.context_over_200k", cost["context_over_200k"])
        tiers.append((_OVER_200K, over))
    rows = []
    for context, amounts in tiers:
        for key, value in amounts.items():
            if key in ("tier", "tiers", "context_over_200k") or value is None:
                continue
            meter = _METERS.get(key)
            if meter is None:
                reader.notes.unmapped(reader.where, f"cost.{key}", value, "no meter counts this")
                continue
            amount = reader.amount(f"cost.{key}", value)
            if amount is not None:
                rows.append(price_row(meter, amount, source, min_context=context))
    return rows
