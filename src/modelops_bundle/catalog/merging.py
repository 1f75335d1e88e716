"""What a provider says now, merged into what is known: history stays, and only what changed is touched.

The rules, of which each has one function:

- What a provider does not say stays as it is, and nothing is ever removed.
- Who made a model, its name and its date of release do not change in its life. They are filled in where they
  are unknown, and changed only where the same source gave them.
- Everything else follows the provider.
- A changed price ends the row that was in force, now, and begins a new one. So does an alias that moved. What
  was never known of before begins now too: a list of today says nothing of yesterday.
- An entry says when it was last found changed, so that an unchanged one is the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from modelops_bundle.catalog.dates import instant_text
from modelops_bundle.catalog.entries import Alias, ModelEntry, Price
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.trees import amount_text, entry_tree, time_span

__all__ = ["Change", "Merge", "merge"]

Tree = dict[str, Any]
Path = tuple[str, ...]
Meaning = Callable[[str], tuple[str | None, datetime | None]]
Row = TypeVar("Row", bound=Alias | Price)

_LASTING = ("developer", "display_name", "release_date")
_CHANGING = (
    "status",
    "context_window",
    "max_input_tokens",
    "max_output_tokens",
    "min_api_version",
    "deprecation_date",
    "shutdown_date",
    "replacement",
    "base_model",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is not as it was.

    Attributes:
        id: The model.
        field: What changed: a field, ``price of input``, ``alias``.
        before: What was known, as text; ``None`` when nothing was.
        after: What is known now.
    """

    id: str
    field: str
    before: str | None
    after: str


@dataclass(slots=True)
class Merge:
    """What a merge makes of a document's models.

    Attributes:
        models: The rows as they are to be, in the order of the document, new ones last.
        touched: Where they differ from what the document says: keys and numbers from the row's number down.
        changes: What changed, in the order of the provider's list.
        added: Ids that the catalog did not have.
    """

    models: list[Tree]
    touched: set[Path] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


def merge(
    catalog: Catalog,
    rows: Sequence[Mapping[str, Any]],
    fetched: Iterable[ModelEntry],
    now: datetime,
) -> Merge:
    """What the rows of a document become with what a provider says.

    Args:
        catalog: What is known: the document, and what it lies over.
        rows: The models of the document, as valid trees.
        fetched: What the provider says. Its prices and aliases are those of now, without dates.
        now: When that was, UTC, in whole seconds.
    """
    made = Merge([dict(row) for row in rows])
    numbers = {(row["provider"], row["id"]): number for number, row in enumerate(rows)}
    said = list(fetched)
    _end_moved_aliases(made, said, now)
    for entry in said:
        number = numbers.get((entry.provider, entry.id))
        known = catalog.get(entry.provider, entry.id)
        row = {} if number is None else made.models[number]
        change = _RowChange(entry, known, row, now)
        change.merge(partial(_meaning, catalog, entry.provider, now))
        if known is None:
            made.added.append(entry.id)
        if known is not None and not change.changes:
            continue
        if number is None:
            made.models.append({"id": entry.id, "provider": entry.provider, **change.row})
            made.touched.add((str(len(made.models) - 1),))
        else:
            made.models[number] = change.row
            made.touched |= {(str(number), *path) for path in change.touched}
        # Of a new model only what another one has lost is news.
        made.changes += [each for each in change.changes if known or each.before is not None]
    return made


class _RowChange:
    """What one model's row becomes.

    Attributes:
        row: The row, changed by :meth:`merge`.
        touched: Keys, and numbers of rows, that are not as they were.
        changes: What to tell.
    """

    def __init__(
        self, said: ModelEntry, known: ModelEntry | None, row: Tree, now: datetime
    ) -> None:
        self.row = dict(row)
        self.touched: set[Path] = set()
        self.changes: list[Change] = []
        self._is_new = not row
        self._said = said
        self._known = known or ModelEntry(id=said.id, provider=said.provider)
        self._now = now
        self._source = said.source.get("*", "")
        self._tree = entry_tree(said)

    def merge(self, meaning: Meaning) -> None:
        """Put in what the provider says; ``meaning`` is :func:`_meaning` of an alias."""
        for key in (*_LASTING, *_CHANGING):
            self._plain(key)
        self._capabilities()
        self._prices()
        self._aliases(meaning)
        if self.changes or self._is_new:
            if self._is_new:
                self._set("source", {"*": self._source})
            self._set("checked_on", self._now.date().isoformat())

    def _set(self, key: str, value: Any) -> None:
        self.row[key] = value
        self.touched.add((key,))

    def _tell(self, what: str, before: object, after: object) -> None:
        text = None if before is None else str(before)
        self.changes.append(Change(self._said.id, what, text, str(after)))

    def _plain(self, key: str) -> None:
        said, known = getattr(self._said, key), getattr(self._known, key)
        if said is None or said == known:
            return
        if key in _LASTING and known is not None and self._source_of(key) != self._source:
            return
        self._set(key, self._tree[key])
        self._cite(key)
        self._tell(key, known, said)

    def _capabilities(self) -> None:
        given: Tree = dict(self.row.get("capabilities") or {})
        for each in fields(self._said.capabilities):
            said = getattr(self._said.capabilities, each.name)
            known = getattr(self._known.capabilities, each.name)
            if said is None or said == known:
                continue
            given[each.name] = said
            if self.row.get("capabilities"):
                self.touched.add(("capabilities", each.name))
            else:
                self.touched.add(("capabilities",))
            self._cite(f"capabilities.{each.name}")
            self._tell(each.name, known, said)
        if given:
            self.row["capabilities"] = given

    def _source_of(self, key: str) -> str | None:
        return self._known.source.get(key, self._known.source.get("*"))

    def _cite(self, key: str) -> None:
        """Say where a value comes from, unless the row says so of all of them."""
        sources = self.row.get("source") or {}
        if self._is_new or sources.get(key, sources.get("*")) == self._source:
            return
        self.touched.add(("source", key) if sources else ("source",))
        self.row["source"] = {**sources, key: self._source}

    # --- rows of prices and aliases -----------------------------------------------------------------

    def _prices(self) -> None:
        groups: dict[tuple[Any, ...], list[Price]] = {}
        for price in self._said.prices:
            groups.setdefault(_group(price), []).append(self._cited(price))
        for group, said in groups.items():
            every = [each for each in self._known.prices if _group(each) == group]
            known = {_place(each): each for each in every if each.is_valid(self._now)}
            wanted = {**known, **{_place(each): each for each in said}}
            changed = [each for each in said if not _same_price(known.get(_place(each)), each)]
            if not changed:
                continue
            self._end_prices(group)
            starts = [each.valid_from for each in every if each.valid_from]
            until = min((start for start in starts if start > self._now), default=None)
            for price in wanted.values():
                # What stays in force beside what changed is nothing that the provider has said.
                source = price.source or self._source_of("prices")
                begun = replace(price, valid_from=self._now, valid_to=until, source=source)
                self._append("prices", begun)
            for price in changed:
                before = known.get(_place(price))
                self._tell(
                    f"price of {price.meter}", before and _price_text(before), _price_text(price)
                )

    def _aliases(self, meaning: Meaning) -> None:
        for alias in self._said.aliases:
            rows = [each for each in self._known.aliases if each.name == alias.name]
            if any(each.is_valid(self._now) for each in rows):
                continue
            before, until = meaning(alias.name)
            begun = replace(alias, valid_from=self._now, valid_to=until)
            self._append("aliases", self._cited(begun))
            self._tell(f"alias {alias.name}", before, self._said.id)

    def _end_prices(self, group: tuple[Any, ...]) -> None:
        """End the row's own prices that are in force; what began this very second is taken back."""
        prices = self.row.get("prices") or ()
        rows, touched = _ended(prices, lambda row: _tree_group(row) == group, self._now)
        if touched is None:
            self._set("prices", rows)
        elif touched:
            self.row["prices"] = rows
            self.touched |= {("prices", *path) for path in touched}

    def _cited(self, record: Row) -> Row:
        return replace(record, source=record.source or self._source or None)

    def _append(self, key: str, record: Price | Alias) -> None:
        rows = [*(self.row.get(key) or ()), _row_tree(self._said, key, record)]
        self.touched.add((key, str(len(rows) - 1)) if len(rows) > 1 else (key,))
        self.row[key] = rows


def _ended(
    rows: Sequence[Mapping[str, Any]], is_meant: Callable[[Mapping[str, Any]], bool], now: datetime
) -> tuple[list[Tree], set[Path] | None]:
    """Rows of prices or aliases, of which those that are meant and in force end now.

    Returns:
        The rows, and where they changed; ``None`` in place of that when one that had only begun is gone.
    """
    moment, kept, touched, gone = now.timestamp(), [], set[Path](), False
    for number, row in enumerate(rows):
        start, end = time_span(row)
        if not (is_meant(row) and start <= moment < end):
            kept.append(dict(row))
        elif start == moment:
            gone = True
        else:
            kept.append({**row, "valid_to": instant_text(now)})
            touched.add((str(number), "valid_to"))
    return kept, None if gone else touched


def _end_moved_aliases(made: Merge, said: Sequence[ModelEntry], now: datetime) -> None:
    """End aliases of other rows of the document that mean a model of the provider's list now."""
    meant: dict[tuple[str, str], str] = {}
    for entry in said:
        meant.update({(entry.provider, alias.name): entry.id for alias in entry.aliases})
    for number, row in enumerate(made.models):

        def moved(alias: Mapping[str, Any], row: Tree = row) -> bool:
            return bool(meant.get((row["provider"], alias["name"]), row["id"]) != row["id"])

        rows, touched = _ended(row.get("aliases") or (), moved, now)
        if touched is None or touched:
            row["aliases"] = rows
            paths = {()} if touched is None else touched
            made.touched |= {(str(number), "aliases", *path) for path in paths}


def _meaning(
    catalog: Catalog, provider: str, now: datetime, name: str
) -> tuple[str | None, datetime | None]:
    """Which model an alias has meant so far, and from when on it is known to mean one again."""
    before, later = None, []
    for model_id in catalog.ids(provider):
        entry = catalog.get(provider, model_id)
        for alias in entry.aliases if entry else ():
            if alias.name == name and alias.is_valid(now):
                before = before or model_id
            elif alias.name == name and alias.valid_from and alias.valid_from > now:
                later.append(alias.valid_from)
    return before, min(later, default=None)


def _row_tree(entry: ModelEntry, key: str, record: Price | Alias) -> Tree:
    alone: Any = {key: (record,)}
    (tree,) = entry_tree(replace(entry, **alone))[key]
    return dict(tree)


def _group(price: Price) -> tuple[Any, ...]:
    """What a document's rows stand for together; see :mod:`modelops_bundle.catalog.overlay`."""
    return price.meter, price.when.service_tier, price.when.batch


def _tree_group(row: Mapping[str, Any]) -> tuple[Any, ...]:
    when = row.get("when") or {}
    return row["meter"], when.get("service_tier"), bool(when.get("batch"))


def _place(price: Price) -> tuple[Any, ...]:
    """What tells the rows of a group apart."""
    return price.when.time_of_day, price.min_context


def _same_price(known: Price | None, said: Price) -> bool:
    if known is None:
        return False
    return bool(known.each == said.each and known.currency == said.currency)


def _price_text(price: Price) -> str:
    return f"{amount_text(price.amount)} {price.currency} per {price.unit}"
