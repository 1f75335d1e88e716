"""Files that declared settings name."""

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.discovery.settings import named_in_settings


def named(text, settings="config/run.json"):
    files = MemoryFiles()
    for name in ("data/pop.csv", "config/local.yaml", "src/m.py", "a b.csv"):
        files.write(f"/p/{name}", b"")
    files.write(f"/p/{settings}", text.encode())
    found = named_in_settings(files, "/p", [f"/p/{settings}", "/p/data/pop.csv"])
    return [(each.line, each.named) for each in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{\n"pop": "data/pop.csv"}', [(2, "/p/data/pop.csv")]),
        ("pop: ./data/pop.csv\nmore: data/pop.csv", [(1, "/p/data/pop.csv")]),
        ('pop = "../data/pop.csv"', [(1, "/p/data/pop.csv")]),
        ('{"base": "local.yaml"}', [(1, "/p/config/local.yaml")]),
        ('{"x": "run.json", "y": 1.5, "z": "data", "q": "../../etc/passwd.csv"}', []),
        ("", []),
    ],
)
def test_they_are_found_from_the_root_and_from_beside(text, found):
    assert named(text) == found


def test_only_settings_are_looked_into():
    assert named("data/pop.csv", settings="notes.txt") == []
    assert named("data/pop.csv" + " " * (1 << 20), settings="large.json") == []
