"""The worked example of the guide, taken from the page and run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.model_servers import ModelServer, Reply

from modelops_bundle.catalog import providers
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.overlay import overlay_provider
from modelops_bundle.catalog.providers.base import Provider
from modelops_bundle.catalog.trees import entry_from_tree, entry_tree
from modelops_bundle.wiring.model_hosts import RealHosts

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-provider.md"
KEY = "example-secret-key"


@pytest.fixture
def server(usual_model_server: ModelServer) -> ModelServer:
    return usual_model_server


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def written_class() -> type[Provider]:
    (source,) = blocks("python")
    names: dict[str, Any] = {"__name__": "example_ai"}
    exec(compile(source, str(PAGE), "exec"), names)
    (line,) = blocks("text")
    match = re.fullmatch(r'"example-ai": \("(\w+)", "(\w+)"\),', line.strip())
    assert match is not None
    assert match[1] == "example_ai"
    found: type[Provider] = names[match[2]]
    return found


def test_the_example_does_what_the_page_says(server: ModelServer) -> None:
    configuration, expected = blocks("yaml")
    (listed,) = blocks("json")
    server.behaviours["example-ai"] = lambda asked: (
        listed.encode() if asked.headers.get("x-example-key") == KEY else Reply(b"", 401)
    )
    given = read_document(configuration.encode(), "the page").providers["example-ai"]
    config = overlay_provider("example-ai", None, given)
    variables = {
        config.credential_variables[0]: KEY,
        config.base_url_variables[0]: server.url("example-ai"),
    }
    hosts = RealHosts(variables, known={"example-ai": config})
    provider = written_class()(config, hosts.host(config))
    found = [replace(each, source={}) for each in provider.public_models()]
    rows = read_document(b"models:\n" + expected.encode(), "the page").models
    assert [entry_tree(each) for each in found] == [entry_tree(entry_from_tree(r)) for r in rows]
    assert [each.path for each in server.asked] == ["/catalog"]


def test_the_line_of_the_table_is_written_as_the_others_are() -> None:
    (line,) = blocks("text")
    table = Path(providers.__file__).read_text()
    slug = r'^    "[a-z-]+": \("[a-z_]+", "[A-Za-z]+"\),$'
    assert re.fullmatch(slug, line.rstrip("\n"))
    assert len(re.findall(slug, table, re.MULTILINE)) == len(providers.SLUGS)
