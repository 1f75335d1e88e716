from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.command import environment
from tests.support.pythons import MINORS, NOT_THERE, pythons
from tests.support.worker import START, Worker, make_spec, refused, working, write_files

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells on Linux alone")

MODEL = """
import os, random, sys

class Model:
    def simulate(self, params, seed):
        return {"answer": eval(params["do"], globals(), {"params": params, "seed": seed})}
"""
"""Does what the parameter ``do`` says."""


def project(root: Path, text: str = MODEL) -> Path:
    return write_files(root, {"model.py": text})


@pytest.fixture
def obedient(tmp_path):
    with working(make_spec(project(tmp_path))) as worker:
        yield worker


def answer(worker: Worker, do: str, seed: int = 0):
    header, outputs = worker.run(seed, do=do)
    assert header["is"] == "done", header
    return json.loads(outputs["answer"])


# --- what is said ---------------------------------------------------------------------------------


def test_a_worker_is_made_ready_and_runs_one_task_after_the_other(tmp_path):
    with Worker() as worker:
        about = worker.start(make_spec(project(tmp_path)))
        assert about == {
            "is": "ready",
            "level": "off",
            "host": about["host"],
            "python": "{}.{}.{}".format(*sys.version_info),
        }
        for number in range(3):
            header, outputs = worker.run(7, do="[params['x'], seed]", x=number)
            assert header.pop("duration") >= 0
            assert header.pop("started").endswith("+00:00")
            assert header == {
                "is": "done",
                "number": number,
                "undeclared": [],
                "outputs": [["answer", "json"]],
            }
            assert outputs == {"answer": b"[%d,7]" % number}
        assert worker.end() == (0, b"")


def test_the_largest_seed_and_the_bits_of_numbers_arrive_as_they_are(obedient):
    assert answer(obedient, "seed", 2**64 - 1) == 2**64 - 1
    header, outputs = obedient.run(0, do="repr([params['x'], params['y']])", x=0.1 + 0.2, y=1.0)
    assert outputs["answer"] == b'"[0.30000000000000004, 1.0]"', header


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("options", [[], ["-I", "-S"]])
def test_a_worker_needs_nothing_but_the_standard_library(tmp_path, minor, options):
    if minor not in pythons():
        pytest.skip(NOT_THERE)
    python = pythons()[minor]
    question = "import platform; print(platform.python_version())"
    version = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)
    text = f"from modelops_bundle import BaseModel\n{MODEL}".replace("Model:", "Model(BaseModel):")
    with Worker((python, *options)) as worker:
        spec = make_spec(project(tmp_path, text), python_version=version.stdout.strip())
        assert worker.start(spec)["is"] == "ready"
        assert answer(worker, f"[p for p in sys.path if p == {os.fspath(START.parent)!r}]") == []
        assert worker.run(do="1/0")[0]["error"] == "ZeroDivisionError: division by zero"
        assert worker.end() == (0, b"")


# --- failing --------------------------------------------------------------------------------------

RAISED = """
import sys

class TooHot(Exception):
    pass

class Nasty(Exception):
    def __str__(self):
        raise ValueError

def deep(n):
    return deep(n + 1)

class Model:
    def simulate(self, params, seed):
        exec(params["do"])
"""


@pytest.fixture(scope="module")
def raising(tmp_path_factory):
    with working(make_spec(project(tmp_path_factory.mktemp("raising"), RAISED))) as worker:
        yield worker


@pytest.mark.parametrize(
    ("do", "error"),
    [
        ("raise ValueError('text')", "ValueError: text"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("raise KeyError('beta')", "KeyError: 'beta'"),
        ("raise TooHot", "model.TooHot"),
        ("raise Nasty", "model.Nasty: <the exception has no text>"),
        ("sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise BaseExceptionGroup('g', [ValueError()])", "ExceptionGroup: g (1 sub-exception)"),
        ("deep(0)", "RecursionError: maximum recursion depth exceeded"),
        ("bytearray(1 << 60)", "MemoryError"),
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 +", "SyntaxError: invalid syntax (<string>, line 1)"),
        ("raise ValueError('\\udcff')", "ValueError: \\udcff"),
        ("raise ValueError('x' * 9999)", "ValueError: " + "x" * 488 + "…"),
        ("pass", "the model returned nothing; an output is a table"),
    ],
)
def test_whatever_a_model_raises_is_a_failure_and_the_worker_goes_on(raising, do, error):
    header, _ = raising.run(do=do)
    assert header["is"] == "failed"
    assert header["error"].startswith(error)
    assert "\n" not in header["error"]


def test_a_traceback_is_the_model_s_alone_and_ends_with_what_it_printed(tmp_path):
    text = """
import os, sys

class Model:
    def simulate(self, params, seed):
        print("one")
        os.write(2, b"two\\n")
        os.system("echo three")
        return self.fail()

    def fail(self):
        try:
            {}["beta"]
        except KeyError as error:
            raise ValueError("no rate") from error
"""
    with working(make_spec(project(tmp_path, text))) as worker:
        said = worker.run()[0]["traceback"]
    assert said.startswith("Traceback (most recent call last):\n  File ")
    assert said.count(str(tmp_path / "model.py")) == 3
    assert os.fspath(START.parent) not in said
    before, title, printed = said.partition("What it printed:\n")
    assert before.endswith("ValueError: no rate\n\n")
    assert title
    assert sorted(printed.split()) == ["one", "three", "two"]


def test_of_what_was_printed_the_end_is_kept_and_nothing_of_other_tasks(tmp_path):
    text = """
import ctypes
LIBC = ctypes.CDLL(None)
class Model:
    def simulate(self, params, seed):
        print("start" + "x" * params["length"])
        LIBC.puts(b"printed in C")
        raise ValueError
"""
    with working(make_spec(project(tmp_path, text))) as worker:
        long = worker.run(length=100_000)[0]["traceback"].partition("The last that it printed:\n")
        assert 4000 < len(long[2]) <= 4097
        short = worker.run(length=0)[0]["traceback"].partition("What it printed:\n")
    assert sorted(short[2].splitlines()) == ["printed in C", "start"]


def test_an_unusable_output_is_a_failure_that_names_it(obedient):
    header, _ = obedient.run(do="{1, 2}")
    assert header["error"].startswith("the output answer is a builtins.set; an output is a table")
    assert header["traceback"] == ""


# --- what one simulation leaves behind ------------------------------------------------------------


@pytest.mark.parametrize(
    ("mischief", "look", "good"),
    [
        ("os.chdir('/')", "os.getcwd()", "{root}"),
        ("os.environ.update(NEW='1')", "os.environ.get('NEW')", None),
        ("os.environ.pop('GIVEN')", "os.environ.get('GIVEN')", "given"),
        (
            "os.environ.update(GIVEN='2')",
            "[os.environ['GIVEN'], os.getenv('GIVEN')]",
            ["given"] * 2,
        ),
        ("os.environ.clear()", "'PATH' in os.environ", True),
        ("setattr(os, 'environ', {})", "os.environ.get('GIVEN')", "given"),
        ("sys.stdout.close()", "print('x')", None),
        ("setattr(sys, 'stdout', None)", "print('x')", None),
        ("os.close(1)", "print('x')", None),
        ("os.dup2(os.open('/dev/null', 1), 2)", "print('x')", None),
        ("sys.stdin.read()", "sys.stdin.read()", ""),
    ],
)
def test_the_next_simulation_finds_all_as_it_was(tmp_path, mischief, look, good):
    spec = make_spec(project(tmp_path), variables={"GIVEN": "given", "TAKEN": None})
    with working(spec, TAKEN="there") as worker:
        worker.run(do=mischief)
        expected = good.format(root=os.path.realpath(tmp_path)) if isinstance(good, str) else good
        assert answer(worker, look) == expected
        assert answer(worker, "os.environ.get('TAKEN')") is None


def test_what_a_model_sets_when_it_is_imported_stays(tmp_path):
    text = f"{MODEL}\nos.environ['SET'] = 'set'\n"
    with working(make_spec(project(tmp_path, text))) as worker:
        assert answer(worker, "os.environ['SET']") == "set"
        worker.run(do="os.environ.pop('SET')")
        header, outputs = worker.run(do="os.environ['SET']")
    assert outputs == {"answer": b'"set"'}
    assert header["undeclared"] == []


def test_generators_that_a_model_forgets_to_seed_are_seeded(tmp_path):
    text = MODEL.replace("import os", "import numpy, os")
    look = "[random.random(), numpy.random.random(), len({hash(c) for c in 'abc'}), hash('a')]"
    seen = []
    for _ in range(2):
        with working(make_spec(project(tmp_path, text))) as worker:
            seen.append([answer(worker, look, seed) for seed in (1, 2**64 - 1, 1)])
    assert seen[0] == seen[1]
    assert seen[0][0] == seen[0][2] != seen[0][1]


def test_each_simulation_has_a_model_of_its_own(tmp_path):
    text = """
class Model:
    def __init__(self):
        self.runs = 0
    def simulate(self, params, seed):
        self.runs += 1
        return self.runs
"""
    with working(make_spec(project(tmp_path, text))) as worker:
        assert [worker.run()[1]["result"] for _ in range(2)] == [b"1", b"1"]


# --- how it ends ----------------------------------------------------------------------------------


def test_an_interrupt_is_the_parent_s_to_judge(obedient):
    os.kill(obedient.process.pid, signal.SIGINT)
    assert answer(obedient, "os.kill(os.getpid(), 2) or 5") == 5


def test_threads_that_are_left_do_not_keep_the_worker(tmp_path):
    text = """
import threading
class Model:
    def simulate(self, params, seed):
        threading.Thread(target=threading.Event().wait).start()
        return 1
"""
    with working(make_spec(project(tmp_path, text))) as worker:
        worker.run()


def test_what_a_model_forks_can_neither_answer_nor_keep_the_pipes_open(tmp_path):
    text = """
import os, signal
class Model:
    def simulate(self, params, seed):
        child = os.fork()
        if child == 0 and params["stay"]:
            signal.pause()
        return child
"""
    with Worker() as worker:
        worker.start(make_spec(project(tmp_path, text)))
        child = int(worker.run(stay=True)[1]["result"])
        try:
            assert int(worker.run(stay=False)[1]["result"]) > 0
            worker.process.kill()
            assert worker.reader.read() == b""
        finally:
            os.kill(child, signal.SIGKILL)
        worker.end()


def test_a_message_that_is_none_ends_the_worker(tmp_path):
    with Worker() as worker:
        worker.writer.write(b"\xff" * 99)
        assert worker.end() == (1, b"")


PARENT = """
import os, sys, threading
from pathlib import Path
from tests.support.worker import Worker, make_spec
from modelops_bundle.worker.frames import write_frame

def begin():
    worker = Worker()
    assert worker.start(make_spec(Path(sys.argv[1])))["is"] == "ready"
    write_frame(worker.writer, {"do": "run", "number": 0, "params": {}, "seed": 0})
    os.set_inheritable(worker.writer.fileno(), True)
    os.read(worker.process.stdout.fileno(), 0)
    return worker

if sys.argv[2] == "thread":
    found = []
    thread = threading.Thread(target=lambda: found.append(begin()))
    thread.start()
    thread.join()
    worker = found[0]
else:
    worker = begin()
# Somebody else keeps the worker's input open, so that its end is not what tells.
os.spawnvp(os.P_NOWAIT, "sleep", ["sleep", "60"])
print(worker.process.pid, flush=True)
sys.stdin.read()
os._exit(0)
"""


@LINUX
@pytest.mark.parametrize("starter", ["main", "thread"])
def test_a_worker_ends_with_its_parent_in_the_middle_of_a_task(tmp_path, starter):
    text = """
import time
class Model:
    def simulate(self, params, seed):
        open("began", "w").close()
        while True:
            time.sleep(0.01)
"""
    root = project(tmp_path, text)
    repository = Path(__file__).parents[3]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, os.fspath(root), starter],
        env=environment(PYTHONPATH=os.fspath(repository)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    worker = os.pidfd_open(int(parent.stdout.readline()))
    while not (root / "began").exists():
        time.sleep(0.001)
    # A thread that has ended is no parent that has ended.
    assert not select.select([worker], [], [], 0.05)[0]
    parent.stdin.close()
    assert select.select([worker], [], [], 30)[0]
    parent.wait()
    parent.stdout.close()
    os.close(worker)


# --- what cannot be started -----------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    said = refused(make_spec(tmp_path / "gone"))
    assert said["what"].endswith("gone cannot be entered on this machine")
    assert said["why"] == "No such file or directory"


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ("import nowhere", "cannot be imported", "No module named 'nowhere'"),
        ("class Model", "cannot be imported", "SyntaxError: expected ':' (model.py, line 1)"),
        ("raise SystemExit", "cannot be imported", "SystemExit"),
        ("print('hello'); 1/0", "cannot be imported", "ZeroDivisionError: division by zero"),
        ("Other = 1", "model has no Model", "module 'model' has no attribute 'Model'"),
    ],
)
def test_a_model_that_cannot_be_imported_is_refused_with_the_traceback(tmp_path, text, what, why):
    said = refused(make_spec(project(tmp_path, text)))
    assert what in said["what"]
    assert why in said["why"]
    assert said["mend"]
    assert "Error: " in said["traceback"] or "SystemExit" in said["traceback"]
    assert os.fspath(START.parent) not in said["traceback"]
    assert ("hello" in said["traceback"]) == ("hello" in text)


def test_a_module_of_the_same_name_from_elsewhere_is_refused(tmp_path):
    project(tmp_path)
    write_files(tmp_path, {"src/model.py": MODEL})
    said = refused(make_spec(tmp_path, path=os.fspath(tmp_path / "model.py")))
    assert said["what"].endswith(f"src/model.py, not from {tmp_path}/model.py")
    with working(make_spec(tmp_path, path=os.fspath(tmp_path / "src" / "model.py"))):
        pass


def test_the_two_generators_of_numbers_are_not_one(tmp_path):
    """Both are Mersenne twisters, seeded by the same words they would give the same numbers."""
    text = "import random, numpy\nclass Model:\n    def simulate(self, params, seed):\n"
    text += "        return {'drawn': [random.random(), numpy.random.random()]}\n"
    root = write_files(tmp_path, {"model.py": text})
    with working(make_spec(root)) as worker:
        for seed in (0, 7, 1 << 32, (1 << 40) + 3, (1 << 64) - 1):
            first, second = json.loads(worker.run(seed)[1]["drawn"])
            assert first != second
