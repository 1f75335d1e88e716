"""The static site of the catalog in a real browser."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from modelops_bundle.catalog.site import render_site
from modelops_bundle.catalog.site.addresses import page_addresses
from modelops_bundle.catalog.site.headlines import UNKNOWN, row_of
from modelops_bundle.catalog.site.texts import money_text
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.wiring.site import replace_site
from tests.support.browser import Visit, chromium, served, visit
from tests.support.command import Project, environment
from tests.support.site_catalog import DAY, HOSTILE_IDS, many_models, small_catalog

pytestmark = pytest.mark.needs_browser

ROOT = Path(__file__).parents[2]
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def made(folder: Path, catalog: Catalog) -> Path:
    replace_site(str(folder), render_site(catalog, DAY))
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("small") / "site", small_catalog())


@pytest.fixture(scope="module")
def index(site: Path) -> str:
    return (site / "index.html").as_uri()


@pytest.fixture(scope="module")
def shared(browser: Browser, index: str) -> Iterator[Visit]:
    with visit(browser, index) as opened:
        yield opened


@pytest.fixture
def page(shared: Visit, index: str) -> Page:
    """The index as it is when it is opened."""
    shared.page.goto("about:blank")
    shared.page.goto(index)
    return shared.page


# What is typed is looked for after a moment; then the address says so.
def ask(page: Page, said: str, **fields: str) -> None:
    for name, value in fields.items():
        if page.locator(f"#{name}").evaluate("it => it.tagName") == "SELECT":
            page.select_option(f"#{name}", value)
        else:
            page.fill(f"#{name}", value)
    page.wait_for_function("said => decodeURIComponent(location.hash).includes(said)", arg=said)


def names(page: Page) -> list[str]:
    script = """rows => rows.map(row => {
        const cell = row.cells[0];
        return (cell.querySelector('a') || cell.firstChild).textContent;
    })"""
    found: list[str] = page.locator("#models tbody tr").evaluate_all(script)
    return found


def cells(page: Page) -> dict[str, list[str]]:
    """The cells of each row that can be seen, by provider and id."""
    script = """rows => rows.map(row => [...row.cells].map(cell => {
        const copy = cell.cloneNode(true);
        copy.querySelectorAll('.unseen').forEach(it => it.remove());
        const first = copy.querySelector('a') || copy.firstChild;
        return (cell.cellIndex === 0 ? first : copy).textContent;
    }))"""
    rows: list[list[str]] = page.locator("#models tbody tr").evaluate_all(script)
    return {f"{row[1]}/{row[0]}": row for row in rows}


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found]


# --- nothing from elsewhere, nothing wrong ----------------------------------------------------------------


def test_nothing_is_loaded_from_elsewhere(browser: Browser, site: Path) -> None:
    with served(site) as address, visit(browser, address) as opened:
        opened.page.locator("#found").get_by_text("of").wait_for()
        assert len(opened.requests) >= 7
        assert all(url.startswith(address) for url in opened.requests)
        assert opened.complaints == []


def test_it_works_from_a_folder(shared: Visit, page: Page, site: Path) -> None:
    page.locator("#found").get_by_text("of").wait_for()
    assert len(names(page)) == len(small_catalog()) - 1  # one is not released yet
    page.get_by_role("link", name="gpt-4o-2024-05-13").click()
    page.get_by_role("heading", level=1, name="GPT-4o (May)").wait_for()
    page.get_by_role("link", name="Back to all models").click()
    page.locator("#models tbody tr").first.wait_for()
    base = site.as_uri() + "/"
    assert all(url.startswith(base) or url == "about:blank" for url in shared.requests)
    assert shared.complaints == []


def test_names_that_mean_harm_are_text(shared: Visit, page: Page, site: Path) -> None:
    ask(page, "provider=ollama", provider="ollama")
    assert set(HOSTILE_IDS) <= set(names(page))
    ask(page, "q=<script>", q="<script>")
    assert len(names(page)) == 2
    page.locator("#prices .area").press("ArrowRight")
    addresses = page_addresses({"ollama": HOSTILE_IDS})
    for model_id in HOSTILE_IDS[:3]:
        page.goto((site / addresses["ollama", model_id]).as_uri())
        assert model_id in page.locator("h1").inner_text()
        assert "taken" not in page.title().split(" at ")[-1]
    assert shared.complaints == []


def test_a_script_that_gets_in_is_not_run(browser: Browser, index: str) -> None:
    with visit(browser, index) as opened:
        opened.page.evaluate(
            """() => {
                const script = document.createElement('script');
                script.textContent = 'document.title = "taken"';
                document.body.append(script);
            }"""
        )
        assert "taken" not in opened.page.title()
        assert any("Content Security Policy" in text for text in opened.complaints)


# --- looking for models -----------------------------------------------------------------------------------


def test_search_takes_words_of_names_aliases_and_providers(page: Page) -> None:
    ask(page, "q=gpt-4o+openai", q="gpt-4o openai")
    assert page.locator("#found").inner_text().startswith("3 of ")
    ask(page, "q=GPT-4o+(may", q="GPT-4o (may")
    assert names(page) == ["gpt-4o-2024-05-13"]
    ask(page, "q=no+such", q="no such")
    assert page.locator("#found").inner_text().startswith("0 of ")


@pytest.mark.parametrize(
    ("fields", "said", "expected"),
    [
        ({"provider": "groq"}, "provider=groq", ["free-model"]),
        ({"developer": "deepseek"}, "developer=deepseek", ["yuan-model"]),
        ({"status": "beta"}, "status=beta", ["free-model"]),
        ({"status": "retired"}, "status=retired", ["gpt-4o-2024-05-13", "gone"]),
        ({"context": "200000"}, "context=200000", ["yuan-model"]),
        ({"price": "1.5"}, "price=1.5", ["free-model", "gone"]),
        ({"price": "0"}, "price=0", ["free-model"]),
    ],
)
def test_filters(page: Page, fields: dict[str, str], said: str, expected: list[str]) -> None:
    ask(page, said, **fields)
    assert names(page) == expected


def test_what_is_not_known_is_not_taken_for_a_capability(page: Page) -> None:
    page.get_by_label("structured output").check()
    page.wait_for_function("() => location.hash === '#can=S'")
    assert names(page) == ["gpt-4o-2024-08-06"]


def test_an_address_brings_back_what_was_asked(page: Page, index: str) -> None:
    ask(page, "q=gpt", q="gpt", developer="openai")
    page.get_by_role("button", name="Model", exact=True).click()
    page.wait_for_function("() => location.hash.includes('sort=model')")
    before, address = names(page), page.url
    page.goto("about:blank")
    page.goto(address)
    assert names(page) == before
    assert page.input_value("#q") == "gpt"
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_function("() => location.hash === ''")
    assert len(names(page)) == len(small_catalog()) - 1


def test_every_column_sorts_both_ways_with_the_unknown_last(page: Page) -> None:
    page.select_option("#provider", "")
    buttons = page.locator("#models thead button")
    for number in range(buttons.count()):
        button, seen = buttons.nth(number), set()
        for _ in range(2):
            button.click()
            sorted_by = page.locator("[aria-sort]")
            assert sorted_by.count() == 1
            seen.add(sorted_by.get_attribute("aria-sort"))
            column = [row[number] for row in cells(page).values()]
            known = [text != UNKNOWN for text in column]
            assert known == sorted(known, reverse=True), column
        assert seen == {"ascending", "descending"}


def test_prices_sort_as_numbers(page: Page) -> None:
    page.locator("button[data-key=output]").click()
    column = [row[9] for row in cells(page).values()]
    assert [text for text in column if text != UNKNOWN] == ["free", "$10.00", "$15.00", "$1,234.50"]


# --- another day ------------------------------------------------------------------------------------------


def expected_at(on: date) -> dict[str, list[str]]:
    catalog = small_catalog()
    rows = {}
    for entry in catalog:
        if entry.release_date is not None and entry.release_date.first > on:
            continue
        row, config = row_of(entry, on, None), catalog.provider(entry.provider)
        provider = (config.name if config else None) or entry.provider
        prices = [text if text == UNKNOWN else money_text(text) for text in row.prices]
        counts = [row.context, row.max_input, row.max_output]
        facts = [entry.id, provider, row.developer, row.released, row.status]
        rows[f"{provider}/{entry.id}"] = [*facts, *counts, *prices]
    return rows


@pytest.mark.parametrize(
    "on", ["2024-06-01", "2024-10-02", "2025-06-10", "2025-06-11", "2026-01-31"]
)
def test_another_day_shows_what_the_catalog_says_of_it(page: Page, on: str) -> None:
    ask(page, f"on={on}", on=on)
    shown = {key: row[:-1] for key, row in cells(page).items()}
    assert shown == expected_at(date.fromisoformat(on))


def test_a_later_day_shows_what_is_to_come(page: Page) -> None:
    ask(page, "on=2026-04-01", on="2026-04-01")
    row = cells(page)["Ollama/to-come"]
    assert row[8:10] == ["≈ $0.1235", "$7.00"]


def test_an_alias_stands_with_what_it_meant(page: Page) -> None:
    alias = page.locator("#models tbody tr", has=page.locator("s", has_text="gpt-4o"))
    for on, model in [("2024-09-01", "2024-05-13"), ("2024-10-02", "2024-08-06")]:
        ask(page, f"on={on}", on=on, provider="openai")
        assert alias.count() == 1
        assert model in alias.inner_text()


# --- plots ------------------------------------------------------------------------------------------------


def test_plots_can_be_read_with_keys_and_as_tables(page: Page) -> None:
    ask(page, "provider=openai", provider="openai")
    page.wait_for_function("() => document.querySelectorAll('#prices .mark').length === 2")
    page.locator("#prices .area").focus()
    page.keyboard.press("ArrowRight")
    readout = page.locator("#prices .readout")
    readout.get_by_text("$2.5, 128,000 tokens: 2 models").or_(
        readout.get_by_text("128,000")
    ).wait_for()
    page.locator("#releases .area").focus()
    page.keyboard.press("End")
    page.locator("#releases .readout").get_by_text("2024-08: 1 model").wait_for()
    page.locator("#releases summary").click()
    rows = page.locator("#releases table tbody tr")
    assert [row.inner_text().split("\t")[0] for row in rows.all()] == ["2024-08", "2024-05"]


def test_plots_can_be_read_with_a_pointer(page: Page) -> None:
    mark = page.locator("#prices .mark").last
    mark.hover()
    page.locator("#prices .readout b").wait_for()


# --- for everybody ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_obstacles_are_found(browser: Browser, site: Path, colours: Any) -> None:
    with visit(browser, (site / "index.html").as_uri(), color_scheme=colours) as opened:
        opened.page.locator("#found").get_by_text("of").wait_for()
        opened.page.locator("#prices summary").click()
        assert violations(opened.page) == []
        opened.page.goto((site / "models/openai/gpt-4o-2024-08-06.html").as_uri())
        assert violations(opened.page) == []


def test_the_switch_of_colours_is_remembered(browser: Browser, index: str) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    with visit(browser, index, color_scheme="light") as opened:
        page = opened.page
        light = page.evaluate(ground)
        page.get_by_role("button", name="Colours").click()
        page.get_by_role("button", name="Colours").click()
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        assert page.evaluate(ground) == dark
        assert page.get_by_role("button", name="Colours: dark").count() == 1


def test_keys_reach_everything(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    button = page.get_by_role("button", name="Provider", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    assert (
        page.get_by_role("columnheader", name="Provider").get_attribute("aria-sort") == "ascending"
    )


def test_nothing_moves_where_no_motion_is_wanted(browser: Browser, index: str) -> None:
    with visit(browser, index, reduced_motion="reduce") as opened:
        script = "getComputedStyle(document.querySelector('#theme')).transitionDuration"
        assert opened.page.evaluate(script) == "0s"


@pytest.mark.parametrize("name", ["index.html", "models/openai/gpt-4o-2024-08-06.html"])
def test_a_phone_scrolls_one_way(browser: Browser, site: Path, name: str) -> None:
    with visit(browser, (site / name).as_uri(), **PHONE) as opened:
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert opened.page.evaluate(width) == 0
        assert opened.page.locator("table:visible").count() > 0


def test_without_scripts_there_is_the_whole_table(browser: Browser, index: str) -> None:
    with visit(browser, index, java_script_enabled=False) as opened:
        page = opened.page
        rows = page.locator("#models tbody tr")
        assert rows.count() == len(small_catalog()) + len(
            {each.provider for each in small_catalog()}
        )
        assert page.locator("#models").is_visible()
        assert page.get_by_text("How to read the table").is_visible()
        assert not page.locator("#controls").is_visible()
        row = page.locator("tbody[data-p=openai] tr", has_text="gpt-4o-2024-08-06")
        assert row.locator("td").all_inner_texts()[:7] == [
            "openai", "2024-08-06", "production", "128,000", "120,000", "16,384", "2.5",
        ]  # fmt: skip


def test_a_script_that_is_lost_leaves_the_plain_table(browser: Browser, site: Path) -> None:
    with served(site) as address, visit(browser, "about:blank") as opened:
        opened.page.route("**/table.js", lambda route: route.abort())
        opened.page.goto(address)
        opened.page.locator("#models tbody tr").first.wait_for()


def test_on_paper_controls_are_left_out(page: Page) -> None:
    page.emulate_media(media="print")
    try:
        assert not page.locator("#controls").is_visible()
        assert page.locator("#models").is_visible()
    finally:
        page.emulate_media(media="screen")


# --- the command ------------------------------------------------------------------------------------------


def test_the_command_makes_a_site_and_spares_what_is_not_its_own(tmp_path: Path) -> None:
    project, site = Project(tmp_path), tmp_path / "site"
    told = project.json("catalog", "site", "--out", "site", "--on", "2026-03-01")
    assert told.pop("models") >= 4_000
    files = sum(each.is_file() for each in site.rglob("*")) - 1
    assert told == {"schema": 1, "on": "2026-03-01", "folder": str(site), "files": files}
    (site / "CNAME").write_text("models.example.org")
    assert "CNAME" in project.refuse("catalog", "site", "--out", "site", code=1)
    assert (site / "CNAME").exists()


def test_the_workflow_publishes_what_make_makes_and_never_in_a_fork(tmp_path: Path) -> None:
    loaded = yaml.safe_load((ROOT / ".github/workflows/publish_catalog_site.yml").read_text())
    (job,) = loaded["jobs"].values()
    assert "github.repository" in job["if"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make setup", "make site"]
    shutil.copy(ROOT / "Makefile", tmp_path)
    said = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", "UV=uv", "RUN=", "site"],
        cwd=tmp_path,
        # Make says more where another make runs it, as when the tests are a target.
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    (path,) = [step["with"]["path"] for step in job["steps"] if "path" in step.get("with", {})]
    assert said.stdout.split() == ["mops-bundle", "catalog", "site", "--out", path]


@pytest.mark.slow
def test_the_command_makes_the_same_site_again(tmp_path: Path) -> None:
    project, index = Project(tmp_path), tmp_path / "site" / "index.html"
    project.run("catalog", "site", "--out", "site", "--on", "2026-03-01")
    first = index.read_bytes()
    index.write_text("edited")
    done = project.run("catalog", "site", "--out", "site", "--on", "2026-03-01T12:00Z")
    assert "as of 2026-03-01" in done.stderr
    assert index.read_bytes() == first


@pytest.mark.slow
def test_ten_thousand_models_are_quick_to_look_through(browser: Browser, tmp_path: Path) -> None:
    site = made(tmp_path / "site", many_models(10_000))
    with visit(browser, (site / "index.html").as_uri()) as opened:
        page = opened.page
        page.locator("#found").get_by_text("10,000 of 10,000").wait_for()
        assert len(names(page)) == 100
        page.get_by_role("button", name="Last").click()
        page.wait_for_function("() => location.hash === '#page=100'")
        assert len(names(page)) == 100
        ask(page, "q=some-model-77-", q="some-model-77-")
        assert names(page) == ["vendor-77/some-model-77-instruct-2026-01"]
        assert opened.complaints == []
        assert violations(page) == []
