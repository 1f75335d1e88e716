"""``mops-bundle doctor``."""

from __future__ import annotations

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def doctor(session: Session, as_json: AsJson = False) -> int:
    """Check the project; print problems and mends."""
    from modelops_bundle.wiring import git_standing, has_bundles
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.doctor import examine

    with session.project() as workspace, open_exchange(workspace) as exchange:
        known = exchange if has_bundles(workspace) else None
        problems = examine(workspace, git_standing, known)
    if as_json:
        print_json({"schema": 1, "problems": [problem._asdict() for problem in problems]})
    for problem in () if as_json else problems:
        show((problem.where, "strong"), f": {problem.what}")
        show("    ", problem.mend)
    say(f"{plural(len(problems), 'problem')}." if problems else "No problems found.")
    return 1 if problems else 0
