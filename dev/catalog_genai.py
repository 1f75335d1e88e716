"""The prices of genai-prices, as trees of the catalog.

The package is Python, so a process of its own imports it, straight from the wheel, and prints what it knows
as JSON. Its models match ids by rules: an id that a rule names is priced for certain; one that a pattern
catches is priced only where no other source does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import dev.catalog_wheels as wheels

from modelops_bundle.catalog.importing.outcome import Notes
from modelops_bundle.catalog.importing.slugs import developer_of, slug_of
from modelops_bundle.catalog.importing.values import is_id, price_row

Tree = dict[str, Any]

METERS = {
    "input_mtok": ("input", "1m_tokens"),
    "output_mtok": ("output", "1m_tokens"),
    "cache_read_mtok": ("cache_read", "1m_tokens"),
    "cache_write_mtok": ("cache_write_5m", "1m_tokens"),
    "cache_write_1h_mtok": ("cache_write_1h", "1m_tokens"),
    "output_reasoning_mtok": ("output_reasoning", "1m_tokens"),
    "input_audio_mtok": ("input_audio", "1m_tokens"),
    "output_audio_mtok": ("output_audio", "1m_tokens"),
    "cache_audio_read_mtok": ("cache_read_audio", "1m_tokens"),
    "input_image_mtok": ("input_image", "1m_tokens"),
    "output_image_mtok": ("output_image", "1m_tokens"),
    "audio_hours": ("audio", "hour"),
    "input_audio_hours": ("audio", "hour"),
    "requests_kcount": ("request", "1k_requests"),
    "web_searches_kcount": ("search", "1k_searches"),
}
#: What a variant is selected by, as circumstances of a price.
CIRCUMSTANCES: Mapping[tuple[str, str], Tree] = {
    ("service_tier", "priority"): {"service_tier": "priority"},
    ("service_tier", "flex"): {"service_tier": "flex"},
    ("service_tier", "fast"): {"service_tier": "fast"},
    ("processing", "batch"): {"batch": True},
}
DATE = re.compile(r"[-@](?:20\d{6}|20\d\d-\d\d-\d\d)$")
EXACT, BY_PATTERN = "exact", "pattern"


def read_genai(folder: Path, known: Mapping[str, Iterable[str]], notes: Notes) -> list[Tree]:
    """A tree for every model that is priced, with ``grade`` beside it for how sure that is.

    Args:
        folder: Where the wheel is.
        known: Ids that other sources know, by slug.
        notes: Where everything goes that has no place.
    """
    wheel = wheels.find(wheels.GENAI_PRICES, folder)
    command = [sys.executable, str(Path(__file__).resolve()), str(wheel)]
    asked = json.dumps({slug: sorted(ids) for slug, ids in known.items()})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, input=asked, stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return [_tree(row, notes) for row in json.loads(done.stdout)]


def _tree(row: Mapping[str, Any], notes: Notes) -> Tree:
    where = f"{row['provider']}/{row['id']}"
    tree: Tree = {"id": row["id"], "provider": row["provider"], "grade": row["grade"]}
    tree["developer"] = developer_of(row["provider"], row["id"])
    for key in ("display_name", "context_window"):
        if row.get(key) and row["grade"] == EXACT:
            tree[key] = row[key]
    if row.get("deprecated"):
        tree["status"] = "deprecated"
    base = list(_dated(row["prices"]))
    tree["prices"] = [each for part in base for each in _rows(part, {}, where, notes)]
    tree["inherited"] = []
    for circumstance, variants in _by_circumstance(row["variants"]).items():
        when = CIRCUMSTANCES.get(circumstance)
        if when is not None:
            own, left = _resolved(variants, base)
            tree["prices"] += [each for part in own for each in _rows(part, when, where, notes)]
            tree["inherited"] += [
                each for part in left for each in _rows(part, when, where, Notes())
            ]
        elif circumstance != ("service_tier", "default"):
            key, value = circumstance
            notes.unmapped(where, f"price_variants.{key}", value, "no circumstance means this")
    # Seconds of audio count under two keys there, with the same price.
    for key in ("prices", "inherited"):
        tree[key] = [row for at, row in enumerate(tree[key]) if row not in tree[key][:at]]
    return {key: value for key, value in tree.items() if value is not None}


def _by_circumstance(variants: Iterable[Tree]) -> dict[tuple[str, str], list[Tree]]:
    found: dict[tuple[str, str], list[Tree]] = {}
    for variant in variants:
        (circumstance,) = variant["when"].items()
        found.setdefault(circumstance, []).append(variant)
    return found


def _resolved(variants: list[Tree], base: list[Tree]) -> tuple[list[Tree], list[Tree]]:
    """What variants set, and what they leave at the standard rate, each with its span.

    For each key the first variant that has started decides.
    """
    starts = {each["start"] for each in variants} | {each.get("valid_from") for each in base}
    edges = [None, *sorted(each for each in starts if each)]
    own: list[Tree] = []
    left: list[Tree] = []
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        active = [each for each in variants if _started(each["start"], start)]
        if not active:
            continue
        set_here: Tree = {}
        for variant in active:
            set_here = {**variant["prices"], **set_here}
        standard = [each for each in base if "time_of_day" not in each]
        rate = [each for each in standard if _started(each.get("valid_from"), start)][-1:]
        kept = {key: value for each in rate for key, value in each["prices"].items()}
        kept = {key: value for key, value in kept.items() if key not in set_here}
        _extend(own, start, end, set_here)
        _extend(left, start, end, kept)
    return own, left


def _started(start: str | None, at: str | None) -> bool:
    return start is None or (at is not None and start <= at)


def _extend(parts: list[Tree], start: str | None, end: str | None, prices: Tree) -> None:
    """Add prices for a span; equal ones that end where it starts go on instead."""
    span = {key: each for key, each in (("valid_from", start), ("valid_to", end)) if each}
    for key, value in prices.items():
        before = next(
            (
                each
                for each in parts
                if each["prices"] == {key: value} and start and each.get("valid_to") == start
            ),
            None,
        )
        if before is None:
            parts.append({**span, "prices": {key: value}})
        elif end:
            before["valid_to"] = end
        else:
            del before["valid_to"]


def _dated(prices: Iterable[Tree]) -> Iterator[Tree]:
    """Each set of prices with the span that it is in force: the next start ends it."""
    by_date = [each for each in prices if not each["hours"]]
    for this, following in zip(by_date, [*by_date[1:], None], strict=True):
        span = {"valid_from": this["start"]} if this["start"] else {}
        if following is not None:
            span["valid_to"] = following["start"]
        yield {**span, "prices": this["prices"]}
    for each in prices:
        if each["hours"]:
            yield {"time_of_day": each["hours"], "prices": each["prices"]}


def _rows(part: Tree, when: Tree, where: str, notes: Notes) -> list[Tree]:
    circumstances = dict(when)
    if "time_of_day" in part:
        circumstances["time_of_day"] = part["time_of_day"]
    span: Tree = {key: part[key] for key in ("valid_from", "valid_to") if key in part}
    rows: list[Tree] = []
    for key, steps in part["prices"].items():
        if key not in METERS:
            notes.unmapped(where, key, steps[0][1], "no meter counts this")
            continue
        meter, unit = METERS[key]
        for context, amount in steps:
            row = price_row(
                meter,
                Decimal(amount),
                wheels.GENAI_PRICES.source,
                unit=unit,
                when=circumstances,
                min_context=context,
            )
            rows.append({**row, **span})
    return rows


# --- in the process that imports the package --------------------------------------------------------


def dump(known: Mapping[str, list[str]]) -> list[Tree]:
    from genai_prices.data import providers

    rows: list[Tree] = []
    for provider in providers:
        slug = slug_of(provider.id)
        own = [model.id for model in provider.models if is_id(model.id)]
        for model_id in dict.fromkeys([*own, *known.get(slug, ())]):
            model = next((each for each in provider.models if each.is_match(model_id)), None)
            if model is None:
                continue
            exact = is_named(model, model_id)
            if model_id not in known.get(slug, ()) and model_id.lower() not in named(model.match):
                continue
            grade = EXACT if exact else BY_PATTERN
            # Google's list there holds what Vertex AI hosts of others as well.
            at = "google-vertex" if slug == "google" and model_id.startswith("claude") else slug
            rows.append({"provider": at, "id": model_id, "grade": grade, **shown(model)})
    return rows


def is_named(model: Any, model_id: str) -> bool:
    """Whether a model is meant for certain: by its own id, with or without its date, or by a rule."""
    asked = model_id.lower()
    own = asked == model.id.lower() or DATE.sub("", asked) == DATE.sub("", model.id.lower())
    return own or asked in named(model.match)


def named(clause: Any) -> set[str]:
    """Ids that a rule names in full."""
    if hasattr(clause, "equals"):
        return {clause.equals.lower()}
    parts = getattr(clause, "or_", ())
    return set().union(*(named(part) for part in parts)) if parts else set()


def shown(model: Any) -> Tree:
    priced = model.prices if isinstance(model.prices, list) else [model]
    return {
        "display_name": model.name,
        "context_window": model.context_window,
        "deprecated": model.deprecated,
        "prices": [
            {**limits(getattr(each, "constraint", None)), "prices": amounts(each.prices)}
            for each in priced
        ],
        "variants": [
            {"when": each.when, **limits(each.constraint), "prices": amounts(each.prices)}
            for each in model.price_variants or ()
        ],
    }


def limits(constraint: Any) -> Tree:
    if constraint is None:
        return {"start": None, "hours": None}
    if hasattr(constraint, "start_date"):
        return {"start": constraint.start_date.isoformat(), "hours": None}
    hours = f"{constraint.start_time:%H:%M}-{constraint.end_time:%H:%M}"
    return {"start": None, "hours": hours}


def amounts(prices: Any) -> dict[str, list[tuple[int, str]]]:
    """Amounts by key, each with the context above which it holds."""
    found: dict[str, list[tuple[int, str]]] = {}
    for key, price in vars(prices).items():
        if price is None:
            continue
        tiers = [(tier.start, str(tier.price)) for tier in getattr(price, "tiers", ())]
        found[key] = [(0, str(getattr(price, "base", price))), *tiers]
    return found


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    json.dump(dump(json.load(sys.stdin)), sys.stdout)
