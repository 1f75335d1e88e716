"""A door for programs: where a project's bundles go."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProjectSettings", "load_config"]


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """Where a project's bundles go.

    Attributes:
        registry_ref: ``host/repository`` or ``oci-layout:PATH``.
        default_tag: The tag where none is named.
    """

    registry_ref: str
    default_tag: str


def load_config(path: str = ".") -> ProjectSettings:
    """Where the bundles of the project around a folder go: as the chosen environment or config.yaml says.

    Raises:
        ProjectNotFoundError: There is no project.
        ConfigError: Its settings cannot be used.
        UsageError: It has chosen an environment that is not there.
    """
    from modelops_bundle.wiring import open_project
    from modelops_bundle.wiring.exchanging import open_exchange

    with open_project(path) as workspace, open_exchange(workspace) as exchange:
        return ProjectSettings(exchange.reference(None).place, exchange.settings.default_tag)
