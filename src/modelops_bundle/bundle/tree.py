"""What the stages see of a folder that bundles are made from and written to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.pulling import Obstacle, Step
from modelops_bundle.bundle.remote import Blob, BlobReader

__all__ = ["Gathered", "Staging", "WorkTree", "Writer"]

Writer = Callable[[bytes | memoryview], None]


class Gathered(NamedTuple):
    """What is to be in a bundle, as it is in the folder now.

    Attributes:
        contents: Entry by recorded path. A link that stays in the folder is one, and what it leads to is
            there as well; what a link out of the folder leads to stands as a file of its own.
        missing: Paths that are not there or cannot be read, each with the reason.
    """

    contents: Contents
    missing: tuple[tuple[str, str], ...]


class Staging(Protocol):
    """New files on their way into a folder: written beside it first, then put in place together."""

    def has(self, path: str, entry: FileEntry) -> bool:
        """Whether the bytes of a path are here already, whole and right."""
        ...

    def file(self, path: str, entry: FileEntry) -> AbstractContextManager[Writer]:
        """Takes the bytes of one file; they are verified when the block ends.

        Raises:
            DamagedBundleError: They are others than the entry says.
            StorageError: They cannot be written.
        """
        ...

    def save(self, paths: Iterable[str], name: str) -> str:
        """Copy files and links as they are now into a folder of copies, under their paths.

        Returns:
            The folder, as recorded.

        Raises:
            StorageError: They cannot be copied.
        """
        ...

    def apply(self, steps: Sequence[Step]) -> None:
        """Put everything in its place.

        Raises:
            InputsChangedError: Something in the folder is not what the steps were planned for. What was put
                in place before stays; the plan can be made again.
            StorageError: The file system refuses.
        """
        ...


class WorkTree(Protocol):
    """See the module."""

    def gather(self, paths: Iterable[str]) -> Gathered:
        """What paths stand for in a bundle."""
        ...

    def look(self, paths: Iterable[str], algorithm: str = "blake3") -> Contents:
        """What is at exactly these paths; those at which there is nothing are left out.

        What is there and cannot be read stands as a file that is unlike any other.

        With ``sha256``, what is told is what an index of version 1 tells: no permission is.
        """
        ...

    def barriers(self, steps: Sequence[Step]) -> Sequence[Obstacle]:
        """What stands where steps need a folder or a file, and is not deleted by them.

        Their states are ``file`` and ``link`` (a folder is needed there) and ``folder`` (a file is, and the
        folder holds something).
        """
        ...

    def pack(self, members: Sequence[str], contents: Contents) -> Blob:
        """The blob of small files, one behind the other.

        Raises:
            InputsChangedError: A file is not what ``contents`` says any more.
        """
        ...

    def chunks(self, path: str, entry: FileEntry) -> tuple[Blob, ...]:
        """The chunks of a large file.

        Raises:
            InputsChangedError: It is not what ``entry`` says any more.
        """
        ...

    def reader(self, pieces: Collection[tuple[str, int, int]]) -> BlobReader:
        """Reads pieces of files, each a path, an offset and a length, one behind the other."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Held by whoever replaces files of the folder; one process at a time has it."""
        ...

    def staging(self, steps: Sequence[Step]) -> AbstractContextManager[Staging]:
        """Where new files are written until they are put in place."""
        ...
