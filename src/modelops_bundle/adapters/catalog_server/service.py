"""What the routes answer from: one snapshot of the catalog at a time, exchanged as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import MopsError

__all__ = ["Service", "Snapshot"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A catalog that is served.

    Attributes:
        catalog: What is known.
        entries: All of its models, by provider and id.
        names: Every id and alias of them, without a provider.
        read_at: When it was read, UTC.
        number: Counts the snapshots of this process, from 1.
    """

    catalog: Catalog
    entries: tuple[ModelEntry, ...]
    names: frozenset[str]
    read_at: datetime
    number: int


class Service:
    """The catalog that is served, and how it is read again.

    Attributes:
        snapshot: What is served now.
        is_outdated: Whether the last attempt to read again failed, so that an older snapshot is served.
    """

    def __init__(
        self,
        read: Callable[[], Catalog],
        read_again: Callable[[], Catalog],
        *,
        version: str,
        now: Callable[[], datetime] = _utc_now,
        announce: Callable[[], None] | None = None,
    ) -> None:
        """Read the catalog.

        Args:
            read: Gives the catalog.
            read_again: Reads it anew.
            version: Of this program.
            now: The time, UTC.
            announce: Called when it was to be read again because a client asked for it, where other
                processes serve it as well.

        Raises:
            CatalogError: The project's document cannot be used.
        """
        self.version = version
        self._read_again = read_again
        self._now = now
        self._announce = announce
        self.is_outdated = False
        self.snapshot = self._snapshot(read(), 1)

    @property
    def minute(self) -> datetime:
        """Now, to the minute: what a question without a date is about."""
        return self._now().replace(second=0, microsecond=0)

    def replace(self, catalog: Catalog) -> None:
        """Serve another catalog from now on."""
        self.snapshot = self._snapshot(catalog, self.snapshot.number + 1)
        self.is_outdated = False

    def reload(self) -> None:
        """Read the catalog again.

        Raises:
            CatalogError: The project's document cannot be used. What was served goes on being served.
        """
        try:
            self.replace(self._read_again())
        except MopsError:
            self.is_outdated = True
            raise
        finally:
            if self._announce is not None:
                self._announce()

    def _snapshot(self, catalog: Catalog, number: int) -> Snapshot:
        entries = tuple(catalog)
        aliases = {alias.name for each in entries for alias in each.aliases}
        names = aliases.union(each.id for each in entries)
        return Snapshot(catalog, entries, frozenset(names), self._now(), number)
