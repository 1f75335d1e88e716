"""What ``catalog refresh`` did, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show, warn

if TYPE_CHECKING:
    from modelops_bundle.workflows.catalog_refresh import Refresh, Refreshed

__all__ = ["refresh_document", "show_refresh"]

_MOST_SHOWN = 5


def refresh_document(report: Refresh) -> dict[str, Any]:
    """The JSON of a refresh."""
    output, changed = report.output
    return {
        "schema": 1,
        "output": {"path": output, "changed": changed},
        "written": list(report.written),
        "providers": [_provider_document(each) for each in report.providers],
        "unread_env_lines": list(report.unread),
    }


def _provider_document(done: Refreshed) -> dict[str, Any]:
    return {
        "provider": done.slug,
        "error": None if done.error is None else done.error.summary,
        "models": None if done.error else done.models,
        "known_before": None if done.error else done.before,
        "far_fewer": done.is_short,
        "added": list(done.added),
        "changes": [
            {"id": each.id, "field": each.field, "before": each.before, "after": each.after}
            for each in done.changes
        ],
        "unlisted": list(done.unlisted),
        "refused": [{"id": each, "why": why} for each, why in (done.refused or {}).items()],
    }


def show_refresh(report: Refresh) -> None:
    """Print what each provider brought, and what was written."""
    warn(f"line {number} of .env sets no variable; it was left out" for number in report.unread)
    for done in report.providers:
        if done.error is None:
            _show_provider(done)
        else:
            show((done.slug, "bad"), ": failed")
            warn([f"{done.slug}: {done.error.summary}"])
            say(done.error.mend)
    for path in report.written:
        show(f"Updated `{path}`.")
    if not report.has_failed:
        output, changed = report.output
        show(f"Updated `{output}`." if changed else f"No changes to `{output}`.")


def _show_provider(done: Refreshed) -> None:
    changed = len({each.id for each in done.changes})
    parts = [plural(done.models, "model")]
    parts += [f"{len(done.added)} new"] if done.added else []
    parts += [f"{changed} changed"] if changed else []
    parts += [f"{len(done.unlisted)} not listed, kept"] if done.unlisted else []
    show((done.slug, "good"), ": ", ", ".join(parts))
    for each in done.changes[:_MOST_SHOWN]:
        before = "unknown" if each.before is None else each.before
        show(f"  {each.id}: {each.field} {each.after}, was {before}")
    if len(done.changes) > _MOST_SHOWN:
        say(f"  and {len(done.changes) - _MOST_SHOWN} more changes; --json lists all.")
    if done.is_short:
        warn(
            [
                f"{done.slug} lists {plural(done.models, 'model')}, where {done.before} were known;"
                " nothing was removed"
            ]
        )
    warn(f"{done.slug}: {each} was left out: {why}" for each, why in (done.refused or {}).items())
