"""Which texts of a source are handed on as names of models."""

from __future__ import annotations

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.source.model_names import ModelNames, model_names_of, read_model_names


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("ask(model='gpt-4o')", {"gpt-4o"}),
        ("ask(\n  model='a/b:c-1')", {"a/b:c-1"}),
        ("post(json={'model': 'gpt-4o', 'n': 1})", {"gpt-4o"}),
        ("ask(model='a1' if fast else 'b2')", {"a1", "b2"}),
        ("ask(model=given or 'b2')", {"b2"}),
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
