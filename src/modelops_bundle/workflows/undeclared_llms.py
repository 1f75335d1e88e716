"""Hosted models that code names and nobody declared.

A text counts where it is handed on as a model (:mod:`modelops_bundle.source.model_names`), where the catalog
knows it, and where some code that the model reaches imports a client of a provider or names its host. So
``model="sir"`` is none, and neither is ``model="gpt-4o"`` where nothing can ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelops_bundle.catalog.addresses import server_of
from modelops_bundle.digests.survey import Survey
from modelops_bundle.errors import HostedModelError, MopsError
from modelops_bundle.source.model_names import ModelNames, model_names_of
from modelops_bundle.source.model_settings import model_names_in_settings
from modelops_bundle.workflows.hosted import LOCAL, HostedModels
from modelops_bundle.workflows.workspace import Workspace

if TYPE_CHECKING:
    from modelops_bundle.catalog.entries import ProviderConfig
    from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["NamedModel", "undeclared_llms"]

#: Packages that ask hosted models, with the provider that they ask unless they are told otherwise; those that
#: ask any provider have none.
_CLIENTS: Mapping[str, str] = MappingProxyType(
    {
        "aisuite": "",
        "anthropic": "anthropic",
        "boto3": "amazon-bedrock",
        "cohere": "cohere",
        "dspy": "",
        "fireworks": "fireworks-ai",
        "google.genai": "google",
        "google.generativeai": "google",
        "groq": "groq",
        "instructor": "",
        "langchain": "",
        "langchain_anthropic": "anthropic",
        "langchain_aws": "amazon-bedrock",
        "langchain_cohere": "cohere",
        "langchain_community": "",
        "langchain_deepseek": "deepseek",
        "langchain_fireworks": "fireworks-ai",
        "langchain_google_genai": "google",
        "langchain_groq": "groq",
        "langchain_mistralai": "mistral",
        "langchain_ollama": "ollama",
        "langchain_openai": "openai",
        "langchain_together": "togetherai",
        "langchain_xai": "xai",
        "litellm": "",
        "llama_index": "",
        "mistralai": "mistral",
        "ollama": "ollama",
        "openai": "openai",
        "pydantic_ai": "",
        "together": "togetherai",
        "vertexai": "google-vertex",
        "xai_sdk": "xai",
    }
)

#: Packages that run models themselves. Those are called as providers call them who offer them.
_RUNNERS = ("diffusers", "sentence_transformers", "transformers", "vllm")
#: What clients call providers before a name, where the catalog has no such name of theirs.
_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "azure_openai": "azure",
        "google-gla": "google",
        "google_genai": "google",
        "google_vertexai": "google-vertex",
        "mistralai": "mistral",
        "ollama_chat": "ollama",
    }
)
#: Settings are few; what is more is data.
_MOST_SETTINGS = 100
_TAGGED = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)*:[\w.-]+")


class NamedModel(NamedTuple):
    """A hosted model that code names and nobody declared.

    Attributes:
        source: Recorded path of the source.
        line: Where it names the model.
        text: The name there.
        path: What declares it: ``provider/name``.
    """

    source: str
    line: int
    text: str
    path: str

    @property
    def place(self) -> str:
        """Where the model is named."""
        return f"{self.source}:{self.line}"

    @property
    def what(self) -> str:
        """What was noticed there."""
        return f"names the hosted model {self.text}, which is not declared"

    @property
    def hint(self) -> str:
        """What was noticed, and the option that declares it."""
        return f"{self.place} {self.what}: add --llm {self.path}"


def undeclared_llms(workspace: Workspace, survey: Survey) -> Iterator[NamedModel]:
    """Hosted models that a model's code or its declared settings name and that it does not declare, by place.

    The catalog is read only where some text may be one. Where it cannot be read, nothing is told: which
    texts name models is not known then.
    """
    if survey.leaves.kind != "MODEL":
        return
    reached = {
        recorded: model_names_of(workspace.files, path)
        for recorded, path in sorted(survey.sources.items())
        if workspace.layout.holds(path)
    }
    imported = [name for each in reached.values() for name in each.imported]
    clients = dict.fromkeys(_clients(imported))
    urls = {url for each in reached.values() for url in each.urls}
    if not clients and not urls:
        return
    named = [*_named(reached), *_in_settings(workspace, survey.leaves.data)]
    if not named:
        return
    try:
        catalog = workspace.hosted.catalog
    except MopsError:
        return
    asked = list(dict.fromkeys((*filter(None, clients), *_of_urls(catalog, urls))))
    if not clients and not asked:
        return
    declared = {
        name
        for path, model in survey.leaves.llms.items()
        for name in (path, path.removeprefix(f"{model.provider}/"), model.id)
    }
    is_run_here = any(name.split(".")[0] in _RUNNERS for name in imported)
    for source, line, text in named:
        path = "" if text in declared else _path(workspace.hosted, text, asked, is_run_here)
        if path and path not in declared and not _is_ignored(workspace, text, path):
            yield NamedModel(source, line, text, path)


def _is_ignored(workspace: Workspace, *names: str) -> bool:
    patterns = workspace.config.ignore_llms
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _named(reached: Mapping[str, ModelNames]) -> Iterator[tuple[str, int, str]]:
    """Source, line and text of all that may name a model, each text once a source."""
    references = {name for each in reached.values() for name in each.references}
    told: set[tuple[str, str]] = set()
    for source, names in reached.items():
        given = [(line, text) for name, line, text in names.given if name in references]
        for line, text in sorted({*names.texts, *given}):
            if (source, text) not in told:
                told.add((source, text))
                yield source, line, text


def _in_settings(workspace: Workspace, data: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """The same of the settings among a model's data."""
    for recorded in islice(data, _MOST_SETTINGS):
        told: set[str] = set()
        for line, text in model_names_in_settings(
            workspace.files, workspace.layout.absolute(recorded)
        ):
            if text not in told:
                told.add(text)
                yield recorded, line, text


def _clients(imported: Iterable[str]) -> Iterator[str]:
    """Providers that the imported packages ask; an empty text for a package that asks any."""
    for name in imported:
        for package, provider in _CLIENTS.items():
            if name == package or name.startswith(f"{package}."):
                yield provider


def _of_urls(catalog: Catalog, urls: Iterable[str]) -> Iterator[str]:
    """Providers whose hosts are named."""
    servers = {server_of(url) for url in urls} - {""}
    if servers:
        for slug, config in catalog.providers.items():
            own = (config.base_url or "", *config.other_base_urls)
            if not servers.isdisjoint(map(server_of, own)):
                yield slug


def _path(hosted: HostedModels, text: str, asked: Collection[str], is_run_here: bool) -> str:
    """What would declare a text; empty where the catalog knows no such model.

    Args:
        hosted: What is known.
        text: The text.
        asked: Providers that code asks.
        is_run_here: Whether code can run models itself, such as ``org/model``.
    """
    catalog = hosted.catalog
    names = list(_spellings(catalog, text))
    for name in names:
        for slug in asked:
            if catalog.offers(slug, name):
                return f"{slug}/{name}"
    # What stands before a colon may be a provider.
    others = [name for name in names[1:] if name.startswith(f"{LOCAL}/") or catalog.knows(name)]
    if LOCAL in asked and _TAGGED.fullmatch(text) and not others:
        return f"{LOCAL}/{text}"  # what its server has need not be in the catalog
    # A word alone names too many things, unless who is asked has a model that is called so.
    organisation, slash, _ = text.partition("/")
    is_other = text.isalpha() or (
        is_run_here and bool(slash) and _provider(catalog, organisation) is None
    )
    if is_other:
        return ""
    return next(filter(None, (_anywhere(hosted, name, asked) for name in names)), "")


def _spellings(catalog: Catalog, text: str) -> Iterator[str]:
    """A text as the catalog may have it: clients take ``models/gemini-2.5-pro`` and ``openai:gpt-4o`` too."""
    yield text
    if text.startswith("models/"):
        yield text.removeprefix("models/")
    for mark in (":", "/"):
        head, _, rest = text.partition(mark)
        provider = _provider(catalog, head)
        if rest and provider is not None and f"{provider.slug}/{rest}" != text:
            yield f"{provider.slug}/{rest}"


def _provider(catalog: Catalog, name: str) -> ProviderConfig | None:
    return catalog.provider(_ELSEWHERE.get(name, name))


def _anywhere(hosted: HostedModels, name: str, asked: Iterable[str]) -> str:
    if not (hosted.catalog.knows(name) or name.startswith(f"{LOCAL}/")):
        return ""  # without looking for names that are close
    try:
        return hosted.path_of(name)
    except HostedModelError as error:
        if error.reason == "unknown_model":
            return ""
        # Several offer it, or did at other dates: which one is asked, the user may have to say.
        offering = {each.partition("/")[0] for each in error.suggestions}
        likely = [slug for slug in asked if slug in offering] or list(offering)
        slug = likely[0] if len(likely) == 1 else "PROVIDER"
        return name if name.startswith(f"{slug}/") else f"{slug}/{name}"
