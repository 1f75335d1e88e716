"""Where a catalog is read from and when: once, whatever the file system holds, and safely under signals."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelops_bundle import catalog
from modelops_bundle.catalog import loading
from modelops_bundle.catalog.documents import BrokenCatalogError
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import CatalogError, MopsError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    write(folder, "ours")
    return folder


@pytest.fixture
def _hangups() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def file_of(project: Path) -> Path:
    return project / "models" / "model_registry.yaml"


def write(project: Path, name: str) -> None:
    file_of(project).write_text(
        f"models: [{{id: small-1, provider: acme, display_name: {name}}}]\n"
    )


def shown(snapshot: Catalog) -> str | None:
    entry = snapshot.get("acme", "small-1")
    return None if entry is None else entry.display_name


def test_the_projects_document_lies_over_what_is_shipped(project: Path) -> None:
    assert shown(catalog.load(project)) == "ours"
    assert catalog.load(project).get("openai", "gpt-4o-2024-05-13") is not None


def test_it_is_read_once(project: Path) -> None:
    first = catalog.load(project)
    write(project, "edited")
    assert catalog.load(project) is first
    assert catalog.load(str(project)) is first
    fresh = catalog.reload(project)
    assert shown(fresh) == "edited"
    assert catalog.load(project) is fresh
    assert shown(first) == "ours"


def test_a_bad_edit_leaves_the_snapshot_as_it_was(project: Path) -> None:
    first = catalog.load(project)
    file_of(project).write_text("models:\n  - id: small-1\n    provider: acme\n    status: live\n")
    with pytest.raises(BrokenCatalogError, match=r"line 4, models\[0\]\.status: 'live'") as caught:
        catalog.reload(project)
    assert str(file_of(project)) in str(caught.value)
    assert catalog.load(project) is first


def test_a_document_that_comes_or_goes_is_seen_at_a_reload(project: Path) -> None:
    catalog.load(project)
    file_of(project).unlink()
    assert shown(catalog.load(project)) == "ours"
    assert shown(catalog.reload(project)) is None
    assert shown(catalog.load(project)) is None
    write(project, "back")
    assert shown(catalog.load(project)) is None
    assert shown(catalog.reload(project)) == "back"


def test_by_default_it_is_the_project_around_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert shown(catalog.load()) == "ours"
    assert catalog.load() is catalog.load(project)
    write(project, "edited")
    # The folder that it is asked from does not matter for what is reloaded.
    assert catalog.reload(project) is catalog.load()
    assert catalog.resolve("acme/small-1").display_name == "edited"
    (project / "a" / ".git").mkdir()
    assert shown(catalog.reload()) is None


def test_a_named_folder_is_not_left_upwards(project: Path) -> None:
    (project / "inner").mkdir()
    assert shown(catalog.load(project / "inner")) is None


@pytest.mark.parametrize("root", [".git", ".modelops-bundle", "pyproject.toml"])
def test_the_folder_of_a_project(tmp_path: Path, root: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / root).mkdir()
    assert loading.project_folder(inner) == tmp_path / "a"
    assert loading.find_project_file(inner) is None


def test_the_folder_of_a_project_is_that_of_its_registry(project: Path) -> None:
    (project / ".modelops-bundle").mkdir()
    inner = project / "package" / "models"
    inner.mkdir(parents=True)
    (project / "package" / "pyproject.toml").write_text("")
    (inner / "model_registry.yaml").write_text("")
    assert loading.project_folder(inner) == project


def test_without_a_current_folder_what_is_shipped_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert catalog.load().get("openai", "gpt-4o-2024-05-13") is not None
    assert catalog.reload() is catalog.load()
    assert catalog.load(tmp_path) is not None
    monkeypatch.chdir(tmp_path)


def _folder(file: Path) -> None:
    file.mkdir()


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _dangling(file: Path) -> None:
    file.symlink_to("nowhere")


def _loop(file: Path) -> None:
    file.symlink_to(file.name)


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def _large(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(65 * 1024 * 1024)


@pytest.mark.parametrize("make", [_folder, _pipe, _dangling, _loop, _device, _large])
def test_what_cannot_be_read_is_told_and_not_passed_over(project: Path, make: object) -> None:
    file_of(project).unlink()
    make(file_of(project))  # type: ignore[operator]
    with pytest.raises(CatalogError, match=r"model_registry\.yaml") as caught:
        catalog.load(project)
    assert caught.value.mend


def test_a_loop_of_links_to_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to("models")
    with pytest.raises(CatalogError, match="symbolic links"):
        catalog.load(tmp_path)


def test_a_folder_without_permission_is_told(project: Path, as_user: Callable[..., str]) -> None:
    (project / "models").chmod(0)
    try:
        told = as_user(
            "import sys\n"
            "from modelops_bundle import catalog\n"
            "from modelops_bundle.errors import CatalogError\n"
            "try:\n"
            "    catalog.load(sys.argv[1])\n"
            "except CatalogError as error:\n"
            "    print(error.summary)\n",
            str(project),
        )
    finally:
        (project / "models").chmod(0o700)
    assert "Permission denied" in told


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(CatalogError, match="null"):
        catalog.load("a\0b")


def test_a_link_to_a_document_is_followed(project: Path) -> None:
    file_of(project).rename(project / "elsewhere.yaml")
    file_of(project).symlink_to("../elsewhere.yaml")
    assert shown(catalog.load(project)) == "ours"


def test_a_damaged_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "loading.py"))
    for data in (None, b"", b"{", b"{}\n", b"\xff"):
        if data is not None:
            (tmp_path / "data" / "compiled.jsonl").write_bytes(data)
        with pytest.raises(CatalogError, match="cannot read the catalog in the package") as caught:
            loading._shelf.__wrapped__()
        assert caught.value.mend == "Install modelops-bundle again."


def hang_up() -> None:
    """Get a hangup, and wait until it was dealt with."""
    signal.raise_signal(signal.SIGHUP)
    for thread in threading.enumerate():
        if thread.name == "catalog-reload":
            thread.join()


@pytest.mark.usefixtures("_hangups")
def test_a_hangup_reloads_and_tells_what_is_wrong(project: Path) -> None:
    told: list[MopsError] = []
    done: list[Catalog] = []
    loading.reload_on_sighup(told.append, project, done.append)
    first = catalog.load(project)
    write(project, "edited")
    hang_up()
    assert (told, [shown(each) for each in done]) == ([], ["edited"])
    assert catalog.load(project) is done[0] is not first
    file_of(project).write_text("models: 3\n")
    hang_up()
    assert "line 1, models" in str(told[0])
    assert (len(told), len(done)) == (1, 1)
    assert catalog.load(project) is done[0]


@pytest.mark.timeout(20)
@pytest.mark.usefixtures("_hangups")
def test_a_hangup_waits_for_nothing_that_it_interrupts(project: Path) -> None:
    done: list[Catalog] = []
    loading.reload_on_sighup(pytest.fail, project, done.append)  # type: ignore[arg-type]
    write(project, "edited")
    with loading._lock:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert done == []
    hang_up()
    assert [shown(each) for each in done] == ["edited"] * 3
    assert catalog.load(project) is done[-1]


@pytest.mark.timeout(20)
@pytest.mark.usefixtures("_hangups")
@pytest.mark.parametrize("read", [catalog.load, catalog.reload])
def test_a_handler_that_reloads_while_its_thread_reads_neither_hangs_nor_is_lost(
    project: Path, monkeypatch: pytest.MonkeyPatch, read: object
) -> None:
    signal.signal(signal.SIGHUP, lambda *_: catalog.reload(project))
    real, interrupted = loading.read_document, []

    def interrupt(data: bytes, file: str) -> object:
        document = real(data, file)
        if not interrupted:
            interrupted.append(True)
            write(project, "newer")
            signal.raise_signal(signal.SIGHUP)
        return document

    monkeypatch.setattr(loading, "read_document", interrupt)
    assert shown(read(project)) == "newer"  # type: ignore[operator]
    assert shown(catalog.load(project)) == "newer"


def test_many_threads_that_ask_first_get_one_snapshot(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reads = loading.read_document, []

    def count(data: bytes, file: str) -> object:
        reads.append(file)
        return real(data, file)

    monkeypatch.setattr(loading, "read_document", count)
    barrier = threading.Barrier(8)
    got: list[Catalog] = []

    def ask() -> None:
        barrier.wait()
        got.append(catalog.load(project))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert all(each is got[0] for each in got)
    assert len(reads) == 1


def test_the_doors_names_are_all_there() -> None:
    assert {name for name in catalog.__all__ if getattr(catalog, name, None) is None} == set()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = catalog.nothing  # type: ignore[attr-defined]
