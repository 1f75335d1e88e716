"""What a model finds when it lists a folder or looks for a pattern."""

from __future__ import annotations

import glob
import hashlib
import os

__all__ = ["found_by"]

_BYTES = 16


def found_by(root: str, pattern: str) -> str:
    """Digest of the names that a pattern stands for, and of which are folders; Python's caches aside.

    Args:
        root: The folder that the pattern is relative to.
        pattern: As :func:`glob.glob` takes it, with ``**`` for folders below. One that ends in ``/`` stands
            for all names in a folder, hidden ones as well.
    """
    if pattern.endswith("/"):
        names = _names_in(os.path.join(root, _plain(pattern)))
    else:
        names = glob.glob(pattern, root_dir=root, recursive=True)
    marked = sorted(f"{name}/" if _is_folder(root, pattern, name) else name for name in names)
    text = "\0".join(name for name in marked if "__pycache__" not in name)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_BYTES).hexdigest()


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        return [f"/{error.errno}"]  # a folder that is not there is none that is empty


def _is_folder(root: str, pattern: str, name: str) -> bool:
    folder = _plain(pattern) if pattern.endswith("/") else ""
    return os.path.isdir(os.path.join(root, folder, name))


def _plain(pattern: str) -> str:
    """The folder that an escaped path stands for."""
    for sign in "*?[":
        pattern = pattern.replace(f"[{sign}]", sign)
    return pattern
