"""Whatever lies in a folder of installed packages, it is listed, owned and put into scope without a crash."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.memory_files import MemoryFiles
from tests.fakes.site_packages import SITE, dist_info, make_interpreter

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.environment import Distributions, environment_of, read_settings, scope
from modelops_bundle.project.config import Config, EnvironmentConfig

FOLDERS = st.sampled_from(
    [
        "a-1.dist-info",
        "A_-2.dist-info",
        "a.egg-info",
        "b-1-py3.egg-info",
        "b-1.egg/EGG-INFO",
        "b.dist-info",
        "~a-1.dist-info",
        "a\n-1.dist-info",
        "\udcff-1.dist-info",
        "a-1\udcff.dist-info",
    ]
)
NAMES = st.sampled_from(
    [
        "METADATA",
        "RECORD",
        "direct_url.json",
        "INSTALLER",
        "PKG-INFO",
        "requires.txt",
        "top_level.txt",
        "namespace_packages.txt",
        "installed-files.txt",
    ]
)
WORDS = st.sampled_from(
    [
        "Name: a",
        "Version: 1",
        "Version:",
        "Requires-Dist: b",
        "Requires-Dist: b[c]; extra == 'd'",
        "Requires-Dist: b; python_version < (",
        "Requires-Dist: \xff",
        "",
        " x",
        "[e]",
        "[:m]",
        "b",
        "a/__init__.py,,",
        "b.py,sha256=x,1",
        '"a,b.py",,',
        '"',
        "a.pth,,",
        "../a.py,,",
        "a/../b.py",
        "a-1.dist-info/RECORD,,",
        "__editable___a_finder.py,,",
        "MAPPING = {'b': '/b'}",
        "/s",
        "\0",
        '{"dir_info": {"editable": true}, "url": "file:///p"}',
        '{"vcs_info": {"vcs": 1}}',
        "[",
        "{",
    ]
)
TEXTS = st.lists(WORDS, max_size=8).map("\n".join).map(lambda text: text.encode("latin-1"))
DATA = st.one_of(TEXTS, st.binary(max_size=200), st.none())
LOOSE = st.sampled_from(["a.pth", "__editable___a_finder.py", "b.egg-link", "c-1.egg-info", "a.py"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.tuples(FOLDERS, NAMES), DATA, max_size=12),
    st.dictionaries(LOOSE, DATA, max_size=4),
    st.sampled_from(["imports", "all"]),
)
def test_anything_goes(
    inside: dict[tuple[str, str], bytes | None], loose: dict[str, bytes | None], mode: str
) -> None:
    files = MemoryFiles(
        {f"{SITE}/{folder}/{name}": data for (folder, name), data in inside.items()}
    )
    for name, data in loose.items():
        files.write(f"{SITE}/{name}", data)
    config = Config(environment=EnvironmentConfig(scope=mode, include=("a[d]", "b")))
    digests = set()
    for _ in range(2):  # the second time from the cache
        distributions = Distributions(files, make_interpreter())
        for item in distributions.all():
            assert item.name
            assert item.version
            for root in item.roots:
                assert item in distributions.owners(f"{root}.x")
        found = scope(distributions, ["a", "b.c"], config=config, root="/p")
        settled = read_settings(config.environment, {})
        environment = environment_of(make_interpreter(), found.dependencies, settled)
        digests.add((environment.compute_digest(), found.content_hashed, found.missing))
    assert len(digests) == 1


BIG: dict[str, bytes] = {
    "METADATA": b"Version: 1\nRequires-Dist: b" + b"\nRequires-Dist: a%d; extra == 'x'" * 500_000,
    "RECORD": b"\n".join(b"m/%d/x.py,," % number for number in range(500_000)),
    "direct_url.json": b'{"dir_info": ' + b"[" * 5_000_000,
}


@pytest.mark.parametrize("name", sorted(BIG))
def test_huge_files_take_bounded_time(name: str) -> None:
    files = MemoryFiles({**dist_info("a", "1"), f"{SITE}/a-1.dist-info/{name}": BIG[name]})
    started = time.monotonic()
    scope(Distributions(files, make_interpreter()), ["a", "m"], config=Config(), root="/p")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "line",
    [
        "a" * 5_000_000,
        "b ; " + "(" * 1_900,
        "b ; " + "not " * 400,
        "b ; " + "python_version > '3' and " * 70 + "os_name == 'x'",
        "b[" + "x," * 900 + "x]",
        "b >=" + "1." * 900 + "0",
        "b @ " + "x" * 1_900,
        "b ; python_version > '" + "9" * 1_800 + "'",
        "-" * 1_900,
    ],
)
def test_hostile_requirements(line: str) -> None:
    files = MemoryFiles({**dist_info("a", "1", requires=[line]), **dist_info("b", "1")})
    started = time.monotonic()
    scope(Distributions(files, make_interpreter()), ["a"], config=Config(), root="/p")
    assert time.monotonic() - started < 5


def test_pipes_and_loops_on_the_disk(tmp_path: Path) -> None:
    info = tmp_path / "a-1.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("a.py,,\n")
    os.mkfifo(info / "METADATA")
    (info / "direct_url.json").symlink_to("direct_url.json")
    (info / "INSTALLER").mkdir()
    (tmp_path / "loop-1.dist-info").symlink_to("loop-1.dist-info")
    os.mkfifo(tmp_path / "pipe-1.egg-info")
    os.mkfifo(tmp_path / "pipe.egg-link")
    bad = os.fsencode(tmp_path) + b"/\xff\n-1.dist-info"
    os.mkdir(bad)
    Path(os.fsdecode(bad + b"/METADATA")).write_text("Version: 1\n")
    distributions = Distributions(DiskFiles(str(tmp_path)), make_interpreter(str(tmp_path)))
    assert [(item.name, item.version) for item in distributions.all()] == [("a", "1")]
    found = scope(distributions, ["a"], config=Config(), root=str(tmp_path))
    assert json.dumps(dict(found.dependencies)) == '{"a": "1"}'
    assert "missing or damaged" in found.warnings[0]
