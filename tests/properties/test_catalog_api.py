"""The catalog's API against its own description, by schemathesis: every check, on the real server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.support.catalog_server import Kept, serving
from tests.support.command import environment

from modelops_bundle.adapters.catalog_server import Service

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http-api.md"
PROGRAM = str(Path(sys.executable).with_name("schemathesis"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    kept = Kept(tmp_path_factory.mktemp("served") / "c.yaml")
    with serving(Service(kept.read, kept.read, version="9")) as address:
        yield address


def check(address: str, folder: Path, *options: str) -> None:
    command = [PROGRAM, "run", f"{address}/openapi.json", "--checks", "all", "--no-color"]
    done = subprocess.run(
        [*command, *options, "--continue-on-failure"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    assert "Tested: 7" in done.stdout


def test_answers_are_as_described(address: str, tmp_path: Path) -> None:
    phases = ("--phases", "examples,coverage,fuzzing")
    check(address, tmp_path, *phases, "--max-examples", "3", "--generation-deterministic")


@pytest.mark.slow
def test_answers_are_as_described_whatever_is_asked(address: str, tmp_path: Path) -> None:
    check(address, tmp_path, "--max-examples", "200", "--max-time", "90")


def test_every_route_is_described(address: str) -> None:
    document = requests.get(f"{address}/openapi.json", timeout=20).json()
    operations = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert operations == {
        ("GET", "/"),
        ("GET", "/cost/{provider}/{id}"),
        ("GET", "/health"),
        ("GET", "/models"),
        ("GET", "/models/{provider}/{id}"),
        ("GET", "/providers"),
        ("POST", "/reload"),
    }
    for methods in document["paths"].values():
        for operation in methods.values():
            errors = [code for code in operation["responses"] if code >= "400"]
            assert "422" in errors
            for code in errors:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"]


def test_the_description_needs_no_network(address: str) -> None:
    text = requests.get(f"{address}/openapi.json", timeout=20).text
    assert "http" not in text.replace(address, "")


def test_the_reference_names_every_route_and_parameter(address: str) -> None:
    text = REFERENCE.read_text()
    document = requests.get(f"{address}/openapi.json", timeout=20).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _, heading, rest = text.partition(f"## `{method.upper()} {path}`\n")
            assert heading, path
            section = rest.partition("\n## ")[0]
            for parameter in operation.get("parameters", ()):
                name = parameter["name"]
                assert f"`{name}`" in (text if parameter["in"] == "header" else section), name
