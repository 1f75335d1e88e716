"""Who is asked for hosted models, with which key and where, and the documents that the answers go to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.errors import ModelHostError, UsageError
from modelops_bundle.identity.recipes import content_digest

if TYPE_CHECKING:
    from modelops_bundle.adapters.catalog_files import DiskCatalogFile
    from modelops_bundle.adapters.model_hosts.access import Address, Secret
    from modelops_bundle.adapters.model_hosts.limits import Limits
    from modelops_bundle.catalog.providers.base import ModelHost
    from modelops_bundle.workflows.catalog_refresh import Refresh

__all__ = ["RealHosts", "ollama_digest", "refresh_catalog"]

_STATE_FOLDER = ".modelops-bundle"


class RealHosts:
    """See :class:`modelops_bundle.workflows.catalog_refresh.Hosts`.

    Args:
        environment: The variables of the process, which keys and addresses are looked for in.
        cache: Folder for answers; ``None`` to keep none.
        limits: Bounds on asking one provider.
        file: The variables of a project's ``.env``, which count less.
        known: The providers, by slug, whose variables and servers are trusted; by default those shipped.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        cache: str | None = None,
        limits: Limits | None = None,
        *,
        file: Mapping[str, str] | None = None,
        known: Mapping[str, ProviderConfig] | None = None,
    ) -> None:
        self._environment = environment
        self._variables = {**(file or {}), **environment}
        self._cache = cache
        self._limits = limits
        self._given = known

    def is_meant(self, config: ProviderConfig) -> bool:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.Hosts.is_meant`."""
        from modelops_bundle.adapters.model_hosts.access import is_meant
        from modelops_bundle.adapters.model_hosts.destinations import with_known_variables

        return is_meant(with_known_variables(config, self._known(config)), self._variables)

    def _known(self, config: ProviderConfig) -> ProviderConfig | None:
        from modelops_bundle.catalog.loading import shipped

        known = shipped().providers if self._given is None else self._given
        return known.get(config.slug)

    def host(self, config: ProviderConfig) -> ModelHost:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.Hosts.host`."""
        from modelops_bundle.adapters.model_hosts.access import address_of, find_secret
        from modelops_bundle.adapters.model_hosts.destinations import (
            check_destination,
            with_known_variables,
        )
        from modelops_bundle.adapters.model_hosts.limits import Limits

        known = self._known(config)
        config = with_known_variables(config, known)
        secret = find_secret(config, self._variables)
        address = address_of(config, self._variables)
        if known is not None and secret is not None:
            # An address in the file is no word of who set the key in the process.
            own = secret.variable in self._environment
            variables = self._environment if own else self._variables
            check_destination(known, secret.variable, address, variables)
        return self._asking(config, address, secret, self._limits or Limits())

    def _asking(
        self, config: ProviderConfig, address: Address, secret: Secret | None, limits: Limits
    ) -> ModelHost:
        try:
            from modelops_bundle.adapters.model_hosts.http import HttpModelHost
        except ImportError as error:
            raise _extra_is_missing("asking a provider for its models", error) from error
        if config.slug != "anthropic" or secret is None:
            return HttpModelHost(config, address, secret, self._cache, limits)
        try:
            from modelops_bundle.adapters.model_hosts.anthropic_sdk import AnthropicHost
        except ImportError as error:
            raise ModelHostError(
                "Anthropic is asked through its SDK",
                str(error),
                'Install it: `uv add "modelops-bundle[anthropic]"`.',
            ) from error
        return AnthropicHost(config, address, secret, limits)


def refresh_catalog(
    cwd: str,
    *,
    providers: Sequence[str] = (),
    output: str = "models.json",
    catalog_dir: str | None = None,
    trust_cache: bool = True,
    limits: Limits | None = None,
) -> Refresh:
    """Ask providers for their models and record what they say; see the workflow.

    Args:
        cwd: Folder that the project is looked for from, and that paths are relative to.
        providers: Names of those to ask; by default every one that is configured.
        output: Path of the list of all models.
        catalog_dir: Folder with one document a provider, in place of the project's document.
        trust_cache: Whether an answer of the last few minutes will do.
        limits: Bounds on asking one provider.

    Raises:
        MopsError: As the workflow; also when the extra is not installed.
    """
    try:
        import dotenv  # noqa: F401
        import requests_cache  # noqa: F401
    except ImportError as error:
        raise _extra_is_missing("`catalog refresh`", error) from error
    from modelops_bundle.adapters.catalog_files import DiskTextFile
    from modelops_bundle.adapters.model_hosts.access import read_variables
    from modelops_bundle.adapters.model_hosts.limits import Limits
    from modelops_bundle.catalog.loading import project_folder
    from modelops_bundle.workflows.catalog_refresh import refresh

    root = str(project_folder(cwd))
    variables, unread = read_variables(os.path.join(root, ".env"))
    limits = limits or Limits()
    if not trust_cache:
        limits = replace(limits, kept_seconds=0)
    if catalog_dir is None:
        files = [_project_file(root)]
    else:
        files = _provider_files(os.path.join(cwd, catalog_dir), catalog_dir)
    done = refresh(
        files,
        RealHosts(os.environ, _cache_folder(os.environ), limits, file=variables),
        DiskTextFile(os.path.abspath(os.path.join(cwd, output)), output),
        lambda: datetime.now(UTC),
        providers,
    )
    return replace(done, unread=unread)


def ollama_digest(config: ProviderConfig, name: str) -> str:
    """Digest of a model's manifest at an Ollama server: what it was when it was pulled.

    Args:
        config: The provider's configuration.
        name: The model; without a tag, its ``latest``.

    Raises:
        ModelHostError: The server does not answer, or has no such model.
    """
    from modelops_bundle.adapters.model_hosts.limits import Limits

    # A command that looks at a project waits for it, and the server is near.
    soon = Limits(connect_seconds=2, read_seconds=5, total_seconds=15, retries=1)
    host = RealHosts(os.environ, limits=soon).host(config)
    wanted = {name, name if ":" in name else f"{name}:latest"}
    try:
        pages = list(host.pages())
    except ModelHostError as error:
        mend = "Start it (`ollama serve`), or say with OLLAMA_HOST where it is."
        raise ModelHostError(error.what, error.why, mend) from error
    for page in pages:
        models = page.get("models") if isinstance(page, dict) else None
        for model in models if isinstance(models, list) else ():
            known = isinstance(model, dict) and wanted & {model.get("name"), model.get("model")}
            if known and isinstance(model.get("digest"), str):
                return str(model["digest"])
    raise ModelHostError(
        f"Ollama has no model {name}",
        f"{host.source} does not list it",
        f"Get it: `ollama pull {name}`.",
    )


def _extra_is_missing(what: str, error: ImportError) -> UsageError:
    return UsageError(
        f"{what} needs requests, requests-cache and python-dotenv",
        str(error),
        'Install them: `uv add "modelops-bundle[providers]"`.',
    )


def _project_file(root: str) -> DiskCatalogFile:
    from modelops_bundle.adapters.catalog_files import DiskCatalogFile
    from modelops_bundle.catalog.loading import PROJECT_FILE, shipped

    path = os.path.join(root, *PROJECT_FILE.split("/"))
    state = os.path.join(root, _STATE_FOLDER)
    lock = os.path.join(state, "catalog.lock")
    if not os.path.isdir(state):
        # Beside the document it would end up in version control.
        place = content_digest(os.fsencode(os.path.realpath(path)))
        lock = os.path.join(_cache_folder(os.environ), f"{place.short}.lock")
    return DiskCatalogFile(path, PROJECT_FILE, lock, shipped)


def _provider_files(folder: str, shown: str) -> list[DiskCatalogFile]:
    """A maintainer's documents: each is all that is known of its provider."""
    from modelops_bundle.adapters.catalog_files import DiskCatalogFile
    from modelops_bundle.catalog.compiled import Shelf, compile_catalog
    from modelops_bundle.catalog.loading import shipped
    from modelops_bundle.catalog.providers import SLUGS
    from modelops_bundle.catalog.snapshot import Catalog

    if not os.path.isdir(folder):
        raise UsageError(f"{shown} is not a folder", "", "Name the folder of the documents.")
    shelf = Shelf(compile_catalog(shipped().providers.values(), ()))
    return [
        DiskCatalogFile(
            os.path.join(folder, f"{slug}.yaml"),
            os.path.join(shown, f"{slug}.yaml"),
            # Not in the folder, which goes into the package.
            os.path.join(_cache_folder(os.environ), "catalog-dir.lock"),
            lambda document: Catalog(shelf, document),
            slug,
        )
        for slug in SLUGS
    ]


def _cache_folder(variables: Mapping[str, str]) -> str:
    """Where the XDG base directory specification has a user's caches."""
    base = variables.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "modelops-bundle", "model-lists")
