"""What the program says of itself, in the form in which the reference has to say it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

SHARED_OPTIONS = frozenset(
    {"-C", "--directory", "--python", "--no-cache", "--debug", "-h", "--help"}
)
DOORS = (
    "modelops_bundle",
    "modelops_bundle.hashing",
    "modelops_bundle.registry",
    "modelops_bundle.environment",
    "modelops_bundle.catalog",
    "modelops_bundle.repository",
    "modelops_bundle.ops",
)
NOT_CONFIGURED = frozenset({"project_name", "project_requires", "project_files"})
ASKED = re.compile(
    r"(?:environ|_?environment|variables|_variables)(?:\.get\(|\[)\s*\"([A-Z_]{3,})\""
)
#: What the libraries that speak to registries read, on purpose.
ASKED_BY_LIBRARIES = frozenset(
    {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}
)


class Command(NamedTuple):
    """One command: its options, each with the other spellings of it, and the names of its arguments."""

    options: frozenset[str]
    arguments: frozenset[str]
    takes_value: frozenset[str]


def commands() -> dict[str, Command]:
    """Every command by its name after the program's; the program itself has an empty name."""
    import typer

    from modelops_bundle.cli import app

    return dict(_commands(typer.main.get_command(app), ""))


def _commands(command: Any, name: str) -> Iterator[tuple[str, Command]]:
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    if not names or not name:
        yield name, _command(command)
    for each in names:
        yield from _commands(command.get_command(None, each), f"{name} {each}".strip())


def _command(command: Any) -> Command:
    options: set[str] = {"-h", "--help"}
    valued: set[str] = set()
    arguments = set()
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            arguments.add((parameter.metavar or parameter.human_readable_name).strip("[]."))
            continue
        spellings = {*parameter.opts, *parameter.secondary_opts}
        options |= spellings
        if not parameter.is_flag:
            valued |= spellings
    plain = frozenset(re.sub(r"[\[\].]", "", argument) for argument in arguments)
    return Command(frozenset(options), plain, frozenset(valued))


def configuration() -> dict[str, dict[str, Any]]:
    """Keys of each table of the configuration with their defaults."""
    from modelops_bundle.project.config import TABLES, Config

    tables = {"tool.modelops-bundle": Config}
    tables |= {f"tool.modelops-bundle.{name}": kind for name, kind in TABLES.items()}
    return {
        table: {
            field.name: field.default
            for field in fields(kind)
            if field.name not in (*NOT_CONFIGURED, *TABLES)
        }
        for table, kind in tables.items()
    }


def public_names() -> set[str]:
    """Dotted names of everything that the public modules offer."""
    return {
        f"{module}.{name}" for module in DOORS for name in importlib.import_module(module).__all__
    }


def registry_keys() -> dict[str, set[str]]:
    """Keys of each kind of entry in the registry file."""
    from modelops_bundle.records.document import FIELDS

    return {kind.__name__: set(keys) for kind, keys in FIELDS.items()}


def variables(source: Path) -> set[str]:
    """Names of the environment variables that the program reads."""
    from modelops_bundle.environment.settings import SETTING_VARIABLES

    named = {name for names in SETTING_VARIABLES.values() for name in names} | ASKED_BY_LIBRARIES
    for path in source.rglob("*.py"):
        if "sample" not in path.parts:
            named.update(ASKED.findall(path.read_text(encoding="utf-8")))
    return named


def place_variables() -> frozenset[str]:
    """Names of variables that never count although code reads them."""
    from modelops_bundle.environment.variables import PLACE_VARIABLES

    return PLACE_VARIABLES


def json_paths(document: Any, free: Mapping[str, str], prefix: str = "") -> Iterator[str]:
    """Paths of all fields of a JSON document: ``entries[].id``.

    Args:
        document: What was read.
        free: Fields whose keys are names and not fields, with the word that stands for such a name.
        prefix: Where the document stands.
    """
    if isinstance(document, list):
        for item in document:
            yield from json_paths(item, free, f"{prefix}[]")
    elif isinstance(document, dict):
        for key, value in document.items():
            path = f"{prefix}.{free[prefix]}" if prefix in free else f"{prefix}.{key}".lstrip(".")
            yield path
            yield from json_paths(value, free, path)
