"""The project's configuration: ``[tool.modelops-bundle]`` in pyproject.toml, read once and checked whole.

An unknown key is an error rather than ignored: a misspelt ``ignore_variables`` would silently change what a
result depends on.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from modelops_bundle.errors import ConfigError
from modelops_bundle.identity.names import is_dotted_name

__all__ = [
    "DEFAULT_BASES",
    "TABLES",
    "Config",
    "EnvironmentConfig",
    "HermeticConfig",
    "ResultsConfig",
    "read_config",
]

DEFAULT_BASES = (
    "modelops_calabaria.BaseModel",
    "calabaria.BaseModel",
    "modelops_bundle.BaseModel",
)


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """``[tool.modelops-bundle.environment]``.

    Attributes:
        python: The project's interpreter, absolute or relative to the project.
        scope: ``imports`` (what the model's code imports) or ``all`` (every installed distribution).
        include: Distributions that count although no import names them.
        ignore_variables: Environment variables that are no inputs although the code reads them.
        container_image: Container image by digest.
        cuda_version: CUDA version.
        rng_algorithm: Random number algorithm.
        thread_count: Number of threads that results may depend on.
    """

    python: str | None = None
    scope: str = "imports"
    include: tuple[str, ...] = ()
    ignore_variables: tuple[str, ...] = ()
    container_image: str | None = None
    cuda_version: str | None = None
    rng_algorithm: str | None = None
    thread_count: int | None = None


@dataclass(frozen=True, slots=True)
class ResultsConfig:
    """``[tool.modelops-bundle.results]``.

    Attributes:
        store: URL of the store that results are shared through; ``None`` for none.
    """

    store: str | None = None


@dataclass(frozen=True, slots=True)
class HermeticConfig:
    """``[tool.modelops-bundle.hermetic]``.

    Attributes:
        allow: Paths that hermetic simulations may read beside what is declared: absolute, below ``~``, or
            relative to the project.
        network: Whether simulations may use the network.
    """

    allow: tuple[str, ...] = ()
    network: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """``[tool.modelops-bundle]`` and what the project says of itself in ``[project]``.

    Attributes:
        model_bases: Dotted names of the classes whose subclasses are models.
        source_roots: Folders that imports are looked for in first, relative to the project.
        exclude: Patterns of files and folders that ``discover`` and folders of data pass over.
        ignore_files: Patterns of files that code names and that no result depends on: they are not reported.
        ignore_llms: Patterns of names of hosted models that code holds and that no result depends on, with or
            without the provider: they are not reported.
        table_limit: Size in bytes up to which rows and columns of a table are recorded.
        environment: See :class:`EnvironmentConfig`.
        results: See :class:`ResultsConfig`.
        hermetic: See :class:`HermeticConfig`.
        project_name: ``[project] name``, if any: its own distribution is code, not environment.
        project_requires: ``[project] dependencies``, for the extras that they ask for.
        project_files: Files, and patterns of files, that ``[project]`` names as readme and licences: no build
            of the project is without them.
    """

    model_bases: tuple[str, ...] = DEFAULT_BASES
    source_roots: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore_files: tuple[str, ...] = ()
    ignore_llms: tuple[str, ...] = ()
    table_limit: int = 64 * 1024 * 1024
    environment: EnvironmentConfig = EnvironmentConfig()
    results: ResultsConfig = ResultsConfig()
    hermetic: HermeticConfig = HermeticConfig()
    project_name: str | None = None
    project_requires: tuple[str, ...] = ()
    project_files: tuple[str, ...] = ()


_KINDS: Mapping[str, type] = {
    "model_bases": list,
    "source_roots": list,
    "exclude": list,
    "ignore_files": list,
    "ignore_llms": list,
    "table_limit": int,
    "python": str,
    "scope": str,
    "include": list,
    "ignore_variables": list,
    "container_image": str,
    "cuda_version": str,
    "rng_algorithm": str,
    "thread_count": int,
    "store": str,
    "allow": list,
    "network": bool,
}
#: Tables below the section, by name.
TABLES: Mapping[str, type] = {
    "environment": EnvironmentConfig,
    "results": ResultsConfig,
    "hermetic": HermeticConfig,
}
_KIND_NAMES = {
    list: "a list of strings",
    int: "a whole number",
    str: "a string",
    bool: "true or false",
}
_STORE = re.compile(r"(?:s3|az|gs)://[A-Za-z0-9][A-Za-z0-9._-]*(?:/[^?#@]*)?|file:///[^?#]+")
_FROM_PROJECT = ("project_name", "project_requires", "project_files")


def read_config(text: str, where: str = "pyproject.toml") -> Config:
    """Read the configuration from pyproject.toml's text.

    Raises:
        ConfigError: The file is no TOML, or a key is unknown, of the wrong type or out of range. All problems
            are reported together.
    """
    import tomllib

    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        raise ConfigError(
            f"{where} is not valid TOML", str(error), "Mend the file; it was not changed."
        ) from error
    problems: list[str] = []
    tool = _table(document.get("tool", {}), "tool", problems)
    section = dict(_table(tool.get("modelops-bundle", {}), "tool.modelops-bundle", problems))
    tables = {}
    for key, record in TABLES.items():
        where_in = f"tool.modelops-bundle.{key}"
        inner = _table(section.pop(key, {}), where_in, problems)
        tables[key] = _checked(inner, record, where_in, problems)
    top = _checked(
        section, Config, "tool.modelops-bundle", problems, skip=(*TABLES, *_FROM_PROJECT)
    )
    problems += _out_of_range(top, **tables)
    if problems:
        raise ConfigError(
            f"{where}: {'; '.join(problems)}",
            "",
            "Keys are listed in the reference, under Configuration.",
        )
    project = _table(document.get("project", {}), "project", [])
    name, requires = project.get("name"), project.get("dependencies", [])
    return Config(
        **top,
        **{key: record(**tables[key]) for key, record in TABLES.items()},
        project_name=name if isinstance(name, str) else None,
        project_requires=tuple(item for item in requires if isinstance(item, str))
        if isinstance(requires, list)
        else (),
        project_files=tuple(dict.fromkeys(_files_of(project))),
    )


def _files_of(project: Mapping[str, Any]) -> Iterator[str]:
    readme, licence = project.get("readme"), project.get("license")
    several = project.get("license-files", [])
    for each in (
        readme,
        readme.get("file") if isinstance(readme, dict) else None,
        licence.get("file") if isinstance(licence, dict) else None,
        *(several if isinstance(several, list) else ()),
    ):
        if isinstance(each, str) and each:
            yield posixpath.normpath(each)


def _out_of_range(
    top: Mapping[str, Any],
    environment: Mapping[str, Any],
    results: Mapping[str, Any],
    hermetic: Mapping[str, Any],
) -> Iterator[str]:
    for base in top.get("model_bases", ()):
        if not is_dotted_name(base):
            yield f"model_bases: {base!r} is no dotted name of a class"
    if environment.get("scope", "imports") not in ("imports", "all"):
        yield 'environment.scope is "imports" or "all"'
    if environment.get("thread_count", 1) < 1:
        yield "environment.thread_count is at least 1"
    if _STORE.fullmatch(results.get("store", "file:///x")) is None:
        yield (
            "results.store is no URL of a store: s3://bucket/prefix, az://container/prefix,"
            " gs://bucket/prefix or file:///folder, without credentials"
        )
    if not all(hermetic.get("allow", ())):
        yield "hermetic.allow holds an empty path"


def _table(value: Any, name: str, problems: list[str]) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    problems.append(f"{name} is not a table")
    return {}


def _checked(
    section: Mapping[str, Any],
    record: type,
    name: str,
    problems: list[str],
    skip: tuple[str, ...] = (),
) -> dict[str, Any]:
    known = [field.name for field in fields(record) if field.name not in skip]
    values: dict[str, Any] = {}
    for key, value in section.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            problems.append(
                f"unknown key {name}.{key}" + (f" (did you mean {close[0]}?)" if close else "")
            )
        elif type(value) is not _KINDS[key] or (
            isinstance(value, list) and not all(isinstance(item, str) for item in value)
        ):
            problems.append(f"{name}.{key} is not {_KIND_NAMES[_KINDS[key]]}")
        else:
            values[key] = tuple(value) if isinstance(value, list) else value
    return values
