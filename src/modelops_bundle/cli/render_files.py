"""Files of a bundle, as ``status`` shows them to people and to programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.render_bundles import counted, show_changes
from modelops_bundle.cli.words import some

if TYPE_CHECKING:
    from modelops_bundle.workflows.bundles.checks import Finding
    from modelops_bundle.workflows.bundles.file_status import FilesReport

__all__ = ["files_document", "show_files"]

_MOST_MISSING = 3


def files_document(found: FilesReport | None) -> dict[str, Any] | None:
    """The JSON of files; ``None`` where nobody asked and the project has no bundle."""
    if found is None:
        return None
    return {
        "synced": str(found.synced) if found.synced else None,
        "when": found.when or None,
        "tracked": found.tracked,
        "changes": {path: action.value for path, action in found.changed.items()},
        "missing": {each.where: each.what for each in found.missing},
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
        show_changes(found.changed if found.synced else {})
        for each in found.missing:
            show(("!", "bad"), f" {each.where}: {each.what}")
            say(each.mend)
        for path in found.untracked or ():
            show(("?", "faint"), f" {path}")
    elif found.missing and not part:
        _say_what_is_missing(found.missing)
    elif found.changed and found.synced and not part:
        say("`mops-bundle status --files` lists them, `mops-bundle push` sends them.")


def _say_what_is_missing(missing: Sequence[Finding]) -> None:
    """Say what a push will say, of the first few files."""
    for each in missing[:_MOST_MISSING]:
        say(f"{each.where}: {each.what}. {each.mend}")
    more = len(missing) - _MOST_MISSING
    say(
        "Until then nothing can be pushed."
        if more <= 0
        else f"Until then nothing can be pushed; `mops-bundle status --files` lists {more} more."
    )
