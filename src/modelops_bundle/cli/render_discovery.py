"""``discover`` for people and for programs, from the same report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show_lines, warn

if TYPE_CHECKING:
    from modelops_bundle.discovery.models import ModelClass
    from modelops_bundle.discovery.targets import TargetFunction
    from modelops_bundle.workflows.discover import DiscoveryReport

__all__ = ["discovery_document", "show_discovery"]


def discovery_document(report: DiscoveryReport) -> dict[str, Any]:
    """The JSON of ``discover``."""
    found = report.discovery
    return {
        "schema": 1,
        "models": [_model(report, *each) for each in report.models],
        "targets": [_target(report, *each) for each in report.targets],
        "unresolved": [
            {
                "path": report.shown(each.path),
                "line": each.line,
                "name": each.name,
                "reason": each.reason,
            }
            for each in found.unresolved
        ],
        "skipped": [
            {"path": report.shown(each.path), "reason": each.reason} for each in found.skipped
        ],
        "warnings": list(report.warnings),
    }


def _model(report: DiscoveryReport, entry_id: str, model: ModelClass) -> dict[str, Any]:
    return {
        "id": entry_id,
        "class_name": model.class_name,
        "module": model.module,
        "entrypoint": model.entrypoint,
        "path": report.shown(model.path),
        "line": model.line,
        "bases": list(model.bases),
        "abstract": model.abstract,
        "outputs": list(model.outputs),
        "scenarios": list(model.scenarios),
        "parameters": list(model.parameters),
    }


def _target(report: DiscoveryReport, entry_id: str, target: TargetFunction) -> dict[str, Any]:
    return {
        "id": entry_id,
        "name": target.name,
        "module": target.module,
        "entrypoint": target.entrypoint,
        "path": report.shown(target.path),
        "line": target.line,
        "model_output": target.model_output or None,
        "data": dict(target.data),
    }


def show_discovery(report: DiscoveryReport) -> None:
    """Print one line a model and target, then what is left open."""
    rows: list[list[Piece]] = [
        [
            "abstract" if model.abstract else "model",
            entry_id,
            model.entrypoint,
            (f"{report.shown(model.path)}:{model.line}", "faint"),
        ]
        for entry_id, model in report.models
    ]
    rows += [
        [
            "target",
            entry_id,
            target.entrypoint,
            (f"{report.shown(target.path)}:{target.line}", "faint"),
        ]
        for entry_id, target in report.targets
    ]
    show_lines(columns(rows))
    for each in report.discovery.unresolved:
        say(
            ("unresolved: ", "warn"),
            f"{report.shown(each.path)}:{each.line} {each.name}: {each.reason}",
        )
    for skipped in report.discovery.skipped:
        say(("skipped: ", "warn"), f"{report.shown(skipped.path)}: {skipped.reason}")
    warn(report.warnings)
    concrete = sum(not model.abstract for _, model in report.models)
    abstract = len(report.models) - concrete
    counts = [plural(concrete, "model"), plural(len(report.targets), "target")]
    if abstract:
        counts.insert(1, plural(abstract, "abstract class", "abstract classes"))
    say(f"{', '.join(counts)} in {plural(report.searched, 'file')}.")
