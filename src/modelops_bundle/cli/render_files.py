"""Files of a bundle, as ``status`` shows them to people and to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.render_bundles import counted, show_changes
from modelops_bundle.cli.words import some

if TYPE_CHECKING:
    from modelops_bundle.workflows.bundles.file_status import FilesReport

__all__ = ["files_document", "show_files"]


def files_document(found: FilesReport | None) -> dict[str, Any] | None:
    """The JSON of files; ``None`` where nobody asked and the project has no bundle."""
    if found is None:
        return None
    return {
        "synced": str(found.synced) if found.synced else None,
        "when": found.when or None,
        "tracked": found.tracked,
        "changes": {path: action.value for path, action in found.changed.items()},
        "missing": dict(found.missing),
        "renamed": dict(found.renamed),
        "untracked": None if found.untracked is None else list(found.untracked),
        "models": list(found.models),
        "left_out": sorted(found.left_out),
    }


def show_files(found: FilesReport | None, *, listed: bool) -> None:
    """Print how many files changed, and with ``listed`` which."""
    if found is None:
        return
    show()
    part = f", of which only what {some(found.models)} needs is here" if found.models else ""
    if found.synced is None:
        show(f"Bundle: {plural(found.tracked, 'file')}, never pushed.")
    elif not found.changed:
        show(f"Bundle: {plural(found.tracked, 'file')}, as in sha256:{found.synced.short}{part}.")
    else:
        show(f"Bundle: {counted(found.changed)} since sha256:{found.synced.short}{part}.")
    if part:
        say("`mops-bundle pull` brings the rest; until then nothing can be pushed.")
    if listed:
        from modelops_bundle.workflows.bundles.checks import mend_of_renamed

        show_changes(found.changed if found.synced else {})
        for path, reason in found.missing:
            show(("!", "bad"), f" {path}: {reason}")
            if path in found.renamed:
                say(mend_of_renamed(path, found.renamed[path]))
        for path in found.untracked or ():
            show(("?", "faint"), f" {path}")
    elif found.changed and found.synced and not part:
        say("`mops-bundle status --files` lists them, `mops-bundle push` sends them.")
