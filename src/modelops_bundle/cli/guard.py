"""The one place where errors become words and exit codes.

0 done, 1 failed, 2 wrong use or input, 3 not current. A traceback is shown only when it was asked for.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import typer

from modelops_bundle.cli.output import say, settle_stdout, silence
from modelops_bundle.errors import MopsError

__all__ = ["guarded"]

FAILED = 1
INTERRUPTED = 130  # what shells use for a process that was interrupted
TERMINATED = 143  # and for one that was asked to end

# What Typer raises for wrong use; it exports only this one of its kinds.
_WRONG_USE: Any = typer.BadParameter.__base__


class _TerminatedError(KeyboardInterrupt):
    """The system or a scheduler asks the command to end: what is done is kept, as when the user does."""


def guarded(work: Callable[[], int | None], *, debug: bool = False) -> int:
    """Do the work of a command and return its exit code; whatever it raises is worded on standard error."""
    with _terminable():
        return _worded(work, debug)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    def end(*_: object) -> None:
        raise _TerminatedError

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread: nothing to take over
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _worded(work: Callable[[], int | None], debug: bool) -> int:
    try:
        code = work() or 0
        # Now rather than when the process ends, so that a full disk or a closed pipe is noticed.
        sys.stdout.flush()
    except MopsError as error:
        _show_traceback(debug)
        _say_error(str(error))
        return error.exit_code
    except _WRONG_USE as error:
        _say_wrong_use(error)
        return int(error.exit_code)
    except BrokenPipeError:
        silence(sys.stdout)
        return FAILED
    except KeyboardInterrupt as error:
        terminated = isinstance(error, _TerminatedError)
        what = "terminated" if terminated else "interrupted"
        _say_error(f"{what}\nWhat was done before is kept; run the command again to go on.")
        return TERMINATED if terminated else INTERRUPTED
    except OSError as error:
        _show_traceback(debug)
        _say_error(_words(error))
        return FAILED
    except Exception as error:  # noqa: BLE001
        _show_traceback(debug)
        _say_error(_confession(error))
        return FAILED
    return code


def _say_error(text: str) -> None:
    # Standard output may be what failed.
    settle_stdout()
    first, *rest = text.split("\n")
    say(("error: ", "bad"), first)
    for line in rest:
        say(line)


def _say_wrong_use(error: Any) -> None:
    text, context = error.format_message(), error.ctx
    if "\n" in text:
        # No command was named: the text is the whole help.
        for line in text.split("\n"):
            say(line)
        return
    mend = f"`{context.command_path if context else 'mops-bundle'} --help` shows how it is used."
    if "extra argument" in text and any(each.multiple for each in context.command.params):
        # Most often the shell has put files in the place of a pattern.
        mend = (
            "One path is taken, and one value for an option: name the folder of several files, quote"
            f" patterns, or repeat the option. {mend}"
        )
    _say_error(f"{text.rstrip('.')}\n{mend}")


def _words(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"{reason}\nThe system refused; try again when that is mended."
    return f"{os.fsdecode(error.filename)}: {reason}\nMend that and try again."


def _confession(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    what = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
    return (
        f"{what}{place}. This is a bug of modelops-bundle, not of your project.\n"
        "Run the command again with --debug and report what it prints."
    )


def _show_traceback(debug: bool) -> None:
    if debug:
        traceback.print_exc()
