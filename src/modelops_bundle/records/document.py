"""The registry's text to entries and back.

Reading is strict where the ecosystem's loader is (a key of another type, ``null`` for a list, an unquoted
version) and reports all such places of a file together. Writing is a function of the entries alone: ids,
dependencies and unknown keys sorted, the ecosystem's own keys always there, our own left out when they say
nothing. So a file that was written here and is written again does not change by a byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from modelops_bundle.records.entries import (
    REGISTRY_VERSION,
    BundleRegistry,
    EnvironmentEntry,
    LlmEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
)
from modelops_bundle.records.problems import BrokenRegistryError
from modelops_bundle.records.readers import (
    LLM,
    NEEDED,
    Field,
    Misfit,
    Path,
    is_null,
    read_count,
    read_digest,
    read_flag,
    read_llms,
    read_number_map,
    read_optional_number,
    read_optional_text,
    read_text,
    read_text_map,
    read_texts,
)
from modelops_bundle.yamltext.events import Bare, DocumentError, find_lines, read_yaml
from modelops_bundle.yamltext.problems import Problem
from modelops_bundle.yamltext.writing import write_yaml

__all__ = ["FIELDS", "Loaded", "dump_document", "load_document"]

E = TypeVar("E", ModelEntry, TargetEntry, TargetSet, EnvironmentEntry)

MOST_PROBLEMS = 1000
"""Of so many problems of one file the places are looked up and reported."""


class Loaded(NamedTuple):
    """What a registry file holds.

    Attributes:
        registry: Its entries.
        comment_line: The line of its first comment, which saving would lose; ``None`` when it has none.
    """

    registry: BundleRegistry
    comment_line: int | None


def load_document(data: bytes, file: str) -> Loaded:
    """Read a registry.

    Args:
        data: The file's bytes.
        file: Its path, for messages.

    Raises:
        BrokenRegistryError: It is no YAML, or no registry; names every problem with line, key and mend.
    """
    try:
        reader = _Reader()
        parsed = read_yaml(data)
        registry = reader.registry(parsed.root)
        if reader.wrong:
            raise BrokenRegistryError(file, _located(data, reader.wrong[:MOST_PROBLEMS]))
        return Loaded(registry, parsed.comment_line)
    except DocumentError as error:
        raise BrokenRegistryError(file, [error.problem]) from error


def dump_document(registry: BundleRegistry) -> bytes:
    """The registry as UTF-8 YAML; equal registries give equal bytes.

    Raises:
        UsageError: A weight is not finite, or an unknown key holds what is no text, number, list or mapping.
    """
    tree: dict[str, Any] = {"version": registry.version}
    sections: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("models", registry.models),
        ("targets", registry.targets),
        ("target_sets", registry.target_sets),
        ("environments", registry.used_environments()),
    )
    for section, entries in sections:
        if entries or section != "environments":
            tree[section] = {name: _written(entry) for name, entry in sorted(entries.items())}
    tree.update(_sorted_extra(registry.extra))
    return write_yaml(tree)


# --- one entry ----------------------------------------------------------------------------------


class _Wrong(NamedTuple):
    path: Path
    what: str
    mend: str


_NAMES = Field(read_texts, always=True)
_OUR_DEPENDENCIES = {
    "data_patterns": Field(read_texts),
    "code_patterns": Field(read_texts),
    "declared_variables": Field(read_texts),
    "auto_code": Field(read_flag),
    "discovered": Field(read_flag),
    "external": Field(read_text_map, sort=True),
    "distributions": Field(read_text_map, sort=True),
    "variables": Field(read_text_map, sort=True),
    "environment": Field(read_text),
    "digest": Field(read_digest),
}
_FILES = Field(read_texts, always=True, sort=True)
_DIGESTS = Field(read_text_map, always=True, sort=True)

#: Keys of each kind of entry in the order in which they are written.
FIELDS: dict[type[Any], dict[str, Field]] = {
    ModelEntry: {
        "entrypoint": NEEDED,
        "path": NEEDED,
        "class_name": NEEDED,
        "scenarios": _NAMES,
        "parameters": _NAMES,
        "outputs": _NAMES,
        "data": _FILES,
        "data_digests": _DIGESTS,
        "code": _FILES,
        "code_digests": _DIGESTS,
        "model_digest": Field(read_digest, always=True),
        "labels": Field(read_text_map, sort=True),
        "declared_outputs": Field(read_texts),
        "llms": Field(read_llms),
        **_OUR_DEPENDENCIES,
    },
    TargetEntry: {
        "path": NEEDED,
        "entrypoint": NEEDED,
        "model_output": NEEDED,
        "data": _FILES,
        "target_digest": Field(read_digest, always=True),
        "labels": Field(read_text_map, always=True, sort=True),
        "weight": Field(read_optional_number, always=True),
        "data_digests": Field(read_text_map, sort=True),
        "code": Field(read_texts, sort=True),
        "code_digests": Field(read_text_map, sort=True),
        **_OUR_DEPENDENCIES,
    },
    TargetSet: {
        "targets": _NAMES,
        "weights": Field(read_number_map, always=True, sort=True),
    },
    EnvironmentEntry: {
        "python_version": NEEDED,
        "platform": NEEDED,
        "dependencies": Field(read_text_map, always=True, sort=True),
        "container_image": Field(read_optional_text, always=True),
        "cuda_version": Field(read_optional_text, always=True),
        "rng_algorithm": Field(read_text, always=True),
        "thread_count": Field(read_count, always=True),
    },
}


def _written(entry: Any) -> dict[str, Any]:
    tree = {}
    fields = LLM if isinstance(entry, LlmEntry) else FIELDS[type(entry)]
    for key, field in fields.items():
        value = getattr(entry, key)
        if key == "llms":
            value = [_written(each) for each in value]
        if field.always or not _says_nothing(value):
            tree[key] = _in_order(value) if field.sort else value
    tree.update(_sorted_extra(entry.extra))
    return tree


def _says_nothing(value: Any) -> bool:
    # Flags are on unless the entry says otherwise.
    return value is True or (value is not False and not value)


def _in_order(value: Any) -> Any:
    return dict(sorted(value.items())) if isinstance(value, Mapping) else sorted(value)


def _sorted_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _sorted_deeply(extra[key]) for key in sorted(extra)}


def _sorted_deeply(value: Any) -> Any:
    # Reading has bounded the depth.
    if isinstance(value, Mapping):
        return _sorted_extra(value)
    return [_sorted_deeply(item) for item in value] if isinstance(value, list | tuple) else value


# --- the whole document -------------------------------------------------------------------------


_SECTIONS = ("version", "models", "targets", "target_sets", "environments")


class _Reader:
    """Reads the parts of a document and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.wrong: list[_Wrong] = []

    def registry(self, tree: Any) -> BundleRegistry:
        """The registry; meaningless when something is wrong."""
        if type(tree) is not dict:
            self._misfit((), Misfit("a mapping with `version` and `models`", tree))
            return BundleRegistry()
        if tree.keys().isdisjoint(_SECTIONS):
            what = "none of the keys of a registry is there"
            self.wrong.append(_Wrong((), what, "Check that it is the right file."))
        rest = dict(tree)
        version = self._version(rest.pop("version", REGISTRY_VERSION))
        return BundleRegistry(
            version=version,
            models=self._section(rest, "models", ModelEntry),
            targets=self._section(rest, "targets", TargetEntry),
            target_sets=self._section(rest, "target_sets", TargetSet),
            environments=self._section(rest, "environments", EnvironmentEntry),
            extra=rest,
        )

    def _version(self, value: Any) -> str:
        try:
            version = read_text(value)
        except Misfit as misfit:
            self._misfit(("version",), misfit)
            return REGISTRY_VERSION
        if version.split(".")[0] != REGISTRY_VERSION.split(".")[0]:
            what = f"version {version!r} is not one that is read here ({REGISTRY_VERSION!r})"
            self.wrong.append(_Wrong(("version",), what, "Use a newer modelops-bundle."))
        return version

    def _section(self, rest: dict[str, Any], section: str, kind: type[E]) -> dict[str, E]:
        entries: dict[str, E] = {}
        tree = rest.pop(section, {})
        if type(tree) is not dict:
            self._misfit((section,), Misfit("a mapping", tree))
            return entries
        for name, value in tree.items():
            if type(name) is not str:
                self._misfit((section, name), Misfit("a key that is text", name))
            entry = self._entry((section, name), value, kind)
            if entry is not None:
                entries[name] = entry
        return entries

    def _entry(self, path: Path, tree: Any, kind: type[E]) -> E | None:
        if type(tree) is not dict:
            self._misfit(path, Misfit("a mapping", tree))
            return None
        fields = FIELDS[kind]
        values = self._values(path, tree, fields)
        extra = {key: value for key, value in tree.items() if key not in fields}
        missing = [key for key, field in fields.items() if field.required and key not in values]
        for key in missing:
            if key not in tree:
                mend = f"Add `{key}:`, or remove the entry and register it again."
                self.wrong.append(_Wrong(path, f"has no {key}", mend))
        return None if missing else kind(extra=extra, **values)

    def _values(
        self, path: Path, tree: Mapping[str, Any], fields: Mapping[str, Field]
    ) -> dict[str, Any]:
        values = {}
        for key, value in tree.items():
            if key in fields:
                try:
                    values[key] = fields[key].read(value)
                except Misfit as misfit:
                    self._misfit((*path, key, *misfit.inside), misfit)
        return values

    def _misfit(self, path: Path, misfit: Misfit) -> None:
        self.wrong.append(_Wrong(path, *_explained(misfit)))


def _explained(misfit: Misfit) -> tuple[str, str]:
    got = misfit.got
    if is_null(got):
        empty = {"a mapping": "{}", "a list of texts": "[]"}.get(misfit.expected)
        mend = f"Write `{empty}` or remove the key." if empty else "Give it a value."
        return f"is null, expected {misfit.expected}", mend
    if type(got) is Bare and "text" in misfit.expected:
        return f"is {got}, which YAML does not read as text", f'Quote it: "{got}".'
    kind = "a mapping" if type(got) is dict else "a list" if type(got) is list else repr(got[:40])
    return f"is {kind}, expected {misfit.expected}", f"Write {misfit.expected} there."


def _located(data: bytes, wrong: list[_Wrong]) -> list[Problem]:
    lines = find_lines(data, {path[:end] for path, *_ in wrong for end in range(1, len(path) + 1)})
    return [Problem(_line(lines, path), ".".join(path), what, mend) for path, what, mend in wrong]


def _line(lines: Mapping[Path, int], path: Path) -> int | None:
    # What stands behind an alias has no line of its own; the key that holds the alias has one.
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
