"""``catalog serve`` as a program: where it listens, how it reads again, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import requests

from modelops_bundle.adapters.catalog_server.running import address_of, listening
from modelops_bundle.catalog.loading import load
from modelops_bundle.errors import MopsError
from modelops_bundle.wiring.serving import _OneOfSeveral
from tests.support.command import PROGRAM, Project, environment

DOCUMENT = """\
models:
  - id: ours
    provider: openai
    developer: us
    aliases: [{name: mine, valid_from: 2024-01-01}]
    prices: [{meter: input, unit: 1m_tokens, amount: 1.50, valid_from: 2024-01-01}]
"""


class Server:
    """A running command."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.file = folder / "models" / "model_registry.yaml"
        self.process = process
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(iter(self.process.stderr.readline, ""))

    @property
    def address(self) -> str:
        wait_for(lambda: self.said or self.process.poll() is not None)
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(self.said))
        assert found is not None, self.said
        return found[0]

    def get(self, path: str) -> Any:
        # A connection for each question, so that any of the processes may answer it.
        answer = requests.get(self.address + path, timeout=20, headers={"Connection": "close"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def developer(self) -> str:
        return str(self.get("/models/openai/ours")["developer"])

    def edit(self, before: str, after: str) -> None:
        text = self.file.read_text()
        assert before in text
        self.file.write_text(text.replace(before, after))

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals) -> int:
        self.tell(number)
        code = self.process.wait(30)
        self._listener.join(10)
        return code


def wait_for(condition: Callable[[], Any]) -> Any:
    for _ in range(600):
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come about")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    (folder / "models").mkdir()
    (folder / "inside").mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "0"\n')
    (folder / "models" / "model_registry.yaml").write_text(DOCUMENT)
    with (folder / "printed").open("w") as printed:
        process = subprocess.Popen(
            [PROGRAM, "catalog", "serve", "--port", "0", *options],
            cwd=folder / "inside",
            env=environment(),
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        server = Server(folder, process)
        try:
            yield server
        finally:
            if process.poll() is None:
                process.kill()
    assert "Traceback" not in "".join(server.said)


def test_a_projects_catalog_is_served_read_again_and_ended(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        told = server.get("/models/openai/mine?on=2024-06-01")
        assert (told["model_id"], told["at"]["prices"][0]["amount"]) == ("ours", "1.5")

        server.edit("developer: us", "developer: you")
        server.tell(signal.SIGHUP)
        wait_for(lambda: server.developer() == "you")

        server.edit("amount: 1.50", "amount: cheap")
        server.tell(signal.SIGHUP)
        wait_for(lambda: "still served" in "".join(server.said))
        said = "".join(server.said)
        assert str(server.file) in said
        assert "line 6" in said
        assert "models[0].prices[0].amount" in said
        assert server.developer() == "you"
        assert server.get("/health")["outdated"] is True

        assert server.end(signal.SIGTERM) == 143
        assert server.said[-1] == "The server has ended.\n"


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.get("/health")["status"] == "ok"
        assert server.end(signal.SIGINT) == 130
        assert server.said[-1] == "The server has ended.\n"


def children(process: subprocess.Popen[str]) -> set[int]:
    """The processes that serve; another child of the command only counts what is shared among them."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = {int(each): Path(f"/proc/{each}/cmdline").read_bytes() for each in listed}
    return {number for number, line in lines.items() if b"spawn_main" in line}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no list of processes here")
def test_several_processes_agree(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        assert server.developer() == "us"
        first = wait_for(lambda: len(children(server.process)) == 2 and children(server.process))

        server.edit("developer: us", "developer: you")
        assert requests.post(server.address + "/reload", timeout=20).status_code == 200
        wait_for(lambda: all(server.developer() == "you" for _ in range(20)))

        server.edit("developer: you", "developer: [you]")
        answer = requests.post(server.address + "/reload", timeout=20)
        assert (answer.status_code, answer.json()["reason"]) == (409, "broken_catalog")
        wait_for(lambda: "still served" in "".join(server.said))
        wait_for(lambda: all(server.get("/health")["outdated"] for _ in range(20)))
        assert server.developer() == "you"
        assert "".join(server.said).count("cannot use the catalog") == 1

        assert server.end(signal.SIGTERM) == 143
        assert not any(Path(f"/proc/{each}").exists() for each in first)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no list of processes here")
def test_a_process_that_dies_is_replaced_and_none_is_left_behind(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        first = wait_for(lambda: len(children(server.process)) == 2 and children(server.process))
        assert server.developer() == "us"
        server.edit("developer: us", "developer: [us]")
        time.sleep(6)  # one that dies sooner counts as one that cannot be started
        os.kill(min(first), signal.SIGKILL)
        now = wait_for(lambda: children(server.process) - first and children(server.process))
        wait_for(lambda: all(server.developer() == "us" for _ in range(20)))
        server.process.kill()
        wait_for(lambda: not any(Path(f"/proc/{each}").exists() for each in now))


def test_a_process_that_starts_beside_a_broken_document_serves_what_was_sound(
    tmp_path: Path,
) -> None:
    file = tmp_path / "models" / "model_registry.yaml"
    file.parent.mkdir()
    file.write_text(DOCUMENT)
    one = _OneOfSeveral(tmp_path, load(tmp_path).document)
    file.write_text("models: [")
    told: list[MopsError] = []
    one.check(told.append)
    assert "cannot use the catalog" in str(told[0])
    with listening("127.0.0.1", 0) as taken:
        process = get_context("spawn").Process(target=one, args=(taken,))
        process.start()
        try:
            address = address_of(taken)
            ours = requests.get(f"{address}/models/openai/ours", timeout=60).json()
            assert ours["developer"] == "us"
            assert requests.get(f"{address}/health", timeout=20).json()["outdated"]
        finally:
            process.terminate()
            process.join()


def test_programs_are_told_where_it_listens(tmp_path: Path) -> None:
    with serving(tmp_path, "--json") as server:
        wait_for((tmp_path / "printed").read_text)
        told = json.loads((tmp_path / "printed").read_text())
        assert told["schema"] == 1
        assert requests.get(f"{told['address']}/health", timeout=20).json()["status"] == "ok"
        assert server.end(signal.SIGTERM) == 143


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        port = server.address.rpartition(":")[2]
        done = Project(tmp_path).run("catalog", "serve", "--port", port, expect=2)
    assert done.stderr.splitlines() == [
        f"error: cannot listen at port {port} of 127.0.0.1: it is in use",
        "Choose another one with --port; 0 takes any.",
    ]


def test_a_broken_document_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model_registry.yaml").write_text("models: [{id: x}]\n")
    said = Project(tmp_path).refuse("catalog", "serve", "--port", "0")
    assert "line 1, models[0].provider: it is missing" in said


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['fastapi'] = None\nfrom modelops_bundle.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "catalog", "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "`catalog serve` needs FastAPI and uvicorn" in done.stderr
    assert 'uv add "modelops-bundle[serve]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_shipped_catalog_is_served(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        state = server.get("/health")
        assert state["models"] >= 4000
        assert state["providers"] >= 100
        told = server.get("/models/openai/gpt-4o?on=2024-07-01")
        assert told["model_id"] == "gpt-4o-2024-05-13"
        assert any(row["meter"] == "input" for row in told["at"]["prices"])
        cost = server.get("/cost/openai/gpt-4o?on=2024-07-01&input=1000000")
        assert (cost["amount"], cost["currency"]) == ("5", "USD")
        assert server.get("/models?q=claude&limit=1")["total"] > 10
