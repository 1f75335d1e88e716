"""Which interpreter is the project's: the first of six places that names one.

A place that names an interpreter on purpose (``--python``, the configuration) must name one that exists. The
others may be left over from something else: one that leads nowhere is passed over with a warning. Two
places that name different environments are warned about, because results then depend on who runs the
command.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from modelops_bundle.errors import ConfigError, UsageError
from modelops_bundle.ports import EntryKind, Files

__all__ = ["RUNNING", "Choice", "choose_interpreter", "venv_prefix"]

#: The last place: taken where nothing else names an interpreter.
RUNNING = "running interpreter"

_IN_ENVIRONMENT = (
    ("bin", "python"),
    ("bin", "python3"),
    ("Scripts", "python.exe"),
    ("python.exe",),
)
_MEND = "Say which one counts with --python or environment.python in the configuration."
_EXPLICIT = ("--python", "environment.python")


class Choice(NamedTuple):
    """The chosen interpreter.

    Attributes:
        executable: Absolute path, links in it not followed: a virtual environment's is a link.
        chosen_by: What named it.
        warnings: What else named one, and what leads nowhere; a sentence each.
    """

    executable: str
    chosen_by: str
    warnings: tuple[str, ...] = ()


def choose_interpreter(
    files: Files,
    *,
    root: str,
    cwd: str,
    option: str | None,
    configured: str | None,
    variables: Mapping[str, str],
    running: str,
) -> Choice:
    """The project's interpreter.

    Args:
        files: File system.
        root: The project's folder.
        cwd: The folder that ``option`` is relative to.
        option: ``--python``: an executable, an environment's folder, or a command's name.
        configured: ``environment.python``, likewise, relative to the project.
        variables: The process's environment variables.
        running: The executable that runs this program.

    Raises:
        UsageError: ``option`` names no interpreter.
        ConfigError: ``configured`` names none.
    """
    named: list[tuple[str, str]] = []
    if option is not None:
        named.append(("--python", _demand_option(files, option, cwd, variables)))
    if configured is not None:
        named.append(("environment.python", _demand_configured(files, configured, root, variables)))
    warnings: list[str] = []
    for place, folder in _environments(files, root, variables):
        executable = _in_environment(files, folder)
        if executable is None:
            warnings.append(f"{place} names {folder}, which holds no interpreter; it was ignored.")
        else:
            named.append((place, executable))
    if not named:
        return Choice(running, RUNNING, tuple(warnings))
    place, executable = named[0]
    warnings += _conflicts(files, named, variables)
    return Choice(executable, place, tuple(warnings))


def venv_prefix(files: Files, executable: str) -> str | None:
    """Root folder of the virtual environment that an executable belongs to, if it does."""
    folder = os.path.dirname(executable)
    for candidate in (os.path.dirname(folder), folder):
        if files.entries(candidate).get("pyvenv.cfg") is EntryKind.FILE:
            return candidate
    return None


def _demand_option(files: Files, text: str, cwd: str, variables: Mapping[str, str]) -> str:
    executable = _located(files, text, cwd, variables)
    if executable is None:
        raise UsageError(
            f"--python {text}: no interpreter there",
            "it is no executable file, environment's folder or command on PATH",
            "Name one of these, .venv say, or leave it out to use the project's own.",
        )
    return executable


def _demand_configured(files: Files, text: str, root: str, variables: Mapping[str, str]) -> str:
    executable = _located(files, text, root, variables)
    if executable is None:
        raise ConfigError(
            f"environment.python is {text}, and no interpreter is there",
            "it is no executable file, environment's folder or command on PATH",
            "Mend [tool.modelops-bundle.environment] in pyproject.toml, or use --python.",
        )
    return executable


def _environments(files: Files, root: str, variables: Mapping[str, str]) -> list[tuple[str, str]]:
    places = []
    if variables.get("VIRTUAL_ENV"):
        places.append(("VIRTUAL_ENV", variables["VIRTUAL_ENV"]))
    if files.entries(root).get(".venv") is EntryKind.FOLDER:
        places.append((".venv", os.path.join(root, ".venv")))
    if variables.get("CONDA_PREFIX"):
        places.append(("CONDA_PREFIX", variables["CONDA_PREFIX"]))
    return places


def _located(files: Files, text: str, base: str, variables: Mapping[str, str]) -> str | None:
    if not text or "\0" in text:
        return None
    path = os.path.normpath(os.path.join(base, os.path.expanduser(text)))
    kind = _kind(files, path)
    if kind is EntryKind.FILE:
        return path
    if kind is EntryKind.FOLDER:
        return _in_environment(files, path)
    if os.path.basename(text) == text:
        for folder in variables.get("PATH", "").split(os.pathsep):
            for name in (text, text + ".exe"):
                if folder and files.entries(folder).get(name) is EntryKind.FILE:
                    return os.path.join(os.path.abspath(folder), name)
    return None


def _in_environment(files: Files, folder: str) -> str | None:
    for parts in _IN_ENVIRONMENT:
        path = os.path.join(os.path.abspath(folder), *parts)
        if _kind(files, path) is EntryKind.FILE:
            return path
    return None


def _kind(files: Files, path: str) -> EntryKind | None:
    parent, name = os.path.split(path)
    return files.entries(parent).get(name) if name else EntryKind.FOLDER


def _conflicts(
    files: Files, named: list[tuple[str, str]], variables: Mapping[str, str]
) -> list[str]:
    place, executable = named[0]
    chosen = _identity(files, executable)
    warnings = []
    for other_place, other in named[1:]:
        if other_place == "CONDA_PREFIX" and variables.get("CONDA_DEFAULT_ENV") == "base":
            # Conda activates its base environment in every shell: nobody chose it.
            continue
        if _identity(files, other) != chosen:
            said = f"The project's interpreter is {executable} ({place}), "
            if place in _EXPLICIT:
                warnings.append(f"{said}not {other}, which {other_place} names.")
            else:
                warnings.append(f"{said}but {other_place} names {other}. {_MEND}")
    return warnings


def _identity(files: Files, executable: str) -> str:
    """One text for every name of one environment: all virtual environments of a base share its executable."""
    home = venv_prefix(files, executable)
    return files.real(home) if home else files.real(executable)
