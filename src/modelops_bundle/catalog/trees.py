"""Records as plain trees and back: what YAML, the compiled form and JSON have in common.

A tree holds text, whole numbers, booleans, lists and mappings. Amounts are decimal text and dates ISO text,
so that nothing is rounded on the way. What is unknown is left out, except in :func:`public_tree`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from modelops_bundle.catalog.dates import PartialDate, instant_text, read_instant
from modelops_bundle.catalog.entries import (
    Alias,
    Authentication,
    Capabilities,
    Facts,
    ModelEntry,
    Pagination,
    Price,
    ProviderConfig,
    When,
)
from modelops_bundle.catalog.statuses import read_status

if TYPE_CHECKING:
    from modelops_bundle.catalog.pricing import Cost

__all__ = [
    "CAPABILITIES",
    "aliases_of",
    "amount_text",
    "cost_tree",
    "entry_from_tree",
    "entry_tree",
    "provider_from_tree",
    "provider_tree",
    "public_tree",
    "time_span",
]

Tree = dict[str, Any]

#: Names of the capabilities, in their order.
CAPABILITIES = tuple(each.name for each in fields(Capabilities))

_PLAIN_KEYS = (
    "id",
    "provider",
    "developer",
    "display_name",
    "release_date",
    "status",
    "context_window",
    "max_input_tokens",
    "max_output_tokens",
    "capabilities",
    "min_api_version",
    "deprecation_date",
    "shutdown_date",
    "replacement",
    "aliases",
    "prices",
    "source",
    "checked_on",
    "base_model",
)
_AS_THEY_ARE = (
    "developer",
    "display_name",
    "context_window",
    "max_input_tokens",
    "max_output_tokens",
    "min_api_version",
    "replacement",
    "base_model",
)
_PARTIAL_DATES = ("release_date", "deprecation_date", "shutdown_date")


def amount_text(amount: Decimal) -> str:
    """An amount without an exponent or zeros that say nothing: ``2.5``, ``10``, ``0.000001``."""
    text = format(abs(amount) if amount == 0 else amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def cost_tree(cost: Cost) -> Tree:
    """A cost for programs, and how it comes about: every key is present, ``null`` for unknown."""
    return {
        "amount": None if cost.amount is None else amount_text(cost.amount),
        "currency": cost.currency,
        "reason": cost.reason,
        "meter": cost.meter,
        "undated": cost.undated,
        "lines": [
            {
                "meter": line.meter,
                "count": line.count,
                "amount": amount_text(line.amount),
                "price": amount_text(line.price.amount),
                "unit": line.price.unit,
                "source": line.price.source,
            }
            for line in cost.lines
        ],
    }


def entry_tree(entry: ModelEntry) -> Tree:
    """A model as documents write it; what is unknown is left out."""
    return {key: value for key, value in _full_tree(entry).items() if value not in (None, [], {})}


def public_tree(entry: ModelEntry) -> Tree:
    """A model for programs: every key is present, ``model_id`` in place of ``id``, ``null`` for unknown."""
    tree = _full_tree(entry)
    tree["capabilities"] = {name: getattr(entry.capabilities, name) for name in CAPABILITIES}
    first = ("provider", "id", "release_date", "developer", "status")
    order = [*first, *(key for key in tree if key not in first)]
    return {("model_id" if key == "id" else key): tree[key] for key in order}


def _full_tree(entry: ModelEntry) -> Tree:
    tree: Tree = dict.fromkeys(_PLAIN_KEYS)
    tree["id"], tree["provider"] = entry.id, entry.provider
    for key in _AS_THEY_ARE:
        tree[key] = getattr(entry, key)
    for key in (*_PARTIAL_DATES, "checked_on"):
        value = getattr(entry, key)
        tree[key] = None if value is None else str(value)
    tree["status"] = None if entry.status is None else str(entry.status)
    tree["capabilities"] = {
        name: value
        for name in CAPABILITIES
        if (value := getattr(entry.capabilities, name)) is not None
    }
    tree["aliases"] = [_alias_tree(alias) for alias in entry.aliases]
    tree["prices"] = [_price_tree(price) for price in entry.prices]
    tree["source"] = dict(entry.source)
    return tree


def _span_tree(row: Alias | Price) -> Tree:
    tree = {}
    if row.valid_from is not None:
        tree["valid_from"] = instant_text(row.valid_from)
    if row.valid_to is not None:
        tree["valid_to"] = instant_text(row.valid_to)
    if row.source is not None:
        tree["source"] = row.source
    return tree


def _alias_tree(alias: Alias) -> Tree:
    return {"name": alias.name, **_span_tree(alias)}


def _price_tree(price: Price) -> Tree:
    tree: Tree = {
        "meter": price.meter,
        "unit": price.unit,
        "amount": amount_text(price.amount),
        "currency": price.currency,
    }
    if price.when != When():
        tree["when"] = _when_tree(price.when)
    if price.min_context:
        tree["min_context"] = price.min_context
    return tree | _span_tree(price)


def _when_tree(when: When) -> Tree:
    tree: Tree = {}
    if when.service_tier is not None:
        tree["service_tier"] = when.service_tier
    if when.batch:
        tree["batch"] = True
    if when.time_of_day is not None:
        tree["time_of_day"] = "-".join(each.isoformat("minutes") for each in when.time_of_day)
    return tree


def entry_from_tree(tree: Mapping[str, Any]) -> ModelEntry:
    """The model that a valid tree describes."""
    known: Tree = {key: tree[key] for key in _AS_THEY_ARE if key in tree}
    for key in _PARTIAL_DATES:
        text = tree.get(key)
        if text is not None:
            known[key] = PartialDate.parse(text)
    status, checked = tree.get("status"), tree.get("checked_on")
    if status is not None:
        known["status"] = read_status(status)
    if checked is not None:
        known["checked_on"] = date.fromisoformat(checked)
    return ModelEntry(
        id=tree["id"],
        provider=tree["provider"],
        capabilities=Capabilities(**tree.get("capabilities") or {}),
        aliases=aliases_of(tree),
        prices=tuple(_price(each) for each in tree.get("prices") or ()),
        source=Facts(tree.get("source")),
        **known,
    )


def _span(tree: Mapping[str, Any]) -> Tree:
    return {
        "valid_from": None if tree.get("valid_from") is None else read_instant(tree["valid_from"]),
        "valid_to": None if tree.get("valid_to") is None else read_instant(tree["valid_to"]),
        "source": tree.get("source"),
    }


def time_span(tree: Mapping[str, Any]) -> tuple[float, float]:
    """From and until, as seconds since 1970, of a valid tree of a price or an alias; infinite where open."""
    span = _span(tree)
    start, end = span["valid_from"], span["valid_to"]
    return (
        float("-inf") if start is None else start.timestamp(),
        float("inf") if end is None else end.timestamp(),
    )


def aliases_of(tree: Mapping[str, Any]) -> tuple[Alias, ...]:
    """The aliases in a model's valid tree."""
    return tuple(Alias(name=each["name"], **_span(each)) for each in tree.get("aliases") or ())


def _price(tree: Mapping[str, Any]) -> Price:
    when = tree.get("when")
    return Price(
        meter=tree["meter"],
        unit=tree["unit"],
        amount=Decimal(tree["amount"]),
        currency=tree.get("currency") or "USD",
        when=When() if not when else _when(when),
        min_context=tree.get("min_context") or 0,
        **_span(tree),
    )


def _when(tree: Mapping[str, Any]) -> When:
    hours = tree.get("time_of_day")
    start, _, end = (hours or "").partition("-")
    return When(
        service_tier=tree.get("service_tier"),
        batch=bool(tree.get("batch")),
        time_of_day=(time.fromisoformat(start), time.fromisoformat(end)) if hours else None,
    )


def provider_tree(config: ProviderConfig) -> Tree:
    """A provider's configuration as documents write it, without its slug; defaults are left out."""
    tree: Tree = {}
    for each in fields(config):
        value = getattr(config, each.name)
        if each.name == "slug" or value == each.default:
            continue
        if isinstance(value, Authentication | Pagination):
            parts = {part.name: getattr(value, part.name) for part in fields(value)}
            value = {key: _plain(part) for key, part in parts.items() if part not in (None, {})}
        tree[each.name] = list(value) if isinstance(value, tuple) else value
    return tree


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Facts) else value


def provider_from_tree(slug: str, tree: Mapping[str, Any]) -> ProviderConfig:
    """The configuration that a valid tree describes."""
    known = {key: value for key, value in tree.items() if value is not None}
    for key in ("also_known_as", "other_base_urls", "credential_variables", "base_url_variables"):
        if key in known:
            known[key] = tuple(known[key])
    for key, record in (("authentication", Authentication), ("pagination", Pagination)):
        if key in known:
            parts = known[key].items()
            known[key] = record(**{part: value for part, value in parts if value is not None})
    return ProviderConfig(slug=slug, **known)
