"""The page of a project's hosted models reads back as the columns that were written."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from modelops_bundle.catalog.characters import is_seen
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import Capabilities, ModelEntry, Price
from modelops_bundle.catalog.importing.markdown_table import read_markdown
from modelops_bundle.catalog.markdown import UNKNOWN_WORDS, latest_price, write_markdown
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import entry_from_tree, entry_tree
from modelops_bundle.yamltext.writing import write_yaml

MARKUP = "|\\`*_[](){}<>&#!~$-+.:;'\" —ñ模\u2028\u00a0aZ0"
truths = st.none() | st.booleans()
texts = st.one_of(
    st.sampled_from(sorted(UNKNOWN_WORDS - {""})),
    st.text(MARKUP, min_size=1, max_size=12),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20),
)
shown = texts.map(str.strip).filter(bool)
ids = texts.map(lambda text: "".join(text.split())).filter(bool).filter(is_seen)
slugs = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)


@st.composite
def rows(draw: st.DrawFn, meter: str) -> tuple[Price, ...]:
    if draw(st.booleans()):
        return ()
    amount = draw(st.decimals(0, 1000, allow_nan=False, places=draw(st.integers(0, 12))))
    unit = draw(st.sampled_from(["token", "1k_tokens", "1m_tokens"]))
    currency = draw(st.sampled_from(["USD", "EUR", "CNY"]))
    return (Price(meter=meter, unit=unit, amount=Decimal(amount), currency=currency),)


@st.composite
def models(draw: st.DrawFn) -> ModelEntry:
    return ModelEntry(
        id=draw(ids),
        provider=draw(slugs),
        display_name=draw(st.none() | shown),
        status=draw(st.none() | st.sampled_from(list(Status))),
        context_window=draw(st.none() | st.integers(1, 10**12)),
        capabilities=Capabilities(
            supports_vision=draw(truths), supports_function_calling=draw(truths)
        ),
        prices=(*draw(rows("input")), *draw(rows("output"))),
    )


def columns(entry: ModelEntry) -> tuple[object, ...]:
    prices = [latest_price(entry, meter) for meter in ("input", "output")]
    amounts = [None if each is None else (each.each * 1_000_000, each.currency) for each in prices]
    able = entry.capabilities
    return (
        *(entry.provider, entry.id, entry.display_name, entry.status, entry.context_window),
        *(*amounts, able.supports_vision, able.supports_function_calling),
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(models(), max_size=5, unique_by=lambda each: (each.provider, each.id)))
def test_a_page_reads_back_without_loss(entries: list[ModelEntry]) -> None:
    text = write_markdown(entries, "# Models\n\nBelow are | some.\n")
    imported = read_markdown(text.encode(), "page.md")
    assert imported.unmapped == ()
    back = [entry_from_tree(tree) for tree in imported.models]
    expected = sorted(entries, key=lambda each: (each.provider, each.id))
    assert [columns(each) for each in back] == [columns(each) for each in expected]
    # What was read is a valid document as well.
    data = write_yaml({"models": list(imported.models)})
    assert len(read_document(data, "converted").models) == len(entries)
    assert all(entry_tree(each) for each in back)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(MARKUP + "|\n", max_size=40), min_size=1, max_size=6))
def test_any_table_is_read_into_a_valid_document_and_remarks(lines: list[str]) -> None:
    head = "Provider | ID | Name | Context | Input $/M | Vision\n---|---|---|---|---|---\n"
    imported = read_markdown((head + "\n".join(lines)).encode(), "page.md")
    data = write_yaml({"models": list(imported.models)})
    assert len(read_document(data, "converted").models) == len(imported.models)
