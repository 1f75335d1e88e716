"""Results that go or come with a bundle, from and to the project's own store."""

from __future__ import annotations

from modelops_bundle.bundle.media import RESULTS
from modelops_bundle.bundle.remote import Remote
from modelops_bundle.workflows.bundles.carrying import (
    Carried,
    Sent,
    bring_results,
    bundle_before,
    keep_results,
    registered_digests,
    send_results,
)
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.push import PushPlan, apply_push
from modelops_bundle.workflows.bundles.reading import RemoteBundle
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["bring", "push"]


def push(
    workspace: Workspace,
    exchange: Exchange,
    plan: PushPlan,
    *,
    with_results: bool = False,
    dry_run: bool = False,
) -> tuple[tuple[str, ...], Sent]:
    """Send what a plan says, and the project's results that are still true.

    The results of the bundle before stay with the new one as well, for others may have computed them. Both
    come after the bundle: the push can be done again wherever it ended.

    Returns:
        What the user should know, in words, and what became of results.

    Raises:
        MopsError: As for :func:`modelops_bundle.workflows.bundles.push.apply_push`.
    """
    if dry_run:
        return (), Sent()
    # The push itself makes its bundle the last one.
    before = bundle_before(exchange.state().lineage, plan.digest)
    warnings = apply_push(workspace, exchange, plan)
    remote = exchange.remote(plan.place)
    sent = _send(workspace, remote, plan) if with_results else Sent()
    if before is None:
        return warnings, sent
    registered = registered_digests(workspace.registry.load())
    kept = keep_results(remote, plan.made.manifest, before, registered)
    return warnings, sent._replace(kept=kept.kept)


def bring(workspace: Workspace, bundle: RemoteBundle) -> Carried | None:
    """Take the results that came with a bundle into the project's store; ``None`` where none did.

    Raises:
        RemoteError: They could not be fetched.
        DamagedBundleError: They are not what their digests say.
    """
    if not bundle.remote.referrers(bundle.digest, RESULTS):
        return None
    from modelops_bundle.wiring.running import open_machinery

    with open_machinery(workspace) as machinery:
        return bring_results(bundle, machinery.local)


def _send(workspace: Workspace, remote: Remote, plan: PushPlan) -> Sent:
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.stored import results_of

    with open_machinery(workspace) as machinery:
        results = results_of(workspace, machinery.local, None)
        contexts = machinery.local.contexts()
        return send_results(remote, plan.made.manifest, results, contexts)
