"""A catalog document as people edit it: YAML in, valid trees out, or every fault with its line and key.

Plain scalars are taken as they are written, so that ``0.10`` stays an exact amount and ``2024-05`` a month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelops_bundle.errors import CatalogError
from modelops_bundle.yamltext.problems import Problem, in_words

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["BrokenCatalogError", "Document", "read_document"]

_NULL = frozenset(("null", "Null", "NULL", "~", ""))
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document.

    Attributes:
        providers: What is given of each provider's configuration, by slug.
        models: What is given of each model, in the order of the file; ``provider`` and ``id`` always are. A
            value of ``None`` says that it is unknown.
    """

    providers: Mapping[str, Mapping[str, Any]]
    models: Sequence[Mapping[str, Any]]


class BrokenCatalogError(CatalogError):
    """A catalog document that cannot be used; it is left exactly as it is.

    Attributes:
        file: Its path as it was given.
        problems: Every problem found, in the order of the file.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        why, mend = in_words(problems)
        super().__init__(f"cannot use the catalog {file}", why, mend)
        self.file = file
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[BrokenCatalogError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.file, self.problems)


def read_document(data: bytes, file: str) -> Document:
    """The document in ``data``.

    Args:
        data: UTF-8.
        file: What to call it in errors.

    Raises:
        BrokenCatalogError: It is no YAML, or something in it is not as the schema says.
    """
    from pydantic import ValidationError

    from modelops_bundle.catalog.schema import CatalogFile
    from modelops_bundle.yamltext.events import DocumentError, read_yaml

    if not data.strip():
        return Document({}, ())
    try:
        root = read_yaml(data, _scalar).root
    except DocumentError as error:
        raise BrokenCatalogError(file, [error.problem]) from error
    try:
        valid = CatalogFile.model_validate(root)
    except ValidationError as error:
        raise BrokenCatalogError(file, _problems(data, error)) from None
    models = [model.given() for model in valid.models]
    problems = list(_contradictions(data, models))
    if problems:
        raise BrokenCatalogError(file, problems)
    providers = {slug: row.given() for slug, row in valid.providers.items()}
    return Document(providers, models)


def _scalar(text: str) -> Any:
    return None if text in _NULL else _TRUTH.get(text, text)


def _problems(data: bytes, error: ValidationError) -> list[Problem]:
    from modelops_bundle.yamltext.events import find_lines

    faults = error.errors(include_url=False, include_context=True, include_input=True)
    paths = [_path(fault["loc"]) for fault in faults]
    lines = find_lines(data, {path[:end] for path in paths for end in range(1, len(path) + 1)})
    told = [
        Problem(_line(lines, path), _key(path), _what(fault), _mend(fault))
        for path, fault in zip(paths, faults, strict=True)
    ]
    return sorted(dict.fromkeys(told), key=lambda problem: problem.line or 0)


def _path(loc: Sequence[int | str]) -> tuple[str, ...]:
    # A fault of a mapping's key ends with this marker rather than with a key.
    return tuple(str(part) for part in loc if part != "[key]")


def _line(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int | None:
    """The line of a key, or of what it would stand in."""
    found = (lines.get(path[:end]) for end in range(len(path), 0, -1))
    return next((line for line in found if line is not None), None)


def _key(path: tuple[str, ...]) -> str:
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in path).lstrip(".")


def _what(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "catalog":
        return str(fault["ctx"]["reason"])
    if fault["type"] == "missing":
        return "it is missing"
    if fault["type"] == "extra_forbidden":
        return "no such key is known"
    message = str(fault["msg"]).replace("Input should", "it should")
    given = fault["input"]
    shown = f", not {given!r:.60}" if isinstance(given, (str, int, float, bool)) else ""
    return message + shown


def _mend(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "extra_forbidden":
        return "See the catalog's schema in the documentation for the keys, or remove it."
    return "Correct it in the file."


def _contradictions(data: bytes, models: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Entries that stand twice: one of both would be lost."""
    from modelops_bundle.yamltext.events import find_lines

    seen: dict[tuple[str, str], int] = {}
    for number, model in enumerate(models):
        name = model["provider"], model["id"]
        if name in seen:
            here, there = (("models", str(each)) for each in (number, seen[name]))
            lines = find_lines(data, {here, there})
            yield Problem(
                lines.get(here),
                f"models[{number}]",
                f"{'/'.join(name)} stands twice, first in line {lines.get(there, '?')}",
                "Make one entry of both.",
            )
        seen.setdefault(name, number)
