"""A small catalog, and its real server on a port of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelops_bundle.adapters.catalog_server import Service, create_app
from modelops_bundle.adapters.catalog_server.running import CatalogServer, address_of, listening
from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.overlay import overlay_entry, overlay_provider
from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["DOCUMENT", "Kept", "serving"]

DOCUMENT = """\
providers:
  openai: {name: OpenAI, also_known_as: [azure-openai], docs: "https://example.org/models"}
  together: {name: Together}
models:
  - id: gpt-4o-2024-05-13
    provider: openai
    developer: openai
    display_name: GPT-4o (May)
    release_date: 2024-05-13
    status: production
    deprecation_date: 2025-06-01
    context_window: 128000
    capabilities: {supports_vision: true, supports_function_calling: true, supports_reasoning: false}
    aliases: [{name: gpt-4o, valid_from: 2024-05-13, valid_to: 2024-10-02}]
    prices:
      - {meter: input, unit: 1m_tokens, amount: "5.00", valid_from: 2024-05-13, valid_to: 2025-01-01}
      - {meter: input, unit: 1m_tokens, amount: "4.00", valid_from: 2025-01-01}
      - {meter: output, unit: 1m_tokens, amount: "15.00", valid_from: 2024-05-13}
      - {meter: input, unit: 1m_tokens, amount: "2.50", when: {batch: true}}
  - id: gpt-4o-2024-08-06
    provider: openai
    developer: openai
    release_date: 2024-08-06
    status: beta
    context_window: 128000
    capabilities: {supports_vision: true, supports_structured_output: true}
    aliases: [{name: gpt-4o, valid_from: 2024-10-02}]
    prices:
      - {meter: input, unit: 1m_tokens, amount: "2.50", valid_from: 2024-08-06}
  - {id: one, provider: openai, aliases: [{name: both, valid_from: 2024-01-01}]}
  - id: "meta-llama/Llama-3%2F?#8b"
    provider: together
  - id: "meta-llama/Llama-3:free"
    provider: together
    developer: meta
    max_input_tokens: 8192
    prices: [{meter: input, unit: 1m_tokens, amount: 0, source: its page says free}]
"""

#: What another document says, so that a name means two models.
_OTHER = {"id": "two", "provider": "openai", "aliases": [{"name": "both"}]}


class Kept:
    """A catalog in a file that can be edited."""

    def __init__(self, file: Path, text: str = DOCUMENT) -> None:
        self.file = file
        file.write_text(text)

    def read(self) -> Catalog:
        document = read_document(self.file.read_bytes(), str(self.file))
        providers = [
            overlay_provider(slug, None, tree) for slug, tree in document.providers.items()
        ]
        models = [overlay_entry(None, tree) for tree in [*document.models, _OTHER]]
        return Catalog(Shelf(compile_catalog(providers, models)))


@contextmanager
def serving(service: Service, *, only_here: bool = True) -> Iterator[str]:
    """The address of a server that runs until the block ends."""
    with listening("127.0.0.1", 0) as taken:
        server = CatalogServer(create_app(service, only_here=only_here))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield address_of(taken)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
