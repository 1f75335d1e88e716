"""A catalog document as people edit it: YAML in, valid trees out, or every fault with its line and key.

Plain scalars are taken as they are written, so that ``0.10`` stays an exact amount and ``2024-05`` a month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from modelops_bundle.catalog.places import key_text, line_of
from modelops_bundle.catalog.trees import time_span
from modelops_bundle.errors import CatalogError
from modelops_bundle.yamltext.problems import Problem, in_words

__all__ = ["BrokenCatalogError", "Document", "key_text", "line_of", "read_document"]

_BOM = b"\xef\xbb\xbf"
_NULL = frozenset(("null", "Null", "NULL", "~", ""))
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

_Path = tuple[str, ...]
#: Where one stands, where the other stands, what is the matter, what to do.
_Contradiction = tuple[_Path, _Path, str, str]


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
    if _says_nothing(data):
        return Document({}, ())

    from pydantic import ValidationError

    from modelops_bundle.catalog.faults import problems_of
    from modelops_bundle.catalog.schema import CatalogFile
    from modelops_bundle.yamltext.events import DocumentError, read_yaml

    try:
        root = read_yaml(data, _scalar).root
    except DocumentError as error:
        problem = error.problem
        key = key_text(problem.key.split(".")) if problem.key else ""
        raise BrokenCatalogError(file, [problem._replace(key=key)]) from error
    try:
        valid = CatalogFile.model_validate(root)
    except ValidationError as error:
        raise BrokenCatalogError(file, problems_of(data, error)) from None
    models = [model.given() for model in valid.models]
    providers = {slug: row.given() for slug, row in valid.providers.items()}
    problems = _contradictions(data, providers, models)
    if problems:
        raise BrokenCatalogError(file, problems)
    return Document(providers, models)


def _scalar(text: str) -> Any:
    return None if text in _NULL else _TRUTH.get(text, text)


def _says_nothing(data: bytes) -> bool:
    lines = (line.strip() for line in data.removeprefix(_BOM).splitlines())
    return all(not line or line.startswith(b"#") for line in lines)


def _contradictions(
    data: bytes, providers: Mapping[str, Mapping[str, Any]], models: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """What no row says alone: models that stand twice, and names that mean two things."""
    from modelops_bundle.yamltext.events import find_lines

    found = [*_same_providers(providers), *_same_models(models), *_same_aliases(models)]
    if not found:
        return []
    places = [place for here, there, _, _ in found for place in (here, there)]
    lines = find_lines(data, {place[:end] for place in places for end in range(1, len(place) + 1)})
    problems = [
        Problem(line_of(lines, here), key_text(here), _after(what, line_of(lines, there)), mend)
        for here, there, what, mend in found
    ]
    return sorted(problems, key=lambda problem: problem.line or 0)


def _after(what: str, line: int | None) -> str:
    return what if line is None else f"{what}; the first is in line {line}"


def _same_providers(providers: Mapping[str, Mapping[str, Any]]) -> Iterator[_Contradiction]:
    seen: dict[str, _Path] = {slug: ("providers", slug) for slug in providers}
    for slug, config in providers.items():
        here = ("providers", slug, "also_known_as")
        for name in config.get("also_known_as") or ():
            there = seen.setdefault(name, here)
            if there != here:
                yield here, there, f"{name} names another provider too", "Keep one of both."


def _same_models(models: Sequence[Mapping[str, Any]]) -> Iterator[_Contradiction]:
    seen: dict[tuple[str, str], _Path] = {}
    for number, model in enumerate(models):
        here = ("models", str(number))
        there = seen.setdefault((model["provider"], model["id"]), here)
        if there != here:
            what = f"{model['provider']}/{model['id']} stands twice"
            yield here, there, what, "Make one entry of both."


def _same_aliases(models: Sequence[Mapping[str, Any]]) -> Iterator[_Contradiction]:
    """Aliases that mean two models of a provider at the same time."""
    spans: dict[tuple[str, str], list[tuple[float, float, str, _Path]]] = {}
    for number, model in enumerate(models):
        for place, alias in enumerate(model.get("aliases") or ()):
            start, end = time_span(alias)
            path = ("models", str(number), "aliases", str(place))
            named = spans.setdefault((model["provider"], alias["name"]), [])
            named.append((start, end, model["id"], path))
    for (provider, name), named in spans.items():
        named.sort()
        for (_, end, one, there), (start, _, other, here) in pairwise(named):
            if start < end and one != other:
                what = f"{provider}/{name} means both {one} and {other} at the same time"
                yield here, there, what, "Give the earlier alias a valid_to."
