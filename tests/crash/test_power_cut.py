"""The power goes: what was acknowledged is there, and nothing is torn."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest
from tests.support import mounts

from modelops_bundle.adapters.registry_file import RegistryFile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.needs_root,
    pytest.mark.skipif(
        bool(mounts.available("mkfs.ext4")),
        reason=mounts.available("mkfs.ext4") or "mounting works",
    ),
]

UNSYNCED = """
import os, runpy, sys
os.fsync = lambda descriptor: None
exec(compile(sys.argv.pop(1), "driver", "exec"))
"""


@pytest.fixture
def disk(tmp_path):
    # The journal would commit by itself after five seconds; here only what is synced survives.
    source = mounts.image(tmp_path / "disk.img")
    with mounts.mounted(source, tmp_path / "disk", options="loop,commit=600,noauto_da_alloc"):
        yield source, tmp_path / "disk"


def surviving(source, at, registry):
    with mounts.power_cut(source, at) as copy:
        path = copy / registry
        return sorted(RegistryFile(os.fspath(path)).load().models) if path.exists() else None


def test_whatever_was_acknowledged_survives_a_power_cut(driver, disk, tmp_path):
    source, folder = disk
    registry = ".modelops-bundle/registry.yaml"
    acknowledged = []
    for word in ("init", "a", "b", "c", "d", "e"):
        subprocess.run(driver(folder / registry, word), check=True, capture_output=True)
        acknowledged += [word] if word != "init" else []
        assert surviving(source, tmp_path / "copy", registry) == acknowledged


def test_a_power_cut_at_any_moment_tears_nothing(driver, disk, tmp_path):
    source, folder = disk
    registry = ".modelops-bundle/registry.yaml"
    subprocess.run(driver(folder / registry, "init"), check=True, capture_output=True)
    words = [f"m{number:03}" for number in range(150)]
    with subprocess.Popen(driver(folder / registry, *words), stdout=subprocess.DEVNULL) as process:
        cuts = []
        while process.poll() is None:
            time.sleep(random.random() / 10)
            with mounts.halted(process):
                cuts.append(surviving(source, tmp_path / "copy", registry))
    assert process.returncode == 0
    assert surviving(source, tmp_path / "copy", registry) == words
    for seen in cuts:
        assert seen == words[: len(seen)]
    assert any(0 < len(seen) < len(words) for seen in cuts)


def test_without_the_syncs_acknowledged_entries_are_lost(driver, disk, tmp_path):
    source, folder = disk
    registry = ".modelops-bundle/registry.yaml"
    subprocess.run(driver(folder / registry, "init"), check=True, capture_output=True)
    command = driver(folder / registry, "a")
    unsynced = [sys.executable, "-c", UNSYNCED, *command[2:]]
    subprocess.run(unsynced, check=True, capture_output=True)
    assert sorted(RegistryFile(os.fspath(folder / registry)).load().models) == ["a"]
    assert surviving(source, tmp_path / "copy", registry) == []
