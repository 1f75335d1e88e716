"""Names of files, kept between runs under the digest of what was read."""

from __future__ import annotations

from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.ports import Unreadable
from modelops_bundle.source.facts import FactsReader, SourceFacts
from modelops_bundle.source.names_reader import NamesReader

SOURCE = "from a import B\nclass X(B):\n    OUTPUTS = ['x']\n"


def test_names_are_those_of_all_facts() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE})
    facts = FactsReader(files).facts("/p/a.py")
    again = NamesReader(files).facts("/p/a.py")
    assert isinstance(facts, SourceFacts)
    assert isinstance(again, SourceFacts)
    assert again.names == facts.names


def test_what_is_known_is_not_read_again() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE, "/p/bad.py": "def ("})
    first = [NamesReader(files).facts(path) for path in ("/p/a.py", "/p/bad.py")]
    files.reads.clear()
    second = [NamesReader(files).facts(path) for path in ("/p/a.py", "/p/bad.py")]
    assert second == first
    assert files.reads == []
    assert isinstance(second[1], SourceFacts)
    assert second[1].error is not None


def test_one_reader_asks_once() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE})
    reader = NamesReader(files)
    assert reader.facts("/p/a.py") is reader.facts("/p/a.py")


def test_a_missing_file_says_why() -> None:
    assert isinstance(NamesReader(MemoryFiles()).facts("/p/gone.py"), Unreadable)


def test_a_damaged_memo_is_read_anew() -> None:
    files = MemoryFiles({"/p/a.py": SOURCE})
    first = NamesReader(files).facts("/p/a.py")
    for damaged in ("[", "[null,null]", "[null,[[1]]]", "{}"):
        files.memo_get = lambda kind, key, text=damaged: text  # type: ignore[method-assign, misc]
        assert NamesReader(files).facts("/p/a.py") == first
