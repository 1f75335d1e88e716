"""A door for programs: the registry's records, its document, and the search for models.

Everything here is made elsewhere; these are the names under which other packages look for it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelops_bundle.records.document import Loaded, dump_document, load_document
from modelops_bundle.records.entries import (
    REGISTRY_VERSION,
    BundleRegistry,
    EnvironmentEntry,
    LlmEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
)
from modelops_bundle.records.problems import BrokenRegistryError
from modelops_bundle.yamltext.problems import Problem

if TYPE_CHECKING:
    from modelops_bundle.discovery.models import Discovery

__all__ = [
    "REGISTRY_VERSION",
    "BrokenRegistryError",
    "BundleRegistry",
    "EnvironmentEntry",
    "LlmEntry",
    "Loaded",
    "ModelEntry",
    "Problem",
    "TargetEntry",
    "TargetSet",
    "discover_model_classes",
    "dump_document",
    "load_document",
]


def discover_model_classes(
    *paths: str | os.PathLike[str], bases: Sequence[str] = (), python: str | None = None
) -> Discovery:
    """Find the models in Python files and folders. Nothing is imported or executed.

    Args:
        paths: Files and folders; the project around the current folder, or that folder, when empty.
        bases: Dotted names of root bases; those of the project's configuration when empty.
        python: The interpreter whose packages imports are followed into; the project's when not given.

    Returns:
        What was found, with absolute paths; also which classes are open, and which files cannot be read.

    Raises:
        UsageError: A path does not exist, or ``python`` is no interpreter.
        ConfigError: The project's configuration cannot be used.
    """
    from modelops_bundle.wiring import open_around
    from modelops_bundle.workflows.discover import discover

    with open_around(None, python=python) as workspace:
        return discover(workspace, [os.fspath(path) for path in paths], bases, ()).discovery
