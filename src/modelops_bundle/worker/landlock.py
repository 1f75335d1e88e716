"""Has the kernel refuse what a model does not declare, through Landlock (Linux 5.13 and later).

A process may restrict itself without any privilege, for good and for all that it starts. The numbers and
structures are those of the kernel's ``linux/landlock.h``.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .connections import ports_of
from .failures import RefusedError
from .imports import library_folders
from .places import environment_folders, is_within, our_folders

__all__ = ["restrict"]

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture but alpha
_ASK_VERSION = 1
_READ_FILE, _REFER = 1 << 2, 1 << 13
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_REFER_SINCE, _NETWORK_SINCE = 2, 4  # versions of the interface
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVILEGES = 38  # prctl
#: Libraries and settings of the system, and what it shows of itself.
_SYSTEM = (
    "/bin", "/dev", "/etc", "/gnu/store", "/lib", "/lib32", "/lib64", "/nix/store", "/proc", "/sbin", "/sys",
    "/usr", "/var/cache/fontconfig",
)  # fmt: skip
#: Where the system is told of other folders of libraries.
_LOADER = "/etc/ld.so.conf.d"


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def restrict(spec: Mapping[str, Any], scratch: str) -> str:
    """Restrict this process as the run asks for, and say the level that was reached.

    It is ``audit`` where the kernel has no Landlock, and where other threads are running already, which keep
    all their rights.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.

    Raises:
        RefusedError: The kernel has Landlock and refuses to use it. Nothing is restricted then.
    """
    if spec["level"] == "off":
        return "off"
    version = _version()
    if version < 1 or len(os.listdir("/proc/self/task")) > 1:
        return "audit"
    hermetic = spec["level"] == "hermetic"
    root = os.path.realpath(spec["root"])
    folders = _system(root) if hermetic else _around(root)
    network = hermetic and not spec["network"]
    # The kernel knows ports alone; that of another host at one of them is refused by who watches.
    ports = ports_of(spec["hosts"])
    _apply((*folders, *_always(spec, scratch, root)), version, network, ports)
    return "hermetic" if hermetic else "enforced"


def _version() -> int:
    """Version of the kernel's interface; below 1 where there is none."""
    if not sys.platform.startswith("linux"):
        return -1
    nothing, ask = ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)
    version: int = _library().syscall(ctypes.c_long(_CREATE), None, nothing, ask)
    return version


def _always(spec: Mapping[str, Any], scratch: str, root: str) -> Iterator[str]:
    """What may be read in every case."""
    yield from spec["readable"]
    yield os.path.join(root, ".modelops-bundle", "registry.yaml")
    yield from (scratch, *spec["allow"])
    for folder in (*environment_folders(), *_linked(), *our_folders(spec["package"])):
        yield from _without(root, folder)


def _linked() -> Iterator[str]:
    """Folders that packages are linked from: installers may keep one copy for many environments."""
    for library in library_folders():
        for entry in _entries(library):
            if entry.is_symlink():
                yield os.path.realpath(entry.path)
            elif entry.is_dir():
                links = (each for each in _entries(entry.path) if each.is_symlink())
                yield from (os.path.dirname(os.path.realpath(each.path)) for each in links)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _system(root: str) -> Iterator[str]:
    """What belongs to the system."""
    for folder in (*_SYSTEM, *_library_folders()):
        yield from _without(root, folder)


def _library_folders() -> Iterator[str]:
    """Folders of shared libraries that the loader is told of."""
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield folder
    names = os.listdir(_LOADER) if os.path.isdir(_LOADER) else []
    for name in names:
        try:
            with open(os.path.join(_LOADER, name), encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                lines = file.read().split()
        except OSError:
            continue
        yield from (line for line in lines if os.path.isabs(line))


def _without(root: str, folder: str) -> Iterator[str]:
    """A folder without the project, where that lies in it (as in ``/usr`` or ``/opt``)."""
    folder = os.path.realpath(folder)
    if is_within(root, (folder,)):
        yield from _around(root, folder)
    else:
        yield folder


def _around(root: str, top: str = os.sep) -> Iterator[str]:
    """Everything below ``top`` but the project: what lies beside it and beside each folder above it."""
    child = root
    while child != top:
        parent, name = os.path.split(child)
        # A link is granted by what it leads to, which is not the project's unless it is declared.
        yield from (
            each.path for each in _entries(parent) if each.name != name and not each.is_symlink()
        )
        child = parent


def _apply(paths: Iterable[str], version: int, network: bool, ports: Iterable[int]) -> None:
    """Build the rules and have them hold, which is the last step: before it, nothing is restricted."""
    # Unless it is granted everywhere, no file may be moved to another folder any more.
    move = _REFER if version >= _REFER_SINCE else 0
    network = network and version >= _NETWORK_SINCE
    attributes = _Ruleset(_READ_FILE | move, _BIND_TCP | _CONNECT_TCP if network else 0)
    size = 16 if network else 8  # kernels before the network's version know the first field alone
    rules = _called(_CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in dict.fromkeys(os.path.realpath(each) for each in paths if each):
            _grant(rules, path, _READ_FILE)
        if move:
            _grant(rules, os.sep, move)
        for port in ports if network else ():
            rule = ctypes.byref(_Port(_CONNECT_TCP, port))
            kind, flags = ctypes.c_int(_NET_PORT), ctypes.c_uint32(0)
            _called(_ADD, ctypes.c_int(rules), kind, rule, flags)
        if _library().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            raise _refused("prctl")
        _called(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _grant(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # it is gone, or cannot be read in any case
    try:
        rule = ctypes.byref(_Beneath(rights, place))
        kind, flags = ctypes.c_int(_PATH_BENEATH), ctypes.c_uint32(0)
        _called(_ADD, ctypes.c_int(rules), kind, rule, flags)
    finally:
        os.close(place)


def _called(number: int, *values: Any) -> int:
    result: int = _library().syscall(ctypes.c_long(number), *values)
    if result < 0:
        raise _refused(f"system call {number}")
    return result


def _refused(what: str) -> RefusedError:
    return RefusedError(
        "what the model reads cannot be restricted",
        f"{what}: {os.strerror(ctypes.get_errno())}",
        "Run with --no-enforce, which only watches and marks the results.",
    )


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
