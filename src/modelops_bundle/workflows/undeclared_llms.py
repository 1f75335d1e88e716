"""Hosted models that code names and nobody declared.

A text counts where it is handed on as a model (:mod:`modelops_bundle.source.model_names`), where the catalog
knows it, and where some code that the model reaches imports a client of a provider or names its host. So
``model="sir"`` is none, and neither is ``model="gpt-4o"`` where nothing can ask for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from modelops_bundle.digests.survey import Survey
from modelops_bundle.errors import HostedModelError, MopsError
from modelops_bundle.source.model_names import ModelNames, model_names_of
from modelops_bundle.workflows.workspace import Workspace

if TYPE_CHECKING:
    from modelops_bundle.catalog.snapshot import Catalog
    from modelops_bundle.workflows.hosted import HostedModels

__all__ = ["NamedModel", "undeclared_llms"]

#: Packages that ask hosted models, with the provider that they ask unless they are told otherwise; those that
#: ask any provider have none.
_CLIENTS: Mapping[str, str] = MappingProxyType(
    {
        "anthropic": "anthropic",
        "cohere": "cohere",
        "dspy": "",
        "fireworks": "fireworks-ai",
        "google.genai": "google",
        "google.generativeai": "google",
        "groq": "groq",
        "instructor": "",
        "langchain": "",
        "langchain_anthropic": "anthropic",
        "langchain_cohere": "cohere",
        "langchain_google_genai": "google",
        "langchain_groq": "groq",
        "langchain_mistralai": "mistral",
        "langchain_ollama": "ollama",
        "langchain_openai": "openai",
        "litellm": "",
        "llama_index": "",
        "mistralai": "mistral",
        "ollama": "ollama",
        "openai": "openai",
        "pydantic_ai": "",
        "together": "togetherai",
        "xai_sdk": "xai",
    }
)


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
    """Hosted models that the code of a model names and that it does not declare, by source and line.

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
    named = list(_named(reached))
    if not named:
        return
    imported = [name for each in reached.values() for name in each.imported]
    clients = dict.fromkeys(_clients(imported))
    urls = {url for each in reached.values() for url in each.urls}
    if not clients and not urls:
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
    for source, line, text in named:
        path = "" if text in declared else _path(workspace.hosted, text, asked)
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


def _clients(imported: Iterable[str]) -> Iterator[str]:
    """Providers that the imported packages ask; an empty text for a package that asks any."""
    for name in imported:
        for package, provider in _CLIENTS.items():
            if name == package or name.startswith(f"{package}."):
                yield provider


def _of_urls(catalog: Catalog, urls: Iterable[str]) -> Iterator[str]:
    """Providers whose hosts are named."""
    hosts = {urlsplit(url).netloc.lower() for url in urls}
    if hosts:
        for slug, config in catalog.providers.items():
            if config.base_url and urlsplit(config.base_url).netloc.lower() in hosts:
                yield slug


def _path(hosted: HostedModels, text: str, asked: Iterable[str]) -> str:
    """What would declare a text; empty where the catalog knows no such model."""
    for slug in asked:
        if hosted.catalog.get(slug, text) is not None:
            return f"{slug}/{text}"
    try:
        return hosted.path_of(text)
    except HostedModelError as error:
        if error.reason == "unknown_model":
            return ""
        # Several offer it, or did at other dates: which one is asked, the user may have to say.
        offering = {name.partition("/")[0] for name in error.suggestions}
        likely = [slug for slug in asked if slug in offering] or list(offering)
        return f"{likely[0] if len(likely) == 1 else 'PROVIDER'}/{text}"
