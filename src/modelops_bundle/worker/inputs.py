"""Whether this machine has the files that the model's digest was made from.

A folder that machines share may show an edit late, and an image may hold an older copy. A result that is
computed from either would be filed under a digest that is not its own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .failures import RefusedError, a_handful

__all__ = ["check_inputs", "contents_of"]

_BYTES = 32
_CHUNK = 1 << 20


def contents_of(paths: Iterable[str]) -> dict[str, str]:
    """Digest of each file that can be read, by its path."""
    return {path: digest for path in paths if (digest := _content_of(path))}


def check_inputs(spec: Mapping[str, Any]) -> None:
    """Compare the files that the run depends on with those of the machine that asks for it.

    Raises:
        RefusedError: They differ; the reason names each that does, up to a handful.
    """
    differing = list(_differing(spec))
    if differing:
        raise RefusedError(
            "the worker has other files than the ones that the run was asked for",
            a_handful(differing),
            "Let the workers share the project's folder, and wait until all of them show the last edit.",
        )


def _differing(spec: Mapping[str, Any]) -> Iterator[str]:
    for path, asked in spec["inputs"].items():
        here = _content_of(path)
        if here != asked:
            name = os.path.relpath(path, spec["root"])
            yield f"{name} is not there" if not here else f"{name} has another content here"


def _content_of(path: str) -> str:
    digest = hashlib.blake2b(digest_size=_BYTES)
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - no import for one file
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
