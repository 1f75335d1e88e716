"""The files that an installer leaves beside a package, from bytes to records.

Nothing here trusts what it reads: any bytes give an answer, of bounded size and in bounded time, and what
makes no sense is as if it were not there. Text that is no UTF-8 keeps its bytes visible (``\\xff``), so that
two versions never become one; paths keep theirs in Python's own way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = [
    "Headers",
    "Source",
    "import_roots",
    "listed_files",
    "modules_of",
    "normalise",
    "read_headers",
    "read_requires_txt",
    "read_source",
    "read_words",
    "split_folder_name",
]

MAX_HEADER_BYTES = 1 << 20
MAX_LIST_BYTES = 16 << 20
MAX_REQUIREMENTS = 10_000
MAX_ROOTS = 1_000
_LONGEST_PATH = 4096
_DEEPEST_PATH = 50
_LONGEST_VERSION = 200
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,198}[a-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,200}")
_PYTHON_TAG = re.compile(r"-py\d+(\.\d+)?.*$")


class Headers(NamedTuple):
    """What METADATA or PKG-INFO states; the version is ``None`` where there is none."""

    version: str | None
    requires: tuple[str, ...]


class Source(NamedTuple):
    """Where a distribution came from, after direct_url.json.

    Attributes:
        origin: ``vcs``, ``archive``, ``local`` or ``editable``.
        suffix: What joins the version: ``git.<commit>``, ``sha256.<hash>``; empty for the others.
        folder: The source's folder on this machine, if it has one.
    """

    origin: str
    suffix: str
    folder: str | None


def normalise(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503); empty when it cannot be one."""
    plain = re.sub(r"[-_.]+", "-", name).lower() if len(name) <= 1000 else ""
    return plain if _NAME.fullmatch(plain) else ""


def split_folder_name(entry: str) -> tuple[str, str]:
    """Normalised name and version that a metadata folder's own name states; empty where it states none.

    Args:
        entry: Such as ``foo_bar-1.0.dist-info``, ``foo-1.0-py3.11.egg-info`` or ``foo.egg-info``.
    """
    stem = _readable(entry.rpartition(".")[0])
    if not entry.endswith(".dist-info"):
        stem = _PYTHON_TAG.sub("", stem)
    name, dash, version = stem.rpartition("-")
    if not dash or not (version[:1].isdigit() or entry.endswith(".dist-info")):
        return normalise(stem), ""
    return normalise(name), version[:_LONGEST_VERSION]


def read_headers(data: bytes) -> Headers:
    """Version and requirements of METADATA or PKG-INFO; the description below them is not looked at."""
    version = None
    requires: dict[str, None] = {}
    for key, value in _fields(data):
        if key == "version" and version is None:
            version = " ".join(value.split())[:_LONGEST_VERSION] or None
        elif key == "requires-dist" and len(requires) < MAX_REQUIREMENTS:
            requires[value] = None
    return Headers(version, tuple(requires))


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    head = data[:MAX_HEADER_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head = head.partition(b"\n\n")[0].removeprefix(b"\xef\xbb\xbf")
    # A line that starts with a blank goes on with the one before.
    for line in re.sub(rb"\n[ \t]+", b" ", head).split(b"\n"):
        key, colon, value = line.partition(b":")
        if colon and len(key) < 50:
            yield (
                key.strip().lower().decode("ascii", "replace"),
                value.strip().decode("utf-8", "backslashreplace"),
            )


def read_requires_txt(data: bytes) -> tuple[str, ...]:
    """Requirements of an egg's requires.txt, in the form that METADATA states them in.

    Its sections are ``[extra]``, ``[:marker]`` or ``[extra:marker]``.
    """
    requires: dict[str, None] = {}
    condition = ""
    for line in read_words(data[:MAX_HEADER_BYTES]):
        if line.startswith("[") and line.endswith("]"):
            condition = _condition(line[1:-1])
        elif line and not line.startswith("#") and len(requires) < MAX_REQUIREMENTS:
            text, _, marker = line.partition(";")
            both = [f"({part.strip()})" for part in (marker, condition) if part.strip()]
            joined = " and ".join(both)
            requires[f"{text.strip()} ; {joined}" if joined else line] = None
    return tuple(requires)


def _condition(section: str) -> str:
    extra, _, marker = section.partition(":")
    parts = [f"({marker})"] if marker.strip() else []
    if extra.strip():
        plain = extra.strip().replace("'", "").replace("\\", "")
        parts.append(f"extra == '{plain}'")
    return " and ".join(parts)


def read_words(data: bytes) -> list[str]:
    """Lines of a small text file, blanks at their ends removed."""
    text = data[:MAX_LIST_BYTES].decode("utf-8", "surrogateescape")
    return [line.strip() for line in text.split("\n")]


def read_source(data: bytes) -> Source:
    """What direct_url.json says.

    Whatever does not pin the content, a file that makes no sense included, counts as a local folder: then
    the installed code itself is looked at, which is always safe.
    """
    unpinned = Source("local", "", None)
    try:
        document = json.loads(data[:MAX_HEADER_BYTES])
    except (ValueError, RecursionError):
        return unpinned
    if not isinstance(document, dict):
        return unpinned
    details = _table(document.get("dir_info"))
    if details is not None:
        editable = details.get("editable") is True
        return Source("editable" if editable else "local", "", _folder_of(document.get("url")))
    vcs = _table(document.get("vcs_info"))
    if vcs is not None:
        kind, commit = _plain(vcs.get("vcs")), _plain(vcs.get("commit_id"))
        return Source("vcs", f"{kind}.{commit}", None) if kind and commit else unpinned
    archive = _table(document.get("archive_info"))
    suffix = _archive_hash(archive) if archive is not None else ""
    return Source("archive", suffix, None) if suffix else unpinned


def _archive_hash(info: dict[str, Any]) -> str:
    hashes = _table(info.get("hashes")) or {}
    for algorithm in ("sha256", *sorted(key for key in hashes if isinstance(key, str))):
        name, value = _plain(algorithm), _plain(hashes.get(algorithm))
        if name and value:
            return f"{name}.{value}"
    name, _, value = str(info.get("hash", "")).partition("=")
    return f"{name}.{value}" if _plain(name) and _plain(value) else ""


def _table(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else ""


def _folder_of(url: Any) -> str | None:
    from urllib.parse import unquote, urlsplit

    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if parts.scheme != "file" or "\0" in path or not path.startswith("/"):
        return None
    if re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return path.rstrip("/") or "/"


# --- which modules a distribution brings ----------------------------------------------------------


def listed_files(record: bytes) -> list[str]:
    """Paths in a RECORD that lie below the folder it is for; ``/`` between their parts."""
    text = record[:MAX_LIST_BYTES].decode("utf-8", "surrogateescape")
    if '"' in text:
        paths = list(_quoted_paths(text))
    else:
        paths = [line.partition(",")[0] for line in text.split("\n")]
    return [path for path in paths if path and _is_inside(path)]


def _quoted_paths(text: str) -> Iterator[str]:
    import csv

    try:
        for row in csv.reader(line + "\n" for line in text.split("\n")):
            if row:
                yield row[0]
    except csv.Error:
        # An overlong field: what came before it still counts.
        return


def _is_inside(path: str) -> bool:
    """Whether a listed path can be that of a module: below the folder, and of a length that is meant."""
    if len(path) > _LONGEST_PATH or path.count("/") > _DEEPEST_PATH or "\0" in path:
        return False
    return not (path.startswith(("/", "\\", "..")) or "/../" in path)


def modules_of(paths: list[str]) -> dict[str, bool]:
    """Dotted modules that a distribution's files make, and whether each is a package with a file of its own.

    Args:
        paths: Files, relative to the folder that they are imported from.
    """
    modules: dict[str, bool] = {}
    for path in paths:
        folder, _, name = path.replace("\\", "/").rpartition("/")
        stem = _module_stem(name)
        if stem is None or folder.endswith("__pycache__"):
            continue
        parts = folder.split("/") if folder else []
        if not all(part.isidentifier() for part in (*parts, stem)):
            continue
        if stem == "__init__":
            if parts:
                modules[".".join(parts)] = True
        else:
            modules.setdefault(".".join((*parts, stem)), False)
    return modules


def _module_stem(name: str) -> str | None:
    if name.endswith((".py", ".pyc")):
        return name.rpartition(".")[0]
    # An extension module names its Python after the first dot; one of another Python still tells whose it is.
    return name.partition(".")[0] if name.endswith((".so", ".pyd")) else None


def import_roots(paths: list[str], namespaces: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Import names that a distribution owns: ``numpy``, or ``google.cloud.storage`` in a shared namespace.

    Args:
        paths: Its files, relative to the folder that they are imported from.
        namespaces: Packages that it declares as shared although it brings a file for them.
    """
    modules = modules_of(paths)
    shared = frozenset(namespaces)
    packages = {name for name, package in modules.items() if package and name not in shared}
    roots = {_root_of(name, packages) for name in modules if name not in shared}
    if len(roots) > MAX_ROOTS:
        roots = {root.partition(".")[0] for root in roots}
    return tuple(sorted(roots))


def _root_of(module: str, packages: set[str]) -> str:
    """The outermost package with a file of its own that holds the module; else the module itself."""
    end = module.find(".")
    while end != -1:
        if module[:end] in packages:
            return module[:end]
        end = module.find(".", end + 1)
    return module


def _readable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
