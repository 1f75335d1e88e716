"""Runs on a real Dask cluster, of which a worker is killed, and on other executors."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import modelops_bundle
from tests.support.command import PROGRAM, Project, environment
from tests.support.worker import small_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MODEL = """\
import os
import time
import modelops_bundle as mb


class Slow(mb.BaseModel):
    PARAMS = ("pause", "log")
    OUTPUTS = ("n",)

    def simulate(self, params, seed):
        if "log" in params:
            log = os.open(params["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(log, f"{os.getpid()} {seed}\\n".encode())
            os.close(log)
        time.sleep(params["pause"])
        return {"n": seed}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "model.py").write_text(MODEL)
    made = Project(tmp_path / "project")
    made.run("init")
    made.run("register-model", "model.py")
    return made


@contextmanager
def dask(
    *arguments: str, folder: Path, before: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A part of a cluster, in a process of its own, started by a command that goes ``before``."""
    log = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "dask", *arguments],
            cwd=folder, env=environment(), stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until_it_answers(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A scheduler of its own; its address."""
    port = free_port()
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with dask(*arguments, folder=folder):
        until_it_answers(port)
        yield f"tcp://127.0.0.1:{port}"


def worker_of(address: str, folder: Path, threads: int = 1) -> tuple[str, ...]:
    """The arguments that start a worker for a scheduler."""
    places = ("--local-directory", str(folder))
    return ("worker", address, "--nthreads", str(threads), "--no-nanny", "--no-dashboard", *places)


def test_a_worker_that_is_killed_in_mid_run_costs_only_its_tasks(
    project: Project, tmp_path: Path
) -> None:
    with scheduler(tmp_path) as address:
        worker = worker_of(address, tmp_path)
        with (
            dask(*worker, folder=tmp_path) as first,
            dask(*worker, folder=tmp_path),
        ):
            log = tmp_path / "executed"
            run = ("run", "Slow", "--set", "pause=0.05", "--set", f"log={log}", "--seeds", "0:120")
            process = subprocess.Popen(
                [PROGRAM, *run, "--cluster", address, "--json"],
                cwd=project.folder, env=environment(), stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            database = project.folder / ".modelops-bundle" / "results" / "results.sqlite"
            until = time.monotonic() + 60
            while not database.exists() or not _stored(project):
                assert time.monotonic() < until
                time.sleep(0.1)
            first.send_signal(signal.SIGKILL)
            output, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    document = json.loads(output)
    assert document["computed"] == 120
    assert len({each["key"] for each in document["simulations"]}) == 120
    _check_executions(log)
    assert project.json(*run)["hits"] == 120
    assert project.json("results", "verify")["read"] == 120


def _check_executions(log: Path) -> None:
    """Only what the killed worker had begun was executed again, and by another one."""
    executed: dict[int, list[int]] = {}
    for process, seed in (map(int, line.split()) for line in log.read_text().splitlines()):
        executed.setdefault(seed, []).append(process)
    assert sorted(executed) == list(range(120))
    again = {tuple(by) for by in executed.values() if len(by) > 1}
    # All of them went from the one that was killed to the one that was not.
    assert len(again) <= 1
    assert all(len(set(by)) == len(by) == 2 for by in again)


def _stored(project: Project) -> int:
    return sum(each["results"] for each in project.json("results", "list")["contexts"])


def test_a_prediction_takes_the_workers_of_the_cluster(project: Project, tmp_path: Path) -> None:
    run = ("run", "Slow", "--set", "pause=0.05", "--seeds")
    project.run(*run, "0:2")
    predict = (*run, "2:10", "--dry-run")
    expected = {
        workers: project.json(*predict, "--workers", workers)["seconds_expected"]
        for workers in ("1", "4")
    }
    assert project.json(*predict, "--cluster", "local:4")["seconds_expected"] == expected["4"]
    with scheduler(tmp_path) as address:
        worker = worker_of(address, tmp_path, threads=4)
        asked = (*predict, "--cluster", address)
        assert project.json(*asked)["seconds_expected"] == expected["1"]
        with dask(*worker, folder=tmp_path):
            until = time.monotonic() + 60
            while project.json(*asked)["seconds_expected"] != expected["4"]:
                assert time.monotonic() < until


@pytest.mark.needs_root
def test_a_worker_with_other_packages_refuses_and_names_them(
    project: Project, tmp_path: Path
) -> None:
    python = small_environment(tmp_path / "environment", {"loader.py": "RATE = 1\n"})
    small_environment(tmp_path / "other", {"loader.py": "RATE = 2\n"})
    (metadata,) = (tmp_path / "other").rglob("loader-1.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("Version: 1", "Version: 2"))
    project.edit("model.py", "import os\n", "import os\nimport loader\n")
    # On the worker's machine, another environment lies at the same place.
    elsewhere = f'mount --bind {tmp_path}/other {tmp_path}/environment && exec "$@"'
    with scheduler(tmp_path) as address:
        worker = worker_of(address, tmp_path, threads=1)
        before = ("unshare", "--mount", "sh", "-c", elsewhere, "sh")
        with dask(*worker, folder=tmp_path, before=before):
            run = ("run", "Slow", "--set", "pause=0", "--python", python, "--cluster", address)
            said = project.run(*run, expect=1).stderr
    assert "the worker's environment is not the one that was asked for" in said
    assert "loader is 2 here, 1 was asked for" in said


def test_a_cluster_that_is_started_for_the_run(project: Project) -> None:
    run = ("run", "Slow", "--set", "pause=0", "--seeds", "0:20")
    assert project.json(*run, "--cluster", "local:2")["computed"] == 20
    assert project.json(*run)["hits"] == 20


@pytest.mark.parametrize(
    ("address", "said"),
    [("tcp://127.0.0.1:9", "no Dask scheduler answers"), ("local:many", "is no cluster")],
)
def test_no_cluster(project: Project, address: str, said: str) -> None:
    done = project.run("run", "Slow", "--set", "pause=0", "--cluster", address, expect=None)
    assert done.returncode in (1, 2)
    assert said in done.stderr


def test_another_executor(project: Project) -> None:
    with ProcessPoolExecutor(2) as executor:
        opened = modelops_bundle.open(str(project.folder))
        report = opened.run("Slow", {"pause": 0}, seeds=range(10), executor=executor, workers=2)
        assert report.misses == 10
        assert report.to_pandas("n").n.tolist() == list(range(10))
    assert opened.run("Slow", {"pause": 0}, seeds=range(10)).hits == 10
