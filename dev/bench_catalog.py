"""What the catalog of hosted models costs: asking it in Python, and over HTTP.

The load comes from one process on the same machine, over connections that stay open; on a machine with two
processors, both are what the server and the load have together.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.resources import files

from bench_measure import Aim, FailedError, Figure, compare
from bench_tools import Bench, has_package

__all__ = ["resolved_names", "served_catalog"]

#: Requests a second that one model's route is to answer.
AIM = 2_000
CONNECTIONS = 16

#: Seconds in which a fresh process is to load the catalog and resolve a name, imports included.
FRESH_AIM = 0.150
#: Seconds that a lookup is to take.
LOOKUP_AIM = 5e-6

RESOLVE = """\
import sys
from modelops_bundle import catalog

assert catalog.resolve(sys.argv[1]).context_window
"""

ASK_GENAI_PRICES = """\
import sys
from genai_prices.data_snapshot import get_snapshot

provider, _, name = sys.argv[1].partition("/")
assert get_snapshot().find_provider_model(name, None, provider, None)
"""

LOAD_JSON = """\
import json, sys

with open(sys.argv[1], "rb") as file:
    assert [json.loads(line) for line in file]
"""

RESOLVE_MANY = """\
import itertools, sys
from modelops_bundle import catalog

names = [f"openai/{model_id}" for model_id in catalog.load().ids("openai")[:100]]
for name in itertools.islice(itertools.cycle(names), int(sys.argv[1])):
    catalog.resolve(name)
"""

WRITE_PROJECT = """\
import itertools, pathlib
from modelops_bundle import catalog
from modelops_bundle.catalog.trees import entry_tree
from modelops_bundle.yamltext.writing import write_yaml

priced = (entry for entry in catalog.load() if entry.prices and not entry.aliases)
rows = [entry_tree(entry) for entry in itertools.islice(priced, 1000)]
pathlib.Path("models").mkdir()
pathlib.Path("models/model_registry.yaml").write_bytes(write_yaml({"models": rows}))
"""

LOAD = """\
import asyncio, sys, time, uvloop

host, port, number, connections, path = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
asked = f"GET {path} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode()
# Instants of one hour, and others at every start.
begun = time.time_ns() // 1000 % 3_000_000_000


def question():
    if b"{}" not in asked:
        return asked
    second, part = divmod(begun + Asking.left, 1_000_000)
    instant = b"%02d:%02d.%06d" % (*divmod(second % 3600, 60), part)
    return asked.replace(b"{}", instant)


class Asking(asyncio.Protocol):
    left, running = number, connections

    def __init__(self, done):
        self.done, self.seen = done, b""

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def ask(self):
        if Asking.left <= 0:
            self.transport.close()
            return
        Asking.left -= 1
        self.transport.write(question())

    def data_received(self, data):
        self.seen += data
        head, found, body = self.seen.partition(b"\\r\\n\\r\\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"refused: {head[:200]!r}")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0])
        if len(body) >= length:
            self.seen = b""
            self.ask()

    def connection_lost(self, error):
        Asking.running -= 1
        if error is not None:
            sys.exit(f"lost a connection: {error}")
        if not Asking.running:
            self.done.set_result(None)


async def main():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    for _ in range(connections):
        await loop.create_connection(lambda: Asking(done), host, port)
    await done


uvloop.run(main())
"""

BARE = """\
import json, socket, sys, uvicorn

body = json.dumps({"prices": ["0.10"] * 250}).encode()
length = str(len(body)).encode()


async def app(scope, receive, send):
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


taken = socket.create_server(("127.0.0.1", 0))
print("http://127.0.0.1:%d" % taken.getsockname()[1], file=sys.stderr, flush=True)
config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
uvicorn.Server(config).run(sockets=[taken])
"""


def resolved_names(bench: Bench) -> Iterator[Figure]:
    """Resolving names: once in a fresh process, in one with a project's document, and many times."""
    name, tools = "openai/gpt-4o-2024-08-06", bench.tools
    compiled = files("modelops_bundle.catalog") / "data" / "compiled.jsonl"
    bench.say("a name in a fresh process")
    yield compare(
        "resolved-names",
        "A name in a fresh process, imports included",
        [
            tools.script("modelops_bundle.catalog", RESOLVE, name),
            tools.script("genai_prices", ASK_GENAI_PRICES, name, needs="genai_prices"),
            tools.script("json, all of the same data", LOAD_JSON, str(compiled)),
            tools.script("a bare Python", "pass"),
        ],
        rounds=bench.rounds(15),
        aims=[Aim(FRESH_AIM)],
    )
    number = 100_000 if bench.quick else 1_000_000
    bench.say("many names in one process")
    yield compare(
        "resolved-names",
        f"{number:,} lookups of 100 names in one process",
        [tools.script("modelops_bundle.catalog", RESOLVE_MANY, str(number))],
        rounds=bench.rounds(5),
        aims=[Aim(number * LOOKUP_AIM)],
    )
    yield _with_a_project(bench, name)


def _with_a_project(bench: Bench, name: str) -> Figure:
    """A name in a process that has a large document to read as well."""
    tools, project = bench.tools, bench.folder / "hosted"
    (project / ".modelops-bundle").mkdir(parents=True)
    tools.call(sys.executable, "-c", WRITE_PROJECT, folder=project)
    kept = project / ".modelops-bundle" / "cache" / "catalog.json"
    ours = tools.script("its validated form is kept", RESOLVE, name)
    anew = tools.script("it is validated anew", RESOLVE, name)
    bench.say("a project's document of 1,000 models")
    return compare(
        "resolved-names",
        "A name in a fresh process, with a project's document of 1,000 models",
        [
            replace(ours, folder=project),
            replace(anew, folder=project, before=lambda: kept.unlink(missing_ok=True)),
        ],
        rounds=bench.rounds(9),
        aims=[Aim(FRESH_AIM)],
    )


def served_catalog(bench: Bench) -> Iterator[Figure]:
    """Requests to a server of the shipped catalog, one after another on each connection."""
    for package in ("fastapi", "uvicorn", "uvloop"):
        if not has_package(package):
            raise FailedError(f"{package} is not installed")
    number = 4_000 if bench.quick else 20_000
    route = "/models/openai/gpt-4o"
    plans = (
        ("one model's route", route, number, [Aim(number / AIM)]),
        ("it at another instant each time", f"{route}?on=2026-01-01T00:{{}}Z", number, []),
        ("a page of 50 models", "/models", number // 4, []),
    )
    with ExitStack() as stack:
        ours = stack.enter_context(
            _server(bench, bench.tools.mops, "catalog", "serve", "--port", "0")
        )
        bare = stack.enter_context(_server(bench, sys.executable, "-c", BARE))
        for title, path, asked, aims in plans:
            bench.say(title)
            load = (str(asked), str(CONNECTIONS))
            contenders = [
                bench.tools.script("catalog serve", LOAD, *ours, *load, path),
                bench.tools.script("a bare uvicorn, 2.5 kB", LOAD, *bare, *load, "/"),
            ]
            yield compare(
                "served-catalog",
                f"{asked:,} requests over {CONNECTIONS} connections: {title}",
                contenders,
                rounds=bench.rounds(5),
                aims=aims,
            )


@contextmanager
def _server(bench: Bench, *command: str) -> Iterator[tuple[str, str]]:
    """Host and port of a server that runs until the block ends."""
    process = subprocess.Popen(
        command,
        cwd=bench.folder,
        env=bench.tools.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://(\S+):(\d+)", said)
            if found is None:
                raise FailedError(f"the server did not start: {said.strip()}")
            yield found[1], found[2]
        finally:
            process.terminate()
