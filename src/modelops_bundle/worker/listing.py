"""What a model finds when it lists a folder or looks for a pattern."""

from __future__ import annotations

import glob
import hashlib

__all__ = ["found_by"]

_BYTES = 16


def found_by(root: str, pattern: str) -> str:
    """Digest of the names that a pattern stands for, hidden ones and Python's caches aside.

    Args:
        root: The folder that the pattern is relative to.
        pattern: As :func:`glob.glob` takes it, with ``**`` for folders below.
    """
    names = sorted(glob.glob(pattern, root_dir=root, recursive=True))
    text = "\0".join(name for name in names if "__pycache__" not in name)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_BYTES).hexdigest()
