"""Hosted language models as dependencies: where the catalog and the registry meet.

A registered model declares a hosted one by a name, and the registry calls it ``provider/name``, its *path*.
What the path means on a day is the catalog's to say, and that goes into the digest. What it costs and
whether it is deprecated does not: that is only told, and decides whether something may be computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from modelops_bundle.catalog.addresses import completed, server_of
from modelops_bundle.digests.hosted import HostedInputs
from modelops_bundle.digests.leaves import HostedModel
from modelops_bundle.errors import (
    CatalogError,
    HostedModelError,
    ModelHostError,
    MopsError,
)

if TYPE_CHECKING:
    from modelops_bundle.catalog.documents import BrokenCatalogError
    from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
    from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["LOCAL", "HostedModels", "ManifestDigest"]

ManifestDigest = Callable[["ProviderConfig", str], str]
"""Asks the server of a provider's configuration for the digest of a model's content.

It raises ``MopsError`` where the server does not answer or has no such model.
"""

#: The provider that tells a digest of the content itself; what others tell are names.
LOCAL = "ollama"
_MANIFEST = re.compile(r"[0-9A-Za-z][\w.:+-]{7,127}", re.ASCII)
#: One of these is in the name of every variable that holds a key. Of any other a document could say that it
#: holds one, and so take what results depend on out of the digest.
_OF_KEYS = frozenset(
    ("APIKEY", "AUTH", "CREDENTIAL", "CREDENTIALS", "KEY", "PASSWORD", "PAT", "SECRET", "TOKEN")
)
_CATALOG_COMMAND = (
    "`mops-bundle catalog search` shows what is known; models/model_registry.yaml may add it."
)


class HostedModels:
    """The catalog at one instant, as one command sees it. It is read when it is first asked for.

    Args:
        read_catalog: Reads the catalog of the project.
        now: The instant for which names are resolved, UTC: an alias may move at any time of a day.
        variables: The process's environment variables.
        manifest_digest: Asks a server for the digest of a model's content.
    """

    def __init__(
        self,
        read_catalog: Callable[[], Catalog],
        now: datetime,
        variables: Mapping[str, str],
        manifest_digest: ManifestDigest,
    ) -> None:
        self.now = now
        self._read_catalog = read_catalog
        self._variables = variables
        self._manifest_digest = manifest_digest
        self._known: dict[str, HostedModel | MopsError] = {}

    @property
    def catalog(self) -> Catalog:
        """What is shipped, and what the project adds or overrides.

        Raises:
            CatalogError: The project's document cannot be used. What is wrong in it is not told in full, as
                that would be repeated for every entry.
        """
        if isinstance(self._read, CatalogError):
            raise self._read
        return self._read

    @cached_property
    def _read(self) -> Catalog | CatalogError:
        from modelops_bundle.catalog.documents import BrokenCatalogError

        try:
            return self._read_catalog()
        except BrokenCatalogError as error:
            return _in_short(error)
        except CatalogError as error:
            return error

    def path_of(self, name: str) -> str:
        """The path of a hosted model that a user named, with or without a provider.

        Raises:
            HostedModelError: It means none, several, or none that is attested today.
            CatalogError: The project's document cannot be used.
        """
        entry = self._resolve(name)
        head, slash, rest = name.partition("/")
        provider = self.catalog.provider(head) if slash else None
        is_prefixed = provider is not None and provider.slug == entry.provider
        return f"{entry.provider}/{rest if is_prefixed else name}"

    def meaning(self, path: str) -> HostedModel:
        """What a path means today; asked for once.

        Raises:
            MopsError: That cannot be told: no such name, a broken document, a server that does not answer.
        """
        if path not in self._known:
            try:
                self._known[path] = self._look_up(path)
            except MopsError as error:
                self._known[path] = error
        found = self._known[path]
        if isinstance(found, MopsError):
            raise found
        return found

    def _look_up(self, path: str) -> HostedModel:
        provider, _, name = path.partition("/")
        if provider != LOCAL:
            entry = self._entry(path)
            return HostedModel(entry.provider, entry.id)
        # What its names mean is its server's to say, whatever a document calls an alias there.
        told = self._manifest_digest(_local_config(), name)
        digest = told.removeprefix("sha256:")
        if _MANIFEST.fullmatch(digest) is None:
            raise ModelHostError(
                f"what {name} is was not told by Ollama",
                "what its server gives as digest of the manifest is none",
                "See what the server of OLLAMA_HOST is, and whether there is a newer version of it.",
            )
        return HostedModel(LOCAL, name, digest)

    def _entry(self, path: str) -> ModelEntry:
        provider = path.partition("/")[0]
        entry = self._resolve(path)
        if entry.provider != provider:
            raise HostedModelError(
                f"{provider} has no model of that name any more",
                f"{entry.provider} has {entry.id}",
                _CATALOG_COMMAND,
                "unknown_model",
                (entry.name,),
            )
        return entry

    def _resolve(self, name: str) -> ModelEntry:
        """What a name means today. What a server on this machine has needs no place in the catalog."""
        try:
            return self.catalog.resolve(name, self.now)
        except HostedModelError as error:
            provider, _, rest = name.partition("/")
            if provider != LOCAL or not rest or error.reason != "unknown_model":
                raise
        from modelops_bundle.catalog.entries import ModelEntry

        return ModelEntry(id=rest, provider=LOCAL)

    # --- what an entry depends on -----------------------------------------------------------------

    def inputs(
        self, paths: Sequence[str], recorded: Mapping[str, HostedModel], variables: Iterable[str]
    ) -> HostedInputs:
        """What declaring these paths makes an entry depend on.

        Args:
            paths: What is declared.
            recorded: What paths meant when the entry was recorded. Where that cannot be told today, it is
                kept: that nobody knows is no change.
            variables: Names of the variables that were recorded, likewise.
        """
        llms: dict[str, HostedModel] = {}
        untold: dict[str, list[str]] = {}
        for path in paths:
            try:
                llms[path] = self.meaning(path)
            except MopsError as error:
                untold.setdefault(error.summary, []).append(path)
                if path in recorded:
                    llms[path] = recorded[path]
        configs = self._configs(paths)
        # One that is not set changes nothing, also where a newer catalog knows it.
        counted = [name for name in self.addressing(paths) if name in self._variables]
        unknown = [
            f"what {', '.join(each)} means is not known: {why}" for why, each in untold.items()
        ]
        return HostedInputs(
            llms=llms,
            variables=tuple(counted),
            secret=frozenset(self.credentials(paths)),
            only=frozenset(variables) if untold else None,
            problems=(
                *unknown,
                *(
                    f"{name} is said to hold a key of {config.slug}, and would not count, but no key is"
                    " called so"
                    for config in configs
                    for name in config.credential_variables
                    if not _is_of_key(name)
                ),
            ),
        )

    def addressing(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Names of the variables that say where these paths are asked, set or not."""
        configs = self._configs(paths)
        return tuple(name for config in configs for name in config.base_url_variables)

    def credentials(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Names of the variables that hold keys for these paths, sorted."""
        names = {name for each in self._configs(paths) for name in each.credential_variables}
        return tuple(sorted(filter(_is_of_key, names)))

    def hosts(self, paths: Iterable[str]) -> tuple[str, ...]:
        """``host:port`` of each place that answers for these paths, sorted."""
        hosts = {
            server_of(url) for config in self._configs(paths) for url in self._addresses(config)
        }
        return tuple(sorted(hosts - {""}))

    def provider_at(self, variable: str) -> str | None:
        """The provider whose address or key a variable is; ``None`` when it is none's, or nobody can tell."""
        try:
            configs = self.catalog.providers.values()
        except MopsError:
            return None
        return next(
            (
                each.slug
                for each in configs
                if variable in (*each.base_url_variables, *each.credential_variables)
            ),
            None,
        )

    def mend(self, paths: Iterable[str]) -> str:
        """What to do about the first thing that makes these paths invalid; empty where nothing does."""
        paths = list(paths)
        for path in paths:
            try:
                self.meaning(path)
            except MopsError as error:
                return error.mend
        for config in self._configs(paths):
            if not all(map(_is_of_key, config.credential_variables)):
                return (
                    f"Take it out of providers.{config.slug}.credential_variables in"
                    " models/model_registry.yaml; if it holds a key, give it a name that ends in _API_KEY."
                )
        return ""

    def _configs(self, paths: Iterable[str]) -> list[ProviderConfig]:
        try:
            providers = self.catalog.providers
        except MopsError:
            return []  # told where the paths are looked up
        slugs = dict.fromkeys(path.partition("/")[0] for path in paths)
        return [
            _local_config() if slug == LOCAL else providers[slug]
            for slug in slugs
            if slug in providers
        ]

    def _addresses(self, config: ProviderConfig) -> list[str]:
        values = (self._variables.get(name, "") for name in config.base_url_variables)
        told = [completed(value, config.base_url) for value in values if value.strip()]
        if config.slug == LOCAL and told:
            return told[:1]  # only the one that was asked: another may have another model
        return [config.base_url or "", *config.other_base_urls, *told]

    def entries(self, paths: Iterable[str]) -> Iterator[tuple[str, ModelEntry]]:
        """What these paths mean today, without those of which that cannot be told."""
        for path in paths:
            try:
                yield path, self._entry(path)
            except MopsError:
                continue  # makes the entry invalid, which says so


def _local_config() -> ProviderConfig:
    """How a server that tells digests is asked: as it is shipped.

    Its clients do not read a project's document, so that another server would be looked at than answers; and
    whom a command asks that looks at a project is for no document to say.
    """
    from modelops_bundle.catalog.loading import shipped

    return shipped().providers[LOCAL]


def _in_short(error: BrokenCatalogError) -> CatalogError:
    from modelops_bundle.catalog.overlay import PROJECT_FILE

    lines = [each.line for each in error.problems if each.line is not None]
    place = f" in line {lines[0]}" if lines else ""
    count = len(error.problems)
    return CatalogError(
        f"{PROJECT_FILE} cannot be used",
        f"it has an error{place}" if count == 1 else f"it has {count} errors, the first{place}",
        "`mops-bundle catalog validate` shows every error.",
    )


def _is_of_key(variable: str) -> bool:
    return not _OF_KEYS.isdisjoint(variable.upper().split("_"))
