"""``env show`` and ``env diff`` for people and for programs, from the same reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.render_registration import change_document
from modelops_bundle.cli.words import change_text

if TYPE_CHECKING:
    from modelops_bundle.workflows.show_environment import EnvironmentDifference, EnvironmentReport

__all__ = [
    "difference_document",
    "environment_document",
    "show_difference",
    "show_environment",
]


def environment_document(report: EnvironmentReport) -> dict[str, Any]:
    """The JSON of ``env show``."""
    environment = report.environment
    return {
        "schema": 1,
        "id": report.id,
        "digest": f"blake2b:{environment.compute_digest()}",
        "python": environment.python_version,
        "platform": environment.platform,
        "dependencies": dict(environment.dependencies),
        "by_content": list(report.by_content),
        "container_image": environment.container_image,
        "cuda_version": environment.cuda_version,
        "rng_algorithm": environment.rng_algorithm,
        "thread_count": environment.thread_count,
        "variables": [{"name": name, "set": is_set} for name, is_set in report.variables.items()],
        "interpreter": {"executable": report.executable, "chosen_by": report.chosen_by},
        "warnings": list(report.warnings),
    }


def difference_document(report: EnvironmentDifference) -> dict[str, Any]:
    """The JSON of ``env diff``."""
    return {
        "schema": 1,
        "id": report.id,
        "changes": [change_document(change) for change in report.changes],
        "warnings": list(report.warnings),
    }


def show_environment(report: EnvironmentReport) -> None:
    """Print the interpreter, settings, packages and variables."""
    warn(report.warnings)
    environment = report.environment
    rows: list[list[Piece]] = [
        ["python", f"{environment.python_version} on {environment.platform}"],
        ["interpreter", f"{report.executable} (from {report.chosen_by})"],
        ["container image", environment.container_image or "none"],
        ["CUDA", environment.cuda_version or "none"],
        ["RNG algorithm", environment.rng_algorithm],
        ["threads", str(environment.thread_count)],
        ["digest", f"blake2b:{environment.compute_digest()}"],
    ]
    show_lines(columns(rows))
    packages: list[list[Piece]] = [
        [name, version] for name, version in environment.dependencies.items()
    ]
    packages += [[name, "by content"] for name in report.by_content]
    which = "Installed packages" if report.id is None else f"Packages that count for {report.id}"
    show((f"{which}: {len(packages) or 'none'}", "strong"))
    show_lines(columns(packages, indent="  "))
    if report.variables:
        show(("Variables that its code reads", "strong"))
        said: list[list[Piece]] = [
            [name, "set" if is_set else "not set"] for name, is_set in report.variables.items()
        ]
        show_lines(columns(said, indent="  "))


def show_difference(report: EnvironmentDifference) -> None:
    """Print one line for everything that moved."""
    warn(report.warnings)
    for change in report.changes:
        show(change_text(change))
    if not report.changes:
        say(f"The environment of {report.id} is as it was recorded.")
