"""Pushing a project from a program."""

from __future__ import annotations

import os

from modelops_bundle.errors import ProjectNotFoundError

__all__ = ["push_dir"]


def push_dir(path: str = ".", tag: str | None = None) -> str:
    """Push the project around a folder as a bundle, to where its bundles go.

    Args:
        path: A folder in the project.
        tag: The tag; the project's default one where none is given.

    Returns:
        Digest of the bundle's manifest, ``sha256:`` and 64 hex digits.

    Raises:
        FileNotFoundError: There is no project, or it has no registry.
        RuntimeError: A check before the push fails (:class:`~modelops_bundle.errors.CheckFailedError`).
        StaleRemoteError: Somebody else pushed since the last push or pull from here.
        RemoteError: The registry cannot be reached or refuses.
    """
    from modelops_bundle.wiring import open_project
    from modelops_bundle.wiring.carrying import push
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.push import plan_push

    try:
        with open_project(path) as workspace:
            if not os.path.isfile(workspace.layout.registry):
                raise FileNotFoundError(f"there is no registry at {workspace.layout.registry}")
            with open_exchange(workspace) as exchange, exchange.lock():
                plan = plan_push(workspace, exchange, None, [tag] if tag is not None else [])
                push(workspace, exchange, plan)
            return str(plan.digest)
    except ProjectNotFoundError as error:
        raise FileNotFoundError(str(error)) from error
