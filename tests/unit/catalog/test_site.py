"""The catalog as pages: what they say, that nothing in them can do harm, their names, and their size."""

from __future__ import annotations

import re
import sys
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.site_catalog import DAY, HOSTILE_IDS, catalog_of, many_models, small_catalog

from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import METERS, UNITS, ModelEntry
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.pricing import Usage, cost_of
from modelops_bundle.catalog.providers import SLUGS
from modelops_bundle.catalog.site import render_site
from modelops_bundle.catalog.site.addresses import page_addresses
from modelops_bundle.catalog.site.headlines import METERS_SHOWN, UNKNOWN, history_of, row_of
from modelops_bundle.catalog.site.texts import METER_WORDS, UNIT_WORDS, linked_html, money_text
from modelops_bundle.catalog.trees import entry_from_tree
from modelops_bundle.errors import UsageError

LIMIT = 2_000_000
DATES = [date(2024, 1, 1), date(2024, 9, 1), date(2025, 6, 10), date(2025, 6, 11), DAY]


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return {path: data.decode() for path, data in render_site(small_catalog(), DAY)}


class Elements(HTMLParser):
    """Every element with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def index_size(pages: dict[str, bytes]) -> int:
    return sum(len(data) for path, data in pages.items() if not path.startswith("models/"))


# --- names of files -----------------------------------------------------------------------------------


def test_a_safe_id_is_the_name_of_its_page() -> None:
    found = page_addresses({"openai": ["gpt-4o", "gpt-4o-2024-08-06"]})
    assert found["openai", "gpt-4o"] == "models/openai/gpt-4o.html"


@given(st.lists(st.text(min_size=1), unique=True) | st.just(list(HOSTILE_IDS)))
def test_every_id_has_a_file_of_its_own_on_every_system(ids: list[str]) -> None:
    found = page_addresses({"ollama": ids})
    assert len({address.casefold() for address in found.values()}) == len(ids)
    for address in found.values():
        assert re.fullmatch(r"models/ollama/[a-z0-9_][a-z0-9._-]{0,99}\.html", address), address


def test_a_name_that_another_id_makes_is_not_taken_from_it() -> None:
    [odd] = page_addresses({"p": ["A b"]}).values()
    safe = odd.removeprefix("models/p/").removesuffix(".html")
    found = page_addresses({"p": ["A b", safe]})
    assert found["p", safe] == odd
    assert found["p", "A b"] != odd


def test_a_provider_cannot_lead_out_of_the_folder() -> None:
    [address] = page_addresses({"../..": ["x"]}).values()
    assert ".." not in address


# --- what the table says --------------------------------------------------------------------------------


@pytest.mark.parametrize("on", DATES)
def test_prices_in_a_row_are_those_that_a_call_costs(on: date) -> None:
    meters = {"input": Usage(input=1, request=0), "output": Usage(output=1, request=0)}
    meters["cache_read"] = Usage(cache_read=1, request=0)
    compared = 0
    for entry in small_catalog():
        if entry.id == "yuan-model":
            continue  # at night it costs another price
        row = row_of(entry, on, None)
        for meter, text in zip(METERS_SHOWN, row.prices, strict=True):
            cost = cost_of(entry, meters[meter], on)
            assert (cost.amount is None) == (text == UNKNOWN), (entry.name, meter)
            if cost.amount is not None:
                assert float(text) == pytest.approx(float(cost.amount) * 1_000_000)
                compared += 1
    assert compared >= 2


def test_so_are_those_of_the_shipped_catalog() -> None:
    compared = 0
    for entry in list(shipped())[::25]:
        if any(price.when.time_of_day for price in entry.prices):
            continue
        cost = cost_of(entry, Usage(input=1, request=0), DAY)
        text = row_of(entry, DAY, None).prices[0]
        priced_by_token = any(p.meter == "input" and "token" in p.unit for p in entry.prices)
        if priced_by_token or cost.amount is None:
            assert (cost.amount is None) == (text == UNKNOWN), entry.name
        if cost.amount is not None and text != UNKNOWN:
            assert float(text.split(" ")[-1]) == pytest.approx(float(cost.amount) * 1_000_000)
            compared += 1
    assert compared > 100


def test_a_price_that_depends_on_the_hour_is_not_the_one_of_a_row() -> None:
    entry = small_catalog().get("elsewhere", "yuan-model")
    assert entry is not None
    assert row_of(entry, DAY, None).prices == ("CNY 0.5", UNKNOWN, UNKNOWN)


def test_what_is_not_known_is_not_zero_and_not_no() -> None:
    entry = ModelEntry(id="nothing-known", provider="elsewhere")
    row = row_of(entry, DAY, None)
    facts = (row.developer, row.released, row.status, row.context, row.max_input, row.max_output)
    assert set(facts + row.prices) == {UNKNOWN}
    assert row.abilities == UNKNOWN * 5
    assert history_of(entry, DAY) == {}


def test_every_meter_and_unit_has_words() -> None:
    assert set(METER_WORDS) == set(METERS)
    assert set(UNIT_WORDS) == set(UNITS)


def test_money_is_written_for_people() -> None:
    said = [money_text(text) for text in ("2.5", "0", "1234.5", "0.0375", "CNY 2", "10")]
    assert said == ["$2.50", "free", "$1,234.50", "$0.0375", "CNY 2.00", "$10.00"]


def test_every_model_is_in_the_plain_table(site: dict[str, str]) -> None:
    text = Elements(site["index.html"]).text
    for entry in small_catalog():
        assert entry.id in text
    assert site["index.html"].count("\n<tr><th>") == len(small_catalog())


# --- pages of models ------------------------------------------------------------------------------------


def test_only_models_of_providers_that_are_asked_have_pages(site: dict[str, str]) -> None:
    pages = [path for path in site if path.startswith("models/")]
    asked = [entry for entry in small_catalog() if entry.provider in SLUGS]
    assert len(pages) == len(asked) > 10
    assert not any(path.startswith("models/elsewhere") for path in pages)


def test_a_page_has_every_fact(site: dict[str, str]) -> None:
    page = Elements(site["models/openai/gpt-4o-2024-05-13.html"])
    for said in (
        "openai/gpt-4o-2024-05-13",
        "GPT-4o (May)",
        "Retired.",
        "Does not answer any more.",
        "with the replacement named",
        "128,000",
        "4,096",
        "2025-09",
        "2026-02-01",
        "from 2024-05-13 to 2024-10-02",
        "a price list",
        "2026-02-28",
        "no dates given",
    ):
        assert said in page.text, said
    links = [attributes.get("href") for tag, attributes in page.found if tag == "a"]
    assert "../../models/openai/gpt-4o-2024-08-06.html" in links
    assert "../../index.html" in links
    assert "https://platform.openai.com/docs/deprecations" in links


def test_a_price_list_keeps_what_is_past(site: dict[str, str]) -> None:
    page = Elements(site["models/openai/gpt-4o-2024-08-06.html"]).text
    assert "before 2025-06-10T16:00:00Z" in page
    assert "context over 100,000 tokens" in page
    assert "batch" in page
    assert "<svg" in site["models/openai/gpt-4o-2024-08-06.html"]


def test_no_price_holds_before_the_release(site: dict[str, str]) -> None:
    page = site["models/ollama/to-come.html"]
    assert re.findall(r">\s*(now|past|to come)\s*<", page) == ["to come", "to come"]


def test_a_page_says_what_is_not_known(site: dict[str, str]) -> None:
    [page] = [text for path, text in site.items() if "/con-" in path]
    assert "what it costs is not known" in page
    assert "No source says how far its provider stands behind it." in page


# --- harm -----------------------------------------------------------------------------------------------


def test_names_cannot_become_elements(site: dict[str, str]) -> None:
    for path, text in site.items():
        if not path.endswith(".html"):
            continue
        for tag, attributes in Elements(text).found:
            assert tag != "img", path
            assert not any(name.startswith("on") for name in attributes), path
            assert "style" not in attributes
            if tag == "script":
                own = (attributes.get("src") or "").endswith(".js")
                assert own or attributes.get("type") == "application/json"
            if tag == "a":
                href = attributes["href"] or ""
                assert href.startswith(("https://", "models/", "../../", "index.html", "#"))


def test_only_whole_secure_addresses_are_links() -> None:
    assert "<a" not in linked_html("javascript:alert(1) http://example.org/ data:text/html,x")
    assert linked_html('https://example.org/a?b=1&c="x').startswith(
        '<a href="https://example.org/a?b=1&amp;c=" rel="noreferrer">'
    )


def test_pages_allow_no_inline_scripts_and_nothing_from_elsewhere(site: dict[str, str]) -> None:
    for path, text in site.items():
        if path.endswith(".html"):
            assert "default-src 'none'; script-src 'self'; style-src 'self'" in text
            assert "unsafe" not in text
        else:
            assert "//" not in re.sub(r"//\s.*|http://www\.w3\.org/2000/svg", "", text), path


# --- size and form --------------------------------------------------------------------------------------


def test_equal_catalogs_give_equal_bytes() -> None:
    assert list(render_site(small_catalog(), DAY)) == list(render_site(small_catalog(), DAY))


def test_another_day_gives_other_pages() -> None:
    def index(on: date) -> bytes:
        return dict(render_site(small_catalog(), on))["index.html"]

    assert index(DAY) != index(date(2025, 1, 1))


def test_the_index_of_the_shipped_catalog_is_under_two_megabytes() -> None:
    catalog = shipped()
    assert len(catalog) >= 4_000
    assert index_size(dict(render_site(catalog, DAY))) < LIMIT


@pytest.mark.slow
def test_the_index_of_ten_thousand_models_is_under_two_megabytes() -> None:
    assert index_size(dict(render_site(many_models(10_000), DAY))) < LIMIT


def test_an_empty_catalog_has_a_site() -> None:
    pages = dict(render_site(catalog_of([]), DAY))
    assert b"<strong>0</strong>" in pages["index.html"]


def test_a_price_is_written_alike_above_the_list_and_in_it() -> None:
    document = """\
models:
  - id: gpt-a
    provider: openai
    prices:
      - {meter: input, unit: 1m_tokens, amount: 2.5}
      - {meter: output, unit: 1m_tokens, amount: 7, currency: EUR}
      - {meter: request, unit: request, amount: 0}
"""
    given = read_document(document.encode(), "x.yaml").models
    (page,) = [
        data.decode()
        for path, data in render_site(catalog_of([entry_from_tree(each) for each in given]), DAY)
        if path.startswith("models/")
    ]
    text = Elements(page).text
    assert text.count("$2.50") == text.count("EUR 7.00") == 2
    assert "free" in text
    assert "USD" not in text


def test_without_jinja_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match=r"modelops-bundle\[site\]"):
        next(render_site(small_catalog(), DAY))
