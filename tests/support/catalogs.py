"""Small catalogs out of YAML, shipped and of a project."""

from __future__ import annotations

from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.trees import entry_from_tree, provider_from_tree

__all__ = ["catalog_of", "shelf_of"]


def shelf_of(shipped: str) -> Shelf:
    """What a package would ship that has this document."""
    document = read_document(shipped.encode(), "shipped.yaml")
    providers = [provider_from_tree(slug, tree) for slug, tree in document.providers.items()]
    return Shelf(compile_catalog(providers, [entry_from_tree(tree) for tree in document.models]))


def catalog_of(shipped: str, project: str = "") -> Catalog:
    """A catalog of what is shipped, with a project's document over it."""
    return Catalog(shelf_of(shipped), read_document(project.encode(), "project.yaml"))
