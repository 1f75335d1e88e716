"""``mops-bundle register-model``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson, Data, DryRun, Exclude, Variable
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()

Classes = Annotated[
    list[str] | None,
    typer.Option("--class", metavar="NAME", help="Only this class. Repeatable."),
]
Code = Annotated[
    list[str] | None,
    typer.Option(
        "--code",
        metavar="PATH",
        help="A source, folder or glob that no import leads to. Repeatable.",
    ),
]
Llm = Annotated[
    list[str] | None,
    typer.Option(
        "--llm",
        metavar="NAME",
        help="A hosted language model that the model calls, by its name in the catalog. Repeatable.",
    ),
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output", metavar="NAME", help="An output beyond those of the class. Repeatable."
    ),
]
Label = Annotated[
    list[str] | None, typer.Option("--label", metavar="K=V", help="Free text. Repeatable.")
]
EntryId = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="The id, for a single class.")
]
AutoCode = Annotated[
    bool | None,
    typer.Option(
        "--auto-code/--no-auto-code",
        help="Follow the imports of the model's code. [default: follow]",
    ),
]
AutoData = Annotated[
    bool, typer.Option("--auto-data", help="Declare the files that the code names.")
]
Reset = Annotated[bool, typer.Option("--reset", help="Forget what was declared before.")]
RegenAll = Annotated[bool, typer.Option("--regen-all", help="Register every known file again.")]


@app.command("register-model")
@command
def register_model(
    session: Session,
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="A Python file, or a folder of them.")
    ] = None,
    classes: Classes = None,
    exclude: Exclude = None,
    data: Data = None,
    code: Code = None,
    variable: Variable = None,
    llm: Llm = None,
    output: Output = None,
    label: Label = None,
    entry_id: EntryId = None,
    auto_code: AutoCode = None,
    auto_data: AutoData = False,
    reset: Reset = False,
    regen_all: RegenAll = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Register the models of a file or folder.

    What they depend on is recorded with them. Registering again keeps what was declared before.
    """
    from modelops_bundle.cli.render_registration import registration_document, show_registration
    from modelops_bundle.workflows.register import RegisterRequest, register_models

    asked = RegisterRequest(
        path=path, names=classes or (), exclude=exclude or (), data=data or (), code=code or (),
        variables=variable or (), llms=llm or (), outputs=output or (), labels=label or (), entry_id=entry_id,
        auto_code=auto_code, auto_data=auto_data, reset=reset, regen_all=regen_all, dry_run=dry_run,
    )  # fmt: skip
    with session.project() as workspace:
        report = register_models(workspace, asked)
    if as_json:
        print_json(registration_document(report))
    else:
        show_registration(report)
    return 1 if any(line.sign == "!" for line in report.lines) else 0
