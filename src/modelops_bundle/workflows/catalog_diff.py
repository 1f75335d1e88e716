"""``catalog diff``: what differs between two catalog documents, or between one and what is shipped."""

from __future__ import annotations

from dataclasses import dataclass

from modelops_bundle.catalog.comparing import Comparison, compare, compare_providers
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.trees import entry_from_tree, provider_from_tree
from modelops_bundle.workflows.catalog_files import Input

__all__ = ["Difference", "diff_documents", "diff_shipped"]

#: What the shipped catalog is called.
SHIPPED = "the shipped catalog"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs.

    Attributes:
        before: What the first side is called.
        after: What the second one is.
        models: Added, changed and removed models.
        providers: The same of configurations of providers.
    """

    before: str
    after: str
    models: Comparison
    providers: Comparison

    def __bool__(self) -> bool:
        return bool(self.models or self.providers)


def diff_documents(before: Input, after: Input) -> Difference:
    """What differs between two documents, each taken for itself.

    Raises:
        BrokenCatalogError: One of them cannot be used.
    """
    documents = [read_document(each.data, each.shown) for each in (before, after)]
    models = ([entry_from_tree(tree) for tree in each.models] for each in documents)
    configs = (
        [provider_from_tree(slug, tree) for slug, tree in each.providers.items()]
        for each in documents
    )
    return Difference(before.shown, after.shown, compare(*models), compare_providers(*configs))


def diff_shipped(given: Input) -> Difference:
    """What a document changes in the shipped catalog when it is laid over it.

    Raises:
        BrokenCatalogError: It cannot be used.
    """
    document = read_document(given.data, given.shown)
    sides = shipped(), shipped(document)
    names = [(tree["provider"], tree["id"]) for tree in document.models]
    models = ([e for name in names if (e := side.get(*name)) is not None] for side in sides)
    configs = (
        [side.providers[slug] for slug in document.providers if slug in side.providers]
        for side in sides
    )
    return Difference(SHIPPED, given.shown, compare(*models), compare_providers(*configs))
