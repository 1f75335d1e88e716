"""Results that go or come with a bundle, from and to the project's own store."""

from __future__ import annotations

from modelops_bundle.bundle.media import RESULTS
from modelops_bundle.workflows.bundles.carrying import Carried, bring_results, send_results
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.push import PushPlan
from modelops_bundle.workflows.bundles.reading import RemoteBundle
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["bring", "carry"]


def carry(workspace: Workspace, exchange: Exchange, plan: PushPlan) -> int:
    """Send the project's results that are still true after a bundle; returns how many.

    Raises:
        RemoteError: The place refuses.
    """
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.stored import results_of

    with open_machinery(workspace) as machinery:
        results = results_of(workspace, machinery.local, None)
        contexts = machinery.local.contexts()
        return send_results(exchange.remote(plan.place), plan.made.manifest, results, contexts)


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
