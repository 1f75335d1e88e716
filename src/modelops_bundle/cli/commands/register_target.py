"""``mops-bundle register-target``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson, Data, DryRun, Exclude, Variable
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("register-target")
@command
def register_target(
    session: Session,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A Python file, or a folder of them.")
    ],
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="NAME", help="Only this function, decorated or not. Repeatable."
        ),
    ] = None,
    exclude: Exclude = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="NAME", help="The model output that is judged."),
    ] = None,
    data: Data = None,
    variable: Variable = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Register the targets of a file or folder.

    What they depend on is recorded with them. Registering again keeps what was declared before.
    """
    from modelops_bundle.cli.render_registration import registration_document, show_registration
    from modelops_bundle.workflows.register import RegisterRequest, register_targets

    asked = RegisterRequest(
        path=path, names=target or (), exclude=exclude or (), data=data or (),
        variables=variable or (),
        outputs=() if output is None else (output,), dry_run=dry_run,
    )  # fmt: skip
    with session.project() as workspace:
        report = register_targets(workspace, asked)
    if as_json:
        print_json(registration_document(report))
    else:
        show_registration(report)
    return 1 if any(line.sign == "!" for line in report.lines) else 0
