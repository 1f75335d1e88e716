"""``push``: make the project's bundle and send it, if nobody else did in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from modelops_bundle.bundle.contents import Contents
from modelops_bundle.bundle.pulling import Action, changes
from modelops_bundle.bundle.reference import DEFAULT_TAG, Reference, is_tag, parse_reference
from modelops_bundle.bundle.remote import Blob, BlobStore, Remote
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import attest, provenance_of
from modelops_bundle.workflows.bundles.bridging import algorithm_of
from modelops_bundle.workflows.bundles.checks import Finding, check_scope
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import each_blob
from modelops_bundle.workflows.bundles.making import Made, make_bundle
from modelops_bundle.workflows.bundles.making_v1 import make_bundle_v1
from modelops_bundle.workflows.bundles.moving import move_tags
from modelops_bundle.workflows.bundles.overtaken import bundle_at, dropped_by_push
from modelops_bundle.workflows.bundles.reading import RemoteBundle
from modelops_bundle.workflows.bundles.scope import scope_of
from modelops_bundle.workflows.bundles.tracking import renamed
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["PushPlan", "apply_push", "plan_push"]


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push would do.

    Attributes:
        place: Where to.
        tags: Tags that would be moved, each with the digest that it has there now, if any.
        made: The bundle.
        parent: The bundle that is there under the first tag, if any.
        changed: How its files differ from that, by path.
        blobs: Blobs that the place lacks, those for blob storage among them.
        elsewhere: Repository of the same registry that has some of these, by blob: it need not be sent.
        dropped: What others changed there since the last push or pull from here, by path, that would be
            replaced: only where the push is forced.
        findings: What is wrong with the project, or should be known of it.
    """

    place: Reference
    tags: Mapping[str, Digest | None]
    made: Made
    parent: Digest | None
    changed: Mapping[str, Action]
    blobs: tuple[Blob, ...]
    elsewhere: Mapping[Blob, str] = field(default_factory=dict)
    dropped: Mapping[str, Action] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def digest(self) -> Digest:
        """What the bundle is known by."""
        return self.made.manifest.digest

    @property
    def is_empty(self) -> bool:
        """Whether everything is there already."""
        return all(digest == self.digest for digest in self.tags.values())

    @property
    def size(self) -> int:
        """Bytes to send."""
        return sum(blob.size for blob in self.blobs if blob not in self.elsewhere)


def plan_push(
    workspace: Workspace,
    exchange: Exchange,
    text: str | None,
    tags: Sequence[str],
    *,
    force: bool = False,
    allow_secrets: bool = False,
    version: int = 2,
) -> PushPlan:
    """Say what a push would do. Nothing is sent.

    Raises:
        CheckFailedError: The project is in no state to be pushed.
        StaleRemoteError: Somebody else moved a tag, and ``force`` is not set.
        UsageError: The reference or a tag is none, or only some models were pulled here.
        RemoteError: The place cannot be asked.
    """
    reference = exchange.reference(text)
    # What is the default is moved where nothing else was named.
    names = _tags(reference, tags, is_named=text is not None)
    _require_whole(exchange)
    scope = scope_of(workspace, exchange)
    moved = renamed(workspace, exchange, scope)
    findings = check_scope(scope, allow_secrets=allow_secrets, renamed=moved)
    remote = exchange.remote(reference)
    pointed = {tag: remote.resolve(tag) for tag in names}
    there = bundle_at(exchange, reference, pointed[names[0]])
    made = _made(workspace, exchange, scope.contents, version, there)
    is_new = any(digest != made.manifest.digest for digest in pointed.values())
    lacking = _lacking(exchange, remote, made, there) if is_new else ()
    return PushPlan(
        place=reference.at(names[0]),
        tags=pointed,
        made=made,
        parent=pointed[names[0]],
        changed=_changed(exchange, scope.contents, there),
        blobs=lacking,
        elsewhere=_elsewhere(exchange, reference, lacking) if there is None else {},
        dropped=dropped_by_push(
            exchange, reference, pointed, made.manifest.digest, scope.contents, force=force
        ),
        findings=findings,
    )


def apply_push(workspace: Workspace, exchange: Exchange, plan: PushPlan) -> tuple[str, ...]:
    """Send what a plan says and move the tags.

    Interrupted at any moment, it can be done again: blobs come before the manifest that names them, and the
    tags last. What was sent already is not sent again.

    Returns:
        What the user should know, in words.

    Raises:
        StaleRemoteError: Somebody else moved a tag meanwhile.
        RemoteError: The place refuses or cannot be reached.
        InputsChangedError: A file changed since the plan was made. No tag was moved.
    """
    warnings: tuple[str, ...] = ()
    remote, made = exchange.remote(plan.place), plan.made
    if plan.is_empty:
        _attest_late(exchange, remote, plan)
    else:
        stores = _stores(exchange, remote, made)

        def send(blob: Blob) -> bool:
            repository = plan.elsewhere.get(blob)
            if repository is not None and remote.mount(blob, repository):
                return False
            return stores[blob].put(blob, made.reader(blob))

        # 1. What the manifest names.
        each_blob(plan.blobs, send, workspace.progress, "sending")
        remote.put(made.index_blob, lambda: [made.index_data])
        # 2. The tags, and a word on who moved them.
        warnings = move_tags(exchange, remote, made.manifest, plan.tags, _ancestors(exchange, plan))
    # 3. What is in common now.
    refs = {f"{plan.place.place}:{tag}": plan.digest for tag in plan.tags}
    # In the terms of the index, so that the next pull can tell what changed on which side.
    contents = plan.made.index.contents
    state = exchange.state()
    # Content that was there before is the latest all the same.
    lineage = (*_ancestors(exchange, plan), plan.digest)
    exchange.save_state(state.synced(lineage, contents, refs, exchange.now(), pushed=True))
    exchange.adopt_place(plan.place)
    return warnings


def _attest_late(exchange: Exchange, remote: Remote, plan: PushPlan) -> None:
    """Say who pushed, where a push from here was ended between moving the tags and saying so."""
    ancestors = _ancestors(exchange, plan)
    said = provenance_of(remote, plan.digest)
    is_said = any(set(ancestors) <= set(each.ancestors) for each in said)
    if plan.digest == exchange.state().base or is_said:
        return
    attest(exchange, remote, plan.made.manifest, ancestors, tuple(plan.tags))


def _ancestors(exchange: Exchange, plan: PushPlan) -> tuple[Digest, ...]:
    """What the bundle comes from: not what a forced push replaces, and not itself."""
    return tuple(digest for digest in exchange.state().lineage if digest != plan.digest)


def _stores(exchange: Exchange, remote: Remote, made: Made) -> Mapping[Blob, BlobStore]:
    """Where each blob goes."""
    stores: dict[Blob, BlobStore] = dict.fromkeys(made.registry_blobs, remote)
    url = exchange.settings.storage.url
    if url is not None and made.storage_blobs:
        stores.update(dict.fromkeys(made.storage_blobs, exchange.storage(url)))
    return stores


def _lacking(
    exchange: Exchange, remote: Remote, made: Made, there: RemoteBundle | None
) -> tuple[Blob, ...]:
    """Blobs that have to be sent. What the bundle there names as its layers is not asked about."""
    layers = {blob.digest for blob in there.said.layers} if there is not None else set()
    stores = _stores(exchange, remote, made)
    unknown = [
        blob for blob, store in stores.items() if store is not remote or blob.digest not in layers
    ]
    held = each_blob(unknown, lambda blob: stores[blob].holds(blob), None, "")
    return tuple(blob for blob, is_there in zip(unknown, held, strict=True) if not is_there)


def _elsewhere(
    exchange: Exchange, reference: Reference, lacking: Sequence[Blob]
) -> Mapping[Blob, str]:
    """Blobs that the last bundle has in another repository of the same registry, each with its name."""
    state = exchange.state()
    for known in map(parse_reference, state.places()):
        if reference.is_layout or known.host != reference.host or known.place == reference.place:
            continue
        bundle = bundle_at(exchange, known, state.base)
        if bundle is not None:
            layers = {layer.digest for layer in bundle.said.layers}
            return {blob: known.repository for blob in lacking if blob.digest in layers}
    return {}


def _made(
    workspace: Workspace,
    exchange: Exchange,
    contents: Contents,
    version: int,
    there: RemoteBundle | None,
) -> Made:
    if version != 1:
        storage = exchange.settings.storage
        return make_bundle(exchange.tree, contents, storage, workspace.progress)
    made = make_bundle_v1(exchange, contents)
    if there is not None and there.index == made.index:
        # Its index has a time, so that equal contents would be another bundle each time.
        return replace(made, manifest=there.manifest)
    return made


def _changed(
    exchange: Exchange, contents: Contents, there: RemoteBundle | None
) -> Mapping[str, Action]:
    """How what is in the folder differs from a bundle, in the terms of that bundle's index."""
    old = there.index.contents if there is not None else {}
    if algorithm_of(there.index if there is not None else None) == "blake3":
        return changes(old, contents)
    return changes(old, exchange.tree.look(contents, "sha256"))


def _tags(reference: Reference, tags: Sequence[str], *, is_named: bool) -> list[str]:
    if reference.digest is not None:
        raise UsageError(
            "a bundle is not pushed to a digest",
            f"{reference} names one, and a bundle's digest comes out of its content",
            "Name a tag, or none.",
        )
    for tag in tags:
        if not is_tag(tag):
            raise UsageError(
                f"{tag!r} cannot be a tag", "", "Letters, digits, `_`, `.` and `-`, 128 at most."
            )
    own = [reference.tag] if reference.tag is not None and (is_named or not tags) else []
    return list(dict.fromkeys((*own, *tags))) or [DEFAULT_TAG]


def _require_whole(exchange: Exchange) -> None:
    models = exchange.state().models
    if models:
        raise UsageError(
            "only a part of the bundle is here",
            f"it was pulled for {', '.join(models)} alone",
            "Run `mops-bundle pull` without --model first, or the rest would be taken out of the bundle.",
        )
