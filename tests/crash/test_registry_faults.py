"""The registry's writer killed or refused at each call: the old file or the new one, and no litter."""

from __future__ import annotations

import os
import subprocess
from collections import Counter

import pytest
from tests.support import injection, mounts

from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.registry import ModelEntry

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.needs_strace,
    pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "strace works"),
]


def models(registry):
    return sorted(RegistryFile(os.fspath(registry)).load().models)


def fault_free(driver, registry, *words):
    done = subprocess.run(driver(registry, *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def run_again(registry):
    file = RegistryFile(os.fspath(registry), timeout=5)
    file.create()
    with file.edit() as draft:
        draft.models["next"] = ModelEntry(entrypoint="a:B", path="a.py", class_name="B")


@pytest.fixture
def project(tmp_path):
    return tmp_path / "project"


@pytest.fixture
def registry(project):
    return project / ".modelops-bundle" / "registry.yaml"


def assert_no_traceback(outcome, fault):
    assert "Traceback" not in outcome.errors, f"{fault}\n{outcome.errors}"
    assert outcome.killed or outcome.code in (0, 1, 2), f"{fault}\n{outcome}"


@pytest.fixture
def scratch(tmp_path):
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_an_edit_under_faults(driver, project, registry, scratch):
    fault_free(driver, registry, "init", "old")
    bench = injection.Bench(driver(registry, "new"), project, scratch=scratch)
    assert {"openat", "write", "fsync", "rename", "flock"} <= {call.name for call in bench.calls}
    seen = Counter()
    for fault in injection.faults(bench.calls):
        outcome = bench.run(fault)
        assert outcome.struck, fault
        assert_no_traceback(outcome, fault)
        after = models(registry)
        assert after in (["old"], ["new", "old"]), fault
        if "done" in outcome.output:
            assert after == ["new", "old"], fault
        seen[outcome.killed, len(after)] += 1
        run_again(registry)
        assert models(registry) == sorted([*after, "next"]), fault
        assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"], fault
    # Both ends of both kinds of fault were met.
    assert len(seen) == 4


def test_a_creation_under_faults(driver, project, registry, scratch):
    project.mkdir()
    bench = injection.Bench(driver(registry, "init"), project, scratch=scratch)
    for fault in injection.faults(bench.calls):
        outcome = bench.run(fault)
        assert outcome.struck, fault
        assert_no_traceback(outcome, fault)
        if "done" in outcome.output:
            assert models(registry) == [], fault
        run_again(registry)
        assert models(registry) == ["next"], fault
        assert sorted(os.listdir(registry.parent)) == ["registry.lock", "registry.yaml"], fault


def test_file_and_folder_are_synced_around_the_rename(driver, project, registry, scratch):
    fault_free(driver, registry, "init", "old")
    bench = injection.Bench(driver(registry, "new"), project, scratch=scratch)
    order = [call for call in bench.calls if call.name in ("fsync", "rename")]
    assert [call.name for call in order] == ["fsync", "rename", "fsync"]
    assert ".tmp>" in order[0].text
    assert ".modelops-bundle>" in order[2].text


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
