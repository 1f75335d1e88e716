"""Where hosted models are looked up: the catalog of a project, and servers on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Most commands need neither.
    from modelops_bundle.catalog.entries import ProviderConfig
    from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["manifest_digest", "read_catalog", "this_instant"]


def this_instant() -> datetime:
    """Now, UTC."""
    return datetime.now(UTC)


def read_catalog(root: str) -> Catalog:
    """What is shipped, and what a project's document adds as it is now.

    Args:
        root: The project's folder.

    Raises:
        CatalogError: The document cannot be used.
    """
    from modelops_bundle.catalog.loading import read

    return read(root)


def manifest_digest(config: ProviderConfig, name: str) -> str:
    """Digest of the content of a model that an Ollama server has.

    Raises:
        RemoteError: The server does not answer, or has no such model.
    """
    from modelops_bundle.wiring.model_hosts import ollama_digest

    return ollama_digest(config, name)
