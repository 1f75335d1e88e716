"""Pages from records. The templates escape all that they are given, and the pages run no other script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.providers import SLUGS
from modelops_bundle.catalog.site.addresses import INDEX, page_addresses
from modelops_bundle.catalog.site.headlines import ABILITIES, history_of, row_of
from modelops_bundle.catalog.site.model_page import model_page
from modelops_bundle.catalog.site.texts import code_html, linked_html, money_text
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import UsageError

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_site"]

Progress = Callable[[str, int, int], None]

#: Characters that would end the element that JSON stands in, or that scripts read otherwise than JSON does.
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def render_site(
    catalog: Catalog, on: date, progress: Progress | None = None
) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, relative path and content, the index last.

    Args:
        catalog: What is shown.
        on: The date that prices, aliases and status are shown for.
        progress: Told of each page.

    Raises:
        UsageError: Jinja2 is missing.
    """
    environment = _environment()
    addresses = page_addresses({slug: catalog.ids(slug) for slug in SLUGS})
    for asset in sorted((files(__package__) / "assets").iterdir(), key=lambda each: each.name):
        if asset.name.endswith((".css", ".js", ".svg")):
            yield f"assets/{asset.name}", asset.read_bytes()
    offering: dict[str, list[str]] = {}
    for entry in catalog:
        offering.setdefault(entry.id, []).append(entry.provider)
    template = environment.get_template("model.html.jinja")
    for number, ((provider, model_id), address) in enumerate(sorted(addresses.items()), start=1):
        found = catalog.get(provider, model_id)
        assert found is not None, "its id was listed"
        page = model_page(catalog, found, on, addresses, offering[model_id])
        yield address, _bytes(template.render(page=page, on=on, root="../../"))
        if progress is not None:
            progress("pages", number, len(addresses))
    yield INDEX, _index(environment, catalog, on, addresses)


def _index(
    environment: Environment, catalog: Catalog, on: date, addresses: dict[tuple[str, str], str]
) -> bytes:
    groups: list[dict[str, Any]] = []
    histories: dict[int, dict[str, Any]] = {}
    number = 0
    for slug, config in catalog.providers.items():
        rows = []
        for entry in catalog.entries(slug):
            row = row_of(entry, on, addresses.get((slug, entry.id)))
            rows.append((row, _aliases_on(entry, on)))
            if history := history_of(entry, on):
                histories[number] = history
            number += 1
        if rows:
            groups.append({"slug": slug, "name": config.name or slug, "rows": rows})
    data = {"on": on.isoformat(), "direct": list(SLUGS), "history": histories}
    text = environment.get_template("index.html.jinja").render(
        groups=groups, count=number, on=on, abilities=ABILITIES, data=_json(data), root=""
    )
    return _bytes(text)


def _aliases_on(entry: ModelEntry, on: date) -> list[str]:
    return sorted({alias.name for alias in entry.aliases if alias.is_valid(on)})


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
        from markupsafe import Markup
    except ModuleNotFoundError as error:
        raise UsageError(
            "the site cannot be rendered",
            f"{error.name} is missing",
            'Install it: `uv add "modelops-bundle[site]"`.',
        ) from error
    environment = Environment(
        loader=PackageLoader("modelops_bundle.catalog.site", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = lambda text: Markup(code_html(text))
    environment.filters["linked"] = lambda text: Markup(linked_html(text))
    environment.filters["data"] = Markup
    environment.filters["money"] = money_text
    return environment
