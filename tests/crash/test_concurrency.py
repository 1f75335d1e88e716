"""Many processes register at once while another reads: none is lost, and no reader sees a torn file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from modelops_bundle.adapters.registry_file import RegistryFile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

READER = """
import time
import sys
from modelops_bundle.adapters.registry_file import RegistryFile
file, seen, reads = RegistryFile(sys.argv[1]), set(), 0
print("ready", flush=True)
while True:
    now = set(file.load().models)
    assert seen <= now, f"lost {seen - now}"
    seen, reads = now, reads + 1
    print(reads, len(now), flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def registry(tmp_path):
    path = tmp_path / ".modelops-bundle" / "registry.yaml"
    RegistryFile(os.fspath(path)).create()
    return path


def names(process, count):
    return [f"p{process}_{number}" for number in range(count)]


def test_32_processes_with_50_registrations_each_and_a_reader(driver, registry, tmp_path):
    log = tmp_path / "reader.log"
    with log.open("w") as output:
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, os.fspath(registry)],
            stdout=output,
            stderr=subprocess.PIPE,
        )
        writers = [
            subprocess.Popen(driver(registry, *names(number, 50)), stdout=subprocess.PIPE)
            for number in range(32)
        ]
        outputs = [writer.communicate()[0] for writer in writers]
        assert reader.poll() is None, reader.stderr.read().decode()
        reader.kill()
        reader.communicate()
    assert [writer.returncode for writer in writers] == [0] * 32
    assert outputs == [b"done\n"] * 32
    expected = sorted(name for number in range(32) for name in names(number, 50))
    assert sorted(RegistryFile(os.fspath(registry)).load().models) == expected
    assert len(log.read_text().splitlines()) > 10
    assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"]


def test_without_the_lock_registrations_are_lost(driver, registry):
    unlocked = """
import contextlib, sys
import modelops_bundle.adapters.registry_file as module
module.hold_lock = lambda path, timeout: contextlib.nullcontext()
module.remove_leftovers = lambda path: None
exec(compile(sys.argv.pop(1), "driver", "exec"))
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", unlocked, *driver(registry, *names(number, 50))[2:]]
        )
        for number in range(8)
    ]
    assert [writer.wait() for writer in writers] == [0] * 8
    assert len(RegistryFile(os.fspath(registry)).load().models) < 400


def test_writers_killed_at_random_lose_nothing_that_was_acknowledged(registry):
    one_by_one = """
import sys
from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.registry import ModelEntry
number = 0
while True:
    with RegistryFile(sys.argv[1]).edit() as registry:
        name = f"{sys.argv[2]}_{number}"
        registry.models[name] = ModelEntry(entrypoint="a:B", path="a.py", class_name="B")
    print(name, flush=True)
    number += 1
"""
    acknowledged = []
    for round_number in range(8):
        writers = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    one_by_one,
                    os.fspath(registry),
                    f"r{round_number}w{number}",
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(4)
        ]
        time.sleep(0.6 + round_number / 50)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        acknowledged += [name for writer in writers for name in writer.communicate()[0].split()]
    assert len(acknowledged) > 50
    file = RegistryFile(os.fspath(registry))
    assert set(acknowledged) <= set(file.load().models)
    with file.edit() as draft:
        draft.extra["next"] = "run"
    assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"]
