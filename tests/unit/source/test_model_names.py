"""Which texts of a source are handed on as names of models."""

from __future__ import annotations

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.source.model_names import ModelNames, model_names_of, read_model_names
from modelops_bundle.source.model_settings import model_names_in_settings


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("ask(model='gpt-4o')", {"gpt-4o"}),
        ("ask(\n  model='a/b:c-1')", {"a/b:c-1"}),
        ("post(json={'model': 'gpt-4o', 'n': 1})", {"gpt-4o"}),
        ("ask(model='a1' if fast else 'b2')", {"a1", "b2"}),
        ("ask(model=given or 'b2')", {"b2"}),
        ("ask(model_name='a1', model_id='b2')", {"a1", "b2"}),
        ("client.converse(modelId='a1')", {"a1"}),
        ("given = {}\ngiven['model'] = 'a1'", {"a1"}),
        ("ask(model=(m := 'a1'))", {"a1"}),
        ("ask(model=os.environ.get('MODEL', 'a1'))", {"a1"}),
        ("ask(model=os.getenv('MODEL', default))", set()),
        ("completion('a1', [])", {"a1"}),
        ("genai.GenerativeModel('a1').generate('b2')", {"a1", "b2"}),
        ('post(data=\'{"n": 1, "model": "a1"}\')', {"a1"}),
        ('post(data=f\'{{"model": "a1", "n": {n}}}\')', {"a1"}),
        ("get('https://a.example/v1beta/models/a1:generateContent')", {"a1"}),
        ("get('https://a.example/models/a1')", set()),
        ('def f():\n  "\'model\': \'a1\', \\"model\\": \\"a1\\""', set()),
        ("ask('gpt-4o')", set()),
        ("ask(models='gpt-4o')", set()),
        ("{'models': 'gpt-4o'}", set()),
        ("ask(model='two words')", set()),
        ("ask(model=f'gpt-{n}')", set()),
        ("ask(model=b'gpt')", set()),
        ("ask(model=3)", set()),
        ("model = 'gpt-4o'", set()),
        ("'''ask(model='gpt-4o')'''", set()),
        ("# ask(model='gpt-4o')", set()),
        ("def ask(:", set()),
        ("\x00", set()),
    ],
)
def test_texts_that_are_handed_on(source: str, texts: set[str]) -> None:
    assert {text for _, text in read_model_names(source.encode()).texts} == texts


@pytest.mark.parametrize(
    "source",
    [
        "NAME = 'gpt-4o'\nask(model=NAME)",
        "NAME: str = 'gpt-4o'\nask(model=settings.NAME)",
        "class A:\n  def __init__(self):\n    self.NAME = 'gpt-4o'\n  def f(self): ask(model=self.NAME)",
        "def f(NAME='gpt-4o'): ask(model=NAME)",
        "def f(a, *, b, NAME='gpt-4o'): ask(model=NAME)",
        "f = lambda a, NAME='gpt-4o': ask(model=NAME)",
    ],
)
def test_names_that_are_handed_on(source: str) -> None:
    found = read_model_names(source.encode())
    assert found.references == ("NAME",)
    assert [(name, text) for name, _, text in found.given] == [("NAME", "gpt-4o")]
    assert found.texts == ()


@pytest.mark.parametrize(
    "source",
    [
        "NAME, other = 'a1', 2\nask(model=NAME)",
        "NAMES = ['a1']\nask(model=NAMES[0])",
        "NAMES = {'small': 'a1'}\nask(model=NAMES[size])",
        "NAMES = ('a1',)\nfor name in NAMES:\n  ask(model=name)",
        "[ask(model=name) for name in ('a1', 3)]",
        "NAME = 'a1'\ndef f(name=NAME): ask(model=name)",
        "NAME = os.getenv('NAME') or 'a1'\nask(model=NAME)",
        "NAME = os.getenv('NAME', 'a1')\nask(model=NAME)",
        "class A:\n  name: str = Field('a1')\nask(model=A().name)",
        "class A:\n  name: str = field(default='a1')\nask(model=A().name)",
        "class A(Enum):\n  BIG = 'a1'\nask(model=A.BIG.value)",
        "class A:\n  def __init__(self, n, m): self.m = m\n  def f(self): ask(model=self.m)\nA(1, 'a1')",
        "class A:\n  def f(self, name): ask(model=name)\nA().f('a1')",
        "def f(n, name): ask(model=name)\nf(1, name='a1')",
        "async def f(name, /): ask(model=name)\nf('a1')",
    ],
)
def test_what_such_a_name_was_given(source: str) -> None:
    found = read_model_names(source.encode())
    assert [text for name, _, text in found.given if name in found.references] == ["a1"]


@pytest.mark.parametrize(
    "source",
    [
        "def f(n, name): ask(model=name)\nf('a1', 2)",
        "def f(name): ask(model=name)\ng('a1')",
        "NAME = 'a1'\nask(model=other)",
        f"NAMES = ['a1'{', x' * 50}]\nask(model=NAMES[0])",
        "a, b = f('a1')\nask(model=a)",
    ],
)
def test_what_another_name_was_given(source: str) -> None:
    found = read_model_names(source.encode())
    assert [text for name, _, text in found.given if name in found.references] == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.yaml", "seed: 1\nllm:\n  model: gpt-4o  # big", [(3, "gpt-4o")]),
        ("a.yml", "- {model_name: 'a/b:c'}", [(1, "a/b:c")]),
        ("a.JSON", '{"modelId": "a1", "model": "b2"}', [(1, "a1"), (1, "b2")]),
        ("a.toml", 'model = "gpt-4o"\nmodels = "b"', [(1, "gpt-4o")]),
        ("a.ini", "MODEL=gpt-4o", [(1, "gpt-4o")]),
        ("a.yaml", "sub-model: a1\nmodel:\n  a2: 1", []),
        ("a.csv", "model: gpt-4o", []),
        ("a.yaml", "model: a1\n" + "#" * 300_000, []),
    ],
)
def test_models_that_settings_name(name: str, text: str, found: list[tuple[int, str]]) -> None:
    files = MemoryFiles({f"/p/{name}": text})
    assert list(model_names_in_settings(files, f"/p/{name}")) == found
    assert model_names_in_settings(files, "/p/none.yaml") == ()


def test_what_is_imported_and_which_hosts_are_named() -> None:
    source = b"""\
import openai, a.b as c
from google import genai
from . import near
URL = "https://api.openai.com/v1/chat"
f"http://127.0.0.1:8000/{x}"
"""
    found = read_model_names(source)
    assert found.imported == ("a.b", "google", "google.genai", "openai")
    assert found.urls == ("http://127.0.0.1:8000", "https://api.openai.com")


def test_lines_are_those_of_the_texts() -> None:
    assert read_model_names(b"ask(\n  model=(\n  'gpt-4o'))").texts == ((3, "gpt-4o"),)


def test_what_was_read_is_kept_by_content() -> None:
    files = MemoryFiles({"/p/m.py": "import openai\nM = 'a1'\nask(model=M)\nask(model='b2')"})
    found = model_names_of(files, "/p/m.py")
    assert found.texts == ((4, "b2"),)
    assert model_names_of(files, "/p/m.py") == found
    assert files.reads == ["/p/m.py"]
    assert model_names_of(files, "/p/none.py") == ModelNames()


def test_deep_sources_are_no_end() -> None:
    deep = b"ask(model='a1')\n" + b"x = " + b"-" * 3000 + b"1\n"
    assert read_model_names(deep) in (ModelNames(texts=((1, "a1"),)), ModelNames())
