"""The small files that a project keeps of its bundles: what is tracked, what was synced, where it goes."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any

from modelops_bundle.adapters.atomic import remove_leftovers, storage_errors, write_text
from modelops_bundle.bundle.settings import BundleSettings, read_settings, settings_document
from modelops_bundle.bundle.sync_state import SyncState, dump_state, parse_state
from modelops_bundle.bundle.tracked_text import dump_tracked, parse_tracked
from modelops_bundle.errors import ConfigError
from modelops_bundle.project.layout import LOCAL_IGNORES, Layout
from modelops_bundle.yamltext.events import DocumentError, read_yaml
from modelops_bundle.yamltext.writing import write_yaml

__all__ = [
    "SettingsFile",
    "StateFile",
    "TrackedFile",
    "bytes_of",
    "keep_local_files_out_of_git",
    "read_plain_yaml",
]

_LONGEST_NUMBER = 30


class TrackedFile:
    """``tracked.txt``, see :mod:`modelops_bundle.bundle.tracked_text`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self) -> frozenset[str]:
        """The paths.

        Raises:
            UsageError: A line is no path; nothing is guessed.
        """
        return parse_tracked(bytes_of(self._path) or b"", self._path)

    def write(self, paths: frozenset[str]) -> None:
        """Replace them; no paths are no file."""
        if not paths:
            with storage_errors(f"cannot remove {self._path}"):
                if os.path.lexists(self._path):
                    os.unlink(self._path)
            return
        write_text(self._path, dump_tracked(paths))


class StateFile:
    """``state.json``, see :mod:`modelops_bundle.bundle.sync_state`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self) -> SyncState:
        """What was last synced; nothing where there is no file."""
        data = bytes_of(self._path)
        return SyncState() if data is None else parse_state(data, self._path)

    def write(self, state: SyncState) -> None:
        """Replace it, and remove what writers that died have left. The caller holds the lock."""
        remove_leftovers(self._path)
        write_text(self._path, dump_state(state))


class SettingsFile:
    """``config.yaml``, see :mod:`modelops_bundle.bundle.settings`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self) -> BundleSettings:
        """What it says; what is as by default where there is no file.

        Raises:
            ConfigError: It cannot be used.
        """
        tree = read_plain_yaml(self._path)
        return BundleSettings() if tree is None else read_settings(tree, self._path)

    def write(self, settings: BundleSettings) -> None:
        """Replace it."""
        text = write_yaml(settings_document(settings)).decode()
        write_text(self._path, text)


def keep_local_files_out_of_git(layout: Layout) -> None:
    """Add to the state folder's ``.gitignore`` what an earlier release did not know of."""
    data = bytes_of(layout.ignore_file)
    if data is None:
        return
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    missing = [name for name in LOCAL_IGNORES if name not in lines]
    if missing:
        write_text(layout.ignore_file, "".join(f"{line}\n" for line in (*lines, *missing)))


def read_plain_yaml(path: str) -> Any:
    """What a YAML file says; ``None`` where there is none, or nothing in it.

    Raises:
        ConfigError: It is no YAML.
    """
    data = bytes_of(path)
    if data is None or all(
        not line or line.startswith(b"#") for line in map(bytes.strip, data.splitlines())
    ):
        return None
    try:
        return read_yaml(data, _plain).root
    except DocumentError as error:
        problem = error.problem
        raise ConfigError(
            f"{path} cannot be read", f"{problem.place}: {problem.what}", problem.mend
        ) from error


def _plain(text: str) -> Any:
    """What a plain scalar says in every version of YAML."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else text
    )


def bytes_of(path: str) -> bytes | None:
    """What a file holds; ``None`` where there is none. Anything but a regular file is never read.

    Raises:
        StorageError: It is something else, or cannot be read.
    """
    with storage_errors(f"cannot read {path}"):
        try:
            # A pipe would hang, already when it is opened.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            return file.read()
