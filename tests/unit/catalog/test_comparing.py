"""What differs between two sets of models."""

from __future__ import annotations

from tests.support.catalogs import catalog_of

from modelops_bundle.catalog.comparing import Comparison, compare, compare_providers
from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig

BASE = """
models:
  - id: a
    provider: acme
    status: production
    capabilities: {supports_vision: true}
    aliases: [{name: x, valid_from: 2024-01-01}]
    prices: [{meter: input, unit: 1m_tokens, amount: "2"}, {meter: output, unit: 1m_tokens, amount: "8"}]
  - {id: b, provider: acme}
"""


def models(text: str) -> list[ModelEntry]:
    return list(catalog_of(text))


def changes(after: str) -> dict[str, tuple[object, object]]:
    found = compare(models(BASE), models(after))
    (change,) = found.changed
    assert change.name == "acme/a"
    return {each.key: (each.before, each.after) for each in change.values}


def test_equal_sets_do_not_differ_whatever_their_order() -> None:
    assert compare(models(BASE), reversed(models(BASE))) == Comparison((), (), ())
    assert not compare(models(BASE), models(BASE))


def test_added_and_removed() -> None:
    found = compare(models(BASE), models(BASE.replace("id: b", "id: c")))
    assert found.added == ("acme/c",)
    assert found.removed == ("acme/b",)
    assert found.changed == ()


def test_values_that_changed_are_named_with_before_and_after() -> None:
    assert changes(BASE.replace("production", "deprecated")) == {
        "status": ("production", "deprecated")
    }
    assert changes(BASE.replace("true", "false")) == {"capabilities.supports_vision": (True, False)}
    assert changes(BASE.replace('amount: "2"', 'amount: "3"')) == {
        "prices[input].amount": ("2", "3")
    }


def test_rows_that_only_one_side_has_are_told_whole() -> None:
    told = changes(BASE.replace("{name: x, valid_from: 2024-01-01}", "y"))
    assert told == {
        "aliases[x, from 2024-01-01]": ({"name": "x"}, None),
        "aliases[y]": (None, {"name": "y"}),
    }
    batch = BASE.replace(
        "prices: [", 'prices: [{meter: input, unit: 1m_tokens, amount: "1", when: {batch: true}}, '
    )
    assert list(changes(batch)) == ["prices[input, batch]"]


def test_providers_are_compared_by_their_configuration() -> None:
    before = [ProviderConfig(slug="a", name="A"), ProviderConfig(slug="b")]
    after = [ProviderConfig(slug="a", name="Aa"), ProviderConfig(slug="c")]
    found = compare_providers(before, after)
    assert (found.added, found.removed) == (("c",), ("b",))
    (change,) = found.changed
    assert [(each.key, each.before, each.after) for each in change.values] == [("name", "A", "Aa")]
