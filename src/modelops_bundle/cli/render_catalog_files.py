"""``catalog validate``, ``diff``, ``convert`` and ``docs`` for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import Piece, say, show
from modelops_bundle.workflows.catalog_docs import PAGE

if TYPE_CHECKING:
    from modelops_bundle.catalog.comparing import Change, Comparison
    from modelops_bundle.catalog.importing.outcome import Unmapped
    from modelops_bundle.workflows.catalog_convert import Converted
    from modelops_bundle.workflows.catalog_diff import Difference
    from modelops_bundle.workflows.catalog_docs import Page
    from modelops_bundle.workflows.catalog_validate import Trouble, Validated

__all__ = [
    "converted_document",
    "difference_document",
    "page_document",
    "show_converted",
    "show_difference",
    "show_page",
    "show_validated",
    "validated_document",
]

_MOST_REMARKS = 40
_LONGEST_VALUE = 80


# --- for programs -------------------------------------------------------------------------------


def validated_document(report: Validated) -> dict[str, Any]:
    """The JSON of ``catalog validate``."""
    return {
        "schema": 1,
        "files": list(report.files),
        "models": report.models,
        "problems": [
            {
                "file": each.file,
                "line": each.line,
                "key": each.key or None,
                "level": _level(each),
                "what": each.what,
                "mend": each.mend,
            }
            for each in report.troubles
        ],
    }


def difference_document(found: Difference) -> dict[str, Any]:
    """The JSON of ``catalog diff``."""
    return {
        "schema": 1,
        "before": found.before,
        "after": found.after,
        **_comparison_tree(found.models),
        "providers": _comparison_tree(found.providers),
    }


def _comparison_tree(part: Comparison) -> dict[str, Any]:
    return {
        "added": list(part.added),
        "changed": [
            {"name": each.name, "values": [asdict(value) for value in each.values]}
            for each in part.changed
        ],
        "removed": list(part.removed),
    }


def converted_document(report: Converted, output: str | None) -> dict[str, Any]:
    """The JSON of ``catalog convert``."""
    return {
        "schema": 1,
        "source": report.source,
        "format": report.format,
        "output": output,
        "models": report.models,
        "document": report.data.decode() if output is None else None,
        "unmapped": [
            {
                "where": each.where,
                "key": each.key,
                "value": each.value,
                "why": each.why,
                "impossible": each.impossible,
                "count": each.count,
            }
            for each in report.unmapped
        ],
    }


def page_document(page: Page, written: bool) -> dict[str, Any]:
    """The JSON of ``catalog docs``."""
    return {
        "schema": 1,
        "page": PAGE,
        "models": page.models,
        "current": page.is_current,
        "written": written,
    }


# --- for people ---------------------------------------------------------------------------------


def show_validated(report: Validated) -> None:
    """Print a line for each problem, and below it what to do about it."""
    if not report.files:
        say("There is no models/model_registry.yaml here: the catalog is used as it is shipped.")
        return
    for each in report.troubles:
        place = each.file if each.line is None else f"{each.file}:{each.line}"
        key = f" {each.key}:" if each.key else ""
        level: Piece = (_level(each), "bad" if each.is_error else "warn")
        show(f"{place}: ", level, f":{key} {each.what}")
        show(f"    {each.mend}")
    warnings = len(report.troubles) - report.errors
    say(
        f"{plural(len(report.files), 'file')} with {plural(report.models, 'valid model')}:"
        f" {plural(report.errors, 'error')}, {plural(warnings, 'warning')}."
    )


def show_difference(found: Difference) -> None:
    """Print a line for each model, and below it what changed of it."""
    say(f"From {found.before} to {found.after}:")
    for kind, part in (("provider ", found.providers), ("", found.models)):
        for name in part.added:
            show(("+", "good"), f" {kind}{name}")
        for name in part.removed:
            show(("-", "bad"), f" {kind}{name}")
        for change in part.changed:
            _show_change(kind, change)
    if not found:
        say("Nothing differs.")
        return
    models = found.models
    say(
        f"{plural(len(models.added), 'model')} added, {len(models.changed)} changed,"
        f" {len(models.removed)} removed."
    )


def show_converted(report: Converted, output: str | None) -> None:
    """Print the document unless it was written; what is not in it goes to the other stream."""
    if output is None:
        sys.stdout.write(report.data.decode())
    where = f", written to {output}" if output else ""
    say(f"{plural(report.models, 'model')} of {report.source}, read as {report.format}{where}.")
    if not report.unmapped:
        say("Everything in it has its place.")
        return
    total = sum(each.count for each in report.unmapped)
    say(f"{plural(total, 'value')} could not be taken over:")
    for each in report.unmapped[:_MOST_REMARKS]:
        say(_remark(each))
    hidden = len(report.unmapped) - _MOST_REMARKS
    if hidden > 0:
        say(f"  and {plural(hidden, 'more remark')}; --json lists them all")


def show_page(page: Page, written: bool) -> None:
    """Print what was done, or what has to be."""
    if written:
        say(f"{plural(page.models, 'model')} written to {PAGE}.")
    elif page.is_current:
        say(f"{PAGE} is current.")
    elif not page.is_ours:
        say(f"{PAGE} was not written by this command.")
        say("Next: move it, or `mops-bundle catalog docs --force` replaces it.")
    else:
        state = "is not there" if page.present is None else "differs from model_registry.yaml"
        say(f"{PAGE} {state}.")
        say("Next: `mops-bundle catalog docs` writes it.")


def _level(trouble: Trouble) -> str:
    return "error" if trouble.is_error else "warning"


def _show_change(kind: str, change: Change) -> None:
    show(("~", "warn"), f" {kind}{change.name}")
    # Each value that changed has another source as well, which would double the list.
    values = [value for value in change.values if not value.key.startswith("source.")]
    for value in values:
        show(f"    {value.key}: {_value(value.before)} -> {_value(value.after)}")
    if not values:
        show(("    only sources of values", "faint"))


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {each}" for key, each in value.items()) + ")"
    return str(value)


def _remark(each: Unmapped) -> str:
    value = each.value
    if len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + "..."
    return f"  {each.where}: {each.key}" + (f" = {value}" if value else "") + f": {each.why}"
