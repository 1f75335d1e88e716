"""Results that travel with a bundle, so that whoever pulls it need not compute them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    additions,
    choose_results,
    dump_results,
    parse_results,
)
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.records.document import load_document
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.results.context_text import context_record, context_text
from modelops_bundle.results.envelope import DamagedResultError, pack, unpack
from modelops_bundle.results.record import Level, Result
from modelops_bundle.results.store import ContextRecord, ManagedStore
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle

__all__ = [
    "Carried",
    "Sent",
    "bring_results",
    "bundle_before",
    "keep_results",
    "registered_digests",
    "send_results",
]

_PACK = 8 << 20
_EMPTY_CONFIG = b"{}"


class Carried(NamedTuple):
    """Results that came with a bundle: how many are new here, and how many were there before."""

    new: int
    known: int


class Sent(NamedTuple):
    """What a push did about results.

    Attributes:
        current: How many that are still true are with the bundle now; ``None`` where nobody asked for that.
        sent: How many of these had to be sent.
        kept: How many of the bundle before stay with it.
    """

    current: int | None = None
    sent: int = 0
    kept: int = 0


class _Artifact(NamedTuple):
    """Results beside a bundle: the blobs of the artifact, and the index among them."""

    layers: tuple[Blob, ...]
    listing: ResultsIndex


def send_results(
    remote: Remote,
    bundle: Manifest,
    results: Iterable[Result],
    contexts: Mapping[str, ContextRecord],
) -> Sent:
    """Send results after a bundle, as one artifact.

    Args:
        remote: Where the bundle is.
        bundle: Its manifest.
        results: What to send; those that may not be reused are left out.
        contexts: What their models were made from, by the digests of the contexts.

    Raises:
        RemoteError: The place refuses.
    """
    sound = sorted(
        (each for each in results if each.sound and each.key.context.digest in contexts),
        key=lambda each: each.key.digest,
    )
    if not sound:
        return Sent(0)
    used = sorted({each.key.context.digest for each in sound})
    texts = {digest: context_text(contexts[digest]) for digest in used}
    packs, sent = [], 0
    for group in _groups(sound):
        packed, data = _packed(group, texts)
        sent += len(group) if _put(remote, packed.blob, data) else 0
        packs.append(packed)
    index = dump_results(ResultsIndex(tuple(packs), tuple(texts.values())))
    blob = Blob(sha256_digest(index), len(index), RESULTS_INDEX)
    _put(remote, blob, index)
    _attach(remote, bundle, [blob, *(each.blob for each in packs)])
    return Sent(len(sound), sent)


def keep_results(
    remote: Remote, bundle: Manifest, before: Digest, registered: Collection[str]
) -> Sent:
    """Let the results of the bundle before stay with one that was pushed without any.

    The same blobs get another subject, so that nothing is sent again. Only what adds to those that the bundle
    has is taken over: done again it does nothing, and a chain of pushes has no more artifacts at its end.

    Args:
        remote: Where the bundle is.
        bundle: Its manifest.
        before: The bundle that it comes from. It need not be there.
        registered: Digests of the models and targets that the bundle registers. Results of others are stale.

    Raises:
        RemoteError: The place refuses.
    """
    old = list(_readable(remote, before))
    if not old:
        return Sent()
    there = [each.listing for each in _readable(remote, bundle.digest)]
    indexes = [each.listing for each in old]
    contexts = _contexts((*indexes, *there), registered)
    kept = 0
    for number, added in additions(indexes, there, contexts.keys()).items():
        layers = old[number].layers
        if all(map(remote.holds, layers)):
            _attach(remote, bundle, layers)
            kept += added
    return Sent(kept=kept)


def bring_results(bundle: RemoteBundle, store: ManagedStore) -> Carried:
    """Take the results that came with a bundle into a store: those of what the bundle registers.

    Losses are results of targets. Each is verified against its own digests. That it was computed as it says,
    its sender vouches for, as for the code.

    Raises:
        RemoteError: They could not be fetched.
        DamagedBundleError: They are not what their digests say.
    """
    registry = load_document(read_file(bundle, REGISTRY_PATH), REGISTRY_PATH).registry
    indexes = _indexes(bundle)
    contexts = _contexts(indexes, registered_digests(registry))
    for record in contexts.values():
        store.put_context(record)
    new = known = 0
    for blob, results in choose_results(indexes, contexts.keys()).items():
        lacking = _lacking(results, store)
        known += len(results) - len(lacking)
        if lacking:
            new += store.put(list(_unpacked(bundle, blob, lacking, contexts))).written
    return Carried(new, known)


def registered_digests(registry: BundleRegistry) -> frozenset[str]:
    """Digests of what a bundle registers: results of anything else are none of its business."""
    return frozenset(entry.digest for _, entry in registry.entries() if entry.digest)


def bundle_before(lineage: Sequence[Digest], digest: Digest) -> Digest | None:
    """The last bundle of a lineage beside the one that is pushed, which may have been sent before."""
    return next((each for each in reversed(lineage) if each != digest), None)


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


def _packed(group: Iterable[Result], contexts: Mapping[str, str]) -> tuple[ResultsPack, bytes]:
    parts: list[bytes] = []
    found: list[PackedResult] = []
    end = 0
    for result in group:
        data, key = pack(result), result.key
        context, level = contexts[key.context.digest], int(result.provenance.level)
        found.append(PackedResult(key.digest, end, len(data), context, level))
        parts.append(data)
        end += len(data)
    whole = b"".join(parts)
    return ResultsPack(Blob(sha256_digest(whole), end, RESULTS_PACK), tuple(found)), whole


def _attach(remote: Remote, bundle: Manifest, layers: Collection[Blob]) -> None:
    config = Blob(sha256_digest(_EMPTY_CONFIG), len(_EMPTY_CONFIG), EMPTY)
    _put(remote, config, _EMPTY_CONFIG)
    remote.put_manifest(artifact_manifest(RESULTS, layers, bundle), None)


def _put(remote: Remote, blob: Blob, data: bytes) -> bool:
    return remote.put(blob, lambda: [data])


def _indexes(bundle: RemoteBundle) -> list[ResultsIndex]:
    referrers = bundle.remote.referrers(bundle.digest, RESULTS)
    try:
        artifacts = [_artifact(bundle.remote, each) for each in referrers]
    except NotAsPromisedError as error:
        raise _damaged(bundle, str(error)) from error
    return [each.listing for each in artifacts if each is not None]


def _readable(remote: Remote, digest: Digest) -> Iterator[_Artifact]:
    """Artifacts with results beside a bundle, without those that a pull would refuse."""
    for referrer in remote.referrers(digest, RESULTS):
        try:
            artifact = _artifact(remote, referrer, if_there=True)
        except (NotAsPromisedError, DamagedBundleError):
            continue
        if artifact is not None:
            yield artifact


def _artifact(remote: Remote, referrer: Blob, *, if_there: bool = False) -> _Artifact | None:
    manifest = remote.manifest(str(referrer.digest))
    if manifest is None:
        return None
    layers = read_artifact(manifest).layers
    blobs = [layer for layer in layers if layer.media_type == RESULTS_INDEX]
    if len(blobs) != 1:
        raise NotAsPromisedError(f"they have {len(blobs)} indexes")
    if blobs[0].size > LARGEST_INDEX:
        raise NotAsPromisedError(f"their index has {blobs[0].size} bytes")
    if if_there and not remote.holds(blobs[0]):
        return None
    listing = parse_results(b"".join(remote.get(blobs[0])))
    sizes = {layer.digest: layer.size for layer in layers}
    if any(sizes.get(pack.blob.digest) != pack.blob.size for pack in listing.packs):
        raise NotAsPromisedError("their index names a pack that is not among them")
    return _Artifact(layers, listing)


def _contexts(
    indexes: Iterable[ResultsIndex], registered: Collection[str]
) -> Mapping[str, ContextRecord]:
    """Contexts of what is registered, by their texts in the indexes."""
    texts = {text for index in indexes for text in index.contexts}
    read = ((text, _context(text)) for text in sorted(texts))
    return {text: each for text, each in read if each and each.context.model in registered}


def _context(text: str) -> ContextRecord | None:
    try:
        return context_record(text, 0.0)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _lacking(results: Iterable[PackedResult], store: ManagedStore) -> list[PackedResult]:
    """Those that are not in a store, or were watched less closely there."""
    keys: dict[int, list[str]] = {}
    for each in results:
        keys.setdefault(each.level, []).append(each.key)
    here = {key for level in keys for key in store.present(keys[level], Level(level))}
    return [each for each in results if each.key not in here]


def _unpacked(
    bundle: RemoteBundle,
    blob: Blob,
    wanted: Iterable[PackedResult],
    contexts: Mapping[str, ContextRecord],
) -> Iterator[Result]:
    data = b"".join(bundle.remote.get(blob))
    for each in wanted:
        try:
            result = unpack(data[each.offset : each.offset + each.size])
        except DamagedResultError as error:
            raise _damaged(bundle, str(error)) from error
        said = (each.key, contexts[each.context].context, each.level)
        if (result.key.digest, result.key.context, result.provenance.level) != said:
            raise _damaged(bundle, "a result is another one than the index says")
        if not result.sound:
            raise _damaged(bundle, "a result may not be reused")
        yield result


def _damaged(bundle: RemoteBundle, why: str) -> DamagedBundleError:
    return DamagedBundleError(
        f"the results that came with {bundle.remote.place}@{bundle.digest} cannot be used",
        why,
        "Pull with --no-results, or ask whoever pushed them.",
    )
