"""Results to store, and what every store of results must do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelops_bundle.identity.recipes import make_param_id
from modelops_bundle.results.key import LARGEST_SEED, Context, ResultKey
from modelops_bundle.results.record import Level, Output, Provenance, Result, UndeclaredRead
from modelops_bundle.results.store import ContextRecord, ResultStore

__all__ = ["CONTEXT", "StoreContract", "key_of", "record_of", "result_of"]

CONTEXT = Context("blake2b:" + "ab" * 32, "model:Sir")
SEEN = UndeclaredRead("present", "data/y.csv", "src/model.py:4")
READ = UndeclaredRead("data", "data/x.csv", "src/model.py:3")


def key_of(seed: int = 0, context: Context = CONTEXT, **params: Any) -> ResultKey:
    """The key of a parameter set and a seed."""
    return ResultKey(context, make_param_id(params), seed)


def result_of(
    seed: int = 0,
    *,
    context: Context = CONTEXT,
    params: Mapping[str, Any] | None = None,
    data: bytes = b"[1,2]",
    level: Level = Level.ENFORCED,
    sound: bool = True,
    duration: float = 0.5,
) -> Result:
    """A result; ``data`` is its one output."""
    provenance = Provenance(
        started="2026-11-26T12:00:00.000+00:00",
        duration=duration,
        host="here",
        tool="0.2.0",
        python="3.11.7",
        level=level,
        undeclared=() if sound else (READ,),
        model_id="sir",
        params=dict(params or {}),
    )
    return Result(
        key_of(seed, context, **(params or {})), provenance, (Output("cases", "json", data),)
    )


def record_of(context: Context = CONTEXT, model_id: str = "sir") -> ContextRecord:
    """A context as it is stored."""
    return ContextRecord(context, model_id, (("MODEL", "model.py", "blake2b:" + "0" * 64),), {}, "")


class StoreContract:
    """Tests that every store passes. A class that derives from it gives the fixture ``store``."""

    def test_what_is_stored_is_found_as_it_was(self, store: ResultStore) -> None:
        results = [result_of(seed, params={"beta": 0.1}) for seed in (0, 7, LARGEST_SEED)]
        assert store.put(results).written == 3
        for result in results:
            assert store.get(result.key) == result
        assert list(store.get_many([each.key for each in reversed(results)])) == [
            (each.key, each) for each in reversed(results)
        ]
        assert store.damaged() == []

    def test_what_is_not_stored_is_none(self, store: ResultStore) -> None:
        assert store.get(key_of(1)) is None
        assert list(store.scan(CONTEXT)) == []
        store.put([result_of(0)])
        assert list(store.get_many([key_of(1), key_of(0)])) == [
            (key_of(1), None), (key_of(0), result_of(0)),
        ]  # fmt: skip

    def test_nothing_can_be_put(self, store: ResultStore) -> None:
        assert store.put([]).written == 0

    def test_a_scan_tells_what_is_there(self, store: ResultStore) -> None:
        store.put([result_of(seed) for seed in (3, LARGEST_SEED)])
        found = sorted(store.scan(CONTEXT), key=lambda each: each.seed)
        assert [each.seed for each in found] == [3, LARGEST_SEED]
        for each in found:
            assert each.param_id.hex() == make_param_id({})
            assert each.sound
            assert each.level == Level.ENFORCED

    def test_contexts_are_kept_apart(self, store: ResultStore) -> None:
        other = Context(CONTEXT.model, CONTEXT.entrypoint, scenario="lockdown")
        store.put([result_of(1), result_of(1, context=other, data=b"[3]"), result_of(2)])
        assert [each.seed for each in store.scan(other)] == [1]
        found = store.get(key_of(1, other))
        assert found is not None
        assert found.outputs[0].data == b"[3]"

    def test_the_first_of_equals_stays(self, store: ResultStore) -> None:
        first = result_of(0, duration=1.0)
        assert store.put([first]).written == 1
        wrote = store.put([result_of(0, duration=2.0)])
        assert (wrote.written, wrote.differing) == (0, ())
        assert store.get(first.key) == first

    def test_another_outcome_is_told_and_does_not_replace(self, store: ResultStore) -> None:
        first = result_of(0)
        store.put([first])
        wrote = store.put([result_of(0, data=b"[9]")])
        assert (wrote.written, list(wrote.differing)) == (0, [first.key.digest])
        assert store.get(first.key) == first

    def test_what_is_not_true_any_more_is_not_compared(self, store: ResultStore) -> None:
        first = result_of(0)
        store.put([first])
        assert store.put([result_of(0, data=b"[9]")], {first.key.digest}).differing == ()

    def test_results_of_other_circumstances_are_not_compared(self, store: ResultStore) -> None:
        first, last = (
            replace(
                result,
                provenance=replace(
                    result.provenance,
                    undeclared=(UndeclaredRead("package", "fast", "", version), SEEN),
                ),
            )
            for result, version in ((result_of(0), "1"), (result_of(0, data=b"[9]"), "2"))
        )
        store.put([first])
        assert store.put([last]).differing == ()
        # Under the same circumstances, it is the model that gives something else.
        again = replace(first, outputs=result_of(0, data=b"[7]").outputs)
        assert store.put([again]).differing or store.get(first.key) == again

    def test_what_was_watched_more_closely_is_worth_more(self, store: ResultStore) -> None:
        store.put([result_of(0, level=Level.AUDIT)])
        closer = result_of(0, level=Level.HERMETIC)
        assert store.put([closer]).written == 1
        assert [each.level for each in store.scan(CONTEXT)] == [Level.HERMETIC]
        assert store.get(closer.key) == closer

    def test_large_results(self, store: ResultStore) -> None:
        large = result_of(0, data=bytes(range(256)) * 5000)
        store.put([large, result_of(1)])
        assert store.get(large.key) == large

    def test_a_context_is_put_again_and_again(self, store: ResultStore) -> None:
        store.put_context(record_of())
        store.put_context(record_of())
        store.put([result_of(0)])
        assert [each.seed for each in store.scan(CONTEXT)] == [0]
