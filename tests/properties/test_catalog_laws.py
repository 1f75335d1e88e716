"""Laws of the catalog: forms that agree, and history that is laid over instant by instant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.dates import PartialDate, instant_text, read_instant
from modelops_bundle.catalog.documents import Document, read_document
from modelops_bundle.catalog.entries import (
    METERS,
    UNITS_OF,
    Alias,
    Capabilities,
    ModelEntry,
    Price,
    When,
)
from modelops_bundle.catalog.overlay import overlay_entry
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import entry_from_tree, entry_tree
from modelops_bundle.errors import HostedModelError
from modelops_bundle.yamltext.writing import write_yaml

START = datetime(2024, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8)
names = texts | st.sampled_from(
    ["null", "true", "1.10", "2024-05", "ft:a:b", "a/b", "<<", "~", "=", "- a"]
)
names = names.map(lambda name: name.replace(" ", ""))
dates = st.dates(date(1900, 1, 1))
partial = st.one_of(
    st.builds(lambda day: PartialDate(day.year), dates),
    st.builds(lambda day: PartialDate(day.year, day.month), dates),
    st.builds(lambda day: PartialDate(day.year, day.month, day.day), dates),
)
amounts = st.decimals(0, 10**6, places=9).map(lambda amount: Decimal(f"{amount:f}"))
minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))
limits = st.none() | st.integers(1, 10**7)
truths = st.none() | st.booleans()
maybe = st.none() | texts
moments = st.integers(0, 12).map(lambda months: START + timedelta(days=30 * months, hours=months))


@st.composite
def spans(draw: st.DrawFn) -> dict[str, datetime | None]:
    start, end = draw(st.none() | moments), draw(st.none() | moments)
    if start is not None and end is not None:
        if start == end:
            end = None
        else:
            start, end = sorted((start, end))
    return {"valid_from": start, "valid_to": end}


@st.composite
def whens(draw: st.DrawFn) -> When:
    hours = draw(st.none() | st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]))
    tier = draw(st.sampled_from([None, "flex"]))
    return When(service_tier=tier, batch=draw(st.booleans()), time_of_day=hours)


@st.composite
def prices(draw: st.DrawFn, meters: tuple[str, ...] = METERS) -> Price:
    meter = draw(st.sampled_from(meters))
    return Price(
        meter=meter,
        unit=draw(st.sampled_from(UNITS_OF[meter])),
        amount=draw(amounts),
        currency=draw(st.sampled_from(["USD", "EUR"])),
        when=draw(whens()),
        min_context=draw(st.sampled_from([0, 1000])),
        source=draw(maybe),
        **draw(spans()),
    )


@st.composite
def aliases(draw: st.DrawFn) -> Alias:
    return Alias(name=draw(st.sampled_from(["x", "y"])), source=draw(maybe), **draw(spans()))


def one_of_each(rows: list[Price]) -> tuple[Price, ...]:
    """Rows of which no two can clash."""
    return tuple({row.meter: row for row in rows}.values())


@st.composite
def entries(draw: st.DrawFn) -> ModelEntry:
    early, late = draw(st.none() | partial), draw(st.none() | partial)
    if early and late and early.first > late.last:
        early, late = late, early
    return ModelEntry(
        id=draw(names),
        provider=draw(st.sampled_from(["acme", "302ai", "x.y"])),
        developer=draw(maybe),
        display_name=draw(maybe),
        release_date=draw(st.none() | partial),
        status=draw(st.none() | st.sampled_from(Status)),
        context_window=draw(limits),
        max_output_tokens=draw(limits),
        capabilities=Capabilities(supports_vision=draw(truths), supports_streaming=draw(truths)),
        aliases=tuple(draw(st.lists(aliases(), max_size=2))),
        deprecation_date=early,
        shutdown_date=late,
        replacement=draw(st.none() | names),
        source=draw(st.dictionaries(texts, texts, max_size=2)),
        checked_on=draw(st.none() | dates),
        prices=one_of_each(draw(st.lists(prices(), max_size=4))),
    )


def _same(one: ModelEntry, other: ModelEntry) -> bool:
    """Equal, down to every amount's digits."""
    return one == other and entry_tree(one) == entry_tree(other)


@given(entries())
def test_a_model_survives_json_and_yaml(entry: ModelEntry) -> None:
    tree = entry_tree(entry)
    assert _same(entry_from_tree(json.loads(json.dumps(tree))), entry)
    document = read_document(write_yaml({"models": [tree]}), "x.yaml")
    assert _same(entry_from_tree(document.models[0]), entry)


@settings(max_examples=30)
@given(st.lists(entries(), max_size=5, unique_by=lambda entry: entry.name))
def test_a_compiled_catalog_has_the_models_that_went_in(models: list[ModelEntry]) -> None:
    data = compile_catalog([], models)
    assert data == compile_catalog([], reversed(models))
    catalog = Catalog(Shelf(data))
    assert sorted(catalog, key=lambda each: each.name) == sorted(models, key=lambda each: each.name)


@given(partial)
def test_a_date_is_written_as_it_was_read(day: PartialDate) -> None:
    assert PartialDate.parse(str(day)) == day
    assert day.first <= day.last
    assert str(day.first).startswith(str(day))
    assert str(day.last).startswith(str(day))


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.timezones() | st.none()))
def test_an_instant_is_written_as_it_was_read(instant: datetime) -> None:
    text = instant_text(instant)
    assert instant_text(read_instant(text)) == text


def _key(price: Price) -> tuple[object, ...]:
    return price.meter, price.when.service_tier, price.when.batch


@given(
    st.lists(prices(("input", "output")), max_size=4),
    st.lists(prices(("input", "output")), max_size=3),
    moments,
    st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(days=20)]),
)
def test_at_each_instant_a_projects_price_stands_or_the_shipped_one(
    shipped: list[Price], own: list[Price], moment: datetime, later: timedelta
) -> None:
    on = moment + later
    entry = ModelEntry(id="a", provider="acme", prices=tuple(shipped))
    mine = ModelEntry(id="a", provider="acme", prices=tuple(own), source={"*": "mine"})
    made = overlay_entry(entry, entry_tree(mine))
    stands = [each for each in own if each.is_valid(on)]
    taken = {_key(each) for each in stands}
    left = [each for each in shipped if each.is_valid(on) and _key(each) not in taken]
    assert [_without_time(each) for each in made.prices if each.is_valid(on)] == [
        _without_time(each if each.source else replace(each, source="mine")) for each in stands
    ] + [_without_time(each) for each in left]


def _without_time(price: Price) -> Price:
    return replace(price, valid_from=None, valid_to=None)


@given(
    st.lists(aliases(), max_size=3),
    st.lists(aliases(), max_size=3),
    st.sampled_from(["x", "y"]),
    moments,
    st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(days=20)]),
)
def test_at_each_instant_an_alias_means_what_the_project_says_or_what_is_shipped(
    shipped: list[Alias], own: list[Alias], name: str, moment: datetime, later: timedelta
) -> None:
    on = moment + later
    entry = ModelEntry(id="theirs", provider="acme", aliases=tuple(shipped))
    mine = entry_tree(ModelEntry(id="ours", provider="acme", aliases=tuple(own)))
    catalog = Catalog(Shelf(compile_catalog([], [entry])), Document({}, [mine]))
    says = [
        model_id
        for model_id, rows in (("ours", own), ("theirs", shipped))
        if any(row.name == name and row.is_valid(on) for row in rows)
    ]
    known = any(row.name == name for row in own) or any(
        row.name == name for row in catalog.resolve("theirs").aliases
    )
    if says:
        assert catalog.resolve(f"acme/{name}", on).id == says[0]
        return
    with pytest.raises(HostedModelError) as caught:
        catalog.resolve(f"acme/{name}", on)
    assert caught.value.reason == ("no_price_at_date" if known else "unknown_model")
