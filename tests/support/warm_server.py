"""Runs the command line in forks of itself, with everything loaded; :mod:`tests.support.warm` talks to it.

Each line on standard input is a request in JSON; the answers are the process, once it is there, and its exit
code, once it has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import io
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from typing import Any, BinaryIO

from modelops_bundle.cli import main as run_command

PR_SET_PTRACER = 0x59616D61
ANY_PROCESS = ctypes.c_ulong(-1)
CAPABILITIES_VERSION = 0x20080522
OVERRIDING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
MOST_MEMORY = 6 << 30
MODEL = """
import math
from modelops_bundle import BaseModel, calibration_target
class M(BaseModel):
    def simulate(self, params, seed):
        return math.pi
"""


def quietly(*arguments: str) -> None:
    sys.argv = ["mops-bundle", *arguments]
    # Not StringIO: the command line reconfigures its streams.
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())),
        contextlib.redirect_stderr(io.TextIOWrapper(io.BytesIO())),
        contextlib.suppress(SystemExit),
    ):
        run_command()


def load_everything() -> None:
    """Run the commands once, so that every module they import is there."""
    # No registry is asked here.
    import_module("modelops_bundle.adapters.oci.registry")
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "model.py").write_text(MODEL)
        pathlib.Path(folder, "data.csv").write_text("a,b\n1,2\n")
        pathlib.Path(folder, "pyproject.toml").write_text("[tool.modelops-bundle]\n")
        at = ("-C", folder)
        quietly(*at, "init")
        quietly(*at, "register-model", "model.py", "--data", "data.csv")
        pathlib.Path(folder, "data.csv").write_text("a,b\n1,3\n")
        pathlib.Path(folder, "model.py").write_text(MODEL.replace("math.pi", "math.tau"))
        for command in (
            "status", "doctor", "show-registry --tree", "discover", "hash .", "env show",
            "env diff model_m", "why model_m --diff", "status --json", "register-target model.py",
            "target-set list", "update", "push", "pull", "manifest", "verify",
        ):  # fmt: skip
            quietly(*at, *command.split())
    gc.collect()
    gc.freeze()


def lay_down_rights() -> None:
    """Let permissions count, also for root."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    # Effective, permitted and inheritable ones, of the first 32 and of the others.
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        for number in range(3):
            sets[number] &= ~OVERRIDING
        libc.capset(header, sets)


def become(request: dict[str, Any]) -> None:
    """In the fork: run the command, and never return."""
    try:
        os.setsid()
        for number, path in enumerate((os.devnull, request["output"], request["errors"])):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
            os.dup2(os.open(path, flags, 0o600), number)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        lay_down_rights()
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        sys.argv = ["mops-bundle", *request["arguments"]]
        exec(compile(request["before"], "<before>", "exec"), {})
        if request["halted"]:
            # Where only ancestors may trace a process, it may allow others.
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY_PROCESS, 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
        run_command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - what Python itself would print
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(locals().get("code", 1))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    for line in requests:
        request = json.loads(line)
        process = os.fork()
        if process == 0:
            answers.close()
            become(request)
        if request["halted"]:
            os.waitpid(process, os.WUNTRACED)
        answers.write(b"%d\n" % process)
        answers.flush()
        _, status = os.waitpid(process, 0)
        answers.write(b"%d\n" % os.waitstatus_to_exitcode(status))
        answers.flush()


if __name__ == "__main__":
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    load_everything()
    answers.write(b"ready\n")
    answers.flush()
    serve(requests, answers)
