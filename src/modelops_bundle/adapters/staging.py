"""New files on their way into a project's folder.

They are written to a folder of their own, verified and synced, and only then put in place, each by a rename
that replaces the old file in one step. What a killed pull left there is used by the next one if it is whole.
Before a path is replaced or deleted it is looked at once more: what was edited since the plan was made stays.
Nothing is written through a symbolic link that the bundle does not know of.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

from modelops_bundle.adapters.atomic import make_folder, storage_errors, sync_folder
from modelops_bundle.bundle.contents import FileEntry, LinkEntry
from modelops_bundle.bundle.pulling import Action, Step
from modelops_bundle.bundle.tree import Writer
from modelops_bundle.errors import DamagedBundleError, InputsChangedError, StorageError
from modelops_bundle.hashing.reading import digest_of_file
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.identity.streams import Sha256Stream, digest_stream
from modelops_bundle.ports import Unreadable
from modelops_bundle.project.layout import Layout

__all__ = ["DiskStaging", "PathStamp", "open_staging", "path_stamp"]

#: From so many files on, one sync of everything is quicker than one for each.
_MANY = 64
_PIECE = 1 << 20
_OURS = re.compile(r"[0-9a-f]{64}")


class PathStamp(NamedTuple):
    """What ``lstat`` says of a path; zeros where nothing is there, or a folder, which is never replaced."""

    kind: int
    inode: int
    size: int
    modified: int
    changed: int


_NOTHING = PathStamp(0, 0, 0, 0, 0)


def path_stamp(place: str) -> PathStamp:
    """What is at a path now, a link not followed."""
    try:
        found = os.lstat(place)
    except (OSError, ValueError):
        return _NOTHING
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFDIR:
        return _NOTHING
    return PathStamp(kind, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@contextmanager
def open_staging(
    layout: Layout, steps: Sequence[Step], stamps: Mapping[str, PathStamp]
) -> Iterator[DiskStaging]:
    """A staging for steps; what it holds goes away when they have been applied.

    Args:
        layout: The folder.
        steps: What is going to be done.
        stamps: What was at the paths when the steps were planned.
    """
    _require_own(layout.state, layout.incoming)
    make_folder(layout.incoming)
    _require_space(layout.incoming, steps)
    staging = DiskStaging(layout, stamps)
    wanted = {staging.name(step.path, step.after) for step in steps if step.after}
    with storage_errors(f"cannot tidy {layout.incoming}"):
        for name in os.listdir(layout.incoming):
            if name not in wanted and _OURS.fullmatch(name):
                os.unlink(os.path.join(layout.incoming, name))
    yield staging
    with contextlib.suppress(OSError):
        _require_own(layout.state, layout.incoming)
        shutil.rmtree(layout.incoming)


def _require_own(*folders: str) -> None:
    """Refuse a link in the place of our folders: what it leads to is somebody else's.

    Raises:
        StorageError: One of them is a link, or something else than a folder.
    """
    for folder in folders:
        if os.path.islink(folder) or (os.path.lexists(folder) and not os.path.isdir(folder)):
            raise StorageError(
                f"{folder} is no folder of this program's",
                "it is a link or a file, and files would be written and removed there",
                "Remove it, then run the command again.",
            )


def _require_space(folder: str, steps: Sequence[Step]) -> None:
    """Refuse what cannot fit: an index may say anything of sizes.

    Raises:
        StorageError: It cannot.
    """
    needed = sum(step.after.size for step in steps if isinstance(step.after, FileEntry))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"the bundle's files do not fit into {os.path.dirname(folder)}",
            f"they have {needed:,} bytes, and {free:,} are free",
            "Free some space, or pull only what a model needs with --model.",
        )


class DiskStaging:
    """See :class:`modelops_bundle.bundle.tree.Staging`."""

    def __init__(self, layout: Layout, stamps: Mapping[str, PathStamp]) -> None:
        self._layout = layout
        self._stamps = stamps

    def name(self, path: str, entry: object) -> str:
        """The name under which a path's new file waits, which its content decides as well."""
        said = str(entry.digest) if isinstance(entry, FileEntry) else ""
        return content_digest(f"{path}\0{said}".encode()).hex

    def has(self, path: str, entry: FileEntry) -> bool:
        """See :meth:`modelops_bundle.bundle.tree.Staging.has`."""
        place = self._place(path, entry)
        reading = digest_of_file(place)
        if isinstance(reading, Unreadable):
            return False
        if entry.digest.algorithm == "blake3":
            return reading.value == entry.digest
        return _sha256_of(place) == entry.digest

    @contextmanager
    def file(self, path: str, entry: FileEntry) -> Iterator[Writer]:
        """See :meth:`modelops_bundle.bundle.tree.Staging.file`."""
        content = digest_stream(entry.digest.algorithm)
        size = 0
        place = self._place(path, entry)
        with storage_errors(f"cannot write {place}"), open(place, "wb", buffering=0) as file:  # noqa: PTH123

            def write(piece: bytes | memoryview) -> None:
                nonlocal size
                content.update(piece)
                size += len(piece)
                view = memoryview(piece)
                while view:
                    view = view[file.write(view) or 0 :]

            yield write
        if size != entry.size or content.digest() != entry.digest:
            with contextlib.suppress(OSError):
                os.unlink(place)
            raise DamagedBundleError(
                f"{path} is not what the bundle's index says",
                f"{size} bytes came with another digest than {entry.digest.short}",
                "Nothing was replaced. Run the command again; if it stays, the bundle is damaged.",
            )

    def save(self, paths: Iterable[str], name: str) -> str:
        """See :meth:`modelops_bundle.bundle.tree.Staging.save`."""
        _require_own(self._layout.state, self._layout.replaced)
        top = os.path.join(self._layout.replaced, _unused(self._layout.replaced, name))
        for path in paths:
            place, copy = self._layout.absolute(path), os.path.join(top, *path.split("/"))
            make_folder(os.path.dirname(copy))
            with storage_errors(f"cannot copy {place}"):
                shutil.copy2(place, copy, follow_symlinks=False)
        return self._layout.recorded(top)

    def apply(self, steps: Sequence[Step]) -> None:
        """See :meth:`modelops_bundle.bundle.tree.Staging.apply`."""
        # 1. Everything that can be known to fail, before anything is changed.
        deleted = {step.path for step in steps if step.action is Action.DELETE}
        for step in steps:
            # What is seen below a link or file that goes first is not what will be there.
            if not deleted.intersection(_folders_above(step.path)):
                self._require_unchanged(step, deleted)
            self._require_writable(os.path.dirname(self._layout.absolute(step.path)))
        # 2. What takes the old files' place is on the disk.
        self._sync([step for step in steps if isinstance(step.after, FileEntry)])
        # 3. In place, each in one step.
        folders: set[str] = set()
        # Deletions first: a file may stand where a folder is needed, or the other way round.
        for step in sorted(steps, key=lambda step: step.action is not Action.DELETE):
            place = self._layout.absolute(step.path)
            self._require_unchanged(step, deleted)
            with storage_errors(f"cannot write {place}"):
                if step.after is None:
                    self._require_inside(os.path.dirname(place))
                    os.unlink(place)
                    self._remove_empty(os.path.dirname(place))
                else:
                    self._require_inside(os.path.dirname(place))
                    make_folder(os.path.dirname(place))
                    self._put(step, place)
                    folders.add(os.path.dirname(place))
        for folder in folders:
            with storage_errors(f"cannot sync {folder}"):
                sync_folder(folder)

    def _place(self, path: str, entry: FileEntry) -> str:
        return os.path.join(self._layout.incoming, self.name(path, entry))

    def _sync(self, steps: Sequence[Step]) -> None:
        if len(steps) > _MANY and hasattr(os, "sync"):
            os.sync()
            return
        for step in steps:
            if isinstance(step.after, FileEntry):
                place = self._place(step.path, step.after)
                with storage_errors(f"cannot sync {place}"):
                    descriptor = os.open(place, os.O_RDWR)
                    try:
                        os.fsync(descriptor)
                    finally:
                        os.close(descriptor)

    def _put(self, step: Step, place: str) -> None:
        if isinstance(step.after, LinkEntry):
            waiting = os.path.join(self._layout.incoming, self.name(step.path, step.after))
            with contextlib.suppress(FileNotFoundError):
                os.unlink(waiting)
            os.symlink(step.after.target, waiting)
        else:
            assert step.after is not None, "deletions are elsewhere"
            waiting = self._place(step.path, step.after)
            _set_executable(waiting, step.after.executable)
        # Folders with nothing in them are nobody's work; one with something in it is refused.
        if os.path.isdir(place) and not os.path.islink(place):
            for folder, _, _ in os.walk(place, topdown=False):
                os.rmdir(folder)
        try:
            os.replace(waiting, place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _carry_over(waiting, place)

    def _require_unchanged(self, step: Step, deleted: set[str]) -> None:
        is_below = deleted.intersection(_folders_above(step.path))
        expected = _NOTHING if is_below else self._stamps.get(step.path, _NOTHING)
        if path_stamp(self._layout.absolute(step.path)) != expected:
            raise InputsChangedError(
                f"{step.path} changed while the bundle was fetched",
                "it was not touched",
                "Run the command again: what is in place already stays.",
            )

    def _require_writable(self, folder: str) -> None:
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
            with storage_errors(f"cannot write into {folder}"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def _require_inside(self, folder: str) -> None:
        """Refuse the folder of a file where a link on the way leads somewhere else."""
        if os.path.realpath(folder) != self._expected(folder):
            raise InputsChangedError(
                f"{self._layout.recorded(folder)} is reached through a symbolic link",
                "a bundle's files are only written inside the project's folder",
                "Replace the link by a folder, then run the command again.",
            )

    def _expected(self, folder: str) -> str:
        inner = os.path.relpath(folder, self._layout.root)
        return os.path.normpath(os.path.join(os.path.realpath(self._layout.root), inner))

    def _remove_empty(self, folder: str) -> None:
        """Folders that a deletion leaves empty, as version control does."""
        while folder != self._layout.root:
            try:
                os.rmdir(folder)
            except OSError:
                return
            folder = os.path.dirname(folder)


def _carry_over(waiting: str, place: str) -> None:
    """Put a file or link in its place on another file system, where it cannot be renamed to."""
    folder, name = os.path.split(place)
    beside = os.path.join(folder, f".{name}.{os.getpid()}-{secrets.token_hex(8)}.tmp")
    try:
        shutil.copy(waiting, beside, follow_symlinks=False)
        if not os.path.islink(beside):
            with open(beside, "rb") as file:  # noqa: PTH123
                os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    os.unlink(waiting)


def _unused(folder: str, name: str) -> str:
    """A name that nothing in a folder has yet."""
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    return next(each for each in names if not os.path.lexists(os.path.join(folder, each)))


def _folders_above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _sha256_of(place: str) -> Digest:
    stream = Sha256Stream()
    with storage_errors(f"cannot read {place}"), open(place, "rb", buffering=0) as file:  # noqa: PTH123
        while piece := file.read(_PIECE):
            stream.update(piece)
    return stream.digest()


def _set_executable(place: str, executable: bool) -> None:
    mode = stat.S_IMODE(os.stat(place).st_mode) & ~0o111
    if executable:
        # Who may read it may execute it.
        mode |= (mode & 0o444) >> 2
    os.chmod(place, mode)
