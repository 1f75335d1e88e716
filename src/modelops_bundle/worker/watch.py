"""Watches what a model reads: files, environment variables, the network, other programs.

It sees what goes through Python: its audit events, and the mapping of the environment variables. What C, C++
or Rust code reads by itself only the kernel can see (:mod:`modelops_bundle.worker.landlock`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from _thread import _local, get_ident
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, TracebackType
from typing import Any

from .connections import ConnectionRefusal, Connections
from .lookups import Lookups, path_of
from .packages import Packages
from .places import Owner, Places, Undeclared, is_passing
from .refusals import chain, is_refusal, named_files
from .scratch import leave_for_children
from .stand_ins import stand_in
from .variables import Variables, frames, reader, watch_variables

__all__ = ["Watcher", "install"]

_WRITES_ANEW = os.O_TRUNC | os.O_EXCL
_NO_CONTENT = getattr(os, "O_PATH", 0)
_FILES = frozenset({"data", "code", "outside"})


class Watcher:
    """Keeps what was read and is not declared, each once, with the line that read it first.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.
        in_child: Whether this is a process that a model has started.

    Attributes:
        variables: Who is told of uses of the environment variables.
        packages: Who is told of installed packages.
        connections: Who is told of connections.
        processes_count: Whether starting a program counts, as nobody knows what it reads.
    """

    def __init__(self, spec: Mapping[str, Any], scratch: str, *, in_child: bool) -> None:
        self._spec, self._scratch = spec, scratch
        self.places = Places(spec, scratch)
        names = (*spec["variables"], *spec["free_variables"])
        self.variables = Variables(self.places, names, spec["withheld"], self)
        self.processes_count = True
        self._seen: dict[tuple[str, str], str] = {}
        self._states: dict[tuple[str, str], str | None] = {}
        self._refused: set[tuple[str, str]] = set()
        self._fine: set[str] = set()
        self._written: set[str] = set()
        # Folders that something was written into, and those above, by any simulation.
        self._filled: set[str] = set()
        self._written_by_import: frozenset[str] | None = None
        self._thread, self._main = _local(), get_ident()
        self._pid = 0 if in_child else os.getpid()
        # Processes that a model starts report here: what they note is lost with them.
        self._log = os.path.join(scratch, ".reads-of-children")
        self._log_read = 0
        self._events: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._opened,
            "os.mkdir": self._made,
            "os.rename": self._renamed,
            "os.link": self._renamed,
            "import": self._imported,
            "ctypes.dlopen": self._loaded,
            "sqlite3.connect": self._connected_to_file,
            "subprocess.Popen": self._started,
            "os.exec": self._started,
            "os.posix_spawn": self._started,
            "os.system": self._started,
        }
        self._lookups = Lookups(self.places, spec["search"], self)
        self._events |= self._lookups.events
        self.connections = Connections(self.places, self, spec)
        self._events |= self.connections.events
        self.packages = Packages(spec, self.places, self)

    def renew(self) -> None:
        """Take note that another simulation begins: what the one before has written is not its own."""
        if self._written_by_import is None:
            self._written_by_import = frozenset(self._written)
        self._written = set(self._written_by_import)
        self.variables.renew()
        self.packages.is_storing = False

    def take(self) -> list[list[str]]:
        """Undeclared reads of this process and its children up to now, as ``[kind, name, place]``.

        Of what was listed, and of packages, the state comes last.

        Those of earlier simulations are among them: what was read once may still be in memory. What was
        refused is not in memory, and is told once.
        """
        for kind, name, place, state in self._of_children():
            self._seen.setdefault((kind, name), place)
            self._states.setdefault((kind, name), state)
        # To look one up may import others, which are no doing of the model's.
        for kind, name in list(self._seen):
            if kind == "package":
                self.unseen(self._look_up, name)
        taken = [
            [*key, place, *filter(None, [self._states.get(key)])]
            for key, place in self._seen.items()
            if self._matters(*key)
        ]
        while self._refused:
            self._seen.pop(self._refused.pop(), None)
        return taken

    def _matters(self, kind: str, name: str) -> bool:
        if kind == "present":  # what was read says more, and a folder to write into would be made
            is_read = {("data", name), ("code", name)} & self._seen.keys()
            places = {os.path.join(root, name) for root in self.places.roots}
            return not is_read and places.isdisjoint(self._filled)
        if kind == "package":
            return self._states.get((kind, name)) is not None
        return kind != "process" or self.processes_count

    def _look_up(self, package: str) -> None:
        self._states["package", package] = self.packages.state(package)

    def explain(self, error: BaseException) -> list[list[str]]:
        """Note what was refused, where an error tells of it: of some, no event has told.

        Returns:
            What was refused, as ``[kind, name, place]``.
        """
        found: dict[tuple[str, str], str] = {}
        for each in filter(is_refusal, chain(error)):
            place = self._place_in(each.__traceback__) or self._place_in(error.__traceback__)
            files = list(named_files(each, self.places.root))
            for path in files:
                read = self.places.judge(path)
                if read is not None:
                    # To declare what it writes itself would not help: that is another file each time.
                    key = ("written", read.name) if path in self._written else read
                    found[key] = self._seen.setdefault(key, place)
            if not files:
                found |= {
                    key: at for key, at in self._seen.items() if at == place and key[0] in _FILES
                }
            self._refused |= found.keys()
            if not (files or found or self._spec["network"]):
                found |= {key: at for key, at in self._seen.items() if key[0] == "network"}
        return [[*key, place] for key, place in found.items()]

    def hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        """What takes Python's audit events. It is called for each of them, ``id()`` among them."""
        events, note, thread = self._events, self.note, self._thread

        # A method would take three times as long.
        def hook(event: str, values: tuple[Any, ...]) -> None:
            # What we do ourselves to judge an event is none.
            if event in events and not getattr(thread, "busy", False):
                thread.busy = True
                try:
                    events[event](values)
                except ConnectionRefusal:
                    raise
                except Exception:  # noqa: BLE001 - whatever it is, it is not the model's error
                    note("outside", f"something that cannot be told ({event})", None)
                finally:
                    thread.busy = False

        return hook

    def unseen(self, do: Callable[[str], None], name: str) -> None:
        """Do something that is not watched itself, unless it is we who caused it.

        Args:
            do: Does it.
            name: What it is given.
        """
        if not getattr(self._thread, "busy", False):
            self._thread.busy = True
            try:
                do(name)
            except Exception:  # noqa: BLE001 - as for events
                self.note("outside", f"something that cannot be told ({name})", None)
            finally:
                self._thread.busy = False

    def looked_for(self, path: Any, *, there: bool) -> None:
        """Take a look at a path: were there something, or nothing, the model might do otherwise.

        Args:
            path: The path.
            there: Whether something is there.
        """
        if getattr(self._thread, "busy", False) or isinstance(path, int):
            return
        self._thread.busy = True
        try:
            whole = self.whole(path)
            if whole in self._fine or whole in self._written:
                return
            frame = self.innermost()
            if (frame is None and not self._is_handed_over()) or self._lookups.is_importing():
                return
            found = self.places.judge(whole)
            if found is None and there:
                found = self.places.judge_folder(whole)
            if found is not None and found.kind != "outside" and not is_passing(found.name):
                self.note("present" if there else "absent", found.name, frame)
            elif found is None and there:
                self._fine.add(whole)
        except (TypeError, ValueError, OSError):
            return  # a path may be anything
        finally:
            self._thread.busy = False

    def note(self, kind: str, name: str, frame: FrameType | None, state: str = "") -> None:
        """Note a read.

        Args:
            kind: As in :meth:`take`.
            name: What was read.
            frame: The user's code that read it; ``None`` if that is unknown.
            state: What it was like, where that can be looked up again.
        """
        if (kind, name) in self._seen:
            return
        place = ""
        if frame is not None:
            place = f"{self.places.shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        self._seen[kind, name] = place
        self._states[kind, name] = state
        if os.getpid() != self._pid:
            line = json.dumps([kind, name, place, state]) + "\n"
            with contextlib.suppress(OSError):
                descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.write(descriptor, line.encode())
                os.close(descriptor)

    def open_below(self, open_: Callable[..., int], folder: int, *values: Any) -> int:
        """Open a path that is relative to an open folder, of which the event does not tell.

        Args:
            open_: What opens it.
            folder: Descriptor of the folder.
            values: Path, flags and mode.
        """
        before = getattr(self._thread, "folder", None)
        self._thread.folder = path_of(folder)
        try:
            return open_(*values, dir_fd=folder)
        finally:
            self._thread.folder = before

    # --- events -----------------------------------------------------------------------------

    def _opened(self, values: tuple[Any, ...]) -> None:
        path, _, flags = values
        if isinstance(path, int) or not isinstance(flags, int) or flags & _NO_CONTENT:
            return
        access = flags & os.O_ACCMODE
        if access == os.O_RDONLY and isinstance(path, str) and path in self._fine:
            return
        whole = self.whole(path)
        if access != os.O_RDONLY and (flags & _WRITES_ANEW or not os.path.lexists(whole)):
            self._written.add(whole)
            self._fill(os.path.dirname(whole))
            self._forget_absent(whole)
        elif access != os.O_WRONLY and whole not in self._fine:
            self._read(whole)

    def _read(self, whole: str) -> None:
        if whole in self._written:
            return
        found = self.places.judge(whole)
        if found is not None:
            there = os.path.lexists(whole)
            if self._counts(found, whole) and (there or not self._lookups.is_importing()):
                self.note(found.kind if there else "absent", found.name, self.innermost())
        elif os.path.lexists(whole):
            self._fine.add(whole)

    def _forget_absent(self, whole: str) -> None:
        """What the model makes itself is no file that might appear."""
        if any(kind == "absent" for kind, _ in self._seen) and (found := self.places.judge(whole)):
            self._seen.pop(("absent", found.name), None)

    def _counts(self, found: Undeclared, whole: str) -> bool:
        """Outside of the project, installed packages may look for what is their own, or could be there."""
        there = os.path.lexists(whole)
        if is_passing(found.name):
            return there and reader(self.places) is not None
        if found.kind != "outside":
            return True
        if there and not self.places.is_of_program(whole):
            return True
        # A package reads its configuration when it is imported; what it reads for the model later is data.
        return (there and not self._lookups.is_loading()) or reader(self.places) is not None

    def _made(self, values: tuple[Any, ...]) -> None:
        whole = self.whole(values[0])
        self._fill(whole)
        self._forget_absent(whole)

    def _fill(self, folder: str) -> None:
        while folder not in self._filled:
            self._filled.add(folder)
            folder = os.path.dirname(folder)

    def _renamed(self, values: tuple[Any, ...]) -> None:
        whole = self.whole(values[1])
        self._fill(os.path.dirname(whole))
        if self.whole(values[0]) in self._written:
            self._written.add(whole)

    def _imported(self, values: tuple[Any, ...]) -> None:
        if values[0] == "multiprocessing":
            leave_for_children(self._spec, self._scratch)
        # Only an extension module comes with its file; others are opened.
        self._loaded(values[1:])

    def _loaded(self, values: tuple[Any, ...]) -> None:
        if isinstance(values[0], str) and os.sep in values[0]:
            self._read(self.whole(values[0]))

    def _connected_to_file(self, values: tuple[Any, ...]) -> None:
        database = values[0]
        if isinstance(database, str | bytes | os.PathLike):
            text = os.fsdecode(database).removeprefix("file:").partition("?")[0]
            if text and not text.startswith(":memory:"):
                self._opened((text, None, os.O_RDWR))

    def _started(self, values: tuple[Any, ...]) -> None:
        program = values[0]
        text = os.fsdecode(program) if isinstance(program, str | bytes) else str(program)
        # Python runs the model's code again, whoever starts it.
        is_python = os.path.basename(text).startswith("python")
        if is_python or reader(self.places) is not None:
            self.note("process", text, self.innermost())

    # --- where ------------------------------------------------------------------------------

    def whole(self, path: Any) -> str:
        """A path that the model gave, absolute."""
        text = os.fsdecode(path)
        folder = getattr(self._thread, "folder", None)
        return os.path.abspath(os.path.join(folder, text) if folder else text)

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        for frame in frames():
            if self.places.owner(frame.f_code.co_filename) is Owner.USER:
                return frame
        return None

    def _is_handed_over(self) -> bool:
        """Whether a thread does nothing but what the user's code has handed to the standard library."""
        owners = (self.places.owner(frame.f_code.co_filename) for frame in frames())
        return get_ident() != self._main and Owner.INSTALLED not in owners

    def _place_in(self, trace: TracebackType | None) -> str:
        place = ""
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if self.places.owner(name) is Owner.USER:
                place = f"{self.places.shown(name)}:{trace.tb_lineno}"
            trace = trace.tb_next
        return place

    def _of_children(self) -> Iterable[list[str]]:
        try:
            with open(self._log, "rb") as file:  # noqa: PTH123 - no import for one file
                file.seek(self._log_read)
                text = file.read()
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._log_read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


def install(spec: Mapping[str, Any], scratch: str, *, in_child: bool = False) -> Watcher:
    """Watch from now on; nothing can undo it in this process.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.
        in_child: Whether this is a process that a model has started.
    """
    watcher = Watcher(spec, scratch, in_child=in_child)
    watch_variables(watcher.variables)
    stand_in(watcher)
    watcher.connections.learn()
    sys.meta_path.insert(0, watcher.packages)
    sys.addaudithook(watcher.hook())
    return watcher
