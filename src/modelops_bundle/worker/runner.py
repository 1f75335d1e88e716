"""The worker's loop: one specification, then one simulation after the other."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple, NoReturn

from . import landlock, watch
from .environment import Offer, check_environment, offers_of
from .failures import RefusedError, in_full, in_one_line
from .frames import BrokenFrameError, read_frame, write_frame
from .imports import (
    compile_from_source,
    forget_replaced,
    library_folders,
    serve_ourselves,
    set_path,
)
from .inputs import check_inputs
from .models import RUNNERS, WIRE, Asked, Way, choose, load_model
from .parent import end_with_parent
from .places import Places
from .printed import Printed
from .refusals import mend_of, worded
from .scratch import scratch_variables
from .targets import choose_target
from .workplace import Workplace

__all__ = ["main"]


class _Ready(NamedTuple):
    way: Way
    workplace: Workplace
    watcher: watch.Watcher
    spec: Mapping[str, Any]
    level: str


def main(reader: int, writer: int, at_start: frozenset[str]) -> NoReturn:
    """Serve the parent until it closes its end; never returns.

    Args:
        reader: File descriptor that messages come from.
        writer: File descriptor that answers go to.
        at_start: Modules that the interpreter had loaded by itself.
    """
    # The parent gets the interrupt too and decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    for descriptor in (reader, writer):
        os.set_inheritable(descriptor, False)
    code = 1
    with contextlib.suppress(OSError, BrokenFrameError):  # the parent is gone
        _Worker(open(reader, "rb"), open(writer, "wb"), at_start).serve()  # noqa: SIM115
        code = 0
    # Threads that a model has left behind must not keep the process.
    os._exit(code)


class _Worker:
    def __init__(self, reader: BinaryIO, writer: BinaryIO, at_start: frozenset[str]) -> None:
        self._reader = reader
        self._writer = writer
        self._at_start = at_start
        self._printed = Printed()
        self._ready: _Ready | None = None
        # A process that a model forks must neither answer in our place nor keep the pipes open.
        os.register_at_fork(after_in_child=self._close)

    def serve(self) -> None:
        while (message := read_frame(self._reader)) is not None:
            header, _ = message
            if header.get("do") == "start":
                self._start(header["spec"], header["scratch"])
            elif header.get("do") == "run" and self._ready is not None:
                self._run(self._ready, header)
            else:
                raise BrokenFrameError("the message asks for nothing that is known")

    def _close(self) -> None:
        for stream in (self._reader, self._writer):
            with contextlib.suppress(OSError):
                os.close(stream.fileno())

    def _start(self, spec: Mapping[str, Any], scratch: str) -> None:
        try:
            self._ready = _prepared(spec, scratch, self._at_start)
        except BaseException as error:  # noqa: BLE001 - the model's modules may raise anything
            write_frame(self._writer, _refusal(error, self._printed.tail()))
            return
        about = {
            "is": "ready",
            "level": self._ready.level,
            "host": platform.node(),
            "python": platform.python_version(),
        }
        write_frame(self._writer, about)

    def _run(self, ready: _Ready, task: Mapping[str, Any]) -> None:
        self._printed.renew()
        started, clock = datetime.now(UTC), time.perf_counter()
        answer: dict[str, Any] = {"number": task["number"]}
        blobs: list[bytes] = []
        failure: BaseException | None = None
        refused = ""
        try:
            ready.watcher.renew()
            ready.workplace.renew(task["seed"])
            clock = time.perf_counter()
            value = ready.way.simulate(task["params"], task["seed"])
            answer["duration"] = time.perf_counter() - clock
            ready.watcher.packages.is_storing = True
            outputs = ready.way.encode(value)
        except BaseException as error:  # noqa: BLE001 - the model may raise anything
            failure = error
            refused = worded(ready.watcher.explain(error), ready.spec)
        answer.setdefault("duration", time.perf_counter() - clock)
        answer["started"] = started.isoformat(timespec="milliseconds")
        answer["undeclared"] = ready.watcher.take()
        if failure is None:
            answer |= {"is": "done", "outputs": [[each.name, each.kind] for each in outputs]}
            blobs = [each.data for each in outputs]
        else:
            line = in_one_line(failure)
            answer |= {"is": "failed", "error": f"{line} ({refused})" if refused else line}
            answer["traceback"] = in_full(failure, self._printed.tail())
        write_frame(self._writer, answer, blobs)


def _refusal(error: BaseException, printed: str) -> dict[str, Any]:
    if isinstance(error, RefusedError):
        cause = error.__cause__
        return {
            "is": "refused",
            "what": error.what,
            "why": error.why,
            "mend": error.mend,
            "traceback": in_full(cause, printed) if cause else "",
            "undeclared": error.undeclared,
        }
    return {
        "is": "refused",
        "what": "the worker cannot be made ready",
        "why": in_one_line(error),
        "mend": "",
        "traceback": in_full(error, printed),
        "undeclared": [],
    }


def _prepared(spec: Mapping[str, Any], scratch: str, at_start: frozenset[str]) -> _Ready:
    """Make this process one that the model's digest was made for, and import the model.

    1. Enter the project's folder and set its variables.
    2. Search the project's folders first, and compile what lies in them from source.
    3. Compare the environment and the files, and look up who offers to run models, before anything is
       watched.
    4. Let our own package be found where it is not installed, and the project's modules before those of the
       standard library that the worker has loaded.
    5. Shut out what is not declared, and watch the rest.
    6. Import the model, and choose how it is run.
    """
    caches = scratch_variables(scratch, hermetic=spec["level"] == "hermetic")  # 1
    workplace = Workplace(spec["root"], {**spec["variables"], **caches})
    libraries = library_folders()  # 2
    set_path(spec["search"], libraries)
    compile_from_source(libraries)
    sys.argv[:] = [spec["path"]]
    check_environment(spec)  # 3
    check_inputs(spec)
    offers = offers_of(WIRE, RUNNERS)
    serve_ourselves(spec["package"])  # 4
    forget_replaced(spec["search"], at_start)
    level = landlock.restrict(spec, scratch)  # 5
    watcher = watch.install(spec, scratch)
    workplace.watched()
    # What other programs read is then refused to them as well.
    watcher.processes_count = level in ("off", "audit")
    try:
        way = _loaded(spec, offers, watcher.places)  # 6
    except RefusedError as error:
        refused = worded(watcher.explain(error), spec)
        if refused:
            error.why, error.mend = f"{error.why} ({refused})", "Declare what it reads."
        error.undeclared = watcher.take()
        raise
    workplace.settle()
    return _Ready(way, workplace, watcher, spec, level)


def _loaded(spec: Mapping[str, Any], offers: Mapping[str, Sequence[Offer]], places: Places) -> Way:
    asked = Asked(spec["entrypoint"], spec["scenario"], spec["outputs"], spec["scenarios"])
    try:
        model = load_model(asked.entrypoint, spec["path"])
    except RefusedError:
        raise
    except BaseException as error:
        raise RefusedError(
            f"{asked.entrypoint} cannot be imported",
            in_one_line(error),
            "Mend the model, or install what it lacks into the project's environment.",
        ) from error
    if spec["judges"]:
        return choose_target(model, spec)
    runners = [(each, _what_counts_it(each, spec, places)) for each in offers[RUNNERS]]
    return choose(model, asked, offers[WIRE], runners)


def _what_counts_it(offer: Offer, spec: Mapping[str, Any], places: Places) -> str:
    """What makes an offer part of the model's digest; empty where it is."""
    if offer.counts(spec["dependencies"], spec["readable"]):
        return ""
    found = places.judge(offer.file)
    if found is None or found.kind != "code":
        return f'Add "{offer.distribution}" to environment.include.'
    # The project's own distribution is no package that could be included: its files count.
    return f"Declare {found.name}: `{mend_of(found.kind, found.name, spec)}`."
