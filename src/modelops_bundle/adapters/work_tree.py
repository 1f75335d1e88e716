"""A project's folder, as bundles see it: what is there, cut and packed for sending."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.adapters.barriers import barriers
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.adapters.staging import DiskStaging, PathStamp, open_staging, path_stamp
from modelops_bundle.bundle.chunking import cut
from modelops_bundle.bundle.contents import Contents, Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.media import CHUNK, PACK
from modelops_bundle.bundle.paths import Way, follow
from modelops_bundle.bundle.pulling import Obstacle, Step
from modelops_bundle.bundle.remote import Blob, BlobReader
from modelops_bundle.bundle.tree import Gathered
from modelops_bundle.errors import InputsChangedError, StorageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.identity.streams import ContentStream, Sha256Stream
from modelops_bundle.ports import Files, Unreadable
from modelops_bundle.project.layout import STATE_FOLDER, Layout

__all__ = ["DiskTree"]

_PIECE = 1 << 20
#: What readlink says where no link can be read: something else stands there, or nothing, or not for us.
_TELLS_NO_LINK = frozenset(
    (
        errno.EINVAL, errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES,
        errno.EPERM,
    )
)  # fmt: skip
#: Others wait while one process fetches a bundle of some GiB.
_LOCK_SECONDS = 3600.0
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class DiskTree:
    """See :class:`modelops_bundle.bundle.tree.WorkTree`.

    Args:
        layout: The folder.
        files: The file system, with what is known of its files.
    """

    def __init__(self, layout: Layout, files: Files) -> None:
        self._layout = layout
        self._files = files
        self._real = Layout(os.path.realpath(layout.root))
        self._stamps: dict[str, PathStamp] = {}

    # --- looking ----------------------------------------------------------------------------

    def gather(self, paths: Iterable[str]) -> Gathered:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.gather`."""
        paths = frozenset(paths)
        links: dict[str, LinkEntry] = {}
        reached = set()
        target_of = cache(self._inner_target)
        for path in paths:
            # A link that leads out, or in circles, is read like a file.
            way = follow(path, target_of) or Way((), path)
            links.update((link, LinkEntry(target_of(link) or "")) for link in way.links)
            reached.add(way.end)
        # Of a folder that a link leads to, only what is named itself is in the bundle.
        folders = {each for each in reached - paths if os.path.isdir(self._layout.absolute(each))}
        found, missing = self._read(sorted(reached - folders))
        return Gathered({**found, **links}, missing)

    def look(self, paths: Iterable[str], algorithm: str = "blake3") -> Contents:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.look`."""
        links: dict[str, Entry] = {}
        others = []
        target_of = cache(self._inner_target)
        for path in paths:
            way = follow(path, target_of)
            if way is not None and any(path.startswith(f"{link}/") for link in way.links):
                continue  # what is there has another path in the bundle
            # Before anything is read, so that a later edit shows.
            self._stamps.setdefault(path, path_stamp(self._layout.absolute(path)))
            target = target_of(path) if way is not None else None
            if target is None:
                others.append(path)
            else:
                links[path] = LinkEntry(target)
        found, missing = self._read(others)
        if algorithm == "sha256":
            found = {path: self._as_in_v1(path, entry) for path, entry in found.items()}
        # What cannot be read is somebody's all the same: it is unlike anything, and not absent.
        unlike = Digest(algorithm, "0" * 64)
        sizes = {path: self._stamps[path].size for path, _ in missing if self._is_there(path)}
        return {**found, **links, **{path: FileEntry(unlike, sizes[path]) for path in sizes}}

    def _is_there(self, path: str) -> bool:
        return self._stamps[path].kind != 0

    def _as_in_v1(self, path: str, entry: Entry) -> FileEntry:
        assert isinstance(entry, FileEntry), "what is read are files"
        known = self._files.memo_get("sha256:v1", entry.digest.hex)
        if known is None:
            stream = Sha256Stream()
            self._verified(path, entry, stream)
            known = stream.digest().hex
            self._files.memo_put("sha256:v1", entry.digest.hex, known)
        return FileEntry(Digest("sha256", known), entry.size)

    def _inner_target(self, path: str) -> str | None:
        """What a link says that stays in the folder; ``None`` for anything else."""
        place = self._layout.absolute(path)
        try:
            target = os.readlink(place)
        except OSError as error:
            if error.errno in _TELLS_NO_LINK:
                return None
            # Taken for a file, a link would be another one elsewhere.
            raise StorageError(f"cannot read {place}", error.strerror or "") from error
        folder = os.path.realpath(os.path.dirname(place))
        led = os.path.realpath(place)
        # Compared as it is written too: an absolute path is another one on the next machine.
        stays = self._real.holds(os.path.normpath(os.path.join(folder, target)))
        if os.path.isabs(target) or not stays or not self._real.holds(led):
            return None
        return target.replace(os.sep, "/")

    def _read(self, paths: Sequence[str]) -> tuple[dict[str, Entry], tuple[tuple[str, str], ...]]:
        places = {path: self._layout.absolute(path) for path in paths}
        stats = {path: _stat(place) for path, place in places.items()}
        answers = self._files.contents(places.values())
        found: dict[str, Entry] = {}
        missing = []
        for path, place in places.items():
            answer = answers[place]
            known = stats[path]
            if isinstance(answer, Unreadable) or known is None:
                reason = answer.reason if isinstance(answer, Unreadable) else "it is gone"
                missing.append((path, reason))
            else:
                executable = bool(known.st_mode & stat.S_IXUSR)
                found[path] = FileEntry(answer, known.st_size, executable)
        return found, tuple(missing)

    def barriers(self, steps: Sequence[Step]) -> Sequence[Obstacle]:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.barriers`."""
        return list(barriers(self._layout, steps))

    def everything(self) -> Iterator[str]:
        """Recorded paths of all that is in the folder and no folder itself, the tool's own files left out."""
        root = self._layout.root
        for folder, folders, names in os.walk(root):
            if folder == root and STATE_FOLDER in folders:
                folders.remove(STATE_FOLDER)
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in (*names, *links):
                yield self._layout.recorded(os.path.join(folder, name))

    # --- cutting and packing ----------------------------------------------------------------

    def pack(self, members: Sequence[str], contents: Contents) -> Blob:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.pack`."""
        entries = [_file_entry(contents, path) for path in members]
        size = sum(entry.size for entry in entries)
        said = "\n".join(f"{entry.digest} {entry.size}" for entry in entries)
        key = content_digest(said.encode()).hex
        known = self._files.memo_get("pack:v1", key)
        if known is None:
            stream = Sha256Stream()
            for path, entry in zip(members, entries, strict=True):
                self._verified(path, entry, stream)
            known = stream.digest().hex
            self._files.memo_put("pack:v1", key, known)
        return Blob(Digest("sha256", known), size, PACK)

    def chunks(self, path: str, entry: FileEntry) -> tuple[Blob, ...]:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.chunks`."""
        known = self._files.memo_get("chunks:v1", entry.digest.hex)
        if known is None:
            with _opened(self._layout.absolute(path)) as file:
                stream = _Tee(file)
                pieces = [[chunk.digest.hex, chunk.size] for chunk in cut(stream)]
            if stream.digest() != entry.digest:
                raise _changed(path)
            known = json.dumps(pieces)
            self._files.memo_put("chunks:v1", entry.digest.hex, known)
        chunks = tuple(
            Blob(Digest("sha256", digest), size, CHUNK) for digest, size in json.loads(known)
        )
        if sum(chunk.size for chunk in chunks) != entry.size:
            raise _changed(path)
        return chunks

    def reader(self, pieces: Collection[tuple[str, int, int]]) -> BlobReader:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.reader`."""

        def read() -> Iterator[bytes]:
            for path, offset, length in pieces:
                with _opened(self._layout.absolute(path)) as file:
                    file.seek(offset)
                    while length > 0 and (piece := file.read(min(length, _PIECE))):
                        length -= len(piece)
                        yield piece

        return read

    def lock(self) -> AbstractContextManager[None]:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.lock`."""
        return hold_lock(self._layout.bundle_lock, _LOCK_SECONDS)

    def staging(self, steps: Sequence[Step]) -> AbstractContextManager[DiskStaging]:
        """See :meth:`modelops_bundle.bundle.tree.WorkTree.staging`."""
        return open_staging(self._layout, steps, self._stamps)

    def _verified(self, path: str, entry: FileEntry, into: Sha256Stream) -> None:
        content = ContentStream()
        size = 0
        for piece in self.reader([(path, 0, entry.size + 1)])():
            into.update(piece)
            content.update(piece)
            size += len(piece)
        if size != entry.size or content.digest() != entry.digest:
            raise _changed(path)


class _Tee:
    """A file that is digested while somebody reads it."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._content = ContentStream()

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._file.readinto(buffer) or 0
        self._content.update(memoryview(buffer)[:count])
        return count

    def digest(self) -> Digest:
        return self._content.digest()


@contextmanager
def _opened(place: str) -> Iterator[io.FileIO]:
    """A regular file; anything else is never read, or a pipe would hang.

    Raises:
        InputsChangedError: It is gone.
        StorageError: It cannot be read, also inside the block.
    """
    with storage_errors(f"cannot read {place}"):
        try:
            descriptor = os.open(place, _FLAGS)
        except FileNotFoundError as error:
            raise _changed(place) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file")
        with io.FileIO(descriptor, "rb") as file:
            yield file


def _stat(place: str) -> os.stat_result | None:
    try:
        return os.stat(place)
    except (OSError, ValueError):
        return None


def _file_entry(contents: Contents, path: str) -> FileEntry:
    entry = contents[path]
    assert isinstance(entry, FileEntry), "only files are packed"
    return entry


def _changed(path: str) -> InputsChangedError:
    return InputsChangedError(
        f"{path} changed while it was read",
        "what was read is not what was looked at before",
        "Run the command again when nothing writes to it.",
    )
