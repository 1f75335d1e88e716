"""Documents of providers, compiled into the form that is shipped."""

from __future__ import annotations

from collections.abc import Iterable

from modelops_bundle.catalog.compiled import compile_catalog
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.trees import entry_from_tree, provider_from_tree

__all__ = ["compile_documents"]


def compile_documents(documents: Iterable[tuple[str, bytes]]) -> bytes:
    """The compiled form of documents that lie side by side, such as one a provider.

    Args:
        documents: Name and content of each.

    Raises:
        BrokenCatalogError: One of them cannot be used.
    """
    providers: list[ProviderConfig] = []
    models: list[ModelEntry] = []
    for name, data in documents:
        document = read_document(data, name)
        providers += [provider_from_tree(slug, tree) for slug, tree in document.providers.items()]
        models += [entry_from_tree(tree) for tree in document.models]
    return compile_catalog(providers, models)
