"""A project's document as it was validated last, so that the next process need not validate it again.

It lies in the project's state folder, if there is one, below ``cache``, which is never shared. It is taken
only for the very bytes that it was made from, by their digest, and from this version of the package; what is
damaged or of another kind is passed over. It can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from modelops_bundle import __version__
from modelops_bundle.catalog.documents import Document
from modelops_bundle.identity.recipes import content_digest

__all__ = ["keep", "read_kept"]

#: Raised whenever the schema comes to give another document for the same bytes.
_FORMAT = f"catalog 2, modelops-bundle {__version__}"

_STATE_FOLDER = ".modelops-bundle"
_FILE = "catalog.json"


def read_kept(project: Path, data: bytes) -> Document | None:
    """What was kept of the document in ``data``; ``None`` where nothing that can be used was.

    Args:
        project: The project's folder.
        data: The document's bytes as they are now.
    """
    try:
        kept = (project / _STATE_FOLDER / "cache" / _FILE).read_bytes()
    except OSError:
        return None
    head, _, body = kept.partition(b"\n")
    if head != _head(data, body):
        return None
    tree = json.loads(body)
    return Document(tree["providers"], tree["models"])


def keep(project: Path, data: bytes, document: Document) -> None:
    """Keep what is in ``data``. Where that cannot be done, nothing happens: it is made anew then."""
    tree = {"providers": document.providers, "models": document.models}
    body = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        folder = project / _STATE_FOLDER / "cache"
        folder.mkdir(exist_ok=True)
        with _replacing(folder / _FILE) as temporary:
            temporary.write_bytes(_head(data, body) + b"\n" + body)


def _head(data: bytes, body: bytes) -> bytes:
    """What the first line is, of a file that was made from ``data`` and is whole."""
    return f"{_FORMAT}: {content_digest(data)} {content_digest(body)}".encode()


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
