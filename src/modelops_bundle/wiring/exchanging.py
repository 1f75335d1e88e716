"""What exchanging bundles uses: the project's folder, registries, blob storage and this machine's cache."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property

from modelops_bundle import __version__
from modelops_bundle.adapters.blob_cache import BlobCache, default_cache_folder
from modelops_bundle.adapters.bundle_files import (
    SettingsFile,
    StateFile,
    TrackedFile,
    keep_local_files_out_of_git,
)
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.reference import Reference, parse_reference
from modelops_bundle.bundle.remote import BlobStore, Remote
from modelops_bundle.bundle.settings import BundleSettings
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.errors import UsageError
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["REGISTRY_VARIABLE", "RealExchange", "open_exchange", "open_tree"]

REGISTRY_VARIABLE = "MODELOPS_BUNDLE_REGISTRY"
"""Environment variable: ``host/repository``, or ``host`` for a repository named like the project's folder."""


@contextmanager
def open_exchange(workspace: Workspace) -> Iterator[RealExchange]:
    """What exchanging bundles of a project needs, until the block ends.

    Raises:
        ConfigError: The settings cannot be used.
    """
    with ExitStack() as stack:
        yield RealExchange(workspace, stack)


class RealExchange:
    """See :class:`modelops_bundle.workflows.bundles.exchange.Exchange`."""

    tool = f"modelops-bundle {__version__}"

    def __init__(self, workspace: Workspace, stack: ExitStack) -> None:
        self._layout = workspace.layout
        self._cwd = workspace.cwd
        self._variables = workspace.variables
        self._stack = stack
        self._remotes: dict[str, Remote] = {}
        self._settings_file = SettingsFile(workspace.layout.settings)
        self._state_file = StateFile(workspace.layout.sync_state)
        self.settings = self._settings_file.read()
        self.tree = DiskTree(workspace.layout, workspace.files)
        self.tracked = TrackedFile(workspace.layout.tracked)

    @cached_property
    def cache(self) -> BlobCache:
        """Blobs that were fetched before."""
        folder = self.settings.cache_dir
        if folder is None:
            return BlobCache(default_cache_folder(self._variables))
        return BlobCache(os.path.join(self._layout.root, os.path.expanduser(folder)))

    @property
    def author(self) -> str:
        """The user's name on this machine."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # no name belongs to the number
            return ""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One command at a time changes what is tracked or synced."""
        with hold_lock(self._layout.bundle_lock):
            yield

    def reference(self, text: str | None) -> Reference:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.reference`."""
        if text is None:
            return self._placed(self._default(), self._layout.root)
        if is_tag_or_digest(text):
            mark = text if text.startswith("@") else f":{text}"
            default = self._placed(self._default(), self._layout.root)
            return parse_reference(f"{default.place}{mark}")
        return self._placed(parse_reference(text), self._cwd)

    def remote(self, reference: Reference) -> Remote:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.remote`."""
        if reference.place not in self._remotes:
            self._remotes[reference.place] = self._opened(reference)
        return self._remotes[reference.place]

    def storage(self, url: str) -> BlobStore:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.storage`."""
        from modelops_bundle.adapters.blob_storage import BlobStorage

        return BlobStorage(url)

    def state(self) -> SyncState:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.state`."""
        return self._state_file.read()

    def save_state(self, state: SyncState) -> None:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.save_state`."""
        keep_local_files_out_of_git(self._layout)
        self._state_file.write(state)

    def save_settings(self, settings: BundleSettings) -> None:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.save_settings`."""
        self._settings_file.write(settings)
        self.settings = settings

    def now(self) -> str:
        """The time."""
        return datetime.now(UTC).isoformat(timespec="seconds")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def clock(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def _default(self) -> Reference:
        said = self._variables.get(REGISTRY_VARIABLE) or self.settings.registry_ref
        if said is None:
            return Reference("", self._layout.bundles)
        if "/" not in said:
            said = f"{said}/{_repository_of(self._layout.root)}"
        return parse_reference(said)

    def _placed(self, reference: Reference, folder: str) -> Reference:
        """A layout's path made absolute."""
        if not reference.is_layout:
            return reference
        placed = os.path.normpath(os.path.join(folder, os.path.expanduser(reference.repository)))
        return Reference("", placed, reference.tag, reference.digest)

    def _opened(self, reference: Reference) -> Remote:
        if reference.is_layout:
            from modelops_bundle.adapters.oci_layout import LayoutRemote

            return LayoutRemote(reference.repository)
        from modelops_bundle.adapters.oci_credentials import (
            AnyOf,
            DockerCredentials,
            EnvironmentCredentials,
        )
        from modelops_bundle.adapters.oci_http import RegistryRemote

        own = self._default().host
        sources = AnyOf(EnvironmentCredentials(own, self._variables), DockerCredentials())
        remote = RegistryRemote(
            reference.host,
            reference.repository,
            credentials=sources,
            insecure=reference.host in self.settings.insecure,
        )
        return self._stack.enter_context(remote)


def open_tree(folder: Workspace, *, mirror: bool = False) -> tuple[DiskTree, list[str]]:
    """A folder that bundles are written to, and the files in it where it is to mirror a bundle.

    Raises:
        UsageError: It is to mirror a bundle, and is no folder for that.
    """
    root = folder.layout.root
    if os.path.lexists(root) and not os.path.isdir(root):
        raise UsageError(f"{root} is not a folder", "", "Name a folder; it is made if need be.")
    tree = DiskTree(folder.layout, folder.files)
    return tree, list(tree.everything()) if mirror else []


def is_tag_or_digest(text: str) -> bool:
    """Whether a reference names only which bundle, in the default place."""
    return text.startswith("@sha256:") or ("/" not in text and not text.startswith("oci-layout:"))


def _repository_of(folder: str) -> str:
    """A repository's name out of a folder's."""
    import re

    name = re.sub(r"[^a-z0-9]+", "-", os.path.basename(folder).lower()).strip("-")
    if not name:
        raise UsageError(
            f"the folder {folder} gives a repository no name",
            "",
            f"Name the repository as well: {REGISTRY_VARIABLE}=host/repository.",
        )
    return name
