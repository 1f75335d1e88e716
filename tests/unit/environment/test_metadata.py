from __future__ import annotations

import json

import pytest

from modelops_bundle.environment.metadata import (
    Source,
    import_roots,
    listed_files,
    modules_of,
    normalise,
    read_headers,
    read_requires_txt,
    read_source,
    split_folder_name,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Foo.Bar__baz", "foo-bar-baz"),
        ("a", "a"),
        ("", ""),
        ("-a", ""),
        ("a b", ""),
        ("é", ""),
        ("a" * 5000, ""),
    ],
)
def test_normalise(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        ("foo_bar-1.0.dist-info", ("foo-bar", "1.0")),
        ("foo-1.0+cu121.dist-info", ("foo", "1.0+cu121")),
        ("foo-v1.dist-info", ("foo", "v1")),
        ("foo.dist-info", ("foo", "")),
        ("foo-1.0-py3.11.egg-info", ("foo", "1.0")),
        ("foo-1.0-py3.11-linux-x86_64.egg", ("foo", "1.0")),
        ("foo.bar.egg-info", ("foo-bar", "")),
        ("foo-bar.egg-link", ("foo-bar", "")),
        ("-1.0.dist-info", ("", "1.0")),
        ("foo-1\udcff.dist-info", ("foo", "1\\xff")),
    ],
)
def test_split_folder_name(entry: str, parts: tuple[str, str]) -> None:
    assert split_folder_name(entry) == parts


def test_headers_end_at_the_first_empty_line() -> None:
    data = b"\xef\xbb\xbfName: Foo\r\nVERSION : 1.0 \r\nLicense: a\r\n  : b\r\nRequires-Dist: x\r\n"
    headers = read_headers(
        data + b"Requires-Dist: y;\r\n   extra == 'z'\r\n\r\nRequires-Dist: no\r\n"
    )
    assert headers == ("1.0", ("x", "y; extra == 'z'"))


@pytest.mark.parametrize(
    "data", [b"", b"\0\xff", b"Version:\n", b":::\n", b"Name: x\n\nVersion: 1"]
)
def test_headers_without_a_version(data: bytes) -> None:
    assert read_headers(data).version is None


def test_bytes_that_are_no_text_stay_apart() -> None:
    one, other = read_headers(b"Version: 1\xff"), read_headers(b"Version: 1\xfe")
    assert one.version == "1\\xff"
    assert one.version != other.version
    assert read_headers(b"Version: \xed\xb3\xbf").version.encode()


def test_headers_are_bounded() -> None:
    endless = b"Version: 1\n" + b"Requires-Dist: a%d\n" * 3_000_000
    headers = read_headers(endless)
    assert headers.version == "1"
    assert len(headers.requires) <= 10_000


def test_requires_txt() -> None:
    data = b"""
plain>=1
# no
[fast]
quick[x] ; os_name == 'nt'
[:python_version < "3"]
old
[odd'name:os_name == "posix"]
both
"""
    assert read_requires_txt(data) == (
        "plain>=1",
        "quick[x] ; (os_name == 'nt') and (extra == 'fast')",
        'old ; ((python_version < "3"))',
        "both ; ((os_name == \"posix\") and extra == 'oddname')",
    )


@pytest.mark.parametrize(
    ("document", "source"),
    [
        (
            {"url": "https://h/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            Source("vcs", "git.abc", None),
        ),
        (
            {"url": "https://h/a.whl", "archive_info": {"hashes": {"sha256": "ff", "md5": "0"}}},
            Source("archive", "sha256.ff", None),
        ),
        (
            {"url": "https://h/a.whl", "archive_info": {"hashes": {"sha512": "ee"}}},
            Source("archive", "sha512.ee", None),
        ),
        (
            {"url": "https://h/a.whl", "archive_info": {"hash": "md5=dd"}},
            Source("archive", "md5.dd", None),
        ),
        (
            {"url": "file:///a%20b/%FF/", "dir_info": {"editable": True}},
            Source("editable", "", "/a b/\udcff"),
        ),
        ({"url": "file:///a", "dir_info": {}}, Source("local", "", "/a")),
        ({"url": "file:///C:/a", "dir_info": {}}, Source("local", "", "C:/a")),
        ({"url": "file:///", "dir_info": {}}, Source("local", "", "/")),
        # None of these says what is installed.
        ({"url": "file:///a.whl", "archive_info": {}}, Source("local", "", None)),
        ({"url": "x", "archive_info": {"hashes": {"sha256": 1}}}, Source("local", "", None)),
        ({"url": "x", "vcs_info": {"vcs": "git"}}, Source("local", "", None)),
        ({"url": "x", "vcs_info": {"vcs": "git", "commit_id": "a\nb"}}, Source("local", "", None)),
        ({"url": "file://[", "dir_info": {}}, Source("local", "", None)),
        ({"url": 3, "dir_info": {"editable": 1}}, Source("local", "", None)),
        ({"url": "file:///a%00b", "dir_info": {}}, Source("local", "", None)),
        ({}, Source("local", "", None)),
        ([], Source("local", "", None)),
        (None, Source("local", "", None)),
    ],
)
def test_direct_url(document: object, source: Source) -> None:
    assert read_source(json.dumps(document).encode()) == source


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 6000])
def test_direct_url_that_makes_no_sense(data: bytes) -> None:
    assert read_source(data) == Source("local", "", None)


def test_record_keeps_what_lies_below() -> None:
    record = (
        b'foo/__init__.py,sha256=a,1\r\n"foo/a,b.py",,\r\n../../bin/foo,,\n/etc/x,,\n\n'
        b"foo/../../x.py,,\nfoo/\xff.py,,\n" + b"a/" * 60 + b"x.py,,\n" + b"b" * 5000 + b".py,,\n"
    )
    assert listed_files(record) == ["foo/__init__.py", "foo/a,b.py", "foo/\udcff.py"]


def test_record_with_an_overlong_field() -> None:
    assert listed_files(b'"a.py",,\n"' + b"x" * 200_000 + b'",,\n') == ["a.py"]


def test_modules() -> None:
    paths = [
        "foo/__init__.py",
        "foo/bar.py",
        "foo/_fast.cpython-311-x86_64-linux-gnu.so",
        "foo/_other.cpython-39-darwin.so",
        "foo/__pycache__/bar.cpython-311.pyc",
        "foo/data.csv",
        "foo-stubs/__init__.pyi",
        "foo/not-a-module.py",
        "ns/part.py",
        "__init__.py",
    ]
    assert modules_of(paths) == {
        "foo": True,
        "foo.bar": False,
        "foo._fast": False,
        "foo._other": False,
        "ns.part": False,
    }


@pytest.mark.parametrize(
    ("paths", "namespaces", "roots"),
    [
        (["six.py"], (), ("six",)),
        (["numpy/__init__.py", "numpy/core/__init__.py", "numpy/x/y.py"], (), ("numpy",)),
        (
            ["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py"],
            (),
            ("google.cloud.storage",),
        ),
        (["google/__init__.py", "google/cloud/x.py"], (), ("google",)),
        (["google/__init__.py", "google/cloud/x.py"], ("google",), ("google.cloud.x",)),
        (["a/b.py", "a/c.py"], (), ("a.b", "a.c")),
        (["_cffi.cpython-311-x86_64-linux-gnu.so"], (), ("_cffi",)),
        (["foo.dist-info/METADATA", "share/x.txt"], (), ()),
    ],
)
def test_import_roots(
    paths: list[str], namespaces: tuple[str, ...], roots: tuple[str, ...]
) -> None:
    assert import_roots(paths, namespaces) == roots


def test_very_many_roots_are_summed_up() -> None:
    assert import_roots([f"a/m{i}.py" for i in range(2000)]) == ("a",)
