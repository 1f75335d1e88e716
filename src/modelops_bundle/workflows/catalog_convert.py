"""``catalog convert``: another catalog as a document of this one, and what there is no place for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelops_bundle.catalog.documents import read_document
from modelops_bundle.errors import UsageError
from modelops_bundle.workflows.catalog_files import Input
from modelops_bundle.yamltext.writing import write_yaml

if TYPE_CHECKING:
    from modelops_bundle.catalog.importing.outcome import Imported, Unmapped

__all__ = ["FORMATS", "Converted", "convert", "guess_format"]

#: Names of the formats.
FORMATS = ("litellm", "models-dev", "markdown")

# Of the first entries of a document as many are looked at.
_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a file.

    Attributes:
        source: The file as people read it.
        format: One of :data:`FORMATS`.
        data: The document, YAML; it is valid.
        models: Number of models in it.
        unmapped: What there is no place for, or cannot be true.
    """

    source: str
    format: str
    data: bytes
    models: int
    unmapped: tuple[Unmapped, ...]


def convert(given: Input, format_: str | None = None) -> Converted:
    """Convert a file.

    Args:
        given: The file.
        format_: One of :data:`FORMATS`; found out from the content by default.

    Raises:
        UsageError: What it is cannot be found out with certainty, or there is no such format.
        CatalogError: It is not of this format.
    """
    chosen = format_ or guess_format(given.data)
    if chosen not in FORMATS:
        what = (
            f"what {given.shown} is cannot be told"
            if chosen is None
            else f"no format {chosen} is known"
        )
        raise UsageError(what, "", f"Give --from {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    outcome = _read(chosen, given)
    tree: dict[str, Any] = {"providers": outcome.providers} if outcome.providers else {}
    data = write_yaml({**tree, "models": list(outcome.models)})
    read_document(data, f"{given.shown}, converted")
    return Converted(given.shown, chosen, data, len(outcome.models), outcome.unmapped)


def guess_format(data: bytes) -> str | None:
    """The format of a document, if its content leaves no doubt."""
    from modelops_bundle.catalog.importing.markdown_table import find_table

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if not text.lstrip().startswith("{"):
        return "markdown" if find_table(text) else None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    entries = [each for each in list(tree.values())[:_SAMPLE] if isinstance(each, dict)]
    if entries and all("litellm_provider" in each for each in entries):
        return "litellm"
    if entries and all(isinstance(each.get("models"), Mapping) for each in entries):
        return "models-dev"
    return None


def _read(format_: str, given: Input) -> Imported:
    # A source is one line of text, and a file may be called anything.
    source = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "?", given.shown)
    if os.path.isabs(source):
        # The document goes to others, to whom the folders of this machine say nothing.
        source = os.path.basename(source)
    if format_ == "markdown":
        from modelops_bundle.catalog.importing.markdown_table import read_markdown

        return read_markdown(given.data, source)
    if format_ == "litellm":
        from modelops_bundle.catalog.importing.litellm import read_litellm

        return read_litellm(given.data, source)
    from modelops_bundle.catalog.importing.models_dev import read_models_dev

    return read_models_dev(given.data, source)
