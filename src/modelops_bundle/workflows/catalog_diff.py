"""``catalog diff``: what differs between two catalog documents, or between one and what is shipped."""

from __future__ import annotations

from dataclasses import dataclass

from modelops_bundle.catalog.comparing import Comparison, compare, compare_providers
from modelops_bundle.catalog.documents import Document, read_document
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.trees import aliases_of, entry_from_tree, provider_from_tree
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
    names = _touched(document, sides[0])
    models = ([e for name in names if (e := side.get(*name)) is not None] for side in sides)
    configs = (
        [side.providers[slug] for slug in document.providers if slug in side.providers]
        for side in sides
    )
    return Difference(SHIPPED, given.shown, compare(*models), compare_providers(*configs))


def _touched(document: Document, before: Catalog) -> set[tuple[str, str]]:
    """Models that a document speaks of, and shipped ones that lose an alias to one of them."""
    names = {(tree["provider"], tree["id"]) for tree in document.models}
    claimed: dict[str, set[str]] = {}
    for tree in document.models:
        claimed.setdefault(tree["provider"], set()).update(each.name for each in aliases_of(tree))
    losing = {
        (entry.provider, entry.id)
        for provider, aliases in claimed.items()
        if aliases
        for entry in before.entries(provider)
        if not aliases.isdisjoint(each.name for each in entry.aliases)
    }
    return names | losing
