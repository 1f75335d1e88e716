"""Hosted models that code names and nobody declared are told of, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring import open_folder, open_project, write_text
from modelops_bundle.workflows.init import init
from modelops_bundle.workflows.register import RegisterRequest, register_models

CATALOG = """\
providers:
  acme: {base_url: 'https://api.acme.example/v1'}
models:
  - {id: acme-talk-1, provider: acme}
  - {id: acme-both, provider: acme}
  - {id: acme-both, provider: other-acme}
  - {id: acme-claimed, provider: openai, aliases: [acmealias]}
  - {id: acme-claimed, provider: other-acme}
  - {id: acmeword, provider: acme}
  - {id: acme-org/acme-open, provider: acme}
  - {id: acme-org/acme-shared, provider: togetherai}
  - {id: acme-flash, provider: google}
  - {id: 'acme-tagged:1b', provider: acme}
  - {id: acme-far, provider: togetherai}
  - {id: acme-far, provider: fireworks-ai}
  - {id: acme-far, provider: other-acme}
"""
MODEL = """\
import modelops_bundle as mb
{imports}

class Asks(mb.BaseModel):
    def simulate(self, params, seed):
        return {call}
"""


def hints(
    folder: Path,
    imports: str,
    call: str,
    *llms: str,
    catalog: str = CATALOG,
    data: Sequence[str] = (),
    **files: str,
) -> list[str]:
    """What registering such a model says of hosted ones, without the place and the end."""
    (folder / "models").mkdir()
    (folder / "models" / "model_registry.yaml").write_text(catalog)
    (folder / "asks.py").write_text(MODEL.format(imports=imports, call=call))
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    with open_folder(Layout(str(folder)), cwd=str(folder)) as workspace:
        init(workspace, write_text)
    with open_project(str(folder)) as workspace:
        report = register_models(workspace, RegisterRequest(path="asks.py", llms=llms, data=data))
        loaded = "hosted" in vars(workspace) and "_read" in vars(workspace.hosted)
    told = [text for text in report.warnings if "hosted model" in text]
    # The catalog is not read where no text may name a model, or nothing can ask for one.
    assert loaded or not (told or llms)
    return [text.replace("which is not declared: add ", "") for text in told]


@pytest.mark.parametrize(
    ("imports", "call", "told"),
    [
        ("import openai", "openai.ask(model='acme-talk-1')", "acme-talk-1, --llm acme/acme-talk-1"),
        (
            "from litellm import ask",
            "ask(model='acme/acme-talk-1')",
            "acme/acme-talk-1, --llm acme/acme-talk-1",
        ),
        (
            "import requests",
            "requests.post('https://api.acme.example/v1/chat', json={'model': 'acme-talk-1'})",
            "acme-talk-1, --llm acme/acme-talk-1",
        ),
        (
            "import openai\nNAME = 'acme-talk-1'",
            "openai.ask(model=NAME)",
            "acme-talk-1, --llm acme/acme-talk-1",
        ),
        # Whoever is asked decides between those that offer it; else the user does.
        ("import openai", "ask(model='acme-claimed')", "acme-claimed, --llm openai/acme-claimed"),
        ("import together", "ask(model='acme-far')", "acme-far, --llm togetherai/acme-far"),
        ("import fireworks", "ask(model='acme-far')", "acme-far, --llm fireworks-ai/acme-far"),
        ("import litellm", "ask(model='acme-both')", "acme-both, --llm PROVIDER/acme-both"),
        ("import litellm", "ask(model='acme:acme-far')", None),
        (
            "import aisuite",
            "ask(model='acme:acme-talk-1')",
            "acme:acme-talk-1, --llm acme/acme-talk-1",
        ),
        (
            "from pydantic_ai import Agent",
            "Agent('google-gla:acme-flash')",
            "google-gla:acme-flash, --llm google/acme-flash",
        ),
        (
            "from google import genai",
            "ask(model='models/acme-flash')",
            "models/acme-flash, --llm google/acme-flash",
        ),
        (
            "import requests",
            "post('https://api.acme.example:443/v1', json={'model': 'acme-talk-1'})",
            "acme-talk-1, --llm acme/acme-talk-1",
        ),
        # A word alone counts where the provider that is asked has it.
        ("import openai", "ask(model='acmeword')", None),
        (
            "import requests",
            "post('https://api.acme.example/v1', json={'model': 'acmeword'})",
            "acmeword, --llm acme/acmeword",
        ),
        ("import openai", "ask(model='acmealias')", "acmealias, --llm openai/acmealias"),
        # Who runs models has them under the names that providers offer them by.
        ("import openai, transformers", "ask(model='acme-org/acme-open')", None),
        (
            "import openai",
            "ask(model='acme-org/acme-open')",
            "acme-org/acme-open, --llm acme/acme-org/acme-open",
        ),
        (
            "import together, transformers",
            "ask(model='acme-org/acme-shared')",
            "acme-org/acme-shared, --llm togetherai/acme-org/acme-shared",
        ),
        # What Ollama's server has need not be in the catalog.
        ("import ollama", "ollama.chat('tiny:1b')", "tiny:1b, --llm ollama/tiny:1b"),
        ("import ollama", "ollama.chat('acme:1b')", "acme:1b, --llm ollama/acme:1b"),
        (
            "import ollama",
            "ask(model='acme-tagged:1b')",
            "acme-tagged:1b, --llm ollama/acme-tagged:1b",
        ),
        ("import ollama", "ask(model='acme')", None),
        (
            "import ollama, aisuite",
            "ask(model='acme:acme-talk-1')",
            "acme:acme-talk-1, --llm acme/acme-talk-1",
        ),
        ("import ollama, aisuite", "ask(model='ollama:acme')", "ollama:acme, --llm ollama/acme"),
        ("import litellm", "ask(model='ollama_chat/acme')", "ollama_chat/acme, --llm ollama/acme"),
    ],
)
def test_what_is_told(tmp_path: Path, imports: str, call: str, told: str | None) -> None:
    found = [
        hint.partition("names the hosted model ")[2] for hint in hints(tmp_path, imports, call)
    ]
    assert found == ([told] if told else [])


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import openai", "fit(model='sir')"),
        ("import openai", "fit('acme-talk-1')"),
        ("import openai", "fit(kind='acme-talk-1')"),
        ("import numpy", "fit(model='acme-talk-1')"),
        ("import openaire", "fit(model='acme-talk-1')"),
        ("import requests", "get('https://elsewhere.example', json={'model': 'acme-talk-1'})"),
        ("import google.cloud", "fit(model='acme-talk-1')"),
        ("import openai\nNAME = 'acme-talk-1'", "fit(NAME)"),
    ],
)
def test_what_is_no_call_of_a_hosted_model(tmp_path: Path, imports: str, call: str) -> None:
    assert hints(tmp_path, imports, call) == []


@pytest.mark.parametrize("name", ["acme-talk-1", "acme/acme-talk-1"])
def test_what_is_declared_is_not_told(tmp_path: Path, name: str) -> None:
    assert hints(tmp_path, "import litellm", f"ask(model='{name}')", "acme-talk-1") == []


@pytest.mark.parametrize(
    ("ignored", "told"),
    [("acme-talk-1", False), ("acme/*", False), ("acme", True), ("ACME-TALK-1", True)],
)
def test_what_is_ignored_is_not_told(tmp_path: Path, ignored: str, told: bool) -> None:
    config = f'[tool.modelops-bundle]\nignore_llms = ["{ignored}"]\n'
    (tmp_path / "pyproject.toml").write_text(config)
    assert bool(hints(tmp_path, "import openai", "ask(model='acme-talk-1')")) is told


def test_all_code_that_is_reached_counts_and_no_other(tmp_path: Path) -> None:
    told = hints(
        tmp_path,
        "import near, settings",
        "near.ask()",
        near="import openai, settings\ndef ask(): return openai.ask(model=settings.NAME)",
        settings="NAME = 'acme-talk-1'",
        far="import openai\nopenai.ask(model='acme-claimed')",
    )
    assert told == ["settings.py:1 names the hosted model acme-talk-1, --llm acme/acme-talk-1"]


def test_a_name_with_its_provider_that_means_nothing_today_is_told_as_it_is(tmp_path: Path) -> None:
    later = "{name: acme-later, valid_from: 2999-01-01}"
    told = hints(
        tmp_path,
        "import litellm",
        "ask(model='acme/acme-later')",
        catalog=f"{CATALOG}  - {{id: acme-talk-2, provider: acme, aliases: [{later}]}}\n",
    )
    assert told == ["asks.py:6 names the hosted model acme/acme-later, --llm acme/acme-later"]


def test_settings_that_are_declared_count_as_well(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("seed: 1\nmodel: acme-talk-1\n")
    told = hints(tmp_path, "import openai", "open('settings.yaml')", data=["settings.yaml"])
    assert told == ["settings.yaml:2 names the hosted model acme-talk-1, --llm acme/acme-talk-1"]
