"""A shared store behind the project's own: what others have computed is read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from modelops_bundle.errors import StorageError
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Level, Result
from modelops_bundle.results.store import ContextRecord, Known, ManagedStore, ResultStore, Wrote

__all__ = ["TieredResults"]

_BATCH = 64


class TieredResults:
    """Looks in the local store first, and keeps there what it finds in the shared one.

    Args:
        local: The project's own store.
        shared: The shared one.
    """

    def __init__(self, local: ManagedStore, shared: ResultStore) -> None:
        self._local = local
        self._shared = shared
        self._warnings: list[str] = []
        self._unsent: list[ResultKey] = []
        self._better: set[str] = set()  # keys of those of which the shared store has a better one

    def scan(self, context: Context) -> Iterator[Known]:
        """What either store knows; what the local one alone has is noted for :meth:`catch_up`.

        Raises:
            StorageError: The shared store cannot be reached.
        """
        here = {(each.param_id, each.seed): each for each in self._local.scan(context)}
        there = {(each.param_id, each.seed): each for each in self._shared.scan(context)}
        yield from here.values()
        # A local result may be unsound where the shared one is not, or watched less closely.
        for place, each in there.items():
            if _is_better(each, here.get(place)):
                self._better.add(ResultKey(context, each.param_id.hex(), each.seed).digest)
                yield each
        self._unsent += [
            ResultKey(context, each.param_id.hex(), each.seed)
            for place, each in here.items()
            if place not in there and each.sound and each.level > Level.OFF
        ]

    def get(self, key: ResultKey) -> Result | None:
        """A result, verified."""
        ((_, found),) = self._got([key])
        return found

    def get_many(self, keys: Iterable[ResultKey]) -> Iterator[tuple[ResultKey, Result | None]]:
        """:meth:`get` of each, in the order asked for."""
        batch: list[ResultKey] = []
        for key in keys:
            batch.append(key)
            if len(batch) == _BATCH:
                yield from self._got(batch)
                batch = []
        yield from self._got(batch)

    def put(self, results: Sequence[Result], untrue: Collection[str] = ()) -> Wrote:
        """Store in both; what the shared one does not take is sent by the next run.

        Where another outcome is shared already, that one takes the place of this one here as well, so that
        every machine answers with the first.

        Raises:
            StorageError: The local store refuses.
        """
        here = self._local.put(results, untrue)
        try:
            there = self._shared.put(results, untrue)
            lost = [each.key for each in results if each.key.digest in there.differing]
            self._fetched(lost, set(there.differing))
        except StorageError as error:
            self._warnings.append(
                f"{error.summary}: {len(results)} results stay in the project's own store and are"
                " sent by the next run"
            )
            return here
        return Wrote(here.written, tuple(dict.fromkeys((*here.differing, *there.differing))))

    def put_context(self, record: ContextRecord) -> None:
        """Store what a context's model digest was made from, in both.

        Raises:
            StorageError: One of them refuses.
        """
        self._local.put_context(record)
        self._shared.put_context(record)

    def damaged(self) -> Sequence[str]:
        """What was found damaged in either since the last time of asking."""
        return [*self._local.damaged(), *self._shared.damaged()]

    def warnings(self) -> Sequence[str]:
        """What was not sent, in words, since the last time of asking."""
        found, self._warnings = self._warnings, []
        return found

    def _got(self, keys: Sequence[ResultKey]) -> Iterator[tuple[ResultKey, Result | None]]:
        found = dict(self._local.get_many(keys))
        lacking = [
            key
            for key, result in found.items()
            if result is None or not result.sound or key.digest in self._better
        ]
        fetched = self._fetched(lacking)
        self._better.difference_update(key.digest for key in fetched)
        for key in keys:
            yield key, fetched.get(key, found[key])

    def _fetched(
        self, keys: Sequence[ResultKey], untrue: Collection[str] = ()
    ) -> dict[ResultKey, Result]:
        """What is shared of some keys, kept here from now on."""
        found = {key: each for key, each in self._shared.get_many(keys) if each is not None}
        self._local.put(list(found.values()), untrue)
        return found

    def catch_up(self) -> None:
        """Send local results that an earlier run could not, as far as a scan has met them."""
        keys, self._unsent = self._unsent, []
        for start in range(0, len(keys), _BATCH):
            batch = self._local.get_many(keys[start : start + _BATCH])
            try:
                self._shared.put([result for _, result in batch if result is not None])
            except StorageError as error:
                self._warnings.append(f"{error.summary}: {len(keys) - start} results are not sent")
                return


def _is_better(there: Known, here: Known | None) -> bool:
    return here is None or (there.sound, there.level) > (here.sound, here.level)
