"""Tables of models as people write them by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modelops_bundle.catalog.importing.markdown_table import (
    find_table,
    read_markdown,
    read_money,
    read_tokens,
)
from modelops_bundle.errors import CatalogError

HEAD = "| Provider | ID | Name | Status | Context | Input $/M | Output $/M | Vision | Functions |\n"
RULE = "|:---|---|:-:|---|---:|---|---|---|---|\n"


def read(rows: str, head: str = HEAD + RULE) -> tuple[list[dict[str, object]], list[str]]:
    outcome = read_markdown((head + rows).encode(), "models.md")
    remarks = [f"{each.where}: {each.key}: {each.value}" for each in outcome.unmapped]
    return [dict(tree) for tree in outcome.models], remarks


def test_a_row_with_everything() -> None:
    (tree,), remarks = read(
        "| OpenAI | `gpt-4o` | **GPT-4o** | Active | 128k | $2.50 | 10.00 USD | ✓ | yes |\n"
    )
    assert remarks == []
    assert tree == {
        "id": "gpt-4o",
        "provider": "openai",
        "display_name": "GPT-4o",
        "status": "production",
        "context_window": 128_000,
        "prices": [
            {
                "meter": "input",
                "unit": "1m_tokens",
                "amount": "2.5",
                "currency": "USD",
                "source": "models.md",
            },
            {
                "meter": "output",
                "unit": "1m_tokens",
                "amount": "10",
                "currency": "USD",
                "source": "models.md",
            },
        ],
        "capabilities": {"supports_vision": True, "supports_function_calling": True},
        "source": {"*": "models.md"},
    }


def test_unknown_cells_are_unknown_and_missing_cells_too() -> None:
    trees, remarks = read("| acme | a | — | ? | n/a | - | TBD | unknown | |\n| acme | b |\n")
    assert remarks == []
    assert [set(tree) for tree in trees] == [{"id", "provider", "source"}] * 2


def test_escaped_pipes_links_and_columns_in_another_order() -> None:
    head = "ID | Provider | Name\n---|---|---\n"
    (tree,), remarks = read("a\\|b | My Host | [A \\| B](https://a.example/x)\n", head)
    assert (tree["id"], tree["provider"], tree["display_name"]) == ("a|b", "my-host", "A | B")
    assert remarks == []


@pytest.mark.parametrize("mark", ["*", "**", "_", "`", "[", "[a](b)", "\\|"])
def test_markup_without_end_is_read_to_the_end(mark: str) -> None:
    for times in (900, 30_000):
        (tree,), _ = read(f"| acme | a | {mark * times}x{mark * times} |\n")
        assert "x" in tree["display_name"]


def test_what_cannot_be_read_is_reported_and_left_out() -> None:
    trees, remarks = read(
        "| acme | a | A | shiny | lots | $2,50 | 3 EUR $ | maybe | yes |\n"
        "| acme | a | again | | | | | | |\n"
        "| !!! | b | | | | | | | |\n"
        "| acme | has blank | | | | | | | |\n"
    )
    (tree,) = trees
    assert set(tree) == {"id", "provider", "display_name", "capabilities", "source"}
    assert sorted(remarks) == [
        "line 3 (acme/a): Context: lots",
        "line 3 (acme/a): Input $/M: $2,50",
        "line 3 (acme/a): Output $/M: 3 EUR $",
        "line 3 (acme/a): Status: shiny",
        "line 3 (acme/a): Vision: maybe",
        "line 4: ID: acme/a",
        "line 5: Provider: !!!",
        "line 6: ID: has blank",
    ]


def test_a_column_that_is_not_known_is_reported() -> None:
    _, remarks = read("x | a | 3\n", "Provider | ID | Stars\n---|---|---\n")
    assert remarks == ["line 1: Stars: "]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("128k", 128_000),
        ("128K", 128_000),
        ("1M", 1_000_000),
        ("1.05M tokens", 1_050_000),
        ("128,000", 128_000),
        ("1 000 000", 1_000_000),
        ("8Ki", 8_192),
        ("4096", 4_096),
    ],
)
def test_numbers_of_tokens(text: str, tokens: int) -> None:
    assert read_tokens(text) == tokens


@pytest.mark.parametrize(
    "text", ["", "0", "1.5", "-1", "12,34", "1e3", "128kk", "9" * 20, "9" * 10**6]
)
def test_no_numbers_of_tokens(text: str) -> None:
    with pytest.raises(ValueError, match="it is no number of tokens"):
        read_tokens(text)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("2.50", "2.5", "USD"),
        ("$2.50", "2.5", "USD"),
        ("US$ 2", "2", "USD"),
        ("$0.15 / 1M tokens", "0.15", "USD"),
        ("€3", "3", "EUR"),
        ("6 CNY", "6", "CNY"),
        ("$1,000.50", "1000.5", "USD"),
        (".5", "0.5", "USD"),
        ("free", "0", "USD"),
    ],
)
def test_prices(text: str, amount: str, currency: str) -> None:
    assert read_money(text) == (Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "-1", "2,50", "$3 EUR", "about 3", "NaN", "1e99"])
def test_no_prices(text: str) -> None:
    with pytest.raises(ValueError, match=r"it is no price|no price has this size"):
        read_money(text)


def test_what_a_second_column_or_no_column_holds_is_told() -> None:
    table = "Provider | Model | ID | Name | Display name\n---|---|---|---|---\n"
    outcome = read_markdown(
        (table + "acme | Big | big-1 | A | B | more | — | last |\n").encode(), "x.md"
    )
    (tree,) = outcome.models
    assert (tree["id"], tree["display_name"]) == ("big-1", "A")
    assert {(each.key, each.value, each.why, each.count) for each in outcome.unmapped} == {
        ("Model", "", "another column says the same", 1),
        ("Display name", "", "another column says the same", 1),
        ("cell 6", "more", "it is in no column", 1),
        ("cell 8", "last", "it is in no column", 1),
    }


def test_each_row_that_is_left_out_is_told() -> None:
    table = "Provider | ID\n---|---\nacme | a b\nacme |\nAcme, Inc. | c\nacme | d\n"
    outcome = read_markdown(table.encode(), "x.md")
    assert [tree["id"] for tree in outcome.models] == ["d"]
    assert [(each.where, each.key, each.value) for each in outcome.unmapped] == [
        ("line 3", "ID", "a b"),
        ("line 4", "ID", ""),
        ("line 5", "Provider", "Acme, Inc."),
    ]


def test_a_document_without_such_a_table_is_refused() -> None:
    for text in ("", "Provider | ID\n", "| A | B |\n|---|---|\n| 1 | 2 |\n"):
        assert not find_table(text)
        with pytest.raises(CatalogError, match="no table with columns"):
            read_markdown(text.encode(), "x.md")
    with pytest.raises(CatalogError, match="not UTF-8"):
        read_markdown(b"\xff\xfe", "x.md")
