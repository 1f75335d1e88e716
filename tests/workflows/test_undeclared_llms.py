"""Hosted models that code names and nobody declared are told of, and nothing else is."""

from __future__ import annotations

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
  - {id: acme-claimed, provider: openai}
  - {id: acme-claimed, provider: other-acme}
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


def hints(folder: Path, imports: str, call: str, *llms: str, **files: str) -> list[str]:
    """What registering such a model says of hosted ones, without the place and the end."""
    (folder / "models").mkdir()
    (folder / "models" / "model_registry.yaml").write_text(CATALOG)
    (folder / "asks.py").write_text(MODEL.format(imports=imports, call=call))
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    with open_folder(Layout(str(folder)), cwd=str(folder)) as workspace:
        init(workspace, write_text)
    with open_project(str(folder)) as workspace:
        report = register_models(workspace, RegisterRequest(path="asks.py", llms=llms))
        loaded = "hosted" in vars(workspace) and "catalog" in vars(workspace.hosted)
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
    ],
)
def test_what_is_told(tmp_path: Path, imports: str, call: str, told: str) -> None:
    (hint,) = hints(tmp_path, imports, call)
    assert hint.endswith(f"names the hosted model {told}")


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
