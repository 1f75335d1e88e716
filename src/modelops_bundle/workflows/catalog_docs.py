"""``catalog docs``: a project's hosted models as a page for people, written from its document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.loading import project_folder
from modelops_bundle.catalog.markdown import write_markdown
from modelops_bundle.catalog.trees import entry_from_tree
from modelops_bundle.workflows.catalog_files import own_input, read_input

__all__ = ["PAGE", "Page", "make_page"]

#: Where the page is, below the project's root.
PAGE = "models/model_registry.md"

_MARK = "<!-- Written by `mops-bundle catalog docs`"
_HEAD = f"""\
# Hosted models

{_MARK} from model_registry.yaml: edit that, and run it again. -->

Prices are for a million tokens, those of the last row of each price list for standard calls. They are in US
dollars unless another currency stands there. — stands for what that file does not say.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """The page.

    Attributes:
        path: Where it belongs, absolute.
        text: What it has to hold.
        models: Number of models in it.
        present: What is there now; ``None`` when nothing is.
    """

    path: str
    text: str
    models: int
    present: str | None

    @property
    def is_current(self) -> bool:
        """Whether it is as it has to be; how lines end is nothing."""
        return self.present is not None and self.present.replace("\r\n", "\n") == self.text

    @property
    def is_ours(self) -> bool:
        """Whether nobody's own words would be lost if it were written."""
        return not (self.present or "").strip() or _MARK in (self.present or "")


def make_page(cwd: str) -> Page:
    """The page of the project that a folder lies in.

    Raises:
        UsageError: The project has no catalog document.
        BrokenCatalogError: It cannot be used.
    """
    given = own_input(cwd)
    folder = project_folder(cwd)
    entries = [entry_from_tree(tree) for tree in read_document(given.data, given.shown).models]
    path = folder / PAGE
    return Page(str(path), write_markdown(entries, _HEAD), len(entries), _present(folder, path))


def _present(folder: Path, path: Path) -> str | None:
    if not path.exists():
        return None
    return read_input(str(folder), PAGE).data.decode("utf-8", "replace")
