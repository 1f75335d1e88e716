"""What a model or target depends on, as it was recorded or as it is now: one record for both.

Comparing two such records is all that staleness is, so both sides must come out of the same mould.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from modelops_bundle.environment import EnvironmentDigest
from modelops_bundle.identity.recipes import (
    Component,
    compute_composite_digest,
    hosted_model_digest,
)

__all__ = ["HostedModel", "Leaves"]


class HostedModel(NamedTuple):
    """A hosted language model, as which a name is answered.

    Attributes:
        provider: Slug of the provider.
        id: The provider's id of it.
        digest: Digest of its content where the provider tells one; else empty.
    """

    provider: str
    id: str
    digest: str = ""

    @property
    def text(self) -> str:
        """What tells it from others of its provider: the id, with the digest where there is one."""
        return f"{self.id}@{self.digest}" if self.digest else self.id


@dataclass(frozen=True, slots=True)
class Leaves:
    """The dependencies of one entry, each with its digest as text.

    Attributes:
        kind: ``MODEL`` or ``TARGET``.
        path: Recorded path of the entry's own file.
        own: Digest of that file.
        code: Other project files that its code reaches.
        data: Data files.
        external: Files outside the project that belong to no distribution, or to an editable one, by their
            path below the folder they are imported from.
        distributions: Locally installed distributions, hashed by content.
        variables: Environment variables that the code reads.
        llms: Hosted language models by the names that were declared, each after its provider and a slash.
        environment: Interpreter and packages; ``None`` when only their digest is known.
        environment_digest: 64 hex digits.
    """

    kind: Literal["MODEL", "TARGET"]
    path: str
    own: str
    code: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    llms: Mapping[str, HostedModel] = field(default_factory=dict)
    environment: EnvironmentDigest | None = None
    environment_digest: str = ""

    def components(self) -> list[Component]:
        """The ``(kind, path, digest)`` triples that the composite digest is made from."""
        return [
            (self.kind, self.path, self.own),
            *(("CODE_DEP", path, digest) for path, digest in self.code.items()),
            *(("DATA", path, digest) for path, digest in self.data.items()),
            *(("EXT", path, digest) for path, digest in self.external.items()),
            *(("DIST", name, digest) for name, digest in self.distributions.items()),
            *(("VAR", name, digest) for name, digest in self.variables.items()),
            *(("LLM", path, str(hosted_model_digest(*model))) for path, model in self.llms.items()),
        ]

    def digest(self) -> str:
        """The entry's digest, ``blake2b:`` and 64 hex digits."""
        return f"blake2b:{compute_composite_digest(self.components(), self.environment_digest)}"
