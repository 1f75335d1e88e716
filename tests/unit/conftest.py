from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def as_user():
    """Run a program for whom permissions count: root without the right to pass over them."""
    prefix = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip(
                "root passes over permissions, and there is no setpriv to lay that right down"
            )
        prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]

    def run(code, *arguments):
        command = [*prefix, sys.executable, "-c", code, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return run
