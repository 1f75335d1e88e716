"""Facts of a source, and keeping them."""

import ast
import json

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.identity.digest import Digest
from modelops_bundle.ports import Unreadable
from modelops_bundle.source import facts as subject
from modelops_bundle.source.facts import (
    FACTS_VERSION,
    FactsReader,
    SourceFacts,
    from_json,
    read_facts,
    to_json,
)
from modelops_bundle.source.fingerprint import read_prints

SOURCE = b'''
"""A model."""
import os, numpy as np
from .base import BaseModel as Base, other
class SIR(Base):
    """Doc \xc3\xa9."""
    PARAMS = ["beta", "gamma"]
    def run(self):
        return os.environ["SCALE"], open("data/pop.csv"), self.run.__doc__
if np:
    class Late(SIR): x = "\\ud800"
'''


def test_all_parts_are_read() -> None:
    facts = read_facts(SOURCE)
    assert facts.error is None
    assert facts.prints == read_prints(ast.parse(SOURCE))
    assert facts.names is not None
    assert facts.uses is not None


@pytest.mark.parametrize("data", [SOURCE, b"", b"x = (", b"\x00"])
def test_through_json(data: bytes) -> None:
    facts = read_facts(data)
    text = to_json(facts)
    assert text.isascii()
    assert from_json(text) == facts


def test_another_version_is_not_read() -> None:
    body = json.loads(to_json(read_facts(b"x = 1")))
    assert from_json(json.dumps([FACTS_VERSION + 1, *body[1:]])) is None


def test_a_file_is_read_once_in_a_run_and_not_at_all_in_the_next() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE, "/p/b.py": SOURCE, "/p/bad.py": b"x = ("})
    paths = ["/p/a.py", "/p/b.py", "/p/bad.py"]
    reader = FactsReader(files)
    first = [reader.facts(path) for path in paths]
    assert files.reads == ["/p/a.py", "/p/bad.py"]
    assert reader.facts("/p/a.py") is first[0]
    again = FactsReader(files)
    assert [again.facts(path) for path in paths] == first
    assert files.reads == ["/p/a.py", "/p/bad.py"]


def test_an_edited_file_is_read_again_by_the_next_run() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE})
    before = FactsReader(files).facts("/p/a.py")
    files.write("/p/a.py", SOURCE + b"x = 1\n")
    after = FactsReader(files).facts("/p/a.py")
    assert isinstance(before, SourceFacts)
    assert isinstance(after, SourceFacts)
    assert before.prints is not None
    assert after.prints is not None
    assert before.prints.token != after.prints.token


def test_what_an_older_version_kept_is_replaced() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE})
    content = files.content("/p/a.py")
    assert isinstance(content, Digest)
    files.memo_put(subject._MEMO_KIND, content.hex, "[-1]")
    assert FactsReader(files).facts("/p/a.py") == read_facts(SOURCE)
    assert files.memo_get(subject._MEMO_KIND, content.hex) == to_json(read_facts(SOURCE))


def test_what_cannot_be_read_says_so() -> None:
    files = MemoryFiles({"/p/pipe.py": None})
    for path in ("/p/pipe.py", "/p/none.py"):
        assert isinstance(FactsReader(files).facts(path), Unreadable)


def test_records_of_another_shape_are_not_read() -> None:
    body = json.loads(to_json(read_facts(b"import os\nX = os.environ['A']\n")))
    body[4][0] = [["too", "short"]]
    assert from_json(json.dumps(body)) is None
