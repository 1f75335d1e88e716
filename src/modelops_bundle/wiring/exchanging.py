"""What exchanging bundles uses: the project's folder, registries, blob storage and this machine's cache."""

from __future__ import annotations

import getpass
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from modelops_bundle import __version__
from modelops_bundle.adapters.atomic import atomic_file
from modelops_bundle.adapters.blob_cache import BlobCache, default_cache_folder
from modelops_bundle.adapters.bundle_files import (
    SettingsFile,
    StateFile,
    TrackedFile,
    keep_local_files_out_of_git,
)
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.adapters.oci.layout_tar import read_layout_tar, write_layout_tar
from modelops_bundle.adapters.pinned_files import PinnedCredentials, PinnedFiles
from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.pinned import Pinned, PinnedStorage
from modelops_bundle.bundle.reference import Reference, parse_reference
from modelops_bundle.bundle.remote import BlobStorage, Remote
from modelops_bundle.bundle.settings import BundleSettings
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.errors import UsageError, WorkInTheWayError
from modelops_bundle.wiring.places import Manner, Places, storage_of_bundle, usual_credentials
from modelops_bundle.workflows.bundles.file_status import FilesReport, file_status
from modelops_bundle.workflows.status import StatusReport
from modelops_bundle.workflows.status import status as judge
from modelops_bundle.workflows.workspace import Workspace

if TYPE_CHECKING:
    from modelops_bundle.adapters.oci.credentials import CredentialSource

__all__ = [
    "RealExchange",
    "atomic_file",
    "log_in",
    "look_at_files",
    "open_exchange",
    "read_layout_tar",
    "require_new",
    "write_layout_tar",
]


@contextmanager
def open_exchange(workspace: Workspace) -> Iterator[RealExchange]:
    """What exchanging bundles of a project needs, until the block ends.

    Raises:
        ConfigError: The settings cannot be used.
    """
    exchange = RealExchange(workspace)
    try:
        yield exchange
    finally:
        exchange.close()


class RealExchange:
    """See :class:`modelops_bundle.workflows.bundles.exchange.Exchange`."""

    tool = f"modelops-bundle {__version__}"

    def __init__(self, workspace: Workspace) -> None:
        self._layout = workspace.layout
        self._cwd = workspace.cwd
        self._relative: dict[str, str] = {}
        self._variables = workspace.variables
        self._places = Places(self._credentials, self._manner)
        self._settings_file = SettingsFile(workspace.layout.settings)
        self._state_file = StateFile(workspace.layout.sync_state)
        self.environments = PinnedFiles(workspace.layout.environment_name, workspace.variables)
        self.tree = DiskTree(workspace.layout, workspace.files)
        self.tracked = TrackedFile(workspace.layout.tracked)

    @cached_property
    def settings(self) -> BundleSettings:
        """What config.yaml says, with the storage of the chosen environment where it names none."""
        settings = self._settings_file.read()
        if settings.storage.provider is None and self._pinned and self._pinned.storage:
            return replace(settings, storage=settings.storage.at(self._pinned.storage))
        return settings

    @cached_property
    def _pinned(self) -> Pinned | None:
        return self.environments.pinned()

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

    def close(self) -> None:
        """Close connections that are kept."""
        self._places.close()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One command at a time changes what is tracked or synced."""
        with hold_lock(self._layout.bundle_lock):
            yield

    def registry_lock(self) -> AbstractContextManager[None]:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.registry_lock`."""
        return RegistryFile(self._layout.registry).locked()

    def reference(self, text: str | None) -> Reference:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.reference`."""
        if text is None:
            default = self._placed(self._default(), self._layout.root)
            return (
                default if default.tag or default.digest else default.at(self.settings.default_tag)
            )
        text = self.state().whole(text)
        if is_tag_or_digest(text):
            mark = text if text.startswith("@") else f":{text}"
            default = self._placed(self._default(), self._layout.root)
            return parse_reference(f"{default.place}{mark}")
        placed = self._placed(parse_reference(text), self._cwd)
        if placed.is_layout and not os.path.isabs(
            os.path.expanduser(parse_reference(text).repository)
        ):
            # It stays so where it is noted: others have the project in another folder.
            inner = os.path.relpath(placed.repository, self._layout.root)
            self._relative[placed.place] = Reference("", inner.replace(os.sep, "/")).place
        return placed

    @property
    def decided(self) -> tuple[str, str | None]:
        """What decides where the project's bundles go, and what it says.

        The first that is there does: ``variable``, ``environment`` (the chosen one), ``settings``. Where none
        of them is, ``default`` says nothing.
        """
        if said := self._variables.get("MODELOPS_BUNDLE_REGISTRY"):
            return "variable", said
        if self._pinned and self._pinned.registry:
            server = self._pinned.registry.login_server.rstrip("/")
            return "environment", f"{server}/{_repository_of(self._layout.root)}"
        said = self.settings.registry_ref
        return ("settings", said) if said else ("default", None)

    def remote(self, reference: Reference) -> Remote:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.remote`."""
        return self._places.remote(reference)

    def storage(self, url: str) -> BlobStorage:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.storage`."""
        pinned = self._pinned.storage if self._pinned else None
        # Its credentials are for its own container, whatever a bundle from elsewhere names.
        if pinned is not None and f"{url}/".startswith(f"{pinned.url}/"):
            return _pinned_storage(url, pinned)
        if url == self.settings.storage.url:
            from modelops_bundle.adapters import blob_storage

            return blob_storage.BlobStorage(url)
        return storage_of_bundle(url, self._variables)

    def state(self) -> SyncState:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.state`."""
        return self._state_file.read()

    def save_state(self, state: SyncState) -> None:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.save_state`."""
        keep_local_files_out_of_git(self._layout)
        self._state_file.write(state)

    def adopt_place(self, reference: Reference) -> None:
        """See :meth:`modelops_bundle.workflows.bundles.exchange.Exchange.adopt_place`."""
        own = Reference("", self._layout.bundles).place
        if self.decided[1] is None and reference.place != own:
            settings = self._settings_file.read()
            tag = reference.tag or settings.default_tag
            place = self._relative.get(reference.place, reference.place)
            self._settings_file.write(settings.going_to(place, tag))
            del self.settings  # as they were read before

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
        _, said = self.decided
        if said is None and not os.path.isdir(self._layout.state):
            raise UsageError(
                "no place for bundles was named",
                f"{self._layout.root} is no project, which would have one",
                "Name one: host/repository[:tag] or oci-layout:PATH[:tag].",
            )
        if said is None:
            return Reference("", self._layout.bundles)
        if "/" not in said and not said.startswith("oci-layout:"):
            said = f"{said}/{_repository_of(self._layout.root)}"
        return parse_reference(said)

    def _placed(self, reference: Reference, folder: str) -> Reference:
        """A layout's path made absolute."""
        if not reference.is_layout:
            return reference
        placed = os.path.normpath(os.path.join(folder, os.path.expanduser(reference.repository)))
        return Reference("", placed, reference.tag, reference.digest)

    def _manner(self, host: str) -> Manner:
        return Manner(host in self.settings.insecure, host in self.settings.chunked)

    def _credentials(self) -> CredentialSource:
        registry = self._pinned.registry if self._pinned else None
        others = [PinnedCredentials(registry)] if registry else []
        own = self._default().host if self.decided[1] is not None else ""
        return usual_credentials(own, self._variables, *others)


def _pinned_storage(url: str, pinned: PinnedStorage) -> BlobStorage:
    from modelops_bundle.adapters import blob_storage
    from modelops_bundle.adapters.object_stores import StoreAccess

    access = StoreAccess(
        endpoint=pinned.endpoint or None,
        access_key=pinned.access_key or None,
        secret_key=pinned.secret_key or None,
        connection_string=pinned.connection_string or None,
    )
    return blob_storage.BlobStorage(url, access)


def require_new(path: str, *, force: bool) -> None:
    """Refuse to write over a file, unless that is what the user wants.

    Raises:
        WorkInTheWayError: There is one.
    """
    if os.path.lexists(path) and not force:
        raise WorkInTheWayError(
            f"{path} is there already", "it would be replaced", "Name another file, or use --force."
        )


def log_in(workspace: Workspace, host: str, username: str, password: str) -> str:
    """Keep credentials for a registry, once it takes them.

    Returns:
        What keeps them now: a file's path, or a helper's name.

    Raises:
        UsageError: ``host`` is none.
        RemoteError: The registry does not take them, or cannot be reached.
    """
    from modelops_bundle.adapters.oci.credentials import Credentials, DockerCredentials
    from modelops_bundle.adapters.oci.registry import check_login

    parse_reference(f"{host}/any")
    login = Credentials(username, password)
    settings = SettingsFile(workspace.layout.settings).read()
    check_login(host, login, insecure=host in settings.insecure)
    return DockerCredentials(workspace.variables).store_login(host, login)


def look_at_files(workspace: Workspace, report: StatusReport, *, untracked: bool) -> FilesReport:
    """How files differ from the last bundle.

    Args:
        workspace: The project.
        report: The state of its entries, which say what belongs to the bundle; of only some, the rest is
            looked at as well.
        untracked: Whether files count that belong to no bundle.
    """
    entries = report if report.is_whole else judge(workspace, ())
    with open_exchange(workspace) as exchange:
        return file_status(workspace, exchange, entries, with_untracked=untracked)


def is_tag_or_digest(text: str) -> bool:
    """Whether a reference names only which bundle, in the default place."""
    return text.startswith("@sha256:") or ("/" not in text and not text.startswith("oci-layout:"))


def _repository_of(folder: str) -> str:
    """A repository's name out of a folder's."""
    name = re.sub(r"[^a-z0-9]+", "-", os.path.basename(folder).lower()).strip("-")
    if not name:
        raise UsageError(
            f"the folder {folder} gives a repository no name",
            "",
            "Name the repository as well: MODELOPS_BUNDLE_REGISTRY=host/repository.",
        )
    return name
