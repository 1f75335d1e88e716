"""The registry on disk: read whole, edited under a lock, replaced whole.

Readers take no lock: a file is only ever replaced by another whole one. Writers take the lock first and
read then, so that nobody's registration is lost, and a file that cannot be read is never written over.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from modelops_bundle.adapters.atomic import (
    make_folder,
    remove_leftovers,
    storage_errors,
    write_atomically,
)
from modelops_bundle.adapters.locking import LOCK_TIMEOUT, hold_lock
from modelops_bundle.errors import RegistryError
from modelops_bundle.records.document import Loaded, dump_document, load_document
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.records.memo import MEMO_KIND, from_memo, memo_key, to_memo
from modelops_bundle.yamltext.events import MAX_BYTES

__all__ = ["Memo", "RegistryFile"]

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

# One key for all states of the file: each would otherwise stay in the cache for good.
_LATEST = "latest"


class Memo(Protocol):
    """Texts that an earlier run kept under keys that determine them; ``Files`` is one."""

    def memo_get(self, kind: str, key: str) -> str | None:
        """The text, if it is known."""
        ...

    def memo_put(self, kind: str, key: str, text: str) -> None:
        """Keep a text."""
        ...


class RegistryFile:
    """The registry file at ``path``.

    Args:
        path: Its path; the lock file stands beside it.
        memo: Where what was parsed last is kept, with the digest of the bytes, so that YAML is parsed once.
        timeout: Seconds to wait for other writers.

    Attributes:
        lost_comments: The line of the first comment that the last :meth:`edit` has removed, if it did.
    """

    def __init__(
        self, path: str, *, memo: Memo | None = None, timeout: float = LOCK_TIMEOUT
    ) -> None:
        self.path = path
        self.lost_comments: int | None = None
        self._memo = memo
        self._timeout = timeout

    def load(self) -> BundleRegistry:
        """Read the registry as it is now.

        Raises:
            RegistryError: There is none, or it is broken; then the error has every problem with line, key
                and mend.
            StorageError: It cannot be read.
        """
        return self._parse(self._read()).registry

    def create(self) -> bool:
        """Write an empty registry unless there is one, and make its folder if need be.

        Returns:
            Whether it was written.

        Raises:
            RegistryError: There is one, and it is broken.
            StorageError: The file system refuses.
        """
        make_folder(os.path.dirname(self.path))
        with self.locked():
            if os.path.lexists(self.path):
                self.load()
                return False
            write_atomically(self.path, dump_document(BundleRegistry()))
            return True

    @contextmanager
    def edit(self) -> Iterator[BundleRegistry]:
        """Hold the lock, yield a fresh draft, and save it if the block ends well.

        When this ends without an error, the change is on disk for good. A draft that says what the file says
        already is not written. If the block raises, nothing is written.

        Raises:
            RegistryError: There is no registry, or it is broken.
            UsageError: The draft holds what cannot be recorded.
            StorageError: The lock is held too long, or the file system refuses.
        """
        self.lost_comments = None
        self._require_folder()
        # 1. One writer at a time, from reading to the end of writing.
        with self.locked():
            # 2. What is there now; a broken file ends it here.
            before = self._read()
            loaded = self._parse(before)
            yield loaded.registry
            # 3. All of the new text exists before the file is touched.
            after = dump_document(loaded.registry)
            if after != before:
                # 4. In one step, and synced.
                write_atomically(self.path, after)
                self.lost_comments = loaded.comment_line
                self._keep(after, Loaded(loaded.registry, None))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that every writer takes. Not to be nested, nor to be held by an :meth:`edit`.

        Raises:
            StorageError: It is held by another for too long, or cannot be taken.
        """
        with hold_lock(os.path.join(os.path.dirname(self.path), self._lock_name()), self._timeout):
            remove_leftovers(self.path)
            yield

    def _lock_name(self) -> str:
        return os.path.splitext(os.path.basename(self.path))[0] + ".lock"

    def _require_folder(self) -> None:
        if not os.path.lexists(self.path):
            raise self._missing()

    def _missing(self) -> RegistryError:
        return RegistryError(
            f"there is no registry at {self.path}",
            mend="Run `mops-bundle init`, or restore the file from version control.",
        )

    def _read(self) -> bytes:
        with storage_errors(f"cannot read {self.path}"):
            try:
                descriptor = os.open(self.path, _FLAGS)
            except FileNotFoundError as error:
                raise self._missing() from error
            # A pipe or a device would hang or act; without O_NONBLOCK even opening one does.
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(errno.EINVAL, "not a regular file")
                # One byte over the limit is enough to be refused.
                return file.read(MAX_BYTES + 1) if found.st_size > MAX_BYTES else file.read()

    def _parse(self, data: bytes) -> Loaded:
        if self._memo is None:
            return load_document(data, self.path)
        digest, _, text = (self._memo.memo_get(MEMO_KIND, _LATEST) or "").partition("\n")
        known = from_memo(text) if digest == memo_key(data) else None
        if known is not None:
            return known
        loaded = load_document(data, self.path)
        self._keep(data, loaded)
        return loaded

    def _keep(self, data: bytes, loaded: Loaded) -> None:
        if self._memo is not None:
            self._memo.memo_put(MEMO_KIND, _LATEST, f"{memo_key(data)}\n{to_memo(loaded)}")
