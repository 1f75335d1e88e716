from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.errors import StorageError

HOLDER = """
import sys, time
from modelops_bundle.adapters.locking import hold_lock
with hold_lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLDER, os.fspath(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_can_be_taken_again_and_its_file_stays(tmp_path):
    path = os.fspath(tmp_path / "lock")
    for _ in range(2):
        with hold_lock(path, 1):
            pass
    assert os.listdir(tmp_path) == ["lock"]


def test_a_lock_is_released_when_the_block_raises(tmp_path):
    path = os.fspath(tmp_path / "lock")
    with pytest.raises(ValueError, match="mine"), hold_lock(path, 1):
        raise ValueError("mine")
    with hold_lock(path, 1):
        pass


def test_a_lock_held_by_another_is_awaited_and_given_up(tmp_path, holder):
    started = time.monotonic()
    lock = hold_lock(os.fspath(tmp_path / "lock"), 0.2)
    with pytest.raises(StorageError, match=r"held it for 0\.2 seconds") as caught, lock:
        pytest.fail("two hold the lock")
    assert 0.2 <= time.monotonic() - started < 5
    assert caught.value.mend


def test_a_lock_dies_with_its_holder(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with hold_lock(os.fspath(tmp_path / "lock"), 1):
        pass


def test_a_file_where_the_folder_should_be_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    lock = hold_lock(os.fspath(tmp_path / "file" / "lock"), 1)
    with pytest.raises(StorageError, match="cannot lock"), lock:
        pytest.fail("locked nothing")


def test_a_folder_that_may_not_be_written_is_a_storage_error(tmp_path, as_user):
    tmp_path.chmod(0o555)
    code = """
import sys
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.errors import StorageError
try:
    with hold_lock(sys.argv[1], 1):
        print("locked")
except StorageError as error:
    print(error.why)
"""
    assert as_user(code, os.fspath(tmp_path / "lock")) == "Permission denied\n"
