"""The Typer app: every command by name, and the options that stand before a command.

A command's module is imported when the command is asked for, so that one command does not pay for the others.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from modelops_bundle.cli import options
from modelops_bundle.cli.guard import guarded
from modelops_bundle.cli.output import make_streams_safe
from modelops_bundle.cli.session import remember_options

__all__ = ["COMMANDS", "app", "main"]

#: Names of the commands, in the order of the help, and the modules under ``commands`` that hold them.
COMMANDS = {
    "init": "init",
    "discover": "discover",
    "register-model": "register_model",
    "register-target": "register_target",
    "target-set": "target_set",
    "unregister": "unregister",
    "show-registry": "show_registry",
    "list": "show_registry",
    "status": "status",
    "why": "why",
    "update": "update",
    "run": "run",
    "trace": "trace",
    "evaluate": "evaluate",
    "results": "results",
    "add": "add",
    "remove": "remove",
    "push": "push",
    "pull": "pull",
    "tags": "tags",
    "manifest": "manifest",
    "diff": "diff",
    "clone": "clone",
    "ensure": "ensure",
    "verify": "verify",
    "export": "export",
    "import": "import_",
    "cache": "cache",
    "login": "login",
    "dev": "dev",
    "catalog": "catalog",
    "hash": "hash",
    "env": "env",
    "doctor": "doctor",
    "sample-create": "sample_create",
}


class _Modules(Mapping[str, Any]):
    """Commands by name. Typer makes each from the small app in its module, when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        module = import_module(f"modelops_bundle.cli.commands.{COMMANDS[name]}")
        command = typer.main.get_command(module.app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Commands(TyperGroup):
    """A group that has its commands' names from the start, and nothing more of them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Typer's releases differ in the class of commands, hence Any.
        self.commands: Any = _Modules()

    def main(self, *given: Any, standalone_mode: bool = True, **settings: Any) -> Any:
        """Run, and word wrong use like every other error, unless somebody else takes care of errors."""
        inherited: Any = super().main
        run = partial(inherited, *given, standalone_mode=False, **settings)
        if not standalone_mode:
            return run()
        sys.exit(guarded(run))


app = typer.Typer(
    cls=_Commands,
    name="mops-bundle",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would take as long to load as everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from modelops_bundle import __version__

        sys.stdout.write(f"modelops-bundle {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    folder: options.Folder = None,
    python: options.Python = None,
    no_cache: options.NoCache = False,
    debug: options.Debug = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    """Know which model results are still true, and exactly why the others are not."""
    del version
    remember_options(ctx, folder=folder, python=python, no_cache=no_cache, debug=debug)


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    # A command lives for a moment and makes no cycles to speak of; looking for some in the records of
    # twenty thousand files takes longer than looking at the files.
    gc.disable()
    make_streams_safe()
    app(prog_name="mops-bundle")
