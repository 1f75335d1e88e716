"""The registry's writer killed, or refused by the disk, at each call: the old file or the new one, no litter."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from tests.support import injection, mounts

from modelops_bundle.adapters.registry_file import RegistryFile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "strace works"),
]


def models(registry):
    return sorted(RegistryFile(os.fspath(registry)).load().models)


def fault_free(driver, registry, *words):
    done = subprocess.run(driver(registry, *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path):
    return tmp_path / "project"


@pytest.fixture
def registry(project):
    return project / ".modelops-bundle" / "registry.yaml"


def assert_no_traceback(outcome, fault):
    assert "Traceback" not in outcome.errors, f"{fault}\n{outcome.errors}"
    assert outcome.killed or outcome.code in (0, 1, 2), f"{fault}\n{outcome}"


def test_an_edit_under_faults(driver, project, registry, tmp_path):
    fault_free(driver, registry, "init", "old")
    kept = tmp_path / "kept"
    shutil.copytree(project, kept)
    command = driver(registry, "new")
    calls = injection.touching_calls(command, project)
    assert {"openat", "write", "fsync", "rename", "flock"} <= {call.name for call in calls}
    seen = set()
    for fault in injection.faults(calls):
        shutil.rmtree(project)
        shutil.copytree(kept, project)
        outcome = injection.run_with(fault, command)
        assert_no_traceback(outcome, fault)
        after = models(registry)
        assert after in (["old"], ["new", "old"]), fault
        if "done" in outcome.output:
            assert after == ["new", "old"], fault
        seen.add((outcome.killed, tuple(after)))
        fault_free(driver, registry, "next")
        assert models(registry) == sorted([*after, "next"]), fault
        assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"], fault
    # Both outcomes of both kinds of fault were met, or the faults did not strike.
    assert len(seen) == 4


def test_a_creation_under_faults(driver, project, registry):
    project.mkdir()
    command = driver(registry, "init")
    calls = injection.touching_calls(command, project)
    for fault in injection.faults(calls):
        shutil.rmtree(project)
        project.mkdir()
        outcome = injection.run_with(fault, command)
        assert_no_traceback(outcome, fault)
        if "done" in outcome.output:
            assert models(registry) == [], fault
        fault_free(driver, registry, "init", "next")
        assert models(registry) == ["next"], fault
        assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"], fault


def test_without_the_sync_the_injection_notices_nothing_is_synced(driver, project, registry):
    fault_free(driver, registry, "init", "old")
    calls = injection.touching_calls(driver(registry, "new"), project)
    synced = [call.text for call in calls if call.name == "fsync"]
    assert len(synced) == 2
    assert ".tmp" in synced[0]
    names = [call.name for call in calls]
    assert (
        names.index("fsync") < names.index("rename") < len(names) - 1 - names[::-1].index("fsync")
    )


@pytest.mark.needs_root
@pytest.mark.skipif(bool(mounts.available()), reason=mounts.available() or "mounting works")
def test_a_full_disk_keeps_the_old_registry(driver, tmp_path):
    with mounts.tmpfs(tmp_path / "small", size="64k") as disk:
        registry = disk / ".modelops-bundle" / "registry.yaml"
        fault_free(driver, registry, "init", "old")
        accepted = ["old"]
        for number in range(1000):
            name = f"model_{number}"
            command = driver(registry, *(f"{name}_{part}" for part in range(10)))
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                break
            accepted += [f"{name}_{part}" for part in range(10)]
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert "Free some space" in done.stderr
        after = models(registry)
        assert set(accepted) <= set(after)
        assert not (set(after) - set(accepted) - set(command[4:]))
        assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"]
