"""Hold the reference of JSON to what the commands print.

A sample project is changed in every way that shows in a document. Then every field of every document has to
be documented under its command, and every field that is documented has to be there.

usage: python dev/check_json.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docs_program as program
from docs_pages import Page, Section

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "json.md"
FREE = {
    "cost.usage": "<meter>",
    "failures[].params": "<name>",
    "provenance.params": "<name>",
    "rows[].losses": "<name>",
    "rows[].params": "<name>",
    "simulations[].params": "<name>",
    "dependencies": "<name>",
    "files.changes": "<path>",
    "files.missing": "<path>",
    "files.renamed": "<path>",
    "target_sets[].weights": "<name>",
    "targets[].data": "<name>",
}
#: The same for commands about bundles, where other fields have these names.
FREE_IN_BUNDLES = {"changes": "<path>", "dropped": "<path>", "files": "<path>", "tags": "<tag>"}
BUNDLES = ("diff", "manifest", "pull", "push", "tags")
#: What stands below these is described by reference to another page.
ELSEWHERE = (
    "models[].",
    "targets[].",
    "target_sets[]",
    "environments.",
    "environment.",
    "chains.",
    "model.",
)
DATA = ["--data", "data/population.csv", "--data", "config/settings.json"]
#: Commands whose exit code says what they found.
MAY_FAIL = ("catalog", "doctor", "evaluate", "pull", "run", "trace", "results", "verify")
#: A model that does what no model should.
ODD = """\
import os
import random

from modelops_bundle import BaseModel


class Odd(BaseModel):
    PARAMS = ("how",)
    OUTPUTS = ("size",)

    def simulate(self, params, seed):
        if params["how"] == "fail":
            raise ValueError("no such thing")
        if params["how"] == "read":
            return {"size": len(open("".join(["READ", "ME.md"])).read())}
        if params["how"] == "variable":
            return {"size": os.environ.get("".join(["SI", "ZE"]))}
        return {"size": random.SystemRandom().random()}


def fails(simulated, observed):
    raise ValueError("no such thing")


def reads(simulated, observed):
    return len(os.environ.get("".join(["SI", "ZE"]), ""))
"""
#: What a project adds to the catalog.
HOSTED = """\
providers:
  openai: {requests_per_minute: 60}
  acme: {name: Acme}
models:
  - id: large-1
    provider: acme
    replacement: large-2
    aliases: [{name: large, valid_from: 2024-01-01}]
    prices:
      - {meter: input, unit: 1m_tokens, amount: 1.50}
      - {meter: output, unit: 1m_tokens, amount: 6.00}
  - {id: gpt-4o-2024-08-06, provider: openai, status: retired}
"""
#: What a server of models lists: one that the project knows less of, and one that no document can hold.
TAGS = b'{"models": [{"name": "known-2025-01-01"}, {"name": "no name"}]}'
Run = Callable[..., Any]


def main() -> int:
    """Print every problem; 1 when there is one."""
    page = Page(PAGE, ROOT)
    sections = {
        command: section for section in page.sections for command in _commands_of(section.title)
    }
    seen: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory(prefix="modelops-json-") as folder:
        for command, document in documents(Path(folder)):
            free = FREE_IN_BUNDLES if command in BUNDLES else FREE
            paths = program.json_paths(document, free)
            if command in ("show-registry", "results show", "catalog show"):
                paths = (path for path in paths if not path.startswith(ELSEWHERE))
            seen.setdefault(command, set()).update(paths)
    problems = list(compared(page, sections, seen))
    print(*problems, sep="\n" if problems else "")
    return 1 if problems else 0


def compared(page: Page, sections: dict[str, Section], seen: dict[str, set[str]]) -> Iterator[str]:
    """Yield what only one side has. Commands that share a section share their fields."""
    for command in sorted(seen.keys() - sections.keys()):
        yield f"{page.name}: has no section for {command}"
    for section in dict.fromkeys(sections.values()):
        commands = [command for command, where in sections.items() if where is section]
        there = set().union(*(seen.get(command, set()) for command in commands))
        said = {text: line for line, text in section.first_cells()}
        for path in sorted(there - said.keys()):
            yield f"{page.name}: {' and '.join(commands)} does not document {path}"
        for path in sorted(said.keys() - there):
            yield f"{page.name}:{said[path]}: {' and '.join(commands)} did not show {path}"


def documents(folder: Path) -> Iterator[tuple[str, object]]:
    """Every command that prints JSON, with what it prints in several situations."""
    run = _runner(folder)
    run("sample-create", "epidemic")
    run = _runner(folder / "epidemic")
    run("init")
    yield "register-model", run("register-model", "src/model.py", *DATA, "--json")
    yield "register-target", run("register-target", "src/targets.py", "--json")
    fit = ["target-set", "set", "fit", "targets_peak_timing"]
    run(*fit, "--weight", "targets_peak_timing=2")
    _change(folder / "epidemic")
    yield "status", run("status", "--json")
    yield "why", run("why", "NetworkSIR", "--diff", "--json")
    yield "why", run("why", "incidence_distance", "--json")
    yield "env diff", run("env", "diff", "NetworkSIR", "--json")
    yield "env show", run("env", "show", "NetworkSIR", "--json")
    yield "env show", run("env", "show", "--json")
    yield "discover", run("discover", "--json")
    yield "update", run("update", "--json")
    yield "show-registry", run("show-registry", "--json")
    yield "show-registry", run("show-registry", "--tree", "--json")
    yield "target-set list", run("target-set", "list", "--json")
    yield "hash", run("hash", "src", "data/population.csv", "src/model.py", "--json")
    yield from _documents_of_runs(folder / "epidemic", run)
    yield from _documents_of_catalog(folder / "epidemic", run)
    yield from _documents_of_bundles(folder, run)
    (folder / "epidemic" / ".modelops-bundle" / ".gitignore").unlink()
    yield "doctor", run("doctor", "--json")


def _documents_of_catalog(project: Path, run: Run) -> Iterator[tuple[str, object]]:
    """A project's own hosted models: looked up, checked, compared, converted and shown as a page."""
    document = project / "models" / "model_registry.yaml"
    document.parent.mkdir()
    document.write_text(HOSTED)
    yield "catalog list", run("catalog", "list", "--provider", "acme", "--json")
    yield "catalog search", run("catalog", "search", "acme", "--json")
    used = ["--usage", "input=1000,output=10", "--json"]
    yield "catalog show", run("catalog", "show", "acme/large", *used)
    yield "catalog show", run("catalog", "show", "acme/large", "--on", "2025-01-01", *used)
    yield "catalog validate", run("catalog", "validate", "--json")
    yield "catalog diff", run("catalog", "diff", "--json")
    yield "catalog docs", run("catalog", "docs", "--json")
    yield "catalog site", run("catalog", "site", "--out", "site", "--json")
    yield "catalog serve", _of_server(project)
    page = project / "models" / "model_registry.md"
    page.write_text(page.read_text().replace("Vision", "Sight"))
    yield "catalog convert", run("catalog", "convert", str(page), "--json")
    with _server_of_models() as address:
        own = f"providers:\n  ollama: {{base_url: {address}}}\n"
        document.write_text(own + "models:\n  - {id: known-2025-01-01, provider: ollama}\n")
        asked = ["--provider", "ollama", "--output", "models/models.json", "--json"]
        yield "catalog refresh", run("catalog", "refresh", *asked)
    shutil.rmtree(document.parent)


def _of_server(folder: Path) -> object:
    """What a server prints at its start."""
    command = [sys.executable, "-m", "modelops_bundle.cli", "catalog", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--json"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdout is not None
        printed = b"".join(iter(server.stdout.readline, b"}\n"))
        server.terminate()
    return json.loads(printed + b"}")


@contextmanager
def _server_of_models() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(TAGS)))
            self.end_headers()
            self.wfile.write(TAGS)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _documents_of_bundles(folder: Path, run: Run) -> Iterator[tuple[str, object]]:
    """Two users of one place who come in each other's way; results that travel."""
    ann, bob = folder / "epidemic", folder / "bob"
    place = f"oci-layout:{folder / 'bundles'}"
    (ann / "latest.csv").symlink_to("data/population.csv")
    (ann / "notes.txt").write_text("notes")
    (ann / "config" / "outside").symlink_to("/")
    yield "add", run("add", "latest.csv", "notes.txt", "config", "--json")
    run("run", "DeterministicSIR", "--set", "beta=1", "--set", "gamma=1", "--set", "days=1")
    yield "push", run("push", place, "--dry-run", "--json")
    yield "push", run("push", place, "--with-results", "--json")
    yield "manifest", run("manifest", "--json")
    yield "tags", run("tags", "--json")
    yield from _documents_of_copies(place, run)
    its = _runner(bob)
    shutil.rmtree(bob / ".modelops-bundle" / "results")
    yield "pull", its("pull", "--json")
    (bob / "src" / "rates.py").write_text("SEASONAL_BOOST = 2\n")
    (bob / "latest.csv").unlink()
    (bob / "latest.csv").symlink_to("data/observed_peak.csv")
    its("push")
    yield "diff", run("diff", "--json")
    (ann / "src" / "rates.py").write_text("SEASONAL_BOOST = 3\n")
    (ann / "notes.txt").write_text("my own")
    yield "push", run("push", "--force", "--dry-run", "--json")
    yield "pull", run("pull", "--dry-run", "--json")
    yield "pull", run("pull", "--keep", "src/rates.py", "--dry-run", "--json")
    yield "pull", run("pull", "--overwrite", "--json")
    (ann / "settings.txt").write_text("new")
    (ann / "notes.txt").rename(ann / "renamed.txt")
    yield "status", run("status", "--files", "--untracked", "--json")
    yield "cache gc", run("cache", "gc", "--json")
    yield "dev env", run("dev", "env", "--json")
    (ann / "data" / "population.csv").write_text("age_group,people\n0-14,1\n")
    with (ann / ".modelops-bundle" / "tracked.txt").open("a") as file:
        file.write("src/model.py\n")
    yield "remove", run("remove", "notes.txt", "src/model.py", "--json")
    run("push")
    yield from _documents_of_damage(folder, run)


def _documents_of_copies(place: str, run: Run) -> Iterator[tuple[str, object]]:
    """The bundle in a new project, in a worker's folder, in a file and out of it again."""
    yield "clone", run("clone", place, "../bob", "--json")
    yield "ensure", run("ensure", place, "--dest", "../worker", "--json")
    yield "export", run("export", "../one.tar", "--json")
    yield "import", run("import", "../one.tar", f"{place}-imported", "--json")


def _documents_of_damage(folder: Path, run: Run) -> Iterator[tuple[str, object]]:
    """A bundle with stale data, before and after its blobs are overwritten."""
    yield "verify", run("verify", "--json")
    for blob in (folder / "bundles" / "blobs" / "sha256").iterdir():
        if blob.stat().st_size > 5000:
            blob.write_bytes(bytes(blob.stat().st_size))
    yield "verify", run("verify", "--json")


def _documents_of_runs(project: Path, run: Run) -> Iterator[tuple[str, object]]:
    """Runs that hit, fail, read what is not declared and come out different, and what is stored of them."""
    (project / "src" / "odd.py").write_text(ODD)
    run("register-model", "src/odd.py")
    run("register-target", "src/odd.py", "--target", "fails", "--output", "size")
    run("register-target", "src/odd.py", "--target", "reads", "--output", "size")
    yield "trace", run("trace", "Odd", "--set", "how=read", "--json")
    yield "trace", run("trace", "Odd", "--set", "how=fail", "--json")
    yield "run", run("run", "Odd", "--grid", "how=random,fail", "--keep-going", "--json")
    yield "run", run("run", "Odd", "--set", "how=random", "--refresh", "--json")
    yield "results verify", run("results", "verify", "--rerun", "1", "--json")
    yield "results list", run("results", "list", "Odd", "--json")
    found = run("results", "list", "Odd", "--json")
    yield "results show", run("results", "show", found["results"][0]["key"][:9], "--json")
    yield "run", run("run", "Odd", "--set", "how=read", "--json")
    yield "run", run("run", "Odd", "--set", "how=read", "--declare", "--json")
    yield "trace", run("trace", "Odd", "--set", "how=variable", "--declare", "--json")
    yield "results gc", run("results", "gc", "--json")
    yield "why", run("why", "Odd", "--results", "--json")
    yield "evaluate", run("evaluate", "odd_fails", "--set", "how=random", "--json")
    yield "evaluate", run("evaluate", "odd_reads", "--set", "how=random", "--json")
    yield "evaluate", run("evaluate", "odd_reads", "--set", "how=random", "--declare", "--json")


def _change(project: Path) -> None:
    """Change code, data, order of imports, variables; add what cannot be decided or parsed."""
    rates = project / "src" / "rates.py"
    text = rates.read_text().replace("1.15", "1.25")
    rates.write_text(f"import os\n\n{text}\n\nSCALE = os.environ['SCALE_OF_RATES']\n")
    people = project / "data" / "population.csv"
    people.write_text(people.read_text().replace("310", "312"))
    targets = project / "src" / "targets.py"
    targets.write_text(targets.read_text().replace("return abs(", "return 2 * abs("))
    settings = project / "src" / "settings.py"
    lines = settings.read_text().replace("import csv\nimport json\n", "import json\nimport csv\n")
    settings.write_text(lines.replace("import csv\n", "import csv\ncsv.field_size_limit(9000)\n"))
    made = "import nowhere\n\n\nclass Made(nowhere.make()):\n    pass\n"
    (project / "src" / "made.py").write_text(made)
    (project / "src" / "broken.py").write_text("def broken(:\n")


def _runner(folder: Path) -> Run:
    def run(*arguments: str) -> object:
        dropped = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
        variables = {name: value for name, value in os.environ.items() if name not in dropped}
        done = subprocess.run(
            [sys.executable, "-m", "modelops_bundle.cli", *arguments],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and arguments[0] not in MAY_FAIL:
            raise SystemExit(f"{arguments}: {done.stderr}")
        return json.loads(done.stdout) if "--json" in arguments else None

    return run


def _commands_of(title: str) -> list[str]:
    return [
        text.removeprefix("mops-bundle ") for text in re.findall(r"`(mops-bundle [^`]+)`", title)
    ]


if __name__ == "__main__":
    sys.exit(main())
