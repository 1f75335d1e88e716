"""Every store of results keeps the same promises: the local one, a shared folder, both together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.result_stores import CONTEXT, StoreContract, key_of, record_of, result_of

from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.adapters.results_shared import SharedResults
from modelops_bundle.adapters.results_tiered import TieredResults
from modelops_bundle.errors import StorageError
from modelops_bundle.results.envelope import pack
from modelops_bundle.results.key import Context
from modelops_bundle.results.record import Level

#: Reads, looks over and writes where nothing may be written.
READ_ONLY = """\
import sys
from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.errors import StorageError
from tests.support.result_stores import CONTEXT, key_of, result_of
with LocalResults(sys.argv[1]) as store:
    print(store.get(key_of(0)) == result_of(0))
    print([each.seed for each in store.scan(CONTEXT)])
    try:
        store.put([result_of(1)])
    except StorageError as error:
        print("refused" if "may write to it" in error.mend else error)
"""


class TestLocal(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[LocalResults]:
        with LocalResults(str(tmp_path / "results")) as store:
            yield store

    def test_a_sound_result_takes_the_place_of_an_unsound_one(self, store: LocalResults) -> None:
        store.put([result_of(0, sound=False, level=Level.HERMETIC)])
        assert [each.sound for each in store.scan(CONTEXT)] == [False]
        sound = result_of(0)
        assert store.put([sound]).written == 1
        assert store.get(sound.key) == sound
        assert store.put([result_of(0, sound=False)]).written == 0

    def test_what_is_not_true_any_more_is_replaced(self, store: LocalResults) -> None:
        store.put([result_of(0)])
        last = result_of(0, data=b"[9]")
        assert store.put([last], {last.key.digest}).written == 1
        assert store.get(last.key) == last

    def test_of_unsound_results_the_last_one_counts(self, store: LocalResults) -> None:
        store.put([result_of(0, sound=False)])
        last = result_of(0, sound=False, data=b"[7]")
        assert store.put([last]).differing == ()
        assert store.get(last.key) == last

    def test_present_is_what_is_sound_and_watched_closely_enough(self, store: LocalResults) -> None:
        results = [
            result_of(0),
            result_of(1, sound=False),
            result_of(2, level=Level.OFF),
            result_of(3, level=Level.HERMETIC),
        ]
        store.put(results)
        keys = [each.key.digest for each in results]
        assert store.present([*keys, "0" * 64], Level.AUDIT) == {keys[0], keys[3]}
        assert store.present(keys, Level.HERMETIC) == {keys[3]}

    def test_a_result_is_found_by_the_beginning_of_its_key(self, store: LocalResults) -> None:
        store.put([result_of(seed) for seed in range(50)])
        key = key_of(17).digest
        assert store.find(key[:12]) == [key]
        assert len(store.find("")) == 50
        assert store.read(key) == result_of(17)

    def test_listing_dropping_and_what_a_run_holds(self, store: LocalResults) -> None:
        store.put_context(record_of())
        store.put([result_of(seed, data=b"x" * 100_000 * (seed % 2)) for seed in range(4)])
        rows = list(store.list())
        assert sorted(each.seed for each in rows) == [0, 1, 2, 3]
        assert {each.context for each in rows} == {CONTEXT.digest}
        assert list(store.list(["f" * 64])) == []
        keys = [key_of(seed).digest for seed in range(4)]
        with store.claims() as claims:
            claims.claim(keys[:1])
            assert store.drop(keys[:2]) == 1
            claims.hold([CONTEXT.digest])
            assert store.drop(keys) == 0
            # A run that has stored nothing yet needs its context as well.
            other = Context(CONTEXT.model, "other:Model")
            store.put_context(replace(record_of(), context=other))
            claims.hold([other.digest])
            store.drop(["0" * 64])
            assert set(store.contexts()) == {CONTEXT.digest, other.digest}
        assert store.drop(keys) == 3
        assert list(store.list()) == []
        assert store.contexts() == {}

    def test_files_that_no_row_speaks_of_are_removed(
        self, store: LocalResults, tmp_path: Path, monkeypatch
    ) -> None:
        large = [result_of(seed, data=b"x" * 100_000) for seed in range(3)]
        store.put(large[:1])
        (first,) = Path(tmp_path).rglob(f"large/*/{large[0].key.digest}")
        left = first.with_name("0" * 64)
        left.write_bytes(b"1")
        assert store.drop([]) == 0
        assert not left.exists()
        insert = LocalResults._insert

        def full(self: LocalResults, connection, key, *others) -> None:
            insert(self, connection, key, *others)
            if key == large[2].key.digest:
                raise StorageError("the disk is full")

        monkeypatch.setattr(LocalResults, "_insert", full)
        with pytest.raises(StorageError, match="the disk is full"):
            store.put(large[1:])
        assert [path.name for path in tmp_path.rglob("large/*/*")] == [large[0].key.digest]
        assert store.get(large[0].key) == large[0]

    def test_contexts_say_what_they_were_made_from(self, store: LocalResults) -> None:
        store.put_context(record_of())
        (found,) = store.contexts().values()
        assert found.components == record_of().components
        assert found.context == CONTEXT

    def test_a_project_that_may_not_be_written_can_be_read(self, tmp_path: Path, as_user) -> None:
        folder = tmp_path / "results"
        with LocalResults(str(folder)) as store:
            store.put([result_of(0)])
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            said = as_user(READ_ONLY, str(folder)).split()
        finally:
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
        assert said == ["True", "[0]", "refused"]


class TestFolder(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> SharedResults:
        return SharedResults(f"file://{tmp_path}/shared")

    def test_what_is_unsound_or_not_enforced_is_not_shared(self, store: SharedResults) -> None:
        store.put([result_of(0, sound=False), result_of(1, level=Level.OFF)])
        assert list(store.scan(CONTEXT)) == []

    def test_a_damaged_object_is_a_miss_and_is_replaced(
        self, store: SharedResults, tmp_path: Path
    ) -> None:
        store.put([result_of(0)])
        (path,) = (path for path in (tmp_path / "shared").rglob("*-*") if path.is_file())
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        assert store.get(key_of(0)) is None
        (said,) = store.damaged()
        assert "is damaged: its output cases is not the one that was written" in said
        assert store.put([result_of(0)]).written == 1
        assert store.get(key_of(0)) == result_of(0)


class TestTiered(StoreContract):
    @pytest.fixture
    def local(self, tmp_path: Path) -> Iterator[LocalResults]:
        with LocalResults(str(tmp_path / "results")) as store:
            yield store

    @pytest.fixture
    def shared(self, tmp_path: Path) -> SharedResults:
        return SharedResults(f"file://{tmp_path}/shared")

    @pytest.fixture
    def store(self, local: LocalResults, shared: SharedResults) -> TieredResults:
        return TieredResults(local, shared)

    def test_what_others_have_is_kept_here(
        self, store: TieredResults, local: LocalResults, shared: SharedResults
    ) -> None:
        shared.put([result_of(0), result_of(1)])
        assert sorted(each.seed for each in store.scan(CONTEXT)) == [0, 1]
        assert store.get(key_of(0)) == result_of(0)
        assert local.get(key_of(0)) == result_of(0)
        assert [each is not None for _, each in store.get_many([key_of(1), key_of(2)])] == [
            True,
            False,
        ]
        assert local.get(key_of(1)) == result_of(1)

    def test_what_was_watched_more_closely_elsewhere_is_taken(
        self, store: TieredResults, local: LocalResults, shared: SharedResults
    ) -> None:
        local.put([result_of(0, level=Level.ENFORCED, data=b"[1]")])
        closer = result_of(0, level=Level.HERMETIC)
        shared.put([closer])
        assert max(each.level for each in store.scan(CONTEXT)) == Level.HERMETIC
        assert store.get(key_of(0)) == closer
        assert local.get(key_of(0)) == closer

    def test_of_two_outcomes_the_first_that_was_shared_stays_on_every_machine(
        self, store: TieredResults, local: LocalResults, shared: SharedResults
    ) -> None:
        first = result_of(0, data=b"[1]")
        shared.put([first])
        assert store.put([result_of(0, data=b"[2]"), result_of(1)]).differing == (key_of(0).digest,)
        assert local.get(key_of(0)) == first
        assert local.get(key_of(1)) == result_of(1)

    def test_an_object_that_is_worth_less_than_its_name_says_is_no_hit(
        self, shared: SharedResults, tmp_path: Path
    ) -> None:
        shared.put([result_of(0)])
        (path,) = (path for path in (tmp_path / "shared").rglob("*-*") if path.is_file())
        path.write_bytes(pack(result_of(0, sound=False, level=Level.OFF)))
        found = shared.get(key_of(0))
        assert found is not None
        assert not found.may_be_taken(Level.OFF)
        path.write_bytes(pack(result_of(0)).replace(b'"level":"enforced"', b'"level":1'))
        assert shared.get(key_of(0)) is None

    def test_what_could_not_be_sent_is_sent_by_the_next_run(
        self, local: LocalResults, shared: SharedResults, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        broken = TieredResults(local, SharedResults(f"file://{tmp_path}/file/below"))
        assert broken.put([result_of(0)]).written == 1
        (said,) = broken.warnings()
        assert "1 results stay in the project's own store" in said
        assert local.get(key_of(0)) == result_of(0)
        again = TieredResults(local, shared)
        assert [each.seed for each in again.scan(CONTEXT)] == [0]
        assert shared.get(key_of(0)) is None  # to look is not to send
        again.catch_up()
        assert shared.get(key_of(0)) == result_of(0)
