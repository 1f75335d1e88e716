"""Every error that a user may see: what happened, why, and what to do about it.

The classes are grouped by who must act, and each knows the exit code that the command line ends with.
Nothing else in the package decides exit codes or words a failure.
"""

from __future__ import annotations

__all__ = [
    "CatalogError",
    "CheckFailedError",
    "ConfigError",
    "DamagedBundleError",
    "EnvironmentProbeError",
    "HostedModelError",
    "InputsChangedError",
    "InvalidEntryError",
    "ModelHostError",
    "MopsError",
    "ParameterError",
    "ProjectNotFoundError",
    "RegistryError",
    "RemoteError",
    "StaleRemoteError",
    "StorageError",
    "UsageError",
    "WorkInTheWayError",
    "WorkerError",
]


class MopsError(Exception):
    """Something failed that the user can understand and mend.

    Args:
        what: What happened, a clause without a full stop.
        why: The reason, if it adds to ``what``.
        mend: What to do about it, ideally a command.
    """

    exit_code = 1

    def __init__(self, what: str, why: str = "", mend: str = "") -> None:
        # All three go to Exception, so that the error survives pickling on its way from a worker.
        super().__init__(what, why, mend)
        self.what = what
        self.why = why
        self.mend = mend

    @property
    def summary(self) -> str:
        """What happened and why, in one line."""
        return f"{self.what}: {self.why}" if self.why else self.what

    def __str__(self) -> str:
        return f"{self.summary}\n{self.mend}" if self.mend else self.summary


class StorageError(MopsError):
    """The file system refused: full disk, no permission, a lock that is held too long."""


class EnvironmentProbeError(MopsError):
    """The project's interpreter cannot be found or does not answer."""


class WorkerError(MopsError):
    """Nothing can be run: a worker's environment differs or lacks something, or nobody can run the model."""


class InputsChangedError(MopsError):
    """What was read changed while it was used. What was made from it since then is not kept."""


class RemoteError(MopsError):
    """A registry or store of bundles cannot be reached, refuses, or lacks what was asked for."""


class ModelHostError(RemoteError):
    """A provider of hosted models cannot be asked, or does not answer with models. What was known stays."""


class DamagedBundleError(MopsError):
    """What came as a bundle is not what its digest says, or holds what no bundle may hold. It is not used."""


class WorkInTheWayError(MopsError):
    """Something that the user did would be lost. Nothing was changed."""


class StaleRemoteError(MopsError):
    """Somebody else moved a tag since it was last looked at. Their work was not replaced."""


class CheckFailedError(MopsError, RuntimeError):
    """The project is in no state to be pushed. Nothing was sent."""


class UsageError(MopsError):
    """The command was given something that it cannot take. Nothing was written."""

    exit_code = 2


class ProjectNotFoundError(UsageError):
    """No project at this folder or above it."""


class ConfigError(UsageError):
    """``[tool.modelops-bundle]`` in pyproject.toml holds something that cannot be used."""


class RegistryError(UsageError):
    """The registry file cannot be read; it is never overwritten in this state.

    The message names the file, the line and the key.
    """


class CatalogError(UsageError):
    """A catalog of hosted models cannot be read; it is never overwritten in this state.

    The message names the file, the line and the key.
    """


class HostedModelError(UsageError, LookupError):
    """A name means no hosted model, several, or none that is attested at the date.

    Attributes:
        reason: ``unknown_model``, ``ambiguous_model`` or ``no_price_at_date``.
        suggestions: Names that may have been meant.
    """

    def __init__(
        self, what: str, why: str, mend: str, reason: str = "", suggestions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what, why, mend)
        self.args = (what, why, mend, reason, suggestions)
        self.reason = reason
        self.suggestions = suggestions


class InvalidEntryError(UsageError):
    """An entry's own file or one of its dependencies is gone or does not parse."""


class ParameterError(UsageError, ValueError):
    """Parameters or seeds that cannot be used: NaN, unknown names, duplicates, what is not JSON."""
