"""Results that travel with a bundle, so that whoever pulls it need not compute them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from modelops_bundle.bundle.json_text import NotAsPromisedError
from modelops_bundle.bundle.manifest import artifact_manifest, read_artifact
from modelops_bundle.bundle.media import EMPTY, LARGEST_INDEX, RESULTS, RESULTS_INDEX, RESULTS_PACK
from modelops_bundle.bundle.paths import REGISTRY_PATH
from modelops_bundle.bundle.remote import Blob, Manifest, Remote
from modelops_bundle.bundle.results_index import (
    PackedResult,
    ResultsIndex,
    ResultsPack,
    dump_results,
    parse_results,
)
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.records.document import load_document
from modelops_bundle.results.context_text import context_record, context_text
from modelops_bundle.results.envelope import DamagedResultError, pack, unpack
from modelops_bundle.results.record import Level, Result
from modelops_bundle.results.store import ContextRecord, ManagedStore
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle

__all__ = ["Carried", "bring_results", "send_results"]

_PACK = 8 << 20


class Carried(NamedTuple):
    """Results that came with a bundle: how many are new here, and how many were there before."""

    new: int
    known: int


def send_results(
    remote: Remote,
    bundle: Manifest,
    results: Iterable[Result],
    contexts: Mapping[str, ContextRecord],
) -> int:
    """Send results after a bundle.

    Args:
        remote: Where the bundle is.
        bundle: Its manifest.
        results: What to send; those that may not be reused are left out.
        contexts: What their models were made from, by the digests of the contexts.

    Returns:
        How many were sent, or were there.

    Raises:
        RemoteError: The place refuses.
    """
    sound = sorted((each for each in results if each.sound), key=lambda each: each.key.digest)
    if not sound:
        return 0
    packs = tuple(_sent(remote, group) for group in _groups(sound))
    used = sorted({each.key.context.digest for each in sound} & contexts.keys())
    index = ResultsIndex(packs, tuple(context_text(contexts[digest]) for digest in used))
    data = dump_results(index)
    blob = Blob(sha256_digest(data), len(data), RESULTS_INDEX)
    remote.put(blob, lambda: [data])
    remote.put(Blob(sha256_digest(b"{}"), 2, EMPTY), lambda: [b"{}"])
    layers = [blob, *(each.blob for each in packs)]
    remote.put_manifest(artifact_manifest(RESULTS, layers, bundle), None)
    return len(sound)


def bring_results(bundle: RemoteBundle, store: ManagedStore) -> Carried:
    """Take the results that came with a bundle into a store: those of models that the bundle registers.

    Each is verified against its own digests. That it was computed as it says, its sender vouches for, as for
    the code.

    Raises:
        RemoteError: They could not be fetched.
        DamagedBundleError: They are not what their digests say.
    """
    models = _models(bundle)
    new = known = 0
    for index in _indexes(bundle):
        contexts = [record for text in index.contexts if (record := _context(text, models))]
        for record in contexts:
            store.put_context(record)
        for packed in index.packs:
            here = store.present([each.key for each in packed.results], Level.OFF)
            lacking = [each for each in packed.results if each.key not in here]
            found = list(_unpacked(bundle, packed, lacking, models)) if lacking else []
            new += store.put(found).written
            known += len(here)
    return Carried(new, known)


def _groups(results: Iterable[Result]) -> Iterator[list[Result]]:
    group: list[Result] = []
    filled = 0
    for result in results:
        group.append(result)
        filled += sum(len(output.data) for output in result.outputs)
        if filled >= _PACK:
            yield group
            group, filled = [], 0
    if group:
        yield group


def _sent(remote: Remote, group: Iterable[Result]) -> ResultsPack:
    parts: list[bytes] = []
    found: list[PackedResult] = []
    end = 0
    for result in group:
        data = pack(result)
        found.append(PackedResult(result.key.digest, end, len(data)))
        parts.append(data)
        end += len(data)
    whole = b"".join(parts)
    blob = Blob(sha256_digest(whole), len(whole), RESULTS_PACK)
    remote.put(blob, lambda: [whole])
    return ResultsPack(blob, tuple(found))


def _models(bundle: RemoteBundle) -> frozenset[str]:
    """Digests of the models that a bundle registers: other results are none of its business."""
    data = read_file(bundle, REGISTRY_PATH)
    registry = load_document(data, REGISTRY_PATH).registry
    return frozenset(entry.digest for entry in registry.models.values())


def _indexes(bundle: RemoteBundle) -> Iterator[ResultsIndex]:
    for referrer in bundle.remote.referrers(bundle.digest, RESULTS):
        manifest = bundle.remote.manifest(str(referrer.digest))
        if manifest is None:
            continue
        try:
            layers = read_artifact(manifest).layers
            indexes = [layer for layer in layers if layer.media_type == RESULTS_INDEX]
            for blob in indexes:
                if blob.size > LARGEST_INDEX:
                    raise NotAsPromisedError(f"their index has {blob.size} bytes")
                yield parse_results(b"".join(bundle.remote.get(blob)))
        except NotAsPromisedError as error:
            raise _damaged(bundle, str(error)) from error


def _unpacked(
    bundle: RemoteBundle,
    packed: ResultsPack,
    wanted: Iterable[PackedResult],
    models: frozenset[str],
) -> Iterator[Result]:
    data = b"".join(bundle.remote.get(packed.blob))
    for each in wanted:
        try:
            result = unpack(data[each.offset : each.offset + each.size])
        except DamagedResultError as error:
            raise _damaged(bundle, str(error)) from error
        if result.key.digest != each.key:
            raise _damaged(bundle, "a result has another key than the index says")
        if result.key.context.model in models:
            yield result


def _context(text: str, models: frozenset[str]) -> ContextRecord | None:
    try:
        record = context_record(text, 0.0)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return record if record.context.model in models else None


def _damaged(bundle: RemoteBundle, why: str) -> DamagedBundleError:
    return DamagedBundleError(
        f"the results that came with {bundle.remote.place}@{bundle.digest} cannot be used",
        why,
        "Pull with --no-results, or ask whoever pushed them.",
    )
