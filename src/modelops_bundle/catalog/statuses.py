"""What each status of a hosted model means, and what follows from it. Nothing else decides that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Status", "StatusRule", "read_status"]


class Status(StrEnum):
    """How far a provider stands behind a model; unknown is ``None``, not one of these."""

    PRODUCTION = "production"
    BETA = "beta"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    RETIRED = "retired"

    @property
    def rule(self) -> StatusRule:
        """What follows from it."""
        return _RULES[self]


@dataclass(frozen=True, slots=True)
class StatusRule:
    """What follows from a status.

    Attributes:
        meaning: What it says about the model.
        consequence: What this project does about it, for people.
        warns: Whether registering, ``status`` and ``run`` warn, with the date and the replacement.
        runs: Whether something may be computed with it. Stored results are reused either way.
    """

    meaning: str
    consequence: str
    warns: bool = False
    runs: bool = True


_RULES = {
    Status.PRODUCTION: StatusRule("Fully supported and recommended by its provider.", "Nothing."),
    Status.BETA: StatusRule("Works; its provider may still change it.", "It is shown."),
    Status.EXPERIMENTAL: StatusRule(
        "May not work, and may go without notice.",
        "Registering, `status` and `run` warn.",
        warns=True,
    ),
    Status.DEPRECATED: StatusRule(
        "Answers still, and will be shut down.",
        "Registering, `status` and `run` warn with the date and the replacement.",
        warns=True,
    ),
    Status.RETIRED: StatusRule(
        "Does not answer any more.",
        "Stored results are reused and priced; what is not stored is refused, with the replacement named.",
        warns=True,
        runs=False,
    ),
}


def read_status(text: str) -> Status:
    """A status as documents write it; ``active`` is production.

    Raises:
        ValueError: It is none.
    """
    if text == "active":
        return Status.PRODUCTION
    try:
        return Status(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a status: write one of {', '.join(Status)}") from None
