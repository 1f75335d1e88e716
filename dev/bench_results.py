"""What running and reusing costs, beside the tools that keep results of function calls.

The scripts time themselves, in one warm process, and print seconds: starting an interpreter is no part of it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench_measure import Aim, Contender, FailedError, Figure, Sample, compare, run_once
from bench_tools import Bench

__all__ = ["batched_writes", "cached_calls", "cold_writes", "prediction", "short_tasks"]

CALLS = 1_000
MODEL = """\
from modelops_bundle import BaseModel


class Short(BaseModel):
    PARAMS = ("x",)
    OUTPUTS = ("y",)

    def simulate(self, params, seed):
        return {"y": params["x"] * 2.0 + seed}
"""
#: Each caches ``short`` in a folder, calls it for the numbers from 0 on, and prints seconds.
OURS_CALLS = """\
import sys, time, modelops_bundle
with modelops_bundle.open(sys.argv[1]).model("Short") as short:
    number = int(sys.argv[2])
    def call(i):
        return short({"x": float(i)}, 0)["y"]
    for i in range(number): call(i)
    begun = time.perf_counter()
    for i in range(number): call(i)
    print(time.perf_counter() - begun)
"""
PEER_CALLS = """\
import sys, time
folder, number, again = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "again"
SETUP
if again:
    for i in range(number): call(i)
begun = time.perf_counter()
for i in range(number): call(i)
print(time.perf_counter() - begun)
"""
JOBLIB = """\
import joblib
@joblib.Memory(folder, verbose=0).cache
def short(x, seed):
    return {"y": x * 2.0 + seed}
def call(i):
    return short(float(i), 0)["y"]
"""
DISKCACHE = """\
import diskcache
@diskcache.Cache(folder).memoize()
def short(x, seed):
    return {"y": x * 2.0 + seed}
def call(i):
    return short(float(i), 0)["y"]
"""
REDUN = """\
import logging
import redun
logging.disable(logging.CRITICAL)
redun_namespace = "bench"
@redun.task(name="short", namespace="bench")
def short(x, seed):
    return {"y": x * 2.0 + seed}
from redun.config import Config
scheduler = redun.Scheduler(config=Config({"backend": {"db_uri": f"sqlite:///{folder}/redun.db"}}))
scheduler.load()
def call(i):
    return scheduler.run(short(float(i), 0))["y"]
"""
OURS_WRITES = """\
import sys, time
from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.identity.recipes import make_param_id
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Level, Output, Provenance, Result
context = Context("blake2b:" + "0" * 64, "short:Short")
with LocalResults(sys.argv[1]) as store:
    begun = time.perf_counter()
    number, batch = int(sys.argv[2]), int(sys.argv[3])
    where = Provenance("2026-01-01T00:00:00", 0.0, "here", "0", "3", Level.ENFORCED)
    def result(i):
        key = ResultKey(context, make_param_id({"x": float(i)}), 0)
        return Result(key, where, (Output("y", "json", str(i * 2.0).encode()),))
    for start in range(0, number, batch):
        store.put([result(i) for i in range(start, start + batch)])
    print(time.perf_counter() - begun)
"""
PLAIN_WRITES = """\
import json, os, sys, time
from modelops_bundle.identity.recipes import make_param_id
folder = sys.argv[1]
begun = time.perf_counter()
for i in range(int(sys.argv[2])):
    key = make_param_id({"x": float(i)})
    with open(os.path.join(folder, key), "w") as file:
        json.dump({"key": key, "y": i * 2.0}, file)
print(time.perf_counter() - begun)
"""
PARALLEL = """\
import sys, time, joblib
folder, number = sys.argv[1], int(sys.argv[2])
def short(x, seed):
    return {"y": x * 2.0 + seed}
cached = joblib.Memory(folder, verbose=0).cache(short)
begun = time.perf_counter()
joblib.Parallel(n_jobs=2)(joblib.delayed(cached)(float(i), 0) for i in range(number))
print(time.perf_counter() - begun)
"""
FILL = """\
import os, sqlite3, sys, time
import modelops_bundle
from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.identity.recipes import make_param_id
from modelops_bundle.wiring import open_project
from modelops_bundle.workflows.subject import find_subject
with open_project(sys.argv[1]) as workspace:
    record = find_subject(workspace, "Short").context(None, None)
    folder = workspace.layout.results
sets, seeds = int(sys.argv[2]), int(sys.argv[3])
with LocalResults(folder) as store:
    store.put_context(record)
with sqlite3.connect(os.path.join(folder, "results.sqlite")) as connection:
    (context,) = connection.execute("SELECT id FROM contexts").fetchone()
    def rows():
        for x in range(sets):
            param = bytes.fromhex(make_param_id({"x": x}))
            for seed in range(seeds):
                yield os.urandom(32), context, param, seed, 1, 2, 0.5, 0.0, 300, b"x" * 300
    connection.executemany("INSERT INTO results VALUES (?,?,?,?,?,?,?,?,?,?)", rows())
"""


def cached_calls(bench: Bench) -> Iterator[Figure]:
    """A call whose result is there, in a warm process."""
    bench.say("cached calls")
    folder = _project(bench, "cached")
    contenders = [
        bench.tools.script("mops-bundle, a model called", OURS_CALLS, str(folder), str(CALLS)),
        *_peers(bench, "cached", "again"),
    ]
    title = f"{CALLS:,} cached calls in a warm process"
    aims = [Aim(0.1), Aim(1.0, "joblib.Memory"), Aim(1.0, "redun")]
    yield compare("cached", title, contenders, rounds=bench.rounds(5), aims=aims, run=_reported)


def cold_writes(bench: Bench) -> Iterator[Figure]:
    """A call whose result is not there, stored on its own."""
    bench.say("cold writes")
    ours = bench.folder / "cold-ours"

    def forget() -> None:
        for place in bench.folder.glob("cold-*/"):
            shutil.rmtree(place)

    asked = (str(ours), "200", "1")
    store = bench.tools.script("mops-bundle, durable", OURS_WRITES, *asked, before=forget)
    title = "200 results written one at a time"
    peers = _peers(bench, "cold", "first", 200)
    yield compare("cold", title, [store, *peers], rounds=bench.rounds(5), run=_reported)


def batched_writes(bench: Bench) -> Iterator[Figure]:
    """Many small results as a run stores them, beside a plain file for each."""
    number = 2_000 if bench.quick else 10_000
    bench.say(f"{number:,} results in batches")
    contenders = []
    for name, script in (
        ("mops-bundle, durable", OURS_WRITES),
        ("a plain file each", PLAIN_WRITES),
    ):
        place = bench.folder / f"batched-{len(contenders)}"

        def forget(place: Path = place) -> None:
            shutil.rmtree(place, ignore_errors=True)

        asked = (str(place), str(number), "200")
        contenders.append(bench.tools.script(name, script, *asked, before=forget))
    title = f"{number:,} small results written, 200 at a time"
    aims = [Aim(5.0, "a plain file each")]
    yield compare("batched", title, contenders, rounds=bench.rounds(5), aims=aims, run=_reported)


def short_tasks(bench: Bench) -> Iterator[Figure]:
    """Many simulations that do nothing: what is left is our own work."""
    number = 2_000 if bench.quick else 10_000
    bench.say(f"{number:,} short tasks")
    folder = _project(bench, "short")

    def forget() -> None:
        shutil.rmtree(folder / ".modelops-bundle" / "results", ignore_errors=True)
        shutil.rmtree(bench.folder / "short-joblib", ignore_errors=True)

    grid = ["--grid", "x=" + ",".join(map(str, range(number // 100))), "--seeds", "0:100"]
    run = bench.tools.ours("run", "Short", *grid, "--workers", "2", folder=folder, before=forget)
    contenders = [
        Contender("mops-bundle run", run.arguments, folder, run.variables, forget),
        bench.tools.script(
            "joblib.Memory, Parallel", PARALLEL, str(bench.folder / "short-joblib"), str(number)
        ),
    ]
    title = f"{number:,} short tasks on two processes"
    yield compare("short", title, contenders, rounds=3, run=_clocked_or_reported)


def prediction(bench: Bench) -> Iterator[Figure]:
    """How many of a million results are there."""
    sets, seeds = (100, 1_000) if bench.quick else (1_000, 1_000)
    bench.say(f"a store with {sets * seeds:,} results")
    folder = _project(bench, "prediction")
    fill = bench.tools.script("fill", FILL, str(folder), str(sets), str(seeds))
    done = subprocess.run(fill.arguments, env=fill.variables, check=False, capture_output=True)
    if done.returncode:
        raise FailedError(done.stderr.decode()[-300:])
    (folder / "sets.json").write_text(json.dumps([{"x": x} for x in range(sets)]))
    options = ["--params", "sets.json", "--seeds", f"0:{seeds}", "--dry-run"]
    run = bench.tools.ours("run", "Short", *options, folder=folder)
    contender = Contender("mops-bundle run --dry-run", run.arguments, folder, run.variables)
    aims = [] if bench.quick else [Aim(5.0)]
    title = f"Prediction of {sets * seeds:,} results"
    yield compare("prediction", title, [contender], rounds=bench.rounds(3), aims=aims)
    shutil.rmtree(folder)


def _project(bench: Bench, name: str) -> Path:
    folder = bench.place(f"results-{name}")
    (folder / "short.py").write_text(MODEL)
    bench.tools.call(bench.tools.mops, "init", folder=folder)
    bench.tools.call(bench.tools.mops, "register-model", "short.py", folder=folder)
    return folder


def _peers(bench: Bench, name: str, state: str, number: int = CALLS) -> list[Contender]:
    contenders = []
    for tool, setup, calls in (
        ("joblib.Memory", JOBLIB, number),
        ("diskcache", DISKCACHE, number),
        ("redun", REDUN, number // 10),
    ):
        package = tool.partition(".")[0]
        place = bench.folder / f"{name}-{package}"
        source = PEER_CALLS.replace("SETUP", setup)
        # Of the slow one fewer calls are made, and its time is multiplied.
        source += f"print({number // calls})\n"
        # From a file, because redun reads the source of a task.
        script = bench.folder / f"{name}-{package}.py"
        script.write_text(source)
        source = f"exec(compile(open({str(script)!r}).read(), {str(script)!r}, 'exec'))"
        contenders.append(
            bench.tools.script(tool, source, str(place), str(calls), state, needs=package)
        )
    return contenders


def _reported(contender: Contender) -> Sample:
    """What a script says that it took, multiplied where it says so; memory is not looked at."""
    Path(contender.arguments[3]).mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        contender.arguments,
        cwd=contender.folder,
        env=contender.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FailedError((done.stderr or "no message").strip().splitlines()[-1])
    seconds, *scale = done.stdout.split()
    factor = float(scale[-1]) if scale else 1.0
    return Sample(float(seconds) * factor, float(seconds) * factor, 0)


def _clocked_or_reported(contender: Contender) -> Sample:
    return run_once(contender) if contender.name.startswith("mops-bundle") else _reported(contender)
