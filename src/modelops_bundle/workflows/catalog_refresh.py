"""``catalog refresh``: every provider is asked at once, and what they say is merged into the documents.

1. The documents are read; one that is broken stops everything before anybody is asked. So does a file that
   is no list of models where that list is to go.
2. The providers are asked, each in a thread of its own. One that fails is left out, and keeps what it had.
3. With the lock of a document held, it is read again, merged, checked and written, if anything changed.
4. The list of all models, ``models.json``, is written if it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from modelops_bundle.catalog.documents import Document, read_document
from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.listing import models_json
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.merging import Change, Merge, merge
from modelops_bundle.catalog.providers import SLUGS, provider_class
from modelops_bundle.catalog.providers.base import ModelHost
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.errors import CatalogError, ModelHostError, MopsError, UsageError
from modelops_bundle.workflows.catalog_files import TextFile, replaced, require_list

__all__ = ["Answer", "CatalogFile", "Hosts", "Refresh", "Refreshed", "refresh"]

#: A list that is shorter than this part of what was known before is told of.
_FAR_FEWER = 0.5


class CatalogFile(TextFile, Protocol):
    """A document of the catalog, for some providers or for all."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep others from changing it."""
        ...

    def is_for(self, slug: str) -> bool:
        """Whether what a provider says belongs here."""
        ...

    def catalog(self, document: Document) -> Catalog:
        """What is known with this document, and below it what is shipped, if that counts."""
        ...


class Hosts(Protocol):
    """How providers are got hold of."""

    def is_meant(self, config: ProviderConfig) -> bool:
        """Whether variables say that it is used."""
        ...

    def host(self, config: ProviderConfig) -> ModelHost:
        """What to ask.

        Raises:
            ModelHostError: A variable is missing, or holds what cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of asking one provider.

    Attributes:
        slug: The provider.
        models: What it lists for everybody.
        error: Why that is not known.
    """

    slug: str
    models: tuple[ModelEntry, ...] = ()
    error: MopsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did about one provider.

    Attributes:
        slug: The provider.
        models: Number of models that it lists.
        error: Why it could not be asked.
        added: Ids that were not known.
        changes: What changed of others.
        unlisted: Ids that are known, are not retired, and are not listed. They stay. Empty where a list does
            not have all models.
        refused: Ids that no document can hold, with the reason.
        before: Number of models that were known and not retired.
    """

    slug: str
    models: int = 0
    error: MopsError | None = None
    added: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    unlisted: tuple[str, ...] = ()
    refused: Mapping[str, str] | None = None
    before: int = 0

    @property
    def is_short(self) -> bool:
        """Whether far fewer models are listed than were known."""
        return bool(self.unlisted) and self.models < self.before * _FAR_FEWER


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did.

    Attributes:
        providers: By provider, sorted.
        written: Documents that changed.
        output: The list of models, and whether it changed; where nobody could be asked, it is left alone.
        unread: Numbers of lines of ``.env`` that set no variable, as they should.
    """

    providers: tuple[Refreshed, ...]
    written: tuple[str, ...]
    output: tuple[str, bool]
    unread: tuple[int, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether nobody could be asked."""
        return all(each.error is not None for each in self.providers)


def refresh(
    files: Sequence[CatalogFile],
    hosts: Hosts,
    output: TextFile,
    now: Callable[[], datetime],
    asked: Sequence[str] = (),
) -> Refresh:
    """Ask providers, and record what they say.

    Args:
        files: The documents, of which each provider belongs to one.
        hosts: How providers are asked.
        output: Where the list of all models goes.
        now: The time, UTC.
        asked: Names of providers; by default all that variables say are used.

    Raises:
        CatalogError: A document cannot be used, or not be edited. It is left as it is.
        UsageError: A provider is none that can be asked, or none is configured.
        WorkInTheWayError: Something else stands where the list is to go.
        StorageError: A file cannot be written.
    """
    configs = _configs(files)
    require_list(output.read(), output.shown)
    chosen = tuple(_slug(configs, name) for name in asked)
    answers = _ask([configs[slug] for slug in chosen or SLUGS], hosts, bool(asked))
    if not answers:
        raise _nobody()
    instant = now().replace(microsecond=0)
    done: list[Refreshed] = []
    written = []
    for file in files:
        own = [answer for answer in answers if file.is_for(answer.slug)]
        told, has_changed = _record(file, own, instant)
        done += told
        written += [file.shown] if has_changed else []
    differs = False
    if any(each.error is None for each in done):
        # Documents that are refreshed at once share this lock, so that no list is older than they are.
        with files[0].lock():
            differs = _list_models(files, output)
    by_slug = sorted(done, key=lambda each: each.slug)
    return Refresh(tuple(by_slug), tuple(written), (output.shown, differs))


def _list_models(files: Sequence[CatalogFile], output: TextFile) -> bool:
    """Write the list of all models; whether it was another one."""
    entries = [
        entry
        for file in files
        for catalog in (_catalog(file),)
        for slug in filter(file.is_for, SLUGS)
        for entry in catalog.entries(slug)
    ]
    listed = models_json(entries)

    def in_place_of(before: bytes) -> bytes:
        if before != listed:
            require_list(before, output.shown)
        return listed

    return replaced(output, in_place_of)


def _catalog(file: CatalogFile) -> Catalog:
    return file.catalog(read_document(file.read(), file.shown))


def _configs(
    files: Sequence[CatalogFile],
) -> dict[str, ProviderConfig]:
    found = {}
    for file in files:
        catalog = _catalog(file)
        for slug in filter(file.is_for, SLUGS):
            found[slug] = catalog.provider(slug) or ProviderConfig(slug=slug)
    return found


def _slug(configs: Mapping[str, ProviderConfig], name: str) -> str:
    for slug, config in configs.items():
        if name.lower() in (slug, *config.also_known_as):
            return slug
    raise UsageError(
        f"{name} is no provider that can be asked for its models",
        "",
        f"Those that can are {', '.join(SLUGS)}.",
    )


def _nobody() -> UsageError:
    # A project's document has no say in which variables hold keys.
    known = (shipped().providers[slug].credential_variables for slug in SLUGS)
    variables = [names[0] for names in known if names]
    return UsageError(
        "no provider is configured",
        "no variable holds a key of one or says where Ollama is",
        f"Set one of {', '.join(variables)} in the environment or in the project's .env; for a server of"
        " Ollama, set OLLAMA_HOST or give --provider ollama.",
    )


# --- asking -----------------------------------------------------------------------------------------


def _ask(configs: Sequence[ProviderConfig], hosts: Hosts, named: bool) -> list[Answer]:
    """What the providers say that are used.

    A server on this machine that nobody named is none of them: what it has is not for the others who share
    the document.
    """
    used = [each for each in dict.fromkeys(configs) if named or hosts.is_meant(each)]
    with ThreadPoolExecutor(max_workers=max(1, len(used))) as pool:
        return list(pool.map(lambda config: _answer(config, hosts), used))


def _answer(config: ProviderConfig, hosts: Hosts) -> Answer:
    try:
        provider = provider_class(config.slug)(config, hosts.host(config))
        return Answer(config.slug, tuple(provider.public_models()))
    except ModelHostError as error:
        return Answer(config.slug, error=error)


# --- recording --------------------------------------------------------------------------------------


def _record(
    file: CatalogFile, answers: Sequence[Answer], now: datetime
) -> tuple[list[Refreshed], bool]:
    failed = [Refreshed(slug=each.slug, error=each.error) for each in answers if each.error]
    had = [each for each in answers if each.error is None]
    if not had:
        return failed, False
    told: list[Refreshed] = []

    def merged(data: bytes) -> bytes:
        told.clear()
        document = read_document(data, file.shown)
        for answer in had:
            made, one = _merged(file, document, answer, now)
            told.append(one)
            if made.touched:
                data, document = _edited(file, data, document, made)
        return data

    with file.lock():
        has_changed = replaced(file, merged)
    return failed + told, has_changed


def _merged(
    file: CatalogFile, document: Document, answer: Answer, now: datetime
) -> tuple[Merge, Refreshed]:
    catalog = file.catalog(document)
    refused = dict(_refused(answer.models))
    sound = [each for each in answer.models if each.id not in refused]
    made = merge(catalog, document.models, sound, now)
    known = [
        entry
        for entry in catalog.entries(answer.slug)
        if entry.status_on(now) is not Status.RETIRED
    ]
    lists_all = provider_class(answer.slug).lists_all
    names = {each.id for each in answer.models}
    names |= {alias.name for each in answer.models for alias in each.aliases}
    told = Refreshed(
        slug=answer.slug,
        models=len(answer.models),
        added=tuple(made.added),
        changes=tuple(made.changes),
        unlisted=tuple(each.id for each in known if lists_all and each.id not in names),
        refused=refused,
        before=len(known),
    )
    return made, told


def _refused(models: Iterable[ModelEntry]) -> Iterator[tuple[str, str]]:
    """Models that no document can hold, as when their dates contradict each other."""
    from pydantic import ValidationError

    from modelops_bundle.catalog.schema import ModelRow
    from modelops_bundle.catalog.trees import entry_tree

    for entry in models:
        try:
            ModelRow.model_validate(entry_tree(replace(entry, source={})))
        except ValidationError as error:
            yield entry.id, str(error.errors(include_url=False)[0]["msg"])


def _edited(
    file: CatalogFile, data: bytes, document: Document, made: Merge
) -> tuple[bytes, Document]:
    """The document's text with what a merge made of it, and the document that it says.

    Raises:
        CatalogError: What comes out would say something else, as where values are shared by anchors.
    """
    from modelops_bundle.yamltext.editing import edit_yaml

    tree = {"models": made.models}
    paths = [("models", *path) for path in _where(data, made)]
    new = edit_yaml(data, tree, paths)
    try:
        again = read_document(new, file.shown)
    except CatalogError:
        again = None
    if again is None or [*again.models] != made.models or again.providers != document.providers:
        raise CatalogError(
            f"cannot edit the catalog {file.shown}",
            "a value in it is shared by an anchor, or written in a way that it cannot be changed in",
            "Write such values out, and refresh again. It was left as it is.",
        )
    return new, again


def _where(data: bytes, made: Merge) -> set[tuple[str, ...]]:
    """Where to write; of a row whose prices are in the older form of two keys, these go."""
    from modelops_bundle.yamltext.events import read_yaml

    places = set(made.touched)
    if b"cost_per_1k" not in data:
        return places
    for number, row in enumerate(read_yaml(data).root["models"]):
        old = [key for key in row if key.startswith("cost_per_1k")]
        if old and any(path[:2] == (str(number), "prices") for path in places):
            places |= {(str(number), key) for key in ("prices", *old)}
    return places
