"""What declaring hosted models makes an entry depend on, as a survey takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelops_bundle.digests.leaves import HostedModel

__all__ = ["NO_HOSTED", "HostedInputs"]


@dataclass(frozen=True, slots=True)
class HostedInputs:
    """What the hosted models of one entry are.

    Attributes:
        llms: What each declared name means, each after its provider and a slash.
        variables: Environment variables that count: where requests go to.
        secret: Environment variables that hold keys. They never count, whoever reads or declares them.
        only: Those variables that may count; ``None`` for any. Which are secret is not known where the
            catalog cannot be read, so that nothing new counts then.
        problems: Why the meaning of a name cannot be told, in words.
    """

    llms: Mapping[str, HostedModel] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    problems: tuple[str, ...] = ()


#: Of an entry that declares none.
NO_HOSTED = HostedInputs()
