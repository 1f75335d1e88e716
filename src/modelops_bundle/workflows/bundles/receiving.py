"""Looking at a bundle's own documents before its files take the place of the user's."""

from __future__ import annotations

from collections.abc import Iterator

from modelops_bundle.bundle.paths import PYPROJECT_PATH, REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.bundle.tracked_text import parse_tracked
from modelops_bundle.bundle.trust import interpreter_problem, unheld
from modelops_bundle.errors import ConfigError, DamagedBundleError, RegistryError, UsageError
from modelops_bundle.project.config import read_config
from modelops_bundle.records.document import load_document
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle

__all__ = ["require_harmless"]

_MOST = 5


def require_harmless(bundle: RemoteBundle) -> None:
    """Refuse a bundle whose documents reach for what is not in it, or for a program that is.

    Bundles of index version 1 need not hold all that their registry names.

    Raises:
        DamagedBundleError: It does; nothing of it is to be used.
        RemoteError: The documents could not be fetched, or files are in a storage that is not to be used.
    """
    for url in sorted(set(bundle.storages.values())):
        # Nobody is asked anything yet; but where nobody here means to go, nothing is begun.
        bundle.open_storage(url)
    problems = list(_problems(bundle))
    if problems:
        raise DamagedBundleError(
            f"{bundle.remote.place}@{bundle.digest} is refused",
            "; ".join(problems[:_MOST]),
            "Nothing of it was written. Ask whoever pushed it.",
        )


def _problems(bundle: RemoteBundle) -> Iterator[str]:
    contents = bundle.index.contents
    if PYPROJECT_PATH in contents:
        problem = interpreter_problem(contents, _python(bundle))
        if problem is not None:
            yield problem
    try:
        if TRACKED_PATH in contents:
            tracked = parse_tracked(read_file(bundle, TRACKED_PATH), TRACKED_PATH)
            yield from unheld(contents, sorted(tracked), TRACKED_PATH)
        if REGISTRY_PATH in contents and bundle.index.version != 1:
            registry = load_document(read_file(bundle, REGISTRY_PATH), REGISTRY_PATH).registry
            for entry_id, entry in registry.entries():
                yield from unheld(contents, (entry.path, *entry.code, *entry.data), entry_id)
    except (RegistryError, UsageError) as error:
        yield error.summary


def _python(bundle: RemoteBundle) -> str | None:
    try:
        text = read_file(bundle, PYPROJECT_PATH).decode("utf-8")
        return read_config(text, PYPROJECT_PATH).environment.python
    except (ConfigError, UnicodeDecodeError):
        return None  # nothing is started for a configuration that cannot be read
