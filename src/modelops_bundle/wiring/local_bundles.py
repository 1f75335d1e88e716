"""Bundles that workers run models out of: each in a folder of a cache that many processes share.

A folder is named after its bundle's digest, filled under a lock, and noted as ready when every file in it
was verified. From then on it is enough that no file's stamp changed: size, inode, and the times of
modification and of change, the last of which no program can set. What was touched, lost or added is looked
at by its bytes, and mended from the blobs of the cache or from the registry.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from modelops_bundle.adapters.atomic import (
    make_folder,
    remove_leftovers,
    storage_errors,
    write_text,
)
from modelops_bundle.adapters.blob_cache import BlobCache
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.adapters.staging import path_stamp
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.reference import Reference, parse_reference
from modelops_bundle.bundle.remote import BlobStorage, Remote
from modelops_bundle.errors import InputsChangedError, UsageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring.places import Manner, Places, storage_of_bundle, usual_credentials
from modelops_bundle.workflows.bundles.ensure import ensure

__all__ = ["LocalBundles"]

_LENGTHS = {"digest_short": 12, "digest_full": 64, "digest": 64}
#: Others wait while one process fetches a bundle of some GiB.
_LOCK_SECONDS = 3600.0
_BYTECODE = "__pycache__"


class LocalBundles:
    """Bundles of one place in a cache folder. It is a source for :func:`ensure`.

    Args:
        place: Where bundles come from, ``host/repository`` or ``oci-layout:PATH``.
        cache_dir: The folder; made if need be.
        structure: How folders are named: ``digest_short`` or ``digest_full``.
        insecure: Whether the registry is spoken to without TLS.

    Raises:
        UsageError: ``place`` or ``structure`` is none.
    """

    def __init__(self, place: str, cache_dir: str, structure: str, *, insecure: bool) -> None:
        if structure not in _LENGTHS:
            raise UsageError(
                f"{structure!r} is no way to name folders", "", f"Use one of {', '.join(_LENGTHS)}."
            )
        self._reference = parse_reference(place)
        self._folder = os.path.abspath(os.path.expanduser(cache_dir))
        self._length = _LENGTHS[structure]
        own = self._reference.host
        self._places = Places(
            lambda: usual_credentials(own, os.environ),
            lambda host: Manner(insecure=insecure and host == own),
        )

    def reference(self, text: str) -> Reference:
        """What ``sha256:...`` or ``<repository>@sha256:...`` means; without a host it is that of the place.

        Raises:
            UsageError: It is neither.
        """
        name, _, digest = text.rpartition("@")
        try:
            wanted = Digest.parse(digest)
        except ValueError as error:
            raise UsageError(
                f"{text!r} does not name a bundle by its digest",
                str(error),
                "Write sha256:<64 hex digits> or <repository>@sha256:<64 hex digits>.",
            ) from error
        if not name or name == self._reference.repository:
            place = self._reference
        elif _has_host(name):
            place = parse_reference(name)
        else:
            place = parse_reference(f"{self._reference.host}/{name}")
        return Reference(place.host, place.repository, None, wanted)

    def exists(self, reference: Reference) -> bool:
        """Whether the place has the bundle: it is asked."""
        return self.remote(reference).manifest(reference.wanted) is not None

    def ensure(self, reference: Reference) -> Path:
        """The folder with a bundle's files, all of them as the bundle has them.

        Raises:
            RemoteError: There is no such bundle, or it cannot be fetched.
            DamagedBundleError: It is not what its digest says.
            StorageError: The cache cannot be written.
        """
        name = reference.wanted.removeprefix("sha256:")[: self._length]
        folder = os.path.join(self._folder, name)
        note = f"{folder}.ready.json"
        if _is_ready(folder, note, reference.wanted):
            return Path(folder)
        make_folder(self._folder)
        with hold_lock(f"{folder}.lock", _LOCK_SECONDS):
            # Another process may have been faster.
            if not _is_ready(folder, note, reference.wanted):
                self._fill(reference, folder, note)
        return Path(folder)

    def _fill(self, reference: Reference, folder: str, note: str) -> None:
        remove_leftovers(note)
        _remove_links_out(folder)
        make_folder(folder)
        layout = Layout(folder)
        with DiskFiles(folder, None) as files:
            tree = DiskTree(layout, files)
            others = [path for path in tree.everything() if _BYTECODE not in path.split("/")]
            done = ensure(self, reference, tree, others)
        stamps = {path: _stamp(layout, path) for path in done.bundle.index.contents}
        if not all(map(any, stamps.values())):
            raise InputsChangedError(
                f"{folder} changed while the bundle was put there", "", "Run it again."
            )
        write_text(note, json.dumps({"digest": reference.wanted, "stamps": stamps}))

    # --- a source ---------------------------------------------------------------------------

    @cached_property
    def cache(self) -> BlobCache:
        """Blobs that were fetched before."""
        return BlobCache(os.path.join(self._folder, "blobs"))

    def remote(self, reference: Reference) -> Remote:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Source.remote`."""
        return self._places.remote(reference)

    def storage(self, url: str) -> BlobStorage:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Source.storage`."""
        return storage_of_bundle(url, os.environ)


def _remove_links_out(folder: str) -> None:
    """Remove links that lead out of a bundle's folder: it has none, and what they lead to is not ours."""
    with storage_errors(f"cannot mend {folder}"):
        if os.path.islink(folder):
            os.unlink(folder)
        inside = Layout(os.path.realpath(folder))
        for where, folders, names in os.walk(folder):
            for path in (os.path.join(where, name) for name in (*folders, *names)):
                if os.path.islink(path) and not inside.holds(os.path.realpath(path)):
                    os.unlink(path)


def _has_host(name: str) -> bool:
    """Whether a name begins with a registry, as Docker tells: by a dot, a colon, or ``localhost``."""
    first, slash, _ = name.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def _is_ready(folder: str, note: str, digest: str) -> bool:
    """Whether every file of the bundle is as it was when it was verified, and there is no other."""
    try:
        with open(note, encoding="utf-8") as file:  # noqa: PTH123
            said: Any = json.load(file)
        stamps = said["stamps"]
        if said["digest"] != digest:
            return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    layout = Layout(folder)
    if any(_stamp(layout, path) != stamp for path, stamp in stamps.items()):
        return False
    with DiskFiles(folder, None) as files:
        there = DiskTree(layout, files).everything()
        return all(path in stamps or _BYTECODE in path.split("/") for path in there)


def _stamp(layout: Layout, path: str) -> list[int]:
    return list(path_stamp(layout.absolute(path)))
