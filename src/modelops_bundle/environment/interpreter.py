"""The project's interpreter: what it says of itself, and where it looks for installed packages.

The interpreter is asked once, isolated and without ``site`` (``-I -S``), so that no start-up hook of the
environment runs. It then cannot tell that it belongs to a virtual environment; the folders of one are
worked out here from ``pyvenv.cfg`` instead, in the order in which ``site`` would add them: the virtual
environment's own, the user's, the base's.

The answer is kept under the executable's stat, so a warm run starts nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from modelops_bundle.environment.choice import Choice, venv_prefix
from modelops_bundle.errors import EnvironmentProbeError
from modelops_bundle.identity.streams import Blake2bStream
from modelops_bundle.ports import Files

__all__ = ["ANSWER", "QUESTION", "Interpreter", "InterpreterStarter", "read_interpreter"]

ANSWER = "modelops-bundle-interpreter:"

#: What the interpreter is asked. Old syntax throughout: it may be any Python 3.
QUESTION = """
import json, os, platform, site, sys
from importlib.machinery import EXTENSION_SUFFIXES
info = sys.implementation.version
suffix = "" if info[3] == "final" else info[3][0] + str(info[4])
print("ANSWER" + json.dumps({
    "executable": sys.executable,
    "version": platform.python_version(),
    "platform": platform.system().lower() + "-" + platform.machine(),
    "markers": {
        "implementation_name": sys.implementation.name,
        "implementation_version": ".".join(map(str, info[:3])) + suffix,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
    "prefix": sys.base_prefix,
    "site": site.getsitepackages([sys.base_prefix, sys.base_exec_prefix]),
    "user": site.getusersitepackages(),
    "libraries": sorted({"lib", getattr(sys, "platlibdir", "lib")}),
    "free_threaded": "t" in getattr(sys, "abiflags", ""),
    "stdlib": sorted(getattr(sys, "stdlib_module_names", ())),
    "builtin": sorted(sys.builtin_module_names),
    "suffixes": EXTENSION_SUFFIXES,
}))
""".replace("ANSWER", ANSWER)

_MEMO = "interpreter1"


class InterpreterStarter(Protocol):
    """The outside of this module: an executable's identity, and one start of it."""

    def stamp(self, executable: str) -> str | None:
        """A text that changes when the executable is replaced; ``None`` when nothing can vouch for that."""
        ...

    def ask(self, executable: str, question: str) -> str:
        """What the interpreter prints when it runs ``question`` isolated.

        Raises:
            EnvironmentProbeError: It cannot be started, fails, or does not end in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that the project's models run on.

    Attributes:
        executable: Absolute path.
        version: Full version (``3.11.7``).
        platform: Operating system and machine (``linux-x86_64``).
        markers: Its values of the environment markers of requirements.
        prefix: Root folder of the environment, the virtual one if there is one.
        site_folders: Folders of installed packages, in the order of its search path.
        stdlib_names: Top-level names of its standard library.
        builtin_names: Modules compiled into it.
        extension_suffixes: What its extension modules end in.
        chosen_by: What named it: ``--python``, ``environment.python``, ``VIRTUAL_ENV``, ``.venv``,
            ``CONDA_PREFIX`` or ``running interpreter``.
    """

    executable: str
    version: str
    platform: str
    markers: Mapping[str, str]
    prefix: str
    site_folders: tuple[str, ...]
    stdlib_names: frozenset[str]
    builtin_names: frozenset[str]
    extension_suffixes: tuple[str, ...]
    chosen_by: str


class _Answer(NamedTuple):
    executable: str
    version: str
    platform: str
    markers: dict[str, str]
    prefix: str
    site: tuple[str, ...]
    user: str
    libraries: tuple[str, ...]
    free_threaded: bool
    stdlib: frozenset[str]
    builtin: frozenset[str]
    suffixes: tuple[str, ...]


def read_interpreter(
    files: Files, starter: InterpreterStarter, choice: Choice, variables: Mapping[str, str]
) -> Interpreter:
    """What the chosen interpreter is, from the cache where its executable is unchanged.

    Args:
        files: File system and cache.
        starter: Starts the interpreter.
        choice: Which interpreter.
        variables: The process's environment variables: they say where the user's own packages are.

    Raises:
        EnvironmentProbeError: It cannot be started or its answer makes no sense.
    """
    answer = _asked(files, starter, choice.executable, variables)
    executable = choice.executable
    if files.real(answer.executable) != files.real(executable):
        # A wrapper script stood in front of it, and the environment is that of what it started.
        executable = answer.executable
    home = venv_prefix(files, executable)
    settings = _venv_settings(files, home) if home else {}
    folders = _site_folders(answer, home, settings, variables)
    import sys

    return Interpreter(
        executable=executable,
        version=answer.version,
        platform=answer.platform,
        markers=answer.markers,
        prefix=home or answer.prefix,
        site_folders=tuple(folder for folder in folders if files.entries(folder)),
        # Older ones cannot list their standard library; ours is the nearest to the truth.
        stdlib_names=answer.stdlib or frozenset(sys.stdlib_module_names),
        builtin_names=answer.builtin,
        extension_suffixes=answer.suffixes,
        chosen_by=choice.chosen_by,
    )


def _asked(
    files: Files, starter: InterpreterStarter, executable: str, variables: Mapping[str, str]
) -> _Answer:
    stamp = starter.stamp(executable)
    key = _memo_key(files, stamp, executable, variables) if stamp is not None else None
    kept = files.memo_get(_MEMO, key) if key is not None else None
    answer = _read_answer(kept) if kept is not None else None
    if answer is None:
        text = _answer_line(starter.ask(executable, QUESTION))
        answer = _read_answer(text)
        if answer is None:
            raise EnvironmentProbeError(
                f"{executable} did not answer as a Python 3 does",
                "",
                "Name the project's interpreter with --python.",
            )
        if key is not None:
            files.memo_put(_MEMO, key, text)
    return answer


def _memo_key(files: Files, stamp: str, executable: str, variables: Mapping[str, str]) -> str:
    home = venv_prefix(files, executable)
    settings = files.read(os.path.join(home, "pyvenv.cfg")) if home else b""
    stream = Blake2bStream("memo:interpreter:v1")
    parts = [QUESTION, stamp, executable, variables.get("HOME", "")]
    for part in (*parts, variables.get("PYTHONUSERBASE", "")):
        stream.add(part.encode("utf-8", "surrogateescape"))
    stream.add(settings if isinstance(settings, bytes) else b"")
    return stream.digest().hex


def _answer_line(text: str) -> str:
    for line in reversed(text.splitlines()):
        if line.startswith(ANSWER):
            return line[len(ANSWER) :]
    return ""


def _read_answer(text: str) -> _Answer | None:
    """The answer, or ``None`` when it is none: a foreign program, or a damaged cache."""
    try:
        fields = json.loads(text)
        return _Answer(
            executable=_text(fields["executable"]),
            version=_text(fields["version"]),
            platform=_text(fields["platform"]),
            markers={_text(key): _text(value) for key, value in fields["markers"].items()},
            prefix=_text(fields["prefix"]),
            site=tuple(map(_text, fields["site"])),
            user=_text(fields["user"]),
            libraries=tuple(map(_text, fields["libraries"])),
            free_threaded=bool(fields["free_threaded"]),
            stdlib=frozenset(map(_text, fields["stdlib"])),
            builtin=frozenset(map(_text, fields["builtin"])),
            suffixes=tuple(map(_text, fields["suffixes"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _venv_settings(files: Files, home: str) -> dict[str, str]:
    data = files.read(os.path.join(home, "pyvenv.cfg"))
    if not isinstance(data, bytes):
        return {}
    settings = {}
    for line in data.decode("utf-8", "replace").splitlines():
        key, found, value = line.partition("=")
        if found:
            settings[key.strip().lower()] = value.strip()
    return settings


def _site_folders(
    answer: _Answer,
    home: str | None,
    settings: Mapping[str, str],
    variables: Mapping[str, str],
) -> list[str]:
    folders = _venv_folders(answer, home) if home else []
    if home is None or settings.get("include-system-site-packages", "false").lower() == "true":
        # Only "" and unset leave the user's folder on: Python takes any other value as a yes.
        if not variables.get("PYTHONNOUSERSITE"):
            folders.append(answer.user)
        folders.extend(answer.site)
    return list(dict.fromkeys(folders))


def _venv_folders(answer: _Answer, home: str) -> list[str]:
    if answer.markers.get("os_name") == "nt":
        return [os.path.join(home, "Lib", "site-packages")]
    short = ".".join(answer.version.split(".")[:2])
    pypy = answer.markers.get("implementation_name") == "pypy"
    name = f"{'pypy' if pypy else 'python'}{short}{'t' if answer.free_threaded else ''}"
    return [os.path.join(home, library, name, "site-packages") for library in answer.libraries]
