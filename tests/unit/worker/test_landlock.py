from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.worker import (
    Worker,
    make_spec,
    refused,
    small_environment,
    working,
    write_files,
)

from modelops_bundle.environment.variables import PLACE_VARIABLES
from modelops_bundle.results.record import Level

VERSION = """
import ctypes
ask = ctypes.c_long(444), None, ctypes.c_size_t(0), ctypes.c_uint32(1)
print(ctypes.CDLL(None).syscall(*ask))
"""


def kernel_version() -> int:
    """Version of the kernel's Landlock; below 1 where it has none."""
    if sys.platform != "linux":
        return -1
    return int(
        subprocess.run([sys.executable, "-c", VERSION], capture_output=True, check=True).stdout
    )


KERNEL = kernel_version()
pytestmark = pytest.mark.skipif(KERNEL < 1, reason="the kernel has no Landlock")

MODEL = """
import os, sys

class Model:
    def simulate(self, params, seed):
        exec(compile(params["do"], __file__, "exec"))
        return {"n": 1}
"""
FILES = {
    "model.py": MODEL,
    "data/declared.csv": "a,b\n1,2\n",
    "data/other.csv": "a,b\n3,4\n",
    "data/a name.csv": "a,b\n3,4\n",
    "data/deep/er/x.csv": "a\n1\n",
    "late.py": "",
    "tool": "#!/bin/sh\necho hello\n",
}
DECLARED = ("model.py", "data/declared.csv")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = write_files(tmp_path_factory.mktemp("enforced").resolve() / "project", FILES)
    write_files(root, {".modelops-bundle/registry.yaml": "schema: 1\n"})
    (root / "data" / "other.parquet").write_bytes(b"PAR1")
    (root / "tool").chmod(0o755)
    (root.parent / "beside.csv").write_text("a\n1\n")
    (root / "declared-link.csv").symlink_to("../beside.csv")
    return root


def spec_of(root: Path, level: Level = Level.ENFORCED, **changes):
    declared = (*DECLARED, "declared-link.csv")
    changes.setdefault("readable", tuple(os.fspath(root / name) for name in declared))
    changes.setdefault("path", os.fspath(root / "model.py"))
    return make_spec(root, free_variables=tuple(PLACE_VARIABLES), level=level, **changes)


@pytest.fixture(scope="module")
def enforced(root):
    with working(spec_of(root)) as worker:
        yield worker


@pytest.fixture(scope="module")
def hermetic(root):
    with working(spec_of(root, Level.HERMETIC)) as worker:
        yield worker


@pytest.fixture(scope="module")
def honest(root):
    """Workers of both levels of which nothing undeclared is asked."""
    with working(spec_of(root)) as one, working(spec_of(root, Level.HERMETIC)) as other:
        yield {"enforced": one, "hermetic": other}


def outcome(worker: Worker, do: str) -> str:
    """The error of a simulation; empty when it succeeds."""
    header, _ = worker.run(do=do)
    return header.get("error", "")


@pytest.mark.parametrize("level", [Level.OFF, Level.ENFORCED, Level.HERMETIC])
def test_the_level_that_holds_is_said(root, level):
    with Worker() as worker:
        assert worker.start(spec_of(root, level))["level"] == level.name.lower()


def test_nothing_is_restricted_unless_it_is_asked_for(root):
    with working(spec_of(root, Level.OFF)) as worker:
        assert outcome(worker, "open('data/other.csv').read()") == ""


# --- what is refused ------------------------------------------------------------------------------

READERS = [
    "open('{path}').read()",
    "os.open('{path}', os.O_RDONLY)",
    "import pandas; pandas.read_csv('{path}')",
    "import polars; polars.read_csv('{path}')",
    "import polars; polars.scan_csv('{path}').collect()",
    "import pyarrow.csv; pyarrow.csv.read_csv('{path}')",
    "import numpy; numpy.fromfile('{path}')",
]


LEVELS = pytest.mark.parametrize("level", ["enforced", "hermetic"])


@LEVELS
@pytest.mark.parametrize("path", ["data/other.csv", "data/a name.csv"])
@pytest.mark.parametrize("reader", READERS)
def test_an_undeclared_file_is_refused_at_the_read_with_line_and_mend(
    request, root, level, path, reader
):
    header, _ = request.getfixturevalue(level).run(do="\n\n" + reader.format(path=root / path))
    assert header["is"] == "failed"
    assert ["data", path, "model.py:3"] in header["undeclared"]
    quoted = f"'{path}'" if " " in path else path
    said = f"{path}, read at model.py:3, is not declared: mops-bundle register-model model.py"
    assert f"{said} --class Model --data {quoted}" in header["error"]


@LEVELS
@pytest.mark.parametrize(
    "do",
    [
        *(reader.format(path="data/other.csv") for reader in READERS),
        "import pyarrow.parquet; pyarrow.parquet.read_table('data/other.parquet')",
        "import polars; polars.read_parquet('data/other.parquet')",
        "import late",
        "import subprocess; subprocess.run(['cat', 'data/other.csv'], check=True)",
        "import subprocess; subprocess.run(['./tool'], check=True)",
        "assert os.fork() or not open('data/other.csv')\nassert os.wait()[1] == 0",
        "os.rename('data/other.csv', os.environ['TMPDIR'] + '/other.csv')",
        "os.link('data/other.csv', os.environ['TMPDIR'] + '/other.csv')",
        "os.symlink(os.path.abspath('data/other.csv'), os.environ['TMPDIR'] + '/link.csv')\n"
        "open(os.environ['TMPDIR'] + '/link.csv')",
        "import ctypes; assert ctypes.CDLL(None).open(b'data/other.csv', 0) >= 0",
        "f = os.open('data', 0); os.open('other.csv', 0, dir_fd=f)",
        "open('/proc/self/cwd/data/other.csv')",
        "open('/proc/self/root' + os.path.abspath('data/other.csv'))",
        "open('data/new.csv', 'w').close(); open('data/new.csv')",
    ],
)
def test_no_way_leads_to_an_undeclared_file(request, level, do):
    assert outcome(request.getfixturevalue(level), do)


@LEVELS
@pytest.mark.parametrize(
    "do",
    [
        "assert open('data/declared.csv').read()",
        "assert open('declared-link.csv').read()",
        "import polars; assert len(polars.read_csv('data/declared.csv')) == 1",
        "import pyarrow.csv; assert pyarrow.csv.read_csv('data/declared.csv')",
        "import pandas; assert len(pandas.read_csv('data/declared.csv')) == 1",
        "assert sorted(os.listdir('data')); assert os.stat('data/other.csv').st_size",
        "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'1'); f.seek(0); f.read()",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n"
        "    p = d + '/a'; open(p, 'w').write('1'); assert open(p).read() == '1'",
        "import tempfile\na, b = tempfile.mkdtemp(), tempfile.mkdtemp()\n"
        "open(a + '/x', 'w').close(); os.rename(a + '/x', b + '/y'); open(b + '/y')",
        "import tempfile\nopen(tempfile.mkdtemp() + '/x', 'w').close()\n"
        "open('log.txt', 'a').write('line'); open('out.txt', 'w').write('1')",
        "import subprocess; subprocess.run(['cat', 'data/declared.csv'], check=True)",
        "import multiprocessing as m\n"
        "with m.get_context('fork').Pool(1) as pool: assert pool.map(abs, [-1]) == [1]",
        "import sqlite3, decimal, email, zoneinfo, unicodedata; zoneinfo.ZoneInfo('UTC')",
        "open('/etc/passwd').read(); open('/proc/self/maps').read(); open(os.devnull).read()",
        "assert open('.modelops-bundle/registry.yaml').read()",
    ],
)
def test_what_is_declared_or_of_the_system_can_be_read(honest, level, do):
    header, _ = honest[level].run(do=do)
    assert header["is"] == "done", header
    assert {kind for kind, *_ in header["undeclared"]} <= {"listed", "present", "package"}


def test_what_is_not_declared_cannot_be_imported_with_the_model(tmp_path):
    root = write_files(tmp_path.resolve(), {**FILES, "model.py": f"import late\n{MODEL}"})
    said = refused(spec_of(root))
    assert said["undeclared"] == [["code", "late.py", "model.py:1"]]
    assert "late.py, read at model.py:1, is not declared: " in said["why"]
    assert "--class Model --code late.py" in said["why"]


def test_a_read_that_the_model_survives_is_seen(root):
    with working(spec_of(root)) as worker:
        header, _ = worker.run(do="try: open('data/other.csv')\nexcept OSError: pass")
    assert header["is"] == "done"
    assert header["undeclared"] == [["data", "data/other.csv", "model.py:1"]]


def test_an_environment_in_the_project_can_be_read(tmp_path):
    root = write_files(tmp_path.resolve() / "project", FILES)
    code = {"loader/__init__.py": "", "loader/data.csv": "1"}
    python = small_environment(root / ".venv", code)
    do = "import loader; open(loader.__path__[0] + '/data.csv')"
    for level in (Level.ENFORCED, Level.HERMETIC):
        with working(spec_of(root, level, interpreter=python)) as worker:
            assert outcome(worker, do) == ""


@pytest.mark.parametrize("whole", [True, False])
def test_packages_that_are_links_can_be_read(root, tmp_path, whole):
    code = write_files(tmp_path / "kept", {"loader/__init__.py": "", "loader/a/__init__.py": ""})
    python = small_environment(tmp_path / "env", {})
    (site,) = (tmp_path / "env").glob("lib/*/site-packages")
    if whole:
        (site / "loader").symlink_to(code / "loader")
    else:
        for path in code.rglob("*.py"):
            link = site / path.relative_to(code)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    with working(spec_of(root, Level.HERMETIC, interpreter=python)) as worker:
        assert outcome(worker, "import loader.a") == ""


# --- outside --------------------------------------------------------------------------------------


def test_what_is_outside_can_be_read_unless_the_run_is_hermetic(root, hermetic):
    path = os.fspath(root.parent / "outside.csv")
    Path(path).write_text("a\n1\n")
    with working(spec_of(root)) as worker:
        header, _ = worker.run(do=f"open({path!r})")
    assert header["is"] == "done"
    assert header["undeclared"] == [["outside", path, "model.py:1"]]
    for reader in READERS:
        header, _ = hermetic.run(do=reader.format(path=path))
        assert header["is"] == "failed"
        assert f"{path}, read at model.py:1, is outside of the project" in header["error"]
        assert ["outside", path, "model.py:1"] in header["undeclared"]
    with working(spec_of(root, Level.HERMETIC, allow=(path,))) as worker:
        header, _ = worker.run(do=f"open({path!r})")
    assert header["is"] == "done"
    assert header["undeclared"] == []


def test_caches_of_hermetic_runs_go_into_the_folder_of_temporary_files(hermetic):
    do = (
        "import tempfile; scratch = tempfile.gettempdir()\n"
        "for name in ('HOME', 'NUMBA_CACHE_DIR', 'MPLCONFIGDIR', 'XDG_CACHE_HOME'):\n"
        "    assert os.environ[name].startswith(scratch), name\n"
        "    open(os.environ[name] + '/x', 'w').close(); open(os.environ[name] + '/x')"
    )
    assert outcome(hermetic, do) == ""


# --- network --------------------------------------------------------------------------------------

NETWORK = pytest.mark.skipif(KERNEL < 4, reason="the kernel's Landlock has no rules for TCP")
CONNECT = "import socket; socket.create_connection(('127.0.0.1', {port})).close()"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@NETWORK
def test_hermetic_runs_have_no_network_unless_it_is_allowed(root, port):
    do = CONNECT.format(port=port)
    with working(spec_of(root, Level.HERMETIC)) as worker:
        header, _ = worker.run(do=do)
        assert header["error"].startswith("PermissionError: [Errno 13] Permission denied")
        assert f"127.0.0.1:{port}, read at model.py:1, is a connection" in header["error"]
        assert outcome(worker, "import socket; socket.create_server(('127.0.0.1', 0))")
    with working(spec_of(root, Level.HERMETIC, network=True)) as worker:
        assert outcome(worker, do) == ""
    with working(spec_of(root)) as worker:
        assert outcome(worker, do) == ""


# --- where it cannot hold -------------------------------------------------------------------------

THREAD = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n"


def test_other_threads_that_run_already_would_keep_their_rights(root, tmp_path):
    python = small_environment(tmp_path / "env", {"begin.pth": THREAD})
    with working(spec_of(root, interpreter=python)) as worker:
        assert outcome(worker, "open('data/other.csv')") == ""
    with Worker((python,)) as worker:
        assert worker.start(spec_of(root))["level"] == "audit"


def test_a_system_call_that_fails_restricts_nothing_and_is_said(root):
    """As many layers as the kernel takes are put over the process; then it refuses one more."""
    nested = (
        "import ctypes, os, struct, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "rule = (ctypes.c_uint64 * 1)(4)\n"
        "libc.prctl(38, 1, 0, 0, 0)\n"
        "def rules():\n"
        "    return libc.syscall(444, rule, ctypes.c_size_t(8), 0)\n"
        "def grant(f):\n"
        "    rule = struct.pack('=Qi', 4, os.open('/', os.O_PATH))\n"
        "    libc.syscall(445, f, 1, rule, 0)\n"
        "while True:\n"
        "    f = rules(); grant(f)\n"
        "    if libc.syscall(446, f, 0): break\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    with Worker((sys.executable, "-c", nested)) as worker:
        said = worker.start(spec_of(root))
    assert said["is"] == "refused"
    assert said["what"] == "what the model reads cannot be restricted"
    assert said["why"] == "system call 446: Argument list too long"
    assert "--no-enforce" in said["mend"]


def test_what_was_refused_is_told_with_its_own_line_and_spoils_nothing_afterwards(root):
    with working(spec_of(root)) as worker:
        for line in (1, 3):
            header, _ = worker.run(do="\n" * (line - 1) + "open('data/other.csv')")
            assert f"data/other.csv, read at model.py:{line}, is not declared" in header["error"]
            assert header["undeclared"] == [["data", "data/other.csv", f"model.py:{line}"]]
        header, _ = worker.run(do="pass")
        assert (header["is"], header["undeclared"]) == ("done", [])
        # What was tried and done without may have left its mark.
        tried = "try: open('data/other.csv')\nexcept OSError: pass"
        for do in (tried, "pass"):
            assert worker.run(do=do)[0]["undeclared"] == [["data", "data/other.csv", "model.py:1"]]


def test_a_file_that_the_simulation_wrote_itself_is_told_as_such(root):
    read = "open('data/new.csv')"
    with working(spec_of(root)) as worker:
        header, _ = worker.run(do=f"open('data/new.csv', 'w').close(); {read}")
        assert header["undeclared"] == [["written", "data/new.csv", "model.py:1"]]
        said = "data/new.csv, read at model.py:1, was written into the project by the simulation"
        assert f"{said} itself: write it to a temporary file (tempfile)" in header["error"]
        # What an earlier one wrote is a file like any other.
        header, _ = worker.run(do=read)
        assert header["undeclared"] == [["data", "data/new.csv", "model.py:1"]]


def test_a_database_that_is_refused_is_named(root):
    do = "import sqlite3; sqlite3.connect('data/other.csv').execute('select 1 from x')"
    with working(spec_of(root)) as worker:
        header, _ = worker.run(do=do)
    assert "data/other.csv, read at model.py:1, is not declared" in header["error"]
