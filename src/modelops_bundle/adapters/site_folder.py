"""A folder whose whole content one command makes: replaced as a whole, and only if nothing else is in it.

The new content is written beside it; then the folders change places by two renames. Whoever looks sees the
old site or the new one, or for a moment none. The file :data:`MANIFEST` names all that was made, so that a
folder of somebody else's, or a file that was put into it, is never lost. Nothing waits for the disk: what a
power cut takes away is made again.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable

from modelops_bundle.adapters.atomic import make_folder, storage_errors
from modelops_bundle.errors import UsageError, WorkInTheWayError

__all__ = ["FORMAT", "MANIFEST", "replace_site"]

#: Lies in the folder and names its files.
MANIFEST = "catalog-site.json"
#: Version of it.
FORMAT = 1

_MOST_NAMED = 3


def replace_site(folder: str, files: Iterable[tuple[str, bytes]]) -> int:
    """Put a site in a folder, made if need be, in place of the one that was made there before.

    Args:
        folder: Where.
        files: Path with ``/``, and content, of each file.

    Returns:
        The number of files.

    Raises:
        UsageError: What is there is no folder, or was not made by this.
        WorkInTheWayError: Somebody put other files into it.
        StorageError: The file system refuses. The old site is as it was.
    """
    # 1. Nothing of anybody else's is there.
    folder = os.path.realpath(folder)
    _require_ours(folder)
    parent, name = os.path.split(folder)
    make_folder(parent)
    fresh = os.path.join(parent, f".{name}.{os.getpid()}-{secrets.token_hex(8)}.new")
    # 2. The new one is whole before the old one is touched.
    try:
        with storage_errors(f"cannot write {folder}"):
            count = _write_all(fresh, files)
        # 3. What was put there in the meantime is nobody's to lose either.
        _require_ours(folder)
        with storage_errors(f"cannot replace {folder}"):
            _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return count


def _write_all(folder: str, files: Iterable[tuple[str, bytes]]) -> int:
    names: list[str] = []
    for path, data in files:
        place = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "xb") as file:  # noqa: PTH123
            file.write(data)
        names.append(path)
    manifest = {"format": FORMAT, "files": sorted(names)}
    text = json.dumps(manifest, indent=1) + "\n"
    with open(os.path.join(folder, MANIFEST), "x", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
    return len(names)


def _swap(fresh: str, folder: str) -> None:
    if not os.path.lexists(folder):
        os.rename(fresh, folder)
        return
    old = fresh.removesuffix(".new") + ".old"
    os.rename(folder, old)
    try:
        os.rename(fresh, folder)
    except BaseException:
        os.rename(old, folder)
        raise
    with contextlib.suppress(OSError):
        shutil.rmtree(old)


def _require_ours(folder: str) -> None:
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise UsageError(
            f"{folder} is in the way",
            "it is a file, and a site is a folder",
            "Name another folder with --out.",
        )
    with storage_errors(f"cannot read {folder}"):
        there = set(_paths(folder))
        made = _made(folder)
    if made is None:
        if not there:
            return
        raise UsageError(
            f"{folder} is not empty, and holds no site that was made here",
            "only such a site is replaced",
            "Name a new folder with --out.",
        )
    others = sorted(there - made - {MANIFEST})
    if others:
        more = len(others) - _MOST_NAMED
        named = ", ".join(others[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise WorkInTheWayError(
            f"{folder} holds files that are not the site's",
            f"they would be lost: {named}",
            "Move them elsewhere, or name another folder with --out.",
        )


def _paths(folder: str) -> Iterable[str]:
    """Every file and link below a folder; empty folders are nobody's work."""
    for place, folders, names in os.walk(folder, onerror=_raise):
        inner = os.path.relpath(place, folder)
        prefix = "" if inner == os.curdir else inner.replace(os.sep, "/") + "/"
        links = [each for each in folders if os.path.islink(os.path.join(place, each))]
        yield from (prefix + each for each in (*names, *links))


def _raise(error: OSError) -> None:
    raise error


def _made(folder: str) -> set[str] | None:
    """What the manifest names; ``None`` where there is none that can be believed."""
    try:
        with open(os.path.join(folder, MANIFEST), encoding="utf-8") as file:  # noqa: PTH123
            manifest = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    known = isinstance(manifest, dict) and manifest.get("format") == FORMAT
    names = manifest.get("files") if known else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return set(names)
