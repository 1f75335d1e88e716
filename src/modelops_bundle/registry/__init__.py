"""The registry: what was recorded of each model and target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.registry.document import Loaded, dump_document, load_document
from modelops_bundle.registry.entries import (
    REGISTRY_VERSION,
    BundleRegistry,
    EnvironmentEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
)
from modelops_bundle.registry.problems import BrokenRegistryError, Problem

if TYPE_CHECKING:
    from modelops_bundle.discovery.models import discover_model_classes

__all__ = [
    "REGISTRY_VERSION",
    "BrokenRegistryError",
    "BundleRegistry",
    "EnvironmentEntry",
    "Loaded",
    "ModelEntry",
    "Problem",
    "TargetEntry",
    "TargetSet",
    "discover_model_classes",
    "dump_document",
    "load_document",
]


def __getattr__(name: str) -> Any:
    # Discovery is not loaded by those who only read what was recorded.
    if name == "discover_model_classes":
        from modelops_bundle.discovery.models import discover_model_classes

        return discover_model_classes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
