from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from tests.support.worker import make_spec, small_environment, working, write_files

from modelops_bundle.environment.variables import PLACE_VARIABLES
from modelops_bundle.worker.listing import found_by

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it is told by /proc")

MODEL = '''"""Does what the parameter ``do`` says, on line 8."""
import os, sys
import helper
from pathlib import Path

class Model:
    def simulate(self, params, seed):
        exec(compile(params["do"], __file__, "exec"))
        return {"n": 1}
'''
FILES = {
    "model.py": MODEL,
    "helper.py": "def load(path):\n    return open(path).read()\n",
    "data/declared.csv": "a,b\n1,2\n",
    "data/other.csv": "a,b\n3,4\n",
    "data/a name.csv": "x\n1\n",
    "config/app.ini": "[a]\nb=1\n",
    "late.py": "RATE = 1\n",
    "late_package/__init__.py": "from late_package import part\n",
    "late_package/part.py": "",
}
DECLARED = ("model.py", "helper.py", "data/declared.csv")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("project").resolve(), FILES)


def spec_of(root: Path, **changes):
    changes.setdefault("readable", tuple(os.fspath(root / name) for name in DECLARED))
    changes.setdefault("free_variables", ("FREE", *PLACE_VARIABLES))
    return make_spec(root, **changes)


def reads(root: Path, do: str, spec=None, **variables: str) -> list[list[str]]:
    """What one simulation of a fresh worker is seen to read; it has to succeed."""
    with working(spec or spec_of(root), **variables) as worker:
        header, _ = worker.run(do=do)
        assert header["is"] == "done", header
        return [each for each in header["undeclared"] if each[0] != "package"]


# --- files ----------------------------------------------------------------------------------------

OTHER = ["data", "data/other.csv", "model.py:1"]


@pytest.mark.parametrize(
    ("do", "seen"),
    [
        ("open('data/declared.csv').read()", []),
        ("open('data/other.csv').read()", [OTHER]),
        ("open('data/other.csv', 'rb', buffering=0).read()", [OTHER]),
        ("open('data/other.csv', 'r+')", [OTHER]),
        ("open('data/other.csv', 'a+')", [OTHER]),
        ("open('data/other.csv', 'a')", []),
        ("open(os.path.abspath('data/other.csv').encode())", [OTHER]),
        ("Path('data/../data/other.csv').read_text()", [OTHER]),
        ("os.chdir('data'); open('other.csv')", [OTHER]),
        ("os.close(os.open('data/other.csv', os.O_RDONLY))", [OTHER]),
        ("f = os.open('data', 0); os.open('other.csv', 0, dir_fd=f)", [OTHER]),
        ("f = os.open('data', 0); os.open('declared.csv', 0, dir_fd=f)", []),
        ("import io; io.FileIO('data/other.csv').read()", [OTHER]),
        ("\n\nopen('data/other.csv')", [["data", "data/other.csv", "model.py:3"]]),
        (
            "helper.load('data/other.csv'); open('data/other.csv')",
            [["data", "data/other.csv", "helper.py:2"]],
        ),
        (
            "import configparser; configparser.ConfigParser().read('config/app.ini')",
            [["data", "config/app.ini", "model.py:1"]],
        ),
        ("import shutil, tempfile; shutil.copy('data/other.csv', tempfile.mkdtemp())", [OTHER]),
        ("import sqlite3; sqlite3.connect('data/other.csv')", [OTHER]),
        ("import late", [["code", "late.py", "model.py:1"]]),
        (
            "import late_package",
            [
                ["code", "late_package/__init__.py", "model.py:1"],
                ["code", "late_package/part.py", "late_package/__init__.py:1"],
            ],
        ),
        (
            "try: open('data/absent.csv')\nexcept OSError: pass",
            [["absent", "data/absent.csv", "model.py:1"]],
        ),
        ("open('new.csv', 'w').write('1'); open('new.csv').read()", []),
        (
            "open('new.tmp', 'w').write('1'); os.replace('new.tmp', 'new.csv'); open('new.csv')",
            [],
        ),
        ("import tempfile; t = tempfile.TemporaryDirectory(); os.mkdir(t.name + '/data')", []),
        ("import tempfile; open(tempfile.mkstemp()[1]).read()", []),
        ("os.open('data/other.csv', os.O_PATH)" if sys.platform == "linux" else "pass", []),
        ("import ctypes; ctypes.CDLL(None)", []),
        ("open('/etc/passwd').read(); open('/proc/self/maps').read()", []),
        ("open(os.devnull).read()", []),
        ("import json, uuid, sqlite3, decimal, email.message", []),
        ("import numpy, pandas", []),
        ("import inspect; inspect.getsource(Model)", []),
    ],
)
def test_each_read_of_a_file_that_is_not_declared_is_seen_with_its_line(root, do, seen):
    assert reads(root, do) == seen


@pytest.mark.parametrize(
    ("do", "seen"),
    [
        ("os.listdir('data')", ["listed data/"]),
        ("os.listdir()", ["listed *"]),
        ("f = os.open('data', 0); os.listdir(f)", ["listed data/"]),
        ("[each.name for each in os.scandir('data')]", ["listed data/"]),
        ("list(os.walk('late_package'))", ["listed late_package/"]),
        ("list(Path('data').iterdir())", ["listed data/"]),
        ("import glob; glob.glob('./config/../data/*')", ["listed data/*"]),
        ("list(Path('data').glob('../*.py'))", ["listed *.py"]),
        ("import glob; glob.glob1('data', '*.csv')", ["listed data/"]),
        ("import glob; glob.glob('data/.*')", ["listed data/.*"]),
        ("import glob; glob.glob('.*')", []),
        ("os.listdir('odd [1]')", ["listed odd [[]1]/"]),
        ("import glob; glob.glob(os.getcwd() + '/late*/*.py')", ["listed late*/*.py"]),
        ("list(Path('data').glob('*.csv'))", ["listed data/*.csv"]),
        ("list(Path().rglob('*.ini'))", ["listed **/*.ini"]),
        ("import glob; glob.glob('data/*.csv')", ["listed data/*.csv"]),
        ("import glob; glob.glob('*.csv', root_dir='data')", ["listed data/*.csv"]),
        ("import glob; list(glob.iglob('**/*.csv', recursive=True))", ["listed **/*.csv"]),
        (
            "import pkgutil; list(pkgutil.iter_modules(['late_package']))",
            ["present late_package", "listed late_package/"],
        ),
        ("os.path.exists('data/other.csv')", ["present data/other.csv"]),
        ("Path('late.py').is_file()", ["present late.py"]),
        ("os.stat('data/a name.csv')", ["present data/a name.csv"]),
        ("os.path.exists('data/none.csv')", ["absent data/none.csv"]),
        ("os.path.isdir('other')", ["absent other"]),
        (
            "from concurrent.futures import ThreadPoolExecutor as P\n"
            "with P(1) as pool: list(pool.map(os.path.exists, ['other']))",
            ["absent other"],
        ),
        ("os.access('data/other.csv', os.X_OK)", ["present data/other.csv"]),
        ("os.access('data/none.csv', os.R_OK)", ["absent data/none.csv"]),
        ("os.path.isdir('odd [1]'); Path('odd [1]').exists()", ["present odd [1]"]),
        ("os.path.isdir('odd [1]') and open('odd [1]/x', 'w').close()", []),
        ("os.makedirs('odd [1]', exist_ok=True)", []),
        ("os.path.isdir('.'); os.path.isdir('.modelops-bundle'); Path.cwd().resolve()", []),
        ("os.path.exists('made') or os.makedirs('made/below'); os.removedirs('made/below')", []),
        (
            "import pandas\ntry: pandas.read_csv('none.csv')\nexcept OSError: pass",
            ["absent none.csv"],
        ),
        ("os.path.exists('.git'); os.path.exists('data/.git/HEAD')", []),
        ("os.path.exists('data'); os.path.exists('data/declared.csv')", []),
        ("open('own.csv', 'w').close(); os.path.exists('own.csv')", []),
        ("import importlib.metadata as m; m.version('numpy')", []),
        ("os.listdir('.modelops-bundle'); os.listdir('/etc'); os.listdir('/')", []),
        ("import tempfile; os.listdir(tempfile.gettempdir())", []),
    ],
)
def test_what_is_looked_for_is_noted(root, do, seen):
    (root / ".modelops-bundle").mkdir(exist_ok=True)
    (root / "odd [1]").mkdir(exist_ok=True)
    found = reads(root, do)
    assert [f"{kind} {name}" for kind, name, *_ in found] == seen
    assert all(place in ("model.py:1", "model.py:2") or "Pool" in do for _, _, place, *_ in found)


def test_a_link_in_the_temporary_folder_is_what_it_leads_to(root):
    elsewhere = root.parent / "elsewhere.csv"
    elsewhere.write_text("1")
    link = "import tempfile; path = tempfile.mkdtemp() + '/x'; os.symlink({!r}, path); "
    do = link.format(str(elsewhere)) + "open(path).read()"
    assert [each[:2] for each in reads(root, do)] == [["outside", str(elsewhere)]]
    do = link.format(str(root / "data" / "declared.csv")) + "open(path).read()"
    assert reads(root, do) == []
    own = "import tempfile; path = tempfile.mkdtemp() + '/x'; open(path, 'w').close(); "
    assert reads(root, own + "os.symlink(path, path + '2'); open(path + '2').read()") == []


def test_what_was_listed_is_told_by_the_names(root):
    (((*_, state)),) = reads(root, "os.listdir('data')")
    assert state == found_by(os.fspath(root), "data/")
    assert state != found_by(os.fspath(root), "late_package/")


def test_names_kinds_and_the_folder_itself_make_what_was_found(tmp_path):
    folder = tmp_path / "a [1]"
    states = [found_by(os.fspath(tmp_path), "a [[]1]/")]
    for change in (
        folder.mkdir,
        (folder / ".hidden").touch,
        (folder / "x").touch,
        lambda: ((folder / "x").unlink(), (folder / "x").mkdir()),
    ):
        change()
        states.append(found_by(os.fspath(tmp_path), "a [[]1]/"))
    assert len(set(states)) == len(states)
    (folder / "__pycache__").mkdir()
    assert found_by(os.fspath(tmp_path), "a [[]1]/") == states[-1]
    by_pattern = found_by(os.fspath(tmp_path), "a [[]1]/*")
    (folder / ".other").touch()
    assert found_by(os.fspath(tmp_path), "a [[]1]/*") == by_pattern


def test_what_is_imported_with_the_model_is_seen_as_well(root):
    spec = spec_of(root, readable=(os.fspath(root / "model.py"),))
    assert reads(root, "pass", spec) == [["code", "helper.py", "model.py:3"]]


def test_a_read_counts_for_all_later_simulations_and_what_one_writes_for_itself(root):
    with working(spec_of(root)) as worker:
        assert worker.run(do="pass")[0]["undeclared"] == []
        assert worker.run(do="open('data/other.csv')")[0]["undeclared"] == [OTHER]
        assert worker.run(do="open('own.csv', 'w'); open('own.csv')")[0]["undeclared"] == [OTHER]
        left = worker.run(do="open('own.csv')")[0]["undeclared"]
    assert left == [OTHER, ["data", "own.csv", "model.py:1"]]


@LINUX
def test_links_are_what_they_lead_to(root, tmp_path):
    links = write_files(tmp_path / "with-links", FILES)
    (tmp_path / "else.csv").write_text("1")
    (links / "to-declared.csv").symlink_to("data/declared.csv")
    (links / "to-other.csv").symlink_to("data/other.csv")
    (links / "outside.csv").symlink_to(tmp_path / "else.csv")
    (tmp_path / "alias").symlink_to(links)
    do = "for name in ('to-declared', 'to-other', 'outside'): open(f'{name}.csv')"
    seen = [["data", "to-other.csv", "model.py:1"], ["data", "outside.csv", "model.py:1"]]
    assert reads(links, do) == seen
    assert reads(links, do, spec_of(tmp_path / "alias")) == seen
    declared = tuple(os.fspath(links / name) for name in (*DECLARED, "outside.csv"))
    assert reads(links, "open('outside.csv')", spec_of(links, readable=declared)) == []


def test_files_outside_of_the_project_count_unless_they_are_allowed(root, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    write_files(tmp_path, {"home/.tool/cache": "", "else.csv": "1", "allowed/a.csv": "1"})
    do = "\n".join(
        f"open({os.fspath(tmp_path / name)!r})"
        for name in ("else.csv", "allowed/a.csv", "home/.tool/cache")
    )
    spec = spec_of(root, allow=(os.fspath(tmp_path / "allowed"),))
    seen = [["outside", os.fspath(tmp_path / "else.csv"), "model.py:1"]]
    assert reads(root, do, spec) == [
        *seen,
        ["outside", os.fspath(tmp_path / "home/.tool/cache"), "model.py:3"],
    ]


PACKAGE = """
import importlib.metadata, os

def load(path):
    return open(path).read()

def look():
    load(__file__)
    os.environ.get("LOADER_OPTION")
    try:
        load("loader.toml")
    except OSError:
        pass
    for each in importlib.metadata.distributions():
        each.metadata
"""


@pytest.mark.parametrize(
    ("do", "seen"),
    [
        ("import loader; loader.look()", [["absent", "loader.toml", "model.py:1"]]),
        ("import loader; loader.load('data/other.csv')", [OTHER]),
        (
            "import importlib.metadata as m; m.version('own')",
            [["data", "src/own.egg-info/PKG-INFO", "model.py:1"]],
        ),
    ],
)
def test_what_is_installed_in_the_project_is_no_part_of_it_and_looks_for_what_is_its_own(
    tmp_path, do, seen
):
    root = write_files(tmp_path.resolve() / "project", FILES)
    python = small_environment(root / ".venv", {"loader.py": PACKAGE})
    spec = spec_of(root, interpreter=python, counted=("loader", "own"))
    egg = {"src/own.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: own\nVersion: 1\n"}
    write_files(root, egg)
    assert reads(root, do, spec) == seen


def test_what_a_package_reads_for_the_model_from_its_home_counts_and_its_settings_do_not(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    root = write_files(tmp_path.resolve() / "project", FILES)
    kept = tmp_path / "home" / ".cache" / "x"
    write_files(tmp_path, {"home/.cache/x": "1"})
    at_import = f"KEPT = open({os.fspath(kept)!r}).read()\n"
    packages = {"loader.py": PACKAGE, "settings.py": at_import}
    python = small_environment(root / ".venv", packages)
    spec = spec_of(root, interpreter=python, counted=("loader",))
    assert reads(root, "import settings", spec) == []
    read = f"import loader; loader.load({os.fspath(kept)!r})"
    assert reads(root, read, spec) == [["outside", os.fspath(kept), "model.py:1"]]


def test_a_project_may_lie_in_a_folder_that_is_called_like_those_of_packages(tmp_path):
    root = write_files(tmp_path / "site-packages" / "project", FILES)
    do = "os.environ.get('RATE'); open('data/other.csv')"
    assert reads(root, do) == [["variable", "RATE", "model.py:1"], OTHER]


@LINUX
def test_memory_that_others_share_is_not_the_system_s(root):
    name = f"/dev/shm/mops-test-{os.getpid()}"
    Path(name).write_text("1")
    try:
        assert reads(root, f"open({name!r})") == [["outside", name, "model.py:1"]]
    finally:
        Path(name).unlink()


def test_a_package_that_asks_for_a_withheld_variable_is_noticed(tmp_path):
    root = write_files(tmp_path.resolve() / "project", FILES)
    python = small_environment(root / ".venv", {"loader.py": PACKAGE})
    spec = spec_of(
        root, interpreter=python, withheld=("LOADER_OPTION", "OTHER"), counted=("loader",)
    )
    do = "import loader; loader.look(); loader.look()"
    ((kind, name, place), _) = reads(root, do, spec)
    assert (kind, name) == ("withheld", "LOADER_OPTION")
    assert place.endswith("loader.py:9")
    assert reads(root, "os.environ.get('OTHER')", spec) == [["variable", "OTHER", "model.py:1"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be forked")
@pytest.mark.parametrize(
    "do",
    [
        "if os.fork() == 0: open('data/other.csv'); os._exit(0)\nos.wait()",
        "import multiprocessing as m\nwith m.get_context('fork').Pool(1) as pool:\n"
        "    pool.map(helper.load, ['data/other.csv'])",
    ],
)
def test_what_forked_children_read_is_seen(root, do):
    ((kind, name, place),) = reads(root, do)
    assert (kind, name) == ("data", "data/other.csv")
    assert place.partition(":")[0] in ("model.py", "helper.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be forked")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_what_processes_read_that_start_anew_is_seen(root, method):
    do = (
        "import multiprocessing as m\n"
        f"with m.get_context('{method}').Pool(1) as pool:\n"
        "    pool.map(helper.load, ['data/other.csv'])"
    )
    assert reads(root, do) == [["data", "data/other.csv", "helper.py:2"]]


def test_what_threads_read_is_seen(root):
    do = "import threading; t = threading.Thread(target=helper.load, args=['data/other.csv'])\n"
    assert reads(root, f"{do}t.start(); t.join()") == [["data", "data/other.csv", "helper.py:2"]]


# --- environment variables ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "names"),
    [
        ("os.environ['GIVEN']; os.getenv('FREE'); os.environ.get('UNSET')", []),
        ("os.environ['OTHER']", ["OTHER"]),
        ("os.environb[b'OTHER']", ["OTHER"]),
        ("os.getenv('OTHER')", ["OTHER"]),
        ("os.getenvb(b'OTHER')", ["OTHER"]),
        ("os.environ.get('OTHER'); os.environ.get('THIRD')", ["OTHER", "THIRD"]),
        ("'OTHER' in os.environ", ["OTHER"]),
        ("'OTHER' in os.environ.keys()", ["OTHER"]),
        ("os.environ.setdefault('OTHER', '1')", ["OTHER"]),
        ("os.environ.pop('OTHER', None)", ["OTHER"]),
        ("os.path.expandvars('$OTHER/x')", ["OTHER"]),
        ("dict(os.environ)", ["*"]),
        ("{**os.environ}", ["*"]),
        ("os.environ.copy()", ["*"]),
        ("list(os.environ)", ["*"]),
        ("dict(os.environ.items())", ["*"]),
        ("list(os.environ.values())", ["*"]),
        ("os.environ | {}", ["*"]),
        ("repr(os.environ)", ["*"]),
        ("import collections; collections.ChainMap({}, os.environ)['OTHER']", ["OTHER"]),
        ("import string; string.Template('$OTHER').substitute(os.environ)", ["OTHER"]),
        ("os.environ['NEW'] = '1'; os.environ['NEW']", []),
        ("os.environ.update(NEW='1'); os.getenv('NEW')", []),
        ("os.path.expanduser('~'); os.get_exec_path()", []),
        ("import tempfile; tempfile.tempdir = None; tempfile.gettempdir()", []),
        ("import gettext; gettext.find('x')", []),
        ("import urllib.request; urllib.request.getproxies_environment()", []),
        ("import shutil; shutil.which('sh'); shutil.get_terminal_size()", []),
        ("import numpy, pandas, polars, pyarrow", []),
    ],
)
def test_each_variable_that_is_not_declared_is_seen(root, do, names):
    spec = spec_of(root, variables={"GIVEN": "1", "UNSET": None})
    seen = reads(root, do, spec, OTHER="1", THIRD="1", FREE="1")
    assert seen == [["variable", name, "model.py:1"] for name in names]


def test_what_one_simulation_sets_is_no_other_one_s(root):
    with working(spec_of(root)) as worker:
        assert worker.run(do="os.environ['OWN'] = '1'; os.environ['OWN']")[0]["undeclared"] == []
        left = worker.run(do="os.environ.get('OWN')")[0]["undeclared"]
    assert left == [["variable", "OWN", "model.py:1"]]


# --- network and other programs -------------------------------------------------------------------


@pytest.fixture(scope="module")
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("do", "name"),
    [
        ("socket.create_connection(('127.0.0.1', {port}))", "127.0.0.1:{port}"),
        ("socket.create_connection(('localhost', {port}))", "localhost:{port}"),
        ("socket.gethostbyname('localhost')", "localhost"),
        ("urllib.request.urlopen('http://127.0.0.1:1/')", "127.0.0.1:1"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))", "127.0.0.1:9"),
        ("socket.socket(socket.AF_UNIX).connect('nowhere')", None),
        ("socket.create_server(('127.0.0.1', 0)).close()", None),
    ],
)
def test_connections_are_seen_unless_they_are_allowed(root, port, do, name):
    line = f"import socket, urllib.request\ntry: {do.format(port=port)}\nexcept OSError: pass"
    seen = [] if name is None else [["network", name.format(port=port), "model.py:2"]]
    assert reads(root, line) == seen
    assert reads(root, line, spec_of(root, network=True)) == []


@pytest.mark.parametrize(
    "do",
    [
        "socket.create_connection(('127.0.0.1', {port}))",
        "socket.create_connection(('localhost', {port}))",
        "socket.create_connection((b'localhost', {port}))",
        "socket.socket().connect(('localhost', {port}))",
        "urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=0.1)",
        "asyncio.run(asyncio.open_connection('localhost', {port}))",
        "socket.gethostbyname('localhost')",
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0"])
def test_connections_to_declared_hosts_are_not_seen(root, port, do, host):
    text = do.format(port=port)
    line = f"import asyncio, socket, urllib.request\ntry: {text}\nexcept OSError: pass"
    assert reads(root, line, spec_of(root, hosts=(f"{host}:{port}",))) == []
    other = f"{host}:1"
    seen = reads(root, line, spec_of(root, hosts=(other,)))
    assert seen == [] if "gethostbyname" in do else seen[0][0] == "network"


def test_a_declared_name_does_not_stand_for_other_addresses(root, port):
    line = (
        "import socket\nsocket.getaddrinfo('localhost', 1)\n"
        f"socket.create_connection(('127.0.0.1', {port}))"
    )
    spec = spec_of(root, hosts=(f"declared.example:{port}",))
    names = [name for kind, name, _ in reads(root, line, spec) if kind == "network"]
    assert names == ["localhost:1", f"127.0.0.1:{port}"]


@pytest.mark.parametrize(
    ("do", "name"),
    [
        ("import subprocess; subprocess.run(['true'])", "true"),
        ("os.system('true')", "true"),
        ("os.posix_spawn('/bin/true', ['true'], {})", "/bin/true"),
        ("import platform; platform.machine()", None),
    ],
)
def test_other_programs_count_where_nothing_is_enforced(root, do, name):
    assert reads(root, do) == ([] if name is None else [["process", name, "model.py:1"]])


# --- robustness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "do",
    [
        "class P:\n    def __fspath__(self): raise OSError(1, 'own')\nopen(P())",
        "open('a\\0b')",
        "open('\\udcff')",
        "open('x' * 5000)",
        "open(b'\\xff')",
        "open(99)",
    ],
)
def test_watching_raises_nothing_of_its_own(root, do):
    with working(spec_of(root)) as worker:
        header, _ = worker.run(do=do)
    assert header["is"] == "failed"
    assert "watch.py" not in header["traceback"]


def test_a_model_that_loses_its_folder_of_temporary_files_goes_on(root):
    do = (
        "import shutil, tempfile; shutil.rmtree(tempfile.gettempdir())\n"
        "if os.fork() == 0: open('data/other.csv'); os._exit(0)\nos.wait()"
    )
    assert reads(root, do) == []


def test_os_open_is_what_it_was(root):
    do = (
        "class A:\n    open = os.open\n"
        "os.close(A().open('data/declared.csv', os.O_RDONLY))\n"
        "assert os.open in os.supports_dir_fd and os.open.__name__ == 'open'"
    )
    assert reads(root, do) == []
