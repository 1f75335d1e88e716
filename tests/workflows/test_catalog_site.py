"""Where a site may be made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.support.site_catalog import DAY, small_catalog

from modelops_bundle.errors import UsageError
from modelops_bundle.workflows.catalog_site import SiteReport, make_site


class Shelf:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.folders: dict[str, list[str]] = {}

    def __call__(self, folder: str, files: Iterable[tuple[str, bytes]]) -> int:
        self.folders[folder] = [path for path, _ in files]
        return len(self.folders[folder])


def test_a_site_is_made_relative_to_where_the_command_works(tmp_path: Path) -> None:
    shelf, catalog = Shelf(), small_catalog()
    told: list[tuple[int, int]] = []
    report = make_site(
        catalog,
        DAY,
        shelf,
        str(tmp_path),
        "public/models",
        lambda _, done, total: told.append((done, total)),
    )
    folder = str(tmp_path / "public" / "models")
    files = shelf.folders[folder]
    assert report == SiteReport(folder, DAY, len(catalog), len(files))
    assert files[-1] == "index.html"  # readers find what it leads to
    assert told[-1][0] == told[-1][1] > 0


@pytest.mark.parametrize("out", [".", "..", "inner/..", "../.."])
def test_the_folder_where_the_command_works_is_not_replaced(tmp_path: Path, out: str) -> None:
    shelf = Shelf()
    with pytest.raises(UsageError, match="or above it"):
        make_site(small_catalog(), DAY, shelf, str(tmp_path), out)
    assert shelf.folders == {}
