"""What a name means: by id, alias and date, provider, region and fine-tuning; and what is told if nothing."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.support.catalogs import catalog_of

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.pricing import Usage
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import HostedModelError

SHIPPED = """
providers:
  acme: {name: Acme, also_known_as: [ac, acme-ai]}
  apex: {also_known_as: [ap]}
  router: {}
  aa: {}
models:
  - id: small-0513
    provider: acme
    developer: acme
    context_window: 1000
    aliases:
      - {name: small, valid_from: 2024-05-13, valid_to: 2024-10-02T16:00Z}
    prices:
      - {meter: input, unit: token, amount: 5}
  - id: small-0806
    provider: acme
    developer: ac
    aliases:
      - {name: small, valid_from: 2024-10-02T16:00Z}
      - {name: small-0806, valid_from: 2030-01-01}
    prices:
      - {meter: input, unit: token, amount: 2, valid_from: 2024-08-06}
  - {id: small, provider: acme, developer: acme, prices: [{meter: input, unit: token, amount: 9}]}
  - {id: newest, provider: acme, developer: acme, aliases: []}
  - {id: fast, provider: acme, developer: acme, aliases: [turbo]}
  - {id: "ft:fast", provider: acme, prices: [{meter: input, unit: token, amount: 7}]}
  - {id: eu.listed, provider: acme, display_name: Listed}
  - {id: listed, provider: acme, display_name: Base}
  - {id: acme/compound, provider: acme}
  - {id: acme/fast, provider: acme}
  - {id: only-routes, provider: acme}
  - {id: shared, provider: acme, developer: ac}
  - {id: shared, provider: router, developer: ac}
  - {id: small-0513, provider: aa, developer: acme}
  - {id: small, provider: apex, developer: acme}
  - {id: common, provider: apex, developer: other}
  - {id: common, provider: router, developer: other}
  - {id: acme/small, provider: router}
  - {id: acme/only-routed, provider: router}
  - {id: org/model, provider: router}
  - {id: one, provider: apex, aliases: [two]}
  - {id: two, provider: apex, aliases: [one]}
  - {id: three, provider: apex, aliases: [{name: later, valid_from: 2025-01-01}]}
  - {id: four, provider: apex, aliases: [three]}
"""
ON_THE_DAY = datetime(2024, 10, 2, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of(SHIPPED)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("acme/small-0513", "acme/small-0513"),
        ("ac/small-0513", "acme/small-0513"),
        ("acme-ai/small-0513", "acme/small-0513"),
        ("small-0513", "acme/small-0513"),
        ("acme/small", "acme/small-0806"),
        # Its developer's, not the one that another provider lists under the very id.
        ("small", "acme/small-0806"),
        ("apex/small", "apex/small"),
        ("turbo", "acme/fast"),
        ("acme/compound", "acme/acme/compound"),
        ("acme/acme/compound", "acme/acme/compound"),
        ("acme/fast", "acme/fast"),
        ("acme/acme/fast", "acme/acme/fast"),
        # Its developer's, by another name of it.
        ("shared", "acme/shared"),
        ("router/acme/small", "router/acme/small"),
        ("org/model", "router/org/model"),
        # A model's own id is no alias of it, whatever dates it has.
        ("acme/small-0806", "acme/small-0806"),
        # Two listings that name each other stay what they are.
        ("apex/one", "apex/one"),
        ("apex/two", "apex/two"),
        # An alias of what is an alias in its turn.
        ("apex/later", "apex/four"),
    ],
)
def test_what_a_name_means(catalog: Catalog, name: str, meant: str) -> None:
    for _ in range(2):
        assert catalog.resolve(name, date(2026, 1, 1)).name == meant


@pytest.mark.parametrize(
    ("on", "meant"),
    [
        (date(2024, 5, 13), "small-0513"),
        (date(2024, 10, 2), "small-0513"),
        (datetime(2024, 10, 2, 15, 59, 59), "small-0513"),
        (ON_THE_DAY, "small-0806"),
        (datetime.fromisoformat("2024-10-02T18:30:00+02:00"), "small-0806"),
        (datetime.fromisoformat("2024-10-02T17:30:00+02:00"), "small-0513"),
        (date(2024, 10, 3), "small-0806"),
        (None, "small-0806"),
    ],
)
def test_an_alias_means_what_it_meant_then(catalog: Catalog, on: date | None, meant: str) -> None:
    for name in ("small", "acme/small"):
        assert catalog.resolve(name, on).id == meant


def test_an_alias_outside_its_dates_means_nothing_even_if_it_is_listed(catalog: Catalog) -> None:
    with pytest.raises(HostedModelError, match="one meaning of acme/small on 2024-05-12") as caught:
        catalog.resolve("small", date(2024, 5, 12))
    assert caught.value.reason == "no_price_at_date"
    assert caught.value.suggestions == ("acme/small-0513", "acme/small-0806")
    assert catalog.get("acme", "small") is not None


def test_a_listing_under_an_alias_is_a_model_of_its_own(catalog: Catalog) -> None:
    listed = catalog.get("acme", "small")
    assert listed is not None
    assert listed.prices[0].amount == 9
    assert [each.id for each in catalog.entries("acme")].count("small") == 1


@pytest.mark.parametrize(
    ("name", "model_id", "base", "window", "priced"),
    [
        ("ft:small-0513:org::x1", "ft:small-0513:org::x1", "small-0513", 1000, False),
        ("acme/ft:small-0513:org:n:x1", "ft:small-0513:org:n:x1", "small-0513", 1000, False),
        ("ac/ft:fast:org::x1", "ft:fast:org::x1", "fast", None, True),
        ("ft:fast:org::x1", "ft:fast:org::x1", "fast", None, True),
        # What a model was tuned from does not move.
        ("ft:small:org::x1", "ft:small:org::x1", "small", None, False),
        ("ft:turbo:org::x1", "ft:turbo:org::x1", "fast", None, False),
        ("us.small-0513", "us.small-0513", "small-0513", 1000, False),
        ("acme/us-gov/small-0513", "us-gov/small-0513", "small-0513", 1000, False),
        ("us.small", "us.small-0806", "small-0806", None, False),
    ],
)
def test_forms_that_are_not_listed(
    catalog: Catalog, name: str, model_id: str, base: str, window: int | None, priced: bool
) -> None:
    made = catalog.resolve(name)
    assert (made.provider, made.id, made.base_model) == ("acme", model_id, base)
    assert (made.context_window, bool(made.prices), made.aliases) == (window, priced, ())


def test_a_form_that_is_listed_is_itself(catalog: Catalog) -> None:
    assert catalog.resolve("eu.listed").display_name == "Listed"
    assert catalog.resolve("us.listed").display_name == "Base"


@pytest.mark.parametrize(
    ("name", "suggestions"),
    [
        ("smal-0513", ("acme/small-0513",)),
        ("SMALL-0513", ("acme/small-0513",)),
        ("acme/smal", ("acme/small",)),
        ("acme/only-routed", ("router/acme/only-routed",)),
        ("acme/turbos", ("acme/turbo",)),
        ("0806", ("acme/small-0806",)),
        ("sm", ()),
        ("acme/", ()),
        ("", ()),
        ("/", ()),
        ("nothing-like-it", ()),
        ("ft:nothing:org::x", ()),
        ("x" * 100_000, ()),
    ],
)
def test_an_unknown_name_gets_suggestions(
    catalog: Catalog, name: str, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(HostedModelError, match="no hosted model") as caught:
        catalog.resolve(name)
    assert caught.value.reason == "unknown_model"
    assert caught.value.suggestions[: len(suggestions)] == suggestions
    assert bool(caught.value.suggestions) == bool(suggestions)
    assert len(str(caught.value)) < 1000


def test_a_name_reaches_no_terminal_as_it_is(catalog: Catalog) -> None:
    with pytest.raises(HostedModelError, match=r"no hosted model 'a\\n\\x1b\[31m'"):
        catalog.resolve("a\n\x1b[31m")


def test_a_name_of_several_providers_is_ambiguous(catalog: Catalog) -> None:
    for name in ("common", "eu.common"):
        with pytest.raises(HostedModelError, match="offered by several providers") as caught:
            catalog.resolve(name)
        assert caught.value.reason == "ambiguous_model"
        assert caught.value.suggestions == (f"apex/{name}", f"router/{name}")


def test_a_provider_is_found_by_every_name_of_it(catalog: Catalog) -> None:
    for name in ("acme", "ac", "acme-ai"):
        config = catalog.provider(name)
        assert config is not None
        assert config.slug == "acme"
    assert catalog.provider("nobody") is None


def test_the_project_may_name_a_provider_otherwise() -> None:
    project = "providers: {apex: {also_known_as: [ac, router]}, new: {}}\n"
    catalog = catalog_of(SHIPPED, project)
    slugs = {name: catalog.provider(name) for name in ("ac", "ap", "router", "acme-ai", "new")}
    found = {name: config and config.slug for name, config in slugs.items()}
    # A slug means its provider whatever others call themselves; of two other names the project's stands.
    assert found == {"ac": "apex", "ap": None, "router": "router", "acme-ai": "acme", "new": "new"}


PROJECT = """
models:
  - {id: own, provider: acme, aliases: [{name: small, valid_from: 2025-01-01}, turbo, ours]}
  - {id: small-0513, provider: acme, context_window: 2000, aliases: [old]}
  - {id: mine, provider: newcomer, cost_per_1k_input: 1}
"""


def test_a_project_gives_aliases_to_its_own_models_and_to_shipped_ones() -> None:
    catalog = catalog_of(SHIPPED, PROJECT)
    meant = {
        name: catalog.resolve(name, on).name
        for name, on in [
            ("small", date(2024, 9, 1)),
            ("acme/small", date(2024, 12, 31)),
            ("ac/small", date(2025, 1, 1)),
            ("turbo", None),
            ("ours", None),
            ("old", None),
            ("mine", None),
        ]
    }
    assert meant == {
        "small": "acme/small-0513",
        "acme/small": "acme/small-0806",
        "ac/small": "acme/own",
        "turbo": "acme/own",
        "ours": "acme/own",
        "old": "acme/small-0513",
        "mine": "newcomer/mine",
    }
    fast = catalog.get("acme", "fast")
    assert fast is not None
    assert fast.aliases == ()


def test_an_alias_that_the_project_takes_away_is_an_id_again() -> None:
    project = "models: [{id: small-0513, provider: acme, aliases: null},"
    project += " {id: small-0806, provider: acme, aliases: null}]"
    assert catalog_of(SHIPPED, project).resolve("small", date(2020, 1, 1)).id == "small"


def test_everything_is_listed_once_and_in_order() -> None:
    catalog = catalog_of(SHIPPED, PROJECT)
    names = [(entry.provider, entry.id) for entry in catalog]
    assert names == sorted(set(names))
    assert len(catalog) == len(names) == 26
    assert list(catalog.providers) == ["aa", "acme", "apex", "newcomer", "router"]
    assert [entry.id for entry in catalog.entries("newcomer")] == ["mine"]
    assert list(catalog.entries("nobody")) == []
    shipped = catalog.get("acme", "small-0513")
    assert shipped is not None
    assert (shipped.context_window, shipped.developer) == (2000, "acme")


def test_a_snapshot_does_not_change(catalog: Catalog) -> None:
    with pytest.raises(TypeError):
        catalog.providers["x"] = catalog.providers["acme"]  # type: ignore[index]
    assert catalog.resolve("small-0513") is catalog.resolve("acme/small-0513")


def test_names_that_are_not_listed_are_not_remembered(catalog: Catalog) -> None:
    before = len(catalog._places), len(catalog._claims), len(catalog._entries)
    for number in range(100):
        catalog.resolve(f"ft:small-0513:org::{number}")
        with pytest.raises(HostedModelError):
            catalog.resolve(f"unknown-{number}")
    after = len(catalog._places), len(catalog._claims), len(catalog._entries)
    assert sum(after) - sum(before) < 50


def test_a_cost_is_that_of_what_the_alias_meant_then(catalog: Catalog) -> None:
    used = Usage(input=10)
    assert catalog.cost("small", used, date(2024, 9, 1)).amount == Decimal(50)
    assert catalog.cost("small", used, date(2024, 10, 3)).amount == Decimal(20)
    reasons = {
        name: catalog.cost(name, used, date(2024, 5, 12)).reason
        for name in ("small", "common", "nothing", "newest")
    }
    assert reasons == {
        "small": "no_price_at_date",
        "common": "ambiguous_model",
        "nothing": "unknown_model",
        "newest": "no_price",
    }


def test_many_threads_get_the_same_answers() -> None:
    catalog = catalog_of(SHIPPED, PROJECT)
    names = ["small", "apex/small", "turbo", "mine", "ac/small-0513", "apex/later"]
    answers: list[list[ModelEntry]] = []
    barrier = threading.Barrier(16)

    def ask() -> None:
        barrier.wait()
        answers.append([catalog.resolve(name) for name in names * 20])

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    for answer in answers:
        assert all(one is other for one, other in zip(answer, answers[0], strict=True))


def test_what_is_known_is_what_means_something_at_some_time(catalog: Catalog) -> None:
    names = [
        name
        for provider in ("", "acme/", "ac/", "apex/", "router/", "aa/", "none/")
        for form in ("", "ft:", "eu.", "us/")
        for base in ("small", "small-0513", "fast", "turbo", "later", "two", "listed", "compound")
        for name in (f"{provider}{form}{base}", f"{provider}{form}{base}:org::x")
    ]
    for name in (*names, "", "/", "acme/", "ft::", "org/model", "acme/compound", "acme/other"):
        try:
            catalog.resolve(name, ON_THE_DAY)
            is_known = True
        except HostedModelError as error:
            is_known = error.reason != "unknown_model"
        assert catalog.knows(name) is is_known, name
