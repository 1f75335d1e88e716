from __future__ import annotations

import pytest
from tests.fakes.memory_files import MemoryFiles
from tests.fakes.site_packages import SITE, dist_info, make_interpreter, metadata

from modelops_bundle.environment import Distributions

Tree = dict[str, "str | bytes | None"]


def installed(*parts: Tree, folders: tuple[str, ...] | None = None) -> Distributions:
    files = MemoryFiles({path: data for part in parts for path, data in part.items()})
    return Distributions(files, make_interpreter(), folders)


def owners(distributions: Distributions, module: str) -> list[str]:
    return [owner.name for owner in distributions.owners(module)]


def test_a_plain_distribution() -> None:
    found = installed(dist_info("Foo-Bar", "1.0", modules=["foo.py"], requires=["x>=1"])).get(
        "foo_BAR"
    )
    assert found is not None
    assert found.name == "foo-bar"
    assert found.version == "1.0"
    assert found.requires == ("x>=1",)
    assert found.roots == ("foo",)
    assert found.origin == "index"
    assert not found.by_content
    assert found.location == SITE
    assert found.folder == f"{SITE}/Foo_Bar-1.0.dist-info"
    assert found.problem == ""


def test_nothing_installed() -> None:
    empty = installed()
    assert empty.all() == ()
    assert empty.get("foo") is None
    assert empty.owners("foo") == ()
    assert "foo" not in empty


def test_owners_by_the_longest_prefix() -> None:
    distributions = installed(
        dist_info("google-auth", "1", modules=["google/auth/__init__.py"]),
        dist_info("google-storage", "1", modules=["google/cloud/storage/__init__.py"]),
    )
    assert owners(distributions, "google.cloud.storage.blob") == ["google-storage"]
    assert owners(distributions, "google.auth") == ["google-auth"]
    assert owners(distributions, "google.other") == []
    assert owners(distributions, "google") == []


def test_two_owners_of_one_import_name() -> None:
    modules = ["cv2/__init__.py", "cv2/gapi.py"]
    distributions = installed(
        dist_info("opencv", "1", modules=modules),
        dist_info("opencv-headless", "2", modules=modules),
    )
    assert owners(distributions, "cv2") == ["opencv", "opencv-headless"]
    assert owners(distributions, "cv2.gapi") == ["opencv", "opencv-headless"]
    assert owners(distributions, "cv2.gapi.x") == ["opencv", "opencv-headless"]


def test_owners_of_a_package_that_several_bring_a_file_for() -> None:
    distributions = installed(
        dist_info("ns-a", "1", modules=["ns/__init__.py", "ns/a/__init__.py"]),
        dist_info("ns-b", "1", modules=["ns/__init__.py", "ns/b/__init__.py"]),
    )
    assert owners(distributions, "ns.a.x") == ["ns-a"]
    assert owners(distributions, "ns.b") == ["ns-b"]
    assert owners(distributions, "ns.c") == ["ns-a", "ns-b"]


def test_a_declared_namespace_is_shared() -> None:
    info = "ns_a-1.dist-info"
    distributions = installed(
        dist_info(
            "ns-a",
            "1",
            modules=["ns/__init__.py", "ns/a.py"],
            extra={f"{info}/namespace_packages.txt": "ns\n"},
        )
    )
    assert owners(distributions, "ns.a") == ["ns-a"]
    assert owners(distributions, "ns.b") == []


def test_without_record_the_top_level_list_counts() -> None:
    tree = dist_info("PyYAML", "6", modules=["yaml/__init__.py"])
    del tree[f"{SITE}/PyYAML-6.dist-info/RECORD"]
    assert owners(installed(tree), "yaml") == []
    tree[f"{SITE}/PyYAML-6.dist-info/top_level.txt"] = "_yaml\nyaml\nno-name\n"
    assert owners(installed(tree), "yaml.nodes") == ["pyyaml"]


def test_without_any_list_the_name_counts() -> None:
    tree = dist_info("Foo-Bar", "6", modules=["Foo_bar/__init__.py"])
    del tree[f"{SITE}/Foo_Bar-6.dist-info/RECORD"]
    distributions = installed(tree)
    assert owners(distributions, "Foo_bar") == ["foo-bar"]
    assert owners(distributions, "foo_bar") == []


def test_an_egg_info_folder() -> None:
    info = f"{SITE}/old-1.2-py3.11.egg-info"
    distributions = installed(
        {
            f"{info}/PKG-INFO": metadata("old", "1.2.0"),
            f"{info}/requires.txt": "dep\n\n[x]\nmore\n",
            f"{info}/top_level.txt": "older\n",
            f"{SITE}/older.py": "",
        }
    )
    (found,) = distributions.owners("older")
    assert found.version == "1.2.0"
    assert found.origin == "index"
    assert found.requires == ("dep", "more ; (extra == 'x')")


def test_an_egg_info_folder_that_lists_files() -> None:
    info = f"{SITE}/old-1.2.egg-info"
    lists = "../older/__init__.py\n../../../../bin/old\nPKG-INFO\n"
    distributions = installed(
        {f"{info}/PKG-INFO": metadata("old", "1.2"), f"{info}/installed-files.txt": lists}
    )
    assert owners(distributions, "older.x") == ["old"]


def test_an_egg_info_file_and_an_egg() -> None:
    egg = f"{SITE}/packed-2-py3.11.egg"
    distributions = installed(
        {
            f"{SITE}/plain-1.egg-info": metadata("plain", "1", ["dep"]),
            f"{SITE}/plain.py": "",
            f"{egg}/EGG-INFO/PKG-INFO": metadata("packed", "2"),
            f"{egg}/EGG-INFO/top_level.txt": "pk\n",
            f"{SITE}/zipped-1.egg": "zip",
        }
    )
    assert [(item.name, item.version) for item in distributions.all()] == [
        ("packed", "2"),
        ("plain", "1"),
    ]
    assert owners(distributions, "plain") == ["plain"]
    (packed,) = distributions.owners("pk")
    assert packed.location == egg
    found = distributions.get("plain")
    assert found is not None
    assert found.requires == ("dep",)


def test_an_egg_link_leads_to_an_editable_source() -> None:
    distributions = installed(
        {
            f"{SITE}/dev.egg-link": "/src/dev\n.",
            f"{SITE}/gone.egg-link": "/nowhere\n.",
            f"{SITE}/relative.egg-link": "src\n",
            f"{SITE}/empty.egg-link": "",
            "/src/dev/dev.egg-info/PKG-INFO": metadata("dev", "0.1"),
            "/src/dev/dev.egg-info/requires.txt": "dep",
            "/src/dev/devlib/__init__.py": "",
        }
    )
    (found,) = distributions.owners("devlib.x")
    assert (found.name, found.version, found.origin) == ("dev", "0.1", "editable")
    assert found.source == "/src/dev"
    assert found.requires == ("dep",)
    assert distributions.names() == ["dev"]


@pytest.mark.parametrize(
    ("direct_url", "version", "origin", "source"),
    [
        ({"url": "u", "vcs_info": {"vcs": "git", "commit_id": "c0"}}, "1.0+git.c0", "vcs", None),
        (
            {"url": "u", "archive_info": {"hashes": {"sha256": "aa"}}},
            "1.0+sha256.aa",
            "archive",
            None,
        ),
        ({"url": "file:///s/foo", "dir_info": {}}, "1.0", "local", "/s/foo"),
        (
            {"url": "file:///s/foo", "dir_info": {"editable": True}},
            "1.0",
            "editable",
            "/s/foo",
        ),
    ],
)
def test_where_it_came_from(
    direct_url: dict[str, object], version: str, origin: str, source: str | None
) -> None:
    found = installed(dist_info("foo", "1.0", direct_url=direct_url)).get("foo")
    assert found is not None
    assert (found.version, found.origin, found.source) == (version, origin, source)


def test_condas_build_folders_are_no_local_sources() -> None:
    built = {"url": "file:///home/conda/feedstock_root/work", "dir_info": {}}
    found = installed(dist_info("numpy", "2.0", direct_url=built, installer="conda")).get("numpy")
    assert found is not None
    assert (found.version, found.origin) == ("2.0", "index")


def test_an_editable_with_a_path_file() -> None:
    tree = dist_info(
        "ed",
        "1",
        modules=[],
        extra={"_ed.pth": "# comment\nimport x\n/src/ed/src\n"},
        direct_url={"url": "file:///src/ed", "dir_info": {"editable": True}},
    )
    distributions = installed(
        tree,
        {"/src/ed/src/edlib/__init__.py": "", "/src/ed/src/one.py": "", "/src/ed/setup.py": ""},
    )
    (found,) = distributions.owners("edlib.deep")
    assert found.roots == ("edlib", "one")
    assert owners(distributions, "one") == ["ed"]
    assert owners(distributions, "two") == []


def test_an_editable_with_a_finder() -> None:
    finder = (
        "from __future__ import annotations\nMAPPING: dict[str, str] = "
        "{'fed': '/src/fed', 'ns.part': '/src/part'}\nNAMESPACES = {}\n"
    )
    tree = dist_info(
        "fed",
        "1",
        modules=[],
        extra={"__editable___fed_1_finder.py": finder, "__editable__.fed-1.pth": "import f; f()"},
        direct_url={"url": "file:///src/fed", "dir_info": {"editable": True}},
    )
    assert owners(installed(tree), "fed.x") == ["fed"]
    assert owners(installed(tree), "ns.part.y") == ["fed"]


def test_a_source_folders_leftover_does_not_hide_the_installed_record() -> None:
    source: Tree = {
        "/src/ed/ed.egg-info/PKG-INFO": metadata("ed", "0"),
        "/src/ed/alone.egg-info/PKG-INFO": metadata("alone", "3"),
    }
    tree = dist_info("ed", "1", direct_url={"url": "file:///src/ed", "dir_info": {}})
    distributions = installed(source, tree, folders=("/src/ed", SITE))
    assert [(item.name, item.version, item.origin) for item in distributions.all()] == [
        ("alone", "3", "editable"),
        ("ed", "1", "local"),
    ]


def test_the_first_folder_of_the_path_wins() -> None:
    distributions = installed(
        dist_info("foo", "2"), dist_info("foo", "1", site="/first"), folders=("/first", SITE)
    )
    assert [(item.version, item.location) for item in distributions.all()] == [("1", "/first")]


def test_leftovers_do_not_count() -> None:
    distributions = installed(
        {
            f"{SITE}/~oo-1.dist-info/METADATA": metadata("foo", "1"),
            "/first/foo-0.dist-info/WHEEL": "",
            "/first/foo-0.egg-info/x": "",
            f"{SITE}/-1.dist-info/METADATA": metadata("x", "1"),
            f"{SITE}/file-1.dist-info": "a file",
        },
        dist_info("foo", "2"),
        folders=("/first", SITE),
    )
    assert [(item.name, item.version) for item in distributions.all()] == [("foo", "2")]


def test_two_records_of_one_name_both_count() -> None:
    distributions = installed(
        dist_info("foo", "1.0", requires=["a"]), dist_info("foo", "1.1", requires=["b"])
    )
    (found,) = distributions.all()
    assert found.version == "1.0|1.1"
    assert found.requires == ("a", "b")
    assert "more than once (1.0, 1.1)" in found.problem
    damaged: Tree = {f"{SITE}/foo-1.0.dist-info/METADATA": b"\0"}
    (found,) = installed(
        dist_info("foo", "1.0"), damaged, dist_info("foo", "1.1", requires=["b"])
    ).all()
    assert (found.version, found.problem) == ("1.1", "")


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\xff\xfe", b"Name: foo\n", b"<html>", None])
def test_damaged_metadata_falls_back_to_the_folders_name(data: bytes | None) -> None:
    tree = {**dist_info("foo", "1.0"), f"{SITE}/foo-1.0.dist-info/METADATA": data}
    (found,) = installed(tree).owners("foo")
    assert (found.name, found.version, found.requires) == ("foo", "1.0", ())
    assert "missing or damaged" in found.problem


def test_no_version_anywhere() -> None:
    (found,) = installed({f"{SITE}/foo.dist-info/METADATA": ""}).all()
    assert found.version == "unknown"


def test_the_key_follows_what_is_installed() -> None:
    one = installed(dist_info("foo", "1"))
    assert one.key == installed(dist_info("foo", "1")).key
    assert one.key != installed(dist_info("foo", "2")).key
    assert one.key != installed(dist_info("foo", "1"), dist_info("bar", "1")).key
    assert one.key != installed(dist_info("foo", "1", modules=["other.py"])).key


def test_a_warm_look_reads_no_list_of_files() -> None:
    files = MemoryFiles({**dist_info("foo", "1"), **dist_info("bar", "1")})
    assert Distributions(files, make_interpreter()).owner_names("foo.x") == ("foo",)
    files.reads.clear()
    assert Distributions(files, make_interpreter()).owner_names("foo.x") == ("foo",)
    assert files.reads == []


@pytest.mark.parametrize("text", ["", "{", "[]", "[[1]]", "[[[],[]],[[],[]]]", "[null, 3]"])
def test_a_damaged_memo_is_made_again(text: str) -> None:
    files = MemoryFiles(dist_info("foo", "1"))
    assert Distributions(files, make_interpreter()).owner_names("foo") == ("foo",)
    for key in files._memos:
        files._memos[key] = text
    assert Distributions(files, make_interpreter()).owner_names("foo") == ("foo",)


def test_evidence_names_what_was_read() -> None:
    distributions = installed(
        dist_info("foo", "1"), {f"{SITE}/bar-1.egg-info": metadata("bar", "1")}
    )
    assert distributions.evidence(["foo", "bar"]) == [
        f"{SITE}/bar-1.egg-info",
        f"{SITE}/foo-1.dist-info/METADATA",
        f"{SITE}/foo-1.dist-info/direct_url.json",
        f"{SITE}/foo-1.dist-info/INSTALLER",
    ]


def test_an_owner_that_lists_no_files_stays_one() -> None:
    files = MemoryFiles(
        {
            f"{SITE}/a-1.dist-info/RECORD": b"b.py,sha256=x,1",
            f"{SITE}/b-1-py3.egg-info/top_level.txt": b"b",
        }
    )
    assert owners(Distributions(files, make_interpreter()), "b.x") == ["a", "b"]
