"""The one place that chooses the real adapters. Nothing else knows which they are."""

from modelops_bundle.wiring.project import (
    git_standing,
    has_bundles,
    open_around,
    open_folder,
    open_project,
    write_text,
)

__all__ = [
    "git_standing",
    "has_bundles",
    "open_around",
    "open_folder",
    "open_project",
    "write_text",
]
