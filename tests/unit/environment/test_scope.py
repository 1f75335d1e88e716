from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.fakes.memory_files import MemoryFiles
from tests.fakes.site_packages import SITE, dist_info, make_interpreter

from modelops_bundle.environment import Distributions, Scope, scope
from modelops_bundle.project.config import Config, EnvironmentConfig

Tree = dict[str, "str | bytes | None"]
EDITABLE = {"url": "file:///src/ed", "dir_info": {"editable": True}}


def merged(*parts: Tree) -> MemoryFiles:
    return MemoryFiles({path: data for part in parts for path, data in part.items()})


def ask(files: MemoryFiles, *imported: str, config: Config | None = None) -> Scope:
    distributions = Distributions(files, make_interpreter())
    return scope(distributions, imported, config=config or Config(), root="/p")


def names(*args: object, **kwargs: object) -> list[str]:
    return list(ask(*args, **kwargs).dependencies)  # type: ignore[arg-type]


def every(**more: object) -> Config:
    fields = {key: more.pop(key) for key in ("project_name", "project_requires") if key in more}
    return Config(environment=EnvironmentConfig(scope="all", **more), **fields)  # type: ignore[arg-type]


CHAIN = merged(
    dist_info("a", "1", requires=["b>=1", "c; extra == 'more'", "gone"]),
    dist_info("b", "2", requires=["a", "d[fast]"]),
    dist_info("c", "3"),
    dist_info("d", "4", requires=["e ; extra == 'fast'", "f ; extra == 'slow'"]),
    dist_info("e", "5"),
    dist_info("f", "6"),
    dist_info("unrelated", "7"),
)


def test_what_is_imported_and_what_that_requires() -> None:
    found = ask(CHAIN, "a.sub", "os", "unknown")
    assert found.dependencies == {"a": "1", "b": "2", "d": "4", "e": "5"}
    assert found.content_hashed == ()
    assert found.missing == (("a", "gone"),)
    assert found.warnings == ()


def test_nothing_imported() -> None:
    assert ask(CHAIN) == Scope({}, (), (), ())


def test_extras_that_the_project_asks_for() -> None:
    config = Config(project_requires=("A[More] >= 1", "d[slow]", "not installed at all!"))
    assert names(CHAIN, "a", config=config) == ["a", "b", "c", "d", "e", "f"]
    assert names(CHAIN, "d", config=config) == ["d", "f"]


def test_an_extra_that_asks_for_another() -> None:
    files = merged(
        dist_info("a", "1", requires=["a[x,y]; extra == 'all'", "b; extra == 'x'"]),
        dist_info("b", "1", requires=["a[Some_Thing]"]),
        dist_info("c", "1"),
    )
    files.write(
        f"{SITE}/a-1.dist-info/METADATA",
        "Version: 1\nRequires-Dist: a[x]; extra == 'all'\nRequires-Dist: b; extra == 'x'\n"
        "Requires-Dist: c; extra == 'some-thing'\n",
    )
    assert names(files, "a", config=Config(project_requires=("a[all]",))) == ["a", "b", "c"]
    assert names(files, "a") == ["a"]


@pytest.mark.parametrize(
    ("requirement", "applies"),
    [
        ("b", True),
        ("B_", True),
        ("b (>=1.0)", True),
        ("b @ https://example.org/b.whl", True),
        ("b ; python_version < '3'", False),
        ("b ; python_version >= '3.11' and sys_platform == 'linux'", True),
        ("b ; platform_machine == 'arm64'", False),
        ("b ; os_name == 'nt' or implementation_name == 'cpython'", True),
        ("b ; extra == 'x'", False),
        # What cannot be understood counts.
        ("b ; nonsense == 3", True),
        ("b >= , !!", True),
        ("b ; " + "(" * 900, True),
        ("b ; " + "(" * 90_000, True),
        ("b ; python_full_version in '3'", False),
        ("b ; platform_release >= 'x.y'", False),
        ("", False),
        ("!!", False),
        ("\\xff", False),
    ],
)
def test_which_requirements_apply(requirement: str, applies: bool) -> None:
    files = merged(dist_info("a", "1", requires=[requirement]), dist_info("b", "1"))
    assert ("b" in names(files, "a")) is applies


def test_include() -> None:
    config = Config(environment=EnvironmentConfig(include=("C", "d[slow]", "nowhere", "!")))
    found = ask(CHAIN, config=config)
    assert list(found.dependencies) == ["c", "d", "f"]
    assert [text.split(",")[0] for text in found.warnings] == [
        "environment.include names nowhere",
        "environment.include names !",
    ]


def test_every_owner_of_an_import_name_counts() -> None:
    files = merged(
        dist_info("one", "1", modules=["cv2/__init__.py"]),
        dist_info("two", "2", modules=["cv2/__init__.py"]),
    )
    assert names(files, "cv2") == ["one", "two"]


OURS = merged(
    dist_info("modelops-bundle", "9", requires=["only-ours", "shared"]),
    dist_info("only-ours", "1", requires=["deeper"]),
    dist_info("deeper", "1", requires=["only-ours"]),
    dist_info("shared", "1"),
    dist_info("user", "1", requires=["shared", "modelops-bundle"]),
    dist_info("project", "1", direct_url={"url": "file:///p", "dir_info": {"editable": True}}),
)


def test_ourselves_are_never_in_scope() -> None:
    assert names(OURS, "modelops_bundle") == []
    found = ask(OURS, "modelops_bundle.x", "user")
    assert found.dependencies == {"shared": "1", "user": "1"}
    assert found.missing == ()
    config = Config(environment=EnvironmentConfig(include=("modelops-bundle",)))
    assert names(OURS, config=config) == []


def test_all_takes_everything_but_ourselves_and_what_only_we_require() -> None:
    assert names(OURS, config=every()) == ["shared", "user"]
    assert names(OURS, "deeper", config=every()) == ["deeper", "only-ours", "shared", "user"]
    assert names(OURS, config=every(include=("deeper",))) == [
        "deeper",
        "only-ours",
        "shared",
        "user",
    ]
    assert names(OURS, config=every(project_requires=("deeper",))) == [
        "deeper",
        "only-ours",
        "shared",
        "user",
    ]
    assert names(CHAIN, config=every()) == ["a", "b", "c", "d", "e", "f", "unrelated"]


def test_the_projects_own_distribution_is_code() -> None:
    assert ask(OURS, "project").content_hashed == ()  # by where its source is
    named = merged(dist_info("My.Project", "1", requires=["dep"]), dist_info("dep", "1"))
    for config in (Config(project_name="my_project"), every(project_name="my_project")):
        assert "my-project" not in ask(named, "My_Project", config=config).dependencies
    assert names(named, "My_Project", config=Config(project_name="my-project")) == []


def test_editable_and_local_ones_are_hashed_by_content_and_their_requirements_listed() -> None:
    files = merged(
        dist_info("ed", "1", requires=["dep"], direct_url=EDITABLE),
        dist_info("loc", "1", direct_url={"url": "file:///src/loc", "dir_info": {}}),
        dist_info("dep", "2", requires=["loc"]),
        dist_info("vcs", "3", direct_url={"vcs_info": {"vcs": "git", "commit_id": "c"}}),
    )
    found = ask(files, "ed", "vcs")
    assert found.dependencies == {"dep": "2", "vcs": "3+git.c"}
    assert [item.name for item in found.content_hashed] == ["ed", "loc"]
    assert ask(files, "ed", "vcs") == found


def test_damaged_metadata_in_scope_is_warned_about() -> None:
    files = merged(dist_info("a", "1", requires=["b"]), dist_info("b", "1"), dist_info("c", "1"))
    files.write(f"{SITE}/b-1.dist-info/METADATA", b"\xff")
    files.write(f"{SITE}/c-1.dist-info/METADATA", b"\xff")
    found = ask(files, "a")
    assert found.dependencies == {"a": "1", "b": "1"}
    assert len(found.warnings) == 1
    assert "metadata of b in" in found.warnings[0]
    assert ask(files, "a") == found


def test_upgrading_an_unrelated_package_changes_nothing() -> None:
    before = ask(CHAIN, "a")
    after = merged({path: data for path, data in CHAIN._files.items() if "unrelated" not in path})
    for path, data in dist_info("unrelated", "8").items():
        after.write(path, data)
    assert ask(after, "a") == before


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("METADATA", "Version: 2.5\n", {"b": "2.5"}),
        (
            "direct_url.json",
            '{"vcs_info": {"vcs": "git", "commit_id": "new"}}',
            {"b": "2+git.new"},
        ),
        ("RECORD", "elsewhere.py,,\n", {}),
    ],
)
def test_a_warm_answer_notices_edits(file: str, text: str, expected: dict[str, str]) -> None:
    files = merged(dist_info("b", "2"))
    assert ask(files, "b").dependencies == {"b": "2"}
    files.write(f"{SITE}/b-2.dist-info/{file}", text)
    assert ask(files, "b").dependencies == expected


def test_an_egg_files_edit_is_noticed() -> None:
    files = MemoryFiles({f"{SITE}/b-1.egg-info": "Version: 1\n", f"{SITE}/b.py": ""})
    assert ask(files, "b").dependencies == {"b": "1"}
    files.write(f"{SITE}/b-1.egg-info", "Version: 2\n")
    assert ask(files, "b").dependencies == {"b": "2"}


def test_a_warm_answer_follows_its_inputs() -> None:
    files = merged(
        dist_info("a", "1", requires=["b; sys_platform == 'darwin'"]), dist_info("b", "1")
    )
    assert names(files, "a") == ["a"]
    assert names(files, "b") == ["b"]
    mac = Distributions(files, make_interpreter(sys_platform="darwin"))
    assert list(scope(mac, ["a"], config=Config(), root="/p").dependencies) == ["a", "b"]
    assert names(files, "a", config=every()) == ["a", "b"]
    assert names(files, "a", config=Config(project_name="a")) == []
    assert names(files, "a") == ["a"]


def test_a_warm_answer_reads_no_metadata() -> None:
    first = ask(CHAIN, "a")
    CHAIN.reads.clear()
    assert ask(CHAIN, "a") == first
    assert CHAIN.reads == []


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[{}, [], [], [], ['x'], []]", "null"])
def test_a_damaged_memo_is_made_again(text: str) -> None:
    files = merged(dist_info("a", "1"))
    first = ask(files, "a")
    for key in files._memos:
        files._memos[key] = text
    assert ask(files, "a") == first


def test_a_long_chain_of_requirements() -> None:
    files = merged(
        *(dist_info(f"d{i}", "1", requires=[f"d{i + 1}"], modules=[]) for i in range(2000)),
        {f"{SITE}/d0-1.dist-info/RECORD": "d0.py,,"},
    )
    assert len(names(files, "d0")) == 2000


def test_requirements_are_not_parsed_on_a_warm_run(tmp_path: Path) -> None:
    ask(CHAIN, "a")
    loaded = {name for name in sys.modules if name.startswith("packaging")}
    saved = {name: sys.modules.pop(name) for name in loaded}
    try:
        ask(CHAIN, "a")
        assert not any(name.startswith("packaging") for name in sys.modules)
    finally:
        sys.modules.update(saved)
