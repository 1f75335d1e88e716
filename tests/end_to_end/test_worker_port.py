"""What other programs call: workers that run models out of bundles, and tools that make and push them."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib.metadata import entry_points
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelops_bundle.api import push_dir
from modelops_bundle.errors import (
    CheckFailedError,
    ProjectNotFoundError,
    RemoteError,
    StorageError,
    UsageError,
)
from modelops_bundle.ops import load_config
from modelops_bundle.repository import ModelOpsBundleRepository
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support import injection
from tests.support.command import Project, environment
from tests.support.places import Desk
from tests.support.servers import azurite, azurite_program, seaweed, seaweed_program

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
STATE = ".modelops-bundle"
TRAVELS = (f"{STATE}/registry.yaml", f"{STATE}/tracked.txt")
UNKNOWN = f"sha256:{'0' * 64}"
LARGE = 60_000_000


class Pushed(NamedTuple):
    """A bundle in a place, and what is in it."""

    place: str
    digest: str
    files: dict[str, bytes]

    def repository(self, cache: Path, **options: Any) -> ModelOpsBundleRepository:
        return ModelOpsBundleRepository(self.place, str(cache), **options)


def contents(project: Project) -> dict[str, bytes]:
    """What the bundle of a project holds."""
    names = project.json("manifest")["files"]
    return {name: (project.folder / name).read_bytes() for name in names}


def held(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle's folder; no link may be there, and nothing half done.

    Of the tool's own folder only what travels counts.
    """
    found = {}
    assert not (folder / STATE / "incoming").exists()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        assert not path.is_symlink(), name
        assert not name.endswith(".tmp")
        if path.is_file() and (not name.startswith(STATE) or name in TRAVELS):
            found[name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def pushed(registered: Project, tmp_path_factory: pytest.TempPathFactory) -> Pushed:
    """The sample project in a layout folder."""
    folder = tmp_path_factory.mktemp("pushed")
    desk = Desk(folder, f"oci-layout:{folder / 'bundles'}")
    ann = desk.user(registered, "ann")
    (ann.folder / "run.sh").write_text("#!/bin/sh\n")
    (ann.folder / "run.sh").chmod(0o755)
    ann.run("add", "run.sh")
    digest = ann.json("push", desk.place)["digest"]
    return Pushed(desk.place, digest, contents(ann))


class TestPort:
    def test_the_entry_point_is_the_class(self, pushed: Pushed, tmp_path: Path) -> None:
        (found,) = entry_points(group="modelops.bundle_repos", name="modelops_bundle")
        made = found.load()(pushed.place, str(tmp_path / "cache"), "digest_full", "latest", False)
        digest, folder = made.ensure_local(pushed.digest)
        assert digest == pushed.digest
        assert folder == tmp_path / "cache" / digest.removeprefix("sha256:")
        assert held(folder) == pushed.files

    def test_it_travels_to_workers(self, pushed: Pushed, tmp_path: Path) -> None:
        first = pushed.repository(tmp_path / "cache", cache_structure="digest_short")
        _, folder = first.ensure_local(pushed.digest)
        copy = pickle.loads(pickle.dumps(first))
        assert copy.ensure_local(pushed.digest) == (pushed.digest, folder)
        assert folder.name == pushed.digest.removeprefix("sha256:")[:12]

    def test_what_is_ready_needs_no_place(self, pushed: Pushed, tmp_path: Path) -> None:
        layout = tmp_path / "bundles"
        shutil.copytree(pushed.place.removeprefix("oci-layout:"), layout)
        repository = ModelOpsBundleRepository(f"oci-layout:{layout}", str(tmp_path / "cache"))
        _, folder = repository.ensure_local(pushed.digest)
        shutil.rmtree(layout)
        # What running its code leaves.
        (folder / "src/__pycache__").mkdir()
        (folder / "src/__pycache__/model.cpython-311.pyc").write_bytes(b"x")
        assert repository.ensure_local(pushed.digest) == (pushed.digest, folder)
        (folder / "src/model.py").unlink()
        with pytest.raises(RemoteError):
            repository.ensure_local(pushed.digest)

    def test_bytecode_stays_where_something_is_mended(self, pushed: Pushed, tmp_path: Path) -> None:
        repository = pushed.repository(tmp_path / "cache")
        _, folder = repository.ensure_local(pushed.digest)
        (folder / "src/__pycache__").mkdir()
        (folder / "src/__pycache__/model.cpython-311.pyc").write_bytes(b"x")
        (folder / "src/model.py").write_text("spoilt")
        repository.ensure_local(pushed.digest)
        (folder / "src/__pycache__/model.cpython-311.pyc").unlink()
        assert held(folder) == pushed.files

    @pytest.mark.parametrize(
        "reference",
        ["", "latest", "sha256:12", f"{UNKNOWN}0", "team/project", "team/project:latest", f"@{UNKNOWN[:-1]}"],
    )  # fmt: skip
    def test_only_digests_name_bundles(
        self, pushed: Pushed, reference: str, tmp_path: Path
    ) -> None:
        repository = pushed.repository(tmp_path)
        with pytest.raises(UsageError, match="does not name a bundle by its digest"):
            repository.ensure_local(reference)
        with pytest.raises(UsageError, match="does not name a bundle by its digest"):
            repository.exists(reference)

    def test_a_bundle_that_is_not_there(self, pushed: Pushed, tmp_path: Path) -> None:
        repository = pushed.repository(tmp_path / "cache")
        assert repository.exists(pushed.digest)
        assert not repository.exists(UNKNOWN)
        with pytest.raises(RemoteError, match="there is no bundle"):
            repository.ensure_local(UNKNOWN)

    def test_a_cache_that_cannot_be(self, pushed: Pushed, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError):
            pushed.repository(tmp_path / "file").ensure_local(pushed.digest)
        with pytest.raises(UsageError, match="no way to name folders"):
            pushed.repository(tmp_path, cache_structure="flat")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture(scope="module")
def on_registry(
    fake: FakeRegistry, pushed: Pushed, registered: Project, tmp_path_factory
) -> Pushed:
    """The sample project in a registry."""
    folder = tmp_path_factory.mktemp("on-registry")
    desk = Desk(folder, f"{fake.host}/team/project")
    ann = desk.user(registered, "ann")
    digest = ann.json("push", desk.place)["digest"]
    return Pushed(desk.place, digest, contents(ann))


FORKS = """
import os, sys
from modelops_bundle.repository import ModelOpsBundleRepository

place, cache, known, unknown = sys.argv[1:]
repository = ModelOpsBundleRepository(place, cache)
assert repository.exists(known)
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        right = all(
            repository.exists(known) and not repository.exists(unknown) for _ in range(25)
        )
        os._exit(0 if right else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
assert repository.exists(known)
sys.exit(codes != [0] * 6)
"""


class TestRegistry:
    def test_a_bundle_is_named_with_and_without_its_place(
        self, fake: FakeRegistry, on_registry: Pushed, tmp_path: Path
    ) -> None:
        fake.repositories["other/name"] = fake.repository("team/project")
        repository = on_registry.repository(tmp_path)
        names = ("", "team/project@", "other/name@", f"{fake.host}/team/project@")
        for name in names:
            digest, folder = repository.ensure_local(f"{name}{on_registry.digest}")
            assert digest == on_registry.digest
            assert held(folder) == on_registry.files
            assert repository.exists(f"{name}{on_registry.digest}")
            assert not repository.exists(f"{name}{UNKNOWN}")
        assert fake.lines("HEAD .*/v2/other/name/|GET .*/v2/other/name/")
        assert not repository.exists(f"nobody/there@{on_registry.digest}")

    def test_each_question_is_asked_anew(
        self, fake: FakeRegistry, on_registry: Pushed, tmp_path: Path
    ) -> None:
        fake.repositories["gone/soon"] = fake.repository("team/project")
        repository = on_registry.repository(tmp_path)
        assert repository.exists(f"gone/soon@{on_registry.digest}")
        del fake.repositories["gone/soon"]
        assert not repository.exists(f"gone/soon@{on_registry.digest}")

    def test_a_refusal_is_no_answer(self, on_registry: Pushed, tmp_path: Path) -> None:
        with fake_registry() as other:
            repository = ModelOpsBundleRepository(f"{other.host}/team/project", str(tmp_path))
            assert not repository.exists(on_registry.digest)
            other.fail("manifests", Fault(status=403))
            with pytest.raises(RemoteError):
                repository.exists(on_registry.digest)

    @pytest.mark.slow
    def test_a_registry_that_stopped_is_no_answer(
        self, on_registry: Pushed, tmp_path: Path
    ) -> None:
        with fake_registry() as other:
            repository = ModelOpsBundleRepository(f"{other.host}/team/project", str(tmp_path))
            assert not repository.exists(on_registry.digest)
        stopped = pickle.loads(pickle.dumps(repository))
        with pytest.raises(RemoteError, match="nobody answers there"):
            stopped.exists(on_registry.digest)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
    def test_forks_do_not_share_a_connection(self, on_registry: Pushed, tmp_path: Path) -> None:
        arguments = (on_registry.place, str(tmp_path), on_registry.digest, UNKNOWN)
        done = subprocess.run(
            [sys.executable, "-c", FORKS, *arguments],
            env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


# --- a cache that others spoil -------------------------------------------------------------------


def changed(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").write_text("raise SystemExit\n")


def changed_in_secret(folder: Path, outside: Path) -> None:
    file = folder / "src/model.py"
    before = file.stat()
    file.write_bytes(bytes(byte ^ 1 for byte in file.read_bytes()))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def deleted(folder: Path, outside: Path) -> None:
    (folder / "data/population.csv").unlink()


def all_deleted(folder: Path, outside: Path) -> None:
    shutil.rmtree(folder)


def added(folder: Path, outside: Path) -> None:
    (folder / "src/numpy.py").write_text("raise SystemExit\n")
    (folder / "more/inside").mkdir(parents=True)
    (folder / "more/inside/file").write_text("more")


def made_executable(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").chmod(0o777)
    (folder / "run.sh").chmod(0o644)


def made_unreadable(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").chmod(0)


def link_to_the_like(folder: Path, outside: Path) -> None:
    shutil.copy(folder / "src/model.py", outside / "model.py")
    (folder / "src/model.py").unlink()
    (folder / "src/model.py").symlink_to(outside / "model.py")


def link_to_other(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    (folder / "src/model.py").symlink_to(outside / "precious.txt")


def link_to_nothing(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    (folder / "src/model.py").symlink_to(outside / "nothing")


def link_inside(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").rename(folder / "src/other.py")
    (folder / "src/model.py").symlink_to("other.py")


def folder_link_inside(folder: Path, outside: Path) -> None:
    (folder / "src").rename(folder / "elsewhere")
    (folder / "src").symlink_to("elsewhere")


def folder_link(folder: Path, outside: Path) -> None:
    shutil.move(folder / "src", outside / "src")
    (folder / "src").symlink_to(outside / "src")


def empty_folder_link(folder: Path, outside: Path) -> None:
    shutil.rmtree(folder / "src")
    (folder / "src").symlink_to(outside)


def whole_link(folder: Path, outside: Path) -> None:
    shutil.move(folder, outside / "bundle")
    (outside / "bundle/mine.txt").write_text("mine")
    folder.symlink_to(outside / "bundle")


def state_link(folder: Path, outside: Path) -> None:
    shutil.move(folder / STATE, outside / "state")
    (outside / "state/incoming").mkdir()
    (outside / "state/incoming/mine.txt").write_text("mine")
    (folder / STATE).symlink_to(outside / "state")
    (folder / "src/model.py").unlink()


def incoming_link(folder: Path, outside: Path) -> None:
    (folder / STATE / "incoming").symlink_to(outside)
    (folder / "src/model.py").unlink()


def folder_for_file(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    (folder / "src/model.py").mkdir()
    (folder / "src/model.py/x").write_text("x")
    (folder / "run.sh").unlink()
    (folder / "run.sh").mkdir()


def file_for_folder(folder: Path, outside: Path) -> None:
    shutil.rmtree(folder / "src")
    (folder / "src").write_text("x")


def pipe(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    os.mkfifo(folder / "src/model.py")


def blobs(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    for path in (folder.parent / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"p" * path.stat().st_size)


def blob_links(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    for path in (folder.parent / "blobs").rglob("*"):
        if path.is_file():
            shutil.copy(path, outside / path.name)
            path.unlink()
            path.symlink_to(outside / path.name)


def note(folder: Path, outside: Path) -> None:
    (folder / "src/model.py").unlink()
    folder.with_name(f"{folder.name}.ready.json").write_text("{")


def note_is_empty(folder: Path, outside: Path) -> None:
    folder.with_name(f"{folder.name}.ready.json").write_bytes(b"")


POISONS = [
    changed, changed_in_secret, deleted, all_deleted, added, made_executable, made_unreadable,
    link_to_the_like, link_to_other, link_to_nothing, link_inside, folder_link_inside, folder_link,
    empty_folder_link, whole_link, state_link, incoming_link, folder_for_file, file_for_folder, pipe,
    blobs, blob_links, note, note_is_empty,
]  # fmt: skip


class TestPoisonedCache:
    @pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.__name__)
    def test_it_is_mended_and_nothing_outside_is_touched(
        self, pushed: Pushed, poison: Callable[[Path, Path], None], tmp_path: Path
    ) -> None:
        repository = pushed.repository(tmp_path / "cache")
        _, folder = repository.ensure_local(pushed.digest)
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "precious.txt").write_text("precious")
        poison(folder, outside)
        before = injection.tree_of(outside)
        for _ in range(2):
            assert repository.ensure_local(pushed.digest) == (pushed.digest, folder)
            assert held(folder) == pushed.files
            assert injection.tree_of(outside) == before
        assert os.access(folder / "run.sh", os.X_OK)
        assert (folder / "src/model.py").stat().st_mode & 0o111 == 0


# --- many at once --------------------------------------------------------------------------------


def fetched(repository: ModelOpsBundleRepository, reference: str) -> tuple[str, dict[str, bytes]]:
    digest, folder = repository.ensure_local(reference)
    return digest, held(folder)


class TestManyAtOnce:
    def test_processes(self, pushed: Pushed, tmp_path: Path) -> None:
        repository = pushed.repository(tmp_path / "cache")
        with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
            asked = [pool.submit(fetched, repository, pushed.digest) for _ in range(24)]
            for each in asked:
                assert each.result(60) == (pushed.digest, pushed.files)

    def test_threads(self, on_registry: Pushed, tmp_path: Path) -> None:
        repository = on_registry.repository(tmp_path / "cache")
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(fetched, repository, on_registry.digest) for _ in range(48)]
            for each in asked:
                assert each.result(60) == (on_registry.digest, on_registry.files)

    def test_one_folder_by_many_commands(self, pushed: Pushed, tmp_path: Path) -> None:
        """What the command makes is made by one at a time as well."""
        user = Project(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "cache")})
        arguments = ("ensure", f"{pushed.place}@{pushed.digest}", "--dest", "there")
        with ThreadPoolExecutor(4) as pool:
            for each in [pool.submit(user.run, *arguments) for _ in range(4)]:
                each.result()
        assert held(tmp_path / "there") == pushed.files


FETCH = """
import sys
from modelops_bundle.repository import ModelOpsBundleRepository
place, cache, digest = sys.argv[1:]
print(ModelOpsBundleRepository(place, cache).ensure_local(digest)[1])
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.needs_strace
@pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "strace works")
@pytest.mark.parametrize("begun", ["empty", "spoilt"])
def test_a_worker_that_is_killed(pushed: Pushed, begun: str, tmp_path: Path) -> None:
    cache, scratch = tmp_path / "cache", tmp_path / "scratch"
    cache.mkdir()
    scratch.mkdir()
    repository = pushed.repository(cache)
    if begun == "spoilt":
        _, folder = repository.ensure_local(pushed.digest)
        added(folder, tmp_path)
        deleted(folder, tmp_path)
        changed(folder, tmp_path)
        shutil.rmtree(cache / "blobs")
    command = [sys.executable, "-c", FETCH, pushed.place, str(cache), pushed.digest]
    bench = injection.Bench(command, cache, scratch=scratch, env=environment())
    faults = injection.faults(bench.calls, [injection.KILL])
    killed = 0
    for fault in faults[:: max(1, len(faults) // 25)]:
        killed += bench.run(fault).killed
        _, folder = repository.ensure_local(pushed.digest)
        assert held(folder) == pushed.files, fault
        names = {path.name for path in cache.iterdir()}
        assert names == {"blobs", folder.name, f"{folder.name}.lock", f"{folder.name}.ready.json"}
    assert killed >= 20


DASK = """
import os, sys
from importlib.metadata import entry_points
from dask.distributed import Client, LocalCluster

def task(repository, digest, number):
    said, folder = repository.ensure_local(digest)
    return said, os.getpid(), (folder / "src/model.py").read_text()

if __name__ == "__main__":
    place, cache, digest = sys.argv[1:]
    (found,) = entry_points(group="modelops.bundle_repos", name="modelops_bundle")
    repository = found.load()(place, cache)
    options = dict(n_workers=2, threads_per_worker=4, dashboard_address=None)
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        tasks = client.map(task, [repository] * 40, [digest] * 40, range(40), pure=False)
        results = client.gather(tasks)
    assert {said for said, _, _ in results} == {digest}
    assert len({process for _, process, _ in results}) == 2
    (text,) = {text for _, _, text in results}
    sys.stdout.write(text)
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_tasks_of_a_dask_cluster(on_registry: Pushed, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(DASK)
    cache = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "tasks.py", on_registry.place, str(cache), on_registry.digest],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.encode() == on_registry.files["src/model.py"]


# --- large files ---------------------------------------------------------------------------------


def push_large(project: Project, desk: Desk, storage: str) -> Pushed:
    (project.folder / "large.bin").write_bytes(os.urandom(LARGE))
    if storage:
        settings = project.folder / STATE / "config.yaml"
        settings.write_text(f"registry_ref: {desk.place}\nstorage:\n{storage}")
    project.run("add", "large.bin")
    digest = project.json("push", desk.place)["digest"]
    return Pushed(desk.place, digest, contents(project))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class TestLargeFiles:
    @pytest.mark.parametrize("stored", [True, False])
    def test_they_go_where_there_is_a_storage(
        self, registered: Project, stored: bool, tmp_path: Path
    ) -> None:
        desk = Desk(tmp_path, f"oci-layout:{tmp_path / 'bundles'}")
        storage, layout = tmp_path / "storage", tmp_path / "bundles"
        storage.mkdir()
        said = f"  provider: fs\n  container: {storage}\n"
        made = push_large(desk.user(registered, "ann"), desk, said if stored else "")
        assert (size_of(storage) >= LARGE) == stored
        assert (size_of(layout) < LARGE) == stored
        digest, folder = made.repository(tmp_path / "cache").ensure_local(made.digest)
        assert digest == made.digest
        assert held(folder) == made.files

    @pytest.mark.slow
    @pytest.mark.needs_servers
    @pytest.mark.parametrize("kind", ["s3", "azure"])
    def test_real_storages(
        self,
        registered: Project,
        kind: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        program, start = {
            "s3": (seaweed_program, seaweed),
            "azure": (azurite_program, azurite),
        }[kind]
        if program() is None:
            pytest.skip("the server is not installed")
        (tmp_path / "server").mkdir()
        desk = Desk(tmp_path, f"oci-layout:{tmp_path / 'bundles'}")
        with start(tmp_path / "server") as server:
            ann = desk.user(registered, "ann")
            ann.variables |= server.variables
            said = f"  provider: {kind}\n  container: results\n  prefix: bundles\n"
            made = push_large(ann, desk, said)
            assert size_of(tmp_path / "bundles") < LARGE
            for name, value in server.variables.items():
                monkeypatch.setenv(name, value)
            _, folder = made.repository(tmp_path / "cache").ensure_local(made.digest)
            assert held(folder) == made.files
        written = b"".join(
            path.read_bytes() for path in (ann.folder / STATE).rglob("*") if path.is_file()
        )
        assert server.secret.encode() not in written


# --- what programs ask of a project --------------------------------------------------------------


class TestLoadConfig:
    @pytest.fixture
    def project(
        self, registered: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Project:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.delenv("MODELOPS_BUNDLE_REGISTRY", raising=False)
        folder = tmp_path / "home/.modelops/bundle-env"
        folder.mkdir(parents=True)
        (folder / "dev.yaml").write_text(
            "environment: dev\nregistry:\n  provider: docker\n  login_server: localhost:5555\n"
        )
        return registered.copy(tmp_path / "My Project")

    def test_what_counts_most(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = str(project.folder)
        assert load_config(folder).registry_ref == f"oci-layout:{folder}/{STATE}/bundles"
        settings = project.folder / STATE / "config.yaml"
        settings.write_text("registry_ref: registry.example.org/team/model\ndefault_tag: main\n")
        assert load_config(folder).registry_ref == "registry.example.org/team/model"
        assert load_config(folder).default_tag == "main"
        (project.folder / STATE / "env").write_text("dev\n")
        assert load_config(folder).registry_ref == "localhost:5555/my-project"
        monkeypatch.setenv("MODELOPS_BUNDLE_REGISTRY", "127.0.0.1:5000/other/place")
        assert load_config(folder).registry_ref == "127.0.0.1:5000/other/place"
        monkeypatch.setenv("MODELOPS_BUNDLE_REGISTRY", "127.0.0.1:5000")
        assert load_config(folder).registry_ref == "127.0.0.1:5000/my-project"
        monkeypatch.setenv("MODELOPS_BUNDLE_REGISTRY", "")
        assert load_config(folder).registry_ref == "localhost:5555/my-project"
        # From a folder in the project as well, as from the current one.
        monkeypatch.chdir(project.folder / "src")
        assert load_config().registry_ref == "localhost:5555/my-project"

    def test_what_is_not_there(self, project: Project, tmp_path: Path) -> None:
        (project.folder / STATE / "env").write_text("nowhere\n")
        with pytest.raises(UsageError, match="there is no environment nowhere"):
            load_config(str(project.folder))
        with pytest.raises(ProjectNotFoundError):
            load_config(str(tmp_path))


class TestPushDir:
    def test_it_gives_the_digest(
        self, registered: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        project = registered.copy(tmp_path / "project")
        digest = push_dir(str(project.folder / "src"), tag="v1")
        assert DIGEST.fullmatch(digest)
        assert project.json("tags")["tags"] == {"v1": digest}
        assert push_dir(str(project.folder)) == digest
        monkeypatch.chdir(project.folder)
        assert push_dir() == digest
        assert project.json("tags")["tags"] == {"latest": digest, "v1": digest}

    def test_what_is_not_there(self, registered: Project, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            push_dir(str(tmp_path))
        project = registered.copy(tmp_path / "project")
        (project.folder / STATE / "registry.yaml").unlink()
        with pytest.raises(FileNotFoundError):
            push_dir(str(project.folder))

    def test_what_fails_a_check(self, registered: Project, tmp_path: Path) -> None:
        project = registered.copy(tmp_path / "project")
        (project.folder / "data/population.csv").unlink()
        with pytest.raises(RuntimeError) as caught:
            push_dir(str(project.folder))
        assert isinstance(caught.value, CheckFailedError)


def test_the_commands_that_other_tools_run(
    fake: FakeRegistry, registered: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "tool-made"
    shutil.copytree(registered.folder, folder, ignore=shutil.ignore_patterns(STATE))
    variables = {"MODELOPS_BUNDLE_REGISTRY": fake.host, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "modelops_bundle.cli", *arguments],
            cwd=folder, env=environment(**variables), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init")
    run("add", ".")
    match = DIGEST.search(run("push", "--tag", "v1"))
    assert match is not None
    assert fake.repository("tool-made").tags["v1"] == match[0]
    lines = run("manifest", "v1", "--full").splitlines()
    (said,) = [line for line in lines if line.startswith("Digest:")]
    assert said.split(":", 1)[1].strip() == match[0]
    document = json.loads(run("manifest", "v1", "--json"))
    assert "src/model.py" in document["files"]
    repository = ModelOpsBundleRepository(f"{fake.host}/tool-made", str(tmp_path / "worker"))
    assert repository.exists(match[0])
    _, there = repository.ensure_local(match[0])
    assert (there / "src/model.py").read_bytes() == (folder / "src/model.py").read_bytes()
