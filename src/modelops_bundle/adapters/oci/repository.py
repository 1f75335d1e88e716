"""One repository of a registry: how its addresses are written, and what rights they need."""

from __future__ import annotations

from dataclasses import dataclass

from modelops_bundle.adapters.oci.auth import Access
from modelops_bundle.adapters.oci.transport import Transport

__all__ = ["Repository"]


@dataclass(frozen=True)
class Repository:
    """A repository and the way to it.

    Attributes:
        transport: The way.
        name: Its name.
    """

    transport: Transport
    name: str

    @property
    def place(self) -> str:
        """As a user would write it."""
        return f"{self.transport.host}/{self.name}"

    @property
    def pull(self) -> Access:
        """The right to read."""
        return (f"repository:{self.name}:pull",)

    @property
    def push(self) -> Access:
        """The right to read and write."""
        return (f"repository:{self.name}:pull,push",)

    def mounting(self, other: str) -> Access:
        """The right to let it have blobs of another repository."""
        return (*self.push, f"repository:{other}:pull")

    def path(self, rest: str) -> str:
        """The path of something in it."""
        return f"/v2/{self.name}/{rest}"
