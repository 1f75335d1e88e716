"""Watches what a model reads: files, environment variables, the network, other programs.

It sees what goes through Python: its audit events, and the mapping of the environment variables. What C, C++
or Rust code reads by itself only the kernel can see (:mod:`modelops_bundle.worker.landlock`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

from .places import Places

__all__ = ["Watcher", "install"]

_WRITES_ANEW = os.O_TRUNC | os.O_EXCL
_WORD = re.compile(r"""[^\s'"`:;,()\[\]<>]+""")
_DENIED = re.compile(r"permission denied|os error 13|errno 13|EACCES", re.IGNORECASE)
_WHOLE = "*"
_VIEWS = "_collections_abc.py"


class Watcher:
    """Keeps what was read and is not declared, each once, with the line that read it first.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.
    """

    def __init__(self, spec: Mapping[str, Any], scratch: str) -> None:
        self._places = Places(spec, scratch)
        self._free = {*spec["variables"], *spec["free_variables"]}
        self._network = spec["network"]
        self._seen: dict[tuple[str, str], str] = {}
        self._judged: dict[str, tuple[str, str] | None] = {}
        self._written: set[str] = set()
        self._whole_places: set[str] = set()
        self._pid = os.getpid()
        # Children that a model forks report here: what they note is lost with them.
        self._log = os.path.join(scratch, "reads-of-children")
        self._events: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._opened,
            "sqlite3.connect": self._connected_to_file,
            "socket.connect": self._connected,
            "socket.getaddrinfo": self._looked_up,
            "socket.gethostbyname": self._looked_up,
            "subprocess.Popen": self._started,
            "os.exec": self._started,
            "os.posix_spawn": self._started,
            "os.system": self._started,
        }
        self.processes_count = True

    def take(self, number: int) -> list[list[str]]:
        """Undeclared reads of this process and its children up to now, as ``[kind, name, place]``.

        Those of earlier simulations are among them: what was read once may still be in memory.

        Args:
            number: The simulation's.
        """
        del number
        for kind, name, place in self._of_children():
            self._seen.setdefault((kind, name), place)
        hidden = () if self.processes_count else ("process",)
        return [[*key, place] for key, place in self._seen.items() if key[0] not in hidden]

    def explain(self, error: BaseException) -> None:
        """Note the file that was refused, where an error tells of one: no event told of it before."""
        for each in _chain(error):
            text = _text(each)
            if not isinstance(each, PermissionError) and not _DENIED.search(text):
                continue
            for word in _WORD.findall(text):
                path = os.path.normpath(os.path.join(self._places.root, word))
                found = self._places.judge(path) if os.path.isfile(path) else None
                if found is not None:
                    self._note(*found, self._place_in(each.__traceback__))

    def hook(self, event: str, values: tuple[Any, ...]) -> None:
        """Take one of Python's audit events."""
        handle = self._events.get(event)
        if handle is not None:
            try:
                handle(values)
            except Exception:  # noqa: BLE001 - whatever it is, it is not the model's error
                self._note("outside", f"something that cannot be told ({event})", self._place())

    def variable(self, name: str) -> None:
        """Take the reading of an environment variable."""
        if name in self._free or name.startswith("PYTHON"):
            return
        frame = self._reader()
        if frame is None:
            return
        place = self._shown(frame)
        if name == _WHOLE:
            self._whole_places.add(place)
        elif place in self._whole_places:
            return
        self._note("variable", name, place)

    def set_variable(self, name: str) -> None:
        """Take the setting of an environment variable: what the model sets is its own."""
        self._free.add(name)

    # --- events -----------------------------------------------------------------------------

    def _opened(self, values: tuple[Any, ...]) -> None:
        path, _, flags = values
        if isinstance(path, int) or not isinstance(flags, int):
            return
        text = os.fsdecode(path)
        known = self._judged.get(text, _UNKNOWN)
        if known is None and flags & os.O_ACCMODE == os.O_RDONLY:
            return
        whole = os.path.abspath(text)
        if flags & os.O_ACCMODE != os.O_RDONLY and (
            flags & _WRITES_ANEW or not os.path.lexists(whole)
        ):
            self._written.add(whole)
            return
        if flags & os.O_ACCMODE == os.O_WRONLY or whole in self._written:
            return
        found = self._places.judge(whole)
        if os.path.isabs(text):
            self._judged[text] = found
        if found is not None:
            self._note(*found, self._place())

    def _connected_to_file(self, values: tuple[Any, ...]) -> None:
        database = values[0]
        if isinstance(database, str | bytes | os.PathLike):
            text = os.fsdecode(database).removeprefix("file:").partition("?")[0]
            if text and not text.startswith(":memory:"):
                self._opened((text, None, os.O_RDONLY))

    def _connected(self, values: tuple[Any, ...]) -> None:
        address = values[1]
        # Anything else is no network: a socket of this machine has a path.
        if isinstance(address, tuple) and not self._network:
            self._note("network", f"{address[0]}:{address[1]}", self._place())

    def _looked_up(self, values: tuple[Any, ...]) -> None:
        host = values[0]
        if host and not self._network and self._reader() is not None:
            self._note("network", os.fsdecode(host), self._place())

    def _started(self, values: tuple[Any, ...]) -> None:
        if self._reader() is not None:
            self._note("process", str(values[0]), self._place())

    # --- where ------------------------------------------------------------------------------

    def _frames(self) -> Iterator[FrameType]:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            yield frame
            frame = frame.f_back

    def _reader(self) -> FrameType | None:
        """The user's code that reads, if no installed package does it for itself."""
        for frame in self._frames():
            name = frame.f_code.co_filename
            if self._places.is_code_of_user(name):
                return frame
            if self._places.is_installed(name):
                return None
        return None

    def _place(self) -> str:
        """The innermost line of the user's code."""
        for frame in self._frames():
            if self._places.is_code_of_user(frame.f_code.co_filename):
                return self._shown(frame)
        return ""

    def _place_in(self, trace: TracebackType | None) -> str:
        place = ""
        while trace is not None:
            if self._places.is_code_of_user(trace.tb_frame.f_code.co_filename):
                name = self._places.shown(trace.tb_frame.f_code.co_filename)
                place = f"{name}:{trace.tb_lineno}"
            trace = trace.tb_next
        return place

    def _shown(self, frame: FrameType) -> str:
        return f"{self._places.shown(frame.f_code.co_filename)}:{frame.f_lineno}"

    def _note(self, kind: str, name: str, place: str) -> None:
        if (kind, name) in self._seen:
            return
        self._seen[kind, name] = place
        if os.getpid() != self._pid:
            line = json.dumps([kind, name, place]) + "\n"
            descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(descriptor, line.encode())
            os.close(descriptor)

    def _of_children(self) -> list[tuple[str, str, str]]:
        if not os.path.exists(self._log):
            return []
        with open(self._log, encoding="utf-8") as file:  # noqa: PTH123 - no import for one file
            return [tuple(json.loads(line)) for line in file]


_UNKNOWN = ("", "")


def _text(error: BaseException) -> str:
    try:
        return f"{error} {getattr(error, 'filename', '') or ''}"
    except Exception:  # noqa: BLE001 - the model's own code makes the text
        return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def install(spec: Mapping[str, Any], scratch: str) -> Watcher:
    """Watch from now on; nothing can undo it in this process.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.
    """
    watcher = Watcher(spec, scratch)
    _watch_variables(watcher)
    sys.addaudithook(watcher.hook)
    return watcher


def _watch_variables(watcher: Watcher) -> None:
    """Have the mapping of the environment variables tell of each use; all else of it rests on these."""
    kind: Any = type(os.environ)
    get, iterate, put = kind.__getitem__, kind.__iter__, kind.__setitem__

    def getitem(self: Any, key: Any) -> Any:
        # The views of a mapping ask for each key after walking through them all, which is told once.
        if not sys._getframe(1).f_code.co_filename.endswith(_VIEWS) or _is_lookup(1):
            watcher.variable(os.fsdecode(key) if isinstance(key, str | bytes) else str(key))
        return get(self, key)

    def iter_(self: Any) -> Any:
        watcher.variable(_WHOLE)
        return iterate(self)

    def setitem(self: Any, key: Any, value: Any) -> None:
        put(self, key, value)
        watcher.set_variable(os.fsdecode(key))

    kind.__getitem__, kind.__iter__, kind.__setitem__ = getitem, iter_, setitem


def _is_lookup(depth: int) -> bool:
    """Whether the mapping's own ``get``, ``in`` or the like asks, for one key alone."""
    return sys._getframe(depth + 1).f_code.co_name in ("get", "__contains__", "setdefault", "pop")
