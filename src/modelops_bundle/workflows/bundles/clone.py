"""``clone``: a new project out of a bundle."""

from __future__ import annotations

import os

from modelops_bundle.errors import UsageError
from modelops_bundle.project.layout import STATE_FOLDER, Layout
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.pull import Pull, apply_pull, plan_the_pull
from modelops_bundle.workflows.init import ignore_local_files
from modelops_bundle.workflows.workspace import TextWriter, Workspace

__all__ = ["clone"]

#: What is made before anything of the bundle.
_FIRST = (".gitignore", "bundle.lock", "cache")


def _require_cloneable(layout: Layout) -> None:
    if not os.path.isdir(layout.root):
        raise UsageError(
            f"{layout.root} is not a folder", "", "Name a folder that is new or empty."
        )
    if os.listdir(layout.root) and not _is_begun(layout):
        raise UsageError(
            f"{layout.root} is not empty",
            "a clone would mix its files with the bundle's",
            "Name a folder that is new or empty. In a project, `mops-bundle pull` brings a bundle.",
        )


def _is_begun(layout: Layout) -> bool:
    """Whether all that is in a folder is from a clone of it that was interrupted."""
    if os.path.lexists(layout.sync_state):
        return False
    # Files of the bundle are only there when one of these is.
    if os.path.isfile(layout.settings) or os.path.isdir(layout.incoming):
        return True
    if os.listdir(layout.root) != [STATE_FOLDER] or not os.path.isdir(layout.state):
        return False
    return all(name in _FIRST or name.endswith(".tmp") for name in os.listdir(layout.state))


def clone(workspace: Workspace, exchange: Exchange, text: str, write_text: TextWriter) -> Pull:
    """Fetch a bundle into a folder that becomes a project, whose place is the bundle's from then on.

    Interrupted at any moment, it can be done again in the same folder. Nothing is made before it is known
    that there is such a bundle.

    Raises:
        UsageError: The reference is none, or what is in the folder is another's.
        RemoteError: There is no such bundle, or it cannot be fetched.
        DamagedBundleError: It is not what its digest says.
        StorageError: The folder cannot be written.
    """
    layout = workspace.layout
    if os.path.lexists(layout.root):
        _require_cloneable(layout)
    pull = plan_the_pull(workspace, exchange, text)
    place, known = pull.reference.place, exchange.settings.registry_ref
    if known is not None and exchange.reference(None).place != place:
        raise UsageError(
            f"{layout.root} is a clone of {known} that was interrupted",
            "",
            f"Clone that once more, or remove the folder to clone {place}.",
        )
    ignore_local_files(layout, write_text)
    with exchange.lock():
        exchange.adopt_place(pull.reference)
        apply_pull(workspace, exchange, pull)
    return pull
