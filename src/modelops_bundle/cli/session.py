"""How a command was asked for: the options that every command takes, before its name or after it.

:func:`command` gives a command these options without its naming them, and turns what it raises into words;
:func:`new_group` gives them to a group. What stands later counts more than what stands before it.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

from modelops_bundle.cli import options
from modelops_bundle.cli.guard import guarded
from modelops_bundle.cli.output import warn

if TYPE_CHECKING:
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["NOT_CURRENT", "Session", "command", "new_app", "new_group", "remember_options"]

#: Exit code of a check that found something that is not current.
NOT_CURRENT = 3

_KEY = "modelops_bundle.options"
_SHARED: Mapping[str, tuple[Any, Any]] = {
    "folder": (options.Folder, None),
    "python": (options.Python, None),
    "no_cache": (options.NoCache, False),
    "debug": (options.Debug, False),
}


@dataclass(frozen=True, slots=True)
class Session:
    """What a command was told besides its own arguments.

    Attributes:
        cwd: Folder that paths are relative to, absolute.
        python: The project's interpreter as typed.
        no_cache: Whether every file is hashed again.
        debug: Whether tracebacks are shown.
    """

    cwd: str
    python: str | None
    no_cache: bool
    debug: bool

    @contextmanager
    def project(self, *, config_later: bool = False) -> Iterator[Workspace]:
        """The project that ``cwd`` lies in, closed when the block ends.

        Args:
            config_later: Whether its configuration is read only when something asks for it.

        Raises:
            ProjectNotFoundError: There is none.
            ConfigError: Its configuration cannot be used.
        """
        from modelops_bundle.cli.progress import progress_bar
        from modelops_bundle.wiring import open_project

        with (
            progress_bar() as progress,
            open_project(
                self.cwd,
                python=self.python,
                trust_cache=not self.no_cache,
                progress=progress,
                config_later=config_later,
            ) as workspace,
        ):
            yield workspace
            _tell_of_losses(workspace)

    @contextmanager
    def folder(self) -> Iterator[Workspace]:
        """The project that ``cwd`` lies in, or else ``cwd`` itself, for questions that need no registry.

        Its configuration is read when something asks for it.
        """
        from modelops_bundle.cli.progress import progress_bar
        from modelops_bundle.wiring import open_around

        with (
            progress_bar() as progress,
            open_around(
                self.cwd, python=self.python, trust_cache=not self.no_cache, progress=progress
            ) as workspace,
        ):
            yield workspace


def new_app() -> typer.Typer:
    """An app for one command, with the settings of all."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def new_group(summary: str) -> typer.Typer:
    """An app for a group of commands: ``summary`` is what its help says of it."""
    app = new_app()

    @app.callback(help=summary)
    def group(
        ctx: typer.Context,
        folder: options.Folder = None,
        python: options.Python = None,
        no_cache: options.NoCache = False,
        debug: options.Debug = False,
    ) -> None:
        remember_options(ctx, folder=folder, python=python, no_cache=no_cache, debug=debug)

    return app


def _tell_of_losses(workspace: Workspace) -> None:
    if workspace.objects.unsaved:
        warn(
            [
                "the disk did not take the sources as they were recorded, so `why` will name files only:"
                " `mops-bundle update` keeps them while an entry is current"
            ]
        )
    line = workspace.registry.lost_comments
    if line is not None:
        warn([f"the registry keeps no comments: the first that is gone stood in line {line}"])


def remember_options(ctx: typer.Context, **given: Any) -> None:
    """Keep the options that stood before the command's name, or its group's, for the command."""
    before = ctx.meta.get(_KEY, {})
    ctx.meta[_KEY] = {**before, **{name: value for name, value in given.items() if value}}


def command(function: Callable[..., int | None]) -> Callable[..., None]:
    """Make a function that takes a session a Typer command.

    The function's first parameter is the session; the others are the command's own. It returns an exit
    code, or ``None`` for 0. Errors come out as words and an exit code, also where another command line has
    mounted ours.
    """
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

    @wraps(function)
    def run(ctx: typer.Context, **given: Any) -> None:
        after = {name: given.pop(name) for name in _SHARED}
        before = ctx.meta.get(_KEY, {})
        shared = {name: after[name] or before.get(name) or after[name] for name in _SHARED}
        code = guarded(lambda: function(_session(**shared), **given), debug=shared["debug"])
        raise typer.Exit(code)

    shared = [_parameter(name, *declared) for name, declared in _SHARED.items()]
    parameters = [_parameter("ctx", typer.Context), *own, *shared]
    by_name = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    run.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in by_name}
    del run.__wrapped__
    return run


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> Any:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _session(folder: str | None, python: str | None, no_cache: bool, debug: bool) -> Session:
    from modelops_bundle.errors import UsageError

    cwd = os.path.abspath(folder) if folder else os.getcwd()
    if not os.path.isdir(cwd):
        raise UsageError(f"-C {folder} is not a folder", "", "Name the project's folder.")
    return Session(cwd, python, no_cache, debug)
