"""``catalog validate``: every problem of catalog documents, and of what they make of the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelops_bundle.catalog.checking import check
from modelops_bundle.catalog.documents import BrokenCatalogError, Document, read_document
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.places import key_text, line_of
from modelops_bundle.workflows.catalog_files import Input

__all__ = ["Trouble", "Validated", "validate"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a file, or may be.

    Attributes:
        file: The file as people read it.
        line: 1-based; ``None`` when it concerns the whole file.
        key: Where it stands, empty for the whole file.
        what: What is wrong.
        mend: What to do about it.
        is_error: Whether the file cannot be used, or gives wrong answers; else it is a warning.
    """

    file: str
    line: int | None
    key: str
    what: str
    mend: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Validated:
    """What was found.

    Attributes:
        files: What was read.
        models: Number of models in those that can be read.
        troubles: In the order of files and lines.
    """

    files: tuple[str, ...]
    models: int
    troubles: tuple[Trouble, ...]

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(each.is_error for each in self.troubles)


def validate(inputs: Sequence[Input]) -> Validated:
    """Check documents one by one, each as if it were the project's."""
    models = 0
    troubles: list[Trouble] = []
    for each in inputs:
        try:
            document = read_document(each.data, each.shown)
        except BrokenCatalogError as error:
            troubles += [Trouble(each.shown, *problem, True) for problem in error.problems]
            continue
        models += len(document.models)
        troubles += sorted(_contradictions(each, document), key=lambda found: found.line or 0)
    return Validated(tuple(each.shown for each in inputs), models, tuple(troubles))


def _contradictions(given: Input, document: Document) -> Iterator[Trouble]:
    from modelops_bundle.yamltext.events import find_lines

    findings = check(shipped(document), document)
    if not findings:
        return
    paths = {each.path[:end] for each in findings for end in range(1, len(each.path) + 1)}
    lines = find_lines(given.data, paths)
    for each in findings:
        line = line_of(lines, each.path)
        yield Trouble(given.shown, line, key_text(each.path), each.what, each.mend, each.is_error)
