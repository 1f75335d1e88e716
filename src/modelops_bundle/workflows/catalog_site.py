"""``catalog site``: the catalog as a folder of pages that any web server, or none, shows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from modelops_bundle.catalog.site import render_site
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import UsageError
from modelops_bundle.ports import Progress

__all__ = ["SiteReport", "SiteWriter", "make_site"]


class SiteWriter(Protocol):
    """Puts a site in a folder as a whole, and nothing else's content out of it."""

    def __call__(self, folder: str, files: Iterable[tuple[str, bytes]]) -> int:
        """Returns how many files it has.

        Raises:
            UsageError: The folder is somebody else's.
            WorkInTheWayError: Somebody put other files into it.
            StorageError: The file system refuses. The old site is as it was.
        """
        ...


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was made.

    Attributes:
        folder: Where, absolute.
        on: The date that it shows prices, aliases and status for.
        models: How many models it lists.
        files: How many files it has.
    """

    folder: str
    on: date
    models: int
    files: int


def make_site(
    catalog: Catalog,
    on: date,
    write: SiteWriter,
    cwd: str,
    out: str,
    progress: Progress | None = None,
) -> SiteReport:
    """Make the site of a catalog, in place of the one that was made there before.

    Args:
        catalog: What is shown.
        on: The date that prices, aliases and status are shown for.
        write: Puts it in its folder.
        cwd: The folder that ``out`` is relative to.
        out: The folder.
        progress: Told of each page.

    Raises:
        UsageError: Jinja2 is missing, or the folder is somebody else's.
        WorkInTheWayError: Somebody put other files into the folder.
        StorageError: The file system refuses. The old site is as it was.
    """
    folder = os.path.normpath(os.path.join(cwd, out))
    real = os.path.realpath(folder)
    if os.path.commonpath((os.path.realpath(cwd), real)) == real:
        raise UsageError(
            f"{folder} is where the command works, or above it",
            "a site is replaced as a whole",
            "Name a folder of its own, such as --out site.",
        )
    files = write(folder, render_site(catalog, on, progress))
    return SiteReport(folder, on, len(catalog), files)
