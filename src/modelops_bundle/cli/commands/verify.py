"""``mops-bundle verify``."""

from __future__ import annotations

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def verify(session: Session, ref: Ref = None, as_json: AsJson = False) -> int:
    """Read a bundle again and compare every byte.

    It is read where it is kept. Ends with 1 when something is not what it should be.
    """
    from modelops_bundle.cli.render_manifest import show_verified, verified_document
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.verify import verify_bundle

    with session.folder() as workspace, open_exchange(workspace) as exchange:
        report = verify_bundle(exchange, ref, workspace.progress)
    if as_json:
        print_json(verified_document(report))
    else:
        show_verified(report)
    return 1 if report.damaged else 0
