"""A generated corpus of registries that nobody should be able to load: name to bytes."""

from __future__ import annotations

import random

MODEL = b"{entrypoint: 'a:B', path: a.py, class_name: B, data: [x.csv], data_digests: {x.csv: 'sha256:1'}}"
GOOD = b"version: '1.0'\nmodels:\n  a_b: " + MODEL + b"\ntargets: {}\ntarget_sets: {}\n"
HEAD = b"version: '1.0'\n"

_TEXT_KEYS = ("entrypoint", "path", "class_name", "environment")
_LIST_KEYS = (
    "scenarios",
    "parameters",
    "outputs",
    "data",
    "code",
    "data_patterns",
    "code_patterns",
)
_MAP_KEYS = ("data_digests", "code_digests", "external", "distributions", "variables", "labels")


def corpus() -> dict[str, bytes]:
    """Every hostile registry; the same ones each time."""
    return {
        **_bytes(),
        **_broken_yaml(),
        **_nesting(),
        **_bombs(),
        **_doubles(),
        **_wrong_types(),
        **_wrong_shapes(),
        **_mutations(),
    }


def _bytes() -> dict[str, bytes]:
    text = GOOD.decode()
    return {
        "empty": b"",
        "blank": b"  \n\n \n",
        "only a newline": b"\n",
        "only comments": b"# a\n# b\n",
        "only a BOM": b"\xef\xbb\xbf",
        "only a document start": b"---\n",
        "only a document end": b"...\n",
        "a NUL": b"\0",
        "NULs for a file": bytes(4096),
        "good with a NUL": GOOD.replace(b"a.py", b"a\0.py"),
        "good and NULs": GOOD + bytes(512),
        "NULs and good": bytes(16) + GOOD,
        "escaped NUL": HEAD + b'models: {a: {entrypoint: "a\\0:B", path: a.py, class_name: B}}\n',
        "escape character": GOOD.replace(b"a.py", b"a\x1b[31m.py"),
        "vertical tab": GOOD.replace(b"a.py", b"a\x0b.py"),
        "delete character": GOOD.replace(b"a.py", b"a\x7f.py"),
        "UTF-16 little": text.encode("utf-16"),
        "UTF-16 big": b"\xfe\xff" + text.encode("utf-16-be"),
        "UTF-16 without BOM": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "Latin-1": GOOD.replace(b"a.py", b"\xe4.py"),
        "lone surrogate": GOOD.replace(b"a.py", b"\xed\xb3\xbf.py"),
        "overlong UTF-8": GOOD.replace(b"a.py", b"\xc0\xaf.py"),
        "truncated UTF-8": GOOD.replace(b"a.py", b"\xe2\x82"),
        "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + bytes(range(256)),
        "ELF": b"\x7fELF" + bytes(range(256)),
        "random bytes": random.Random(1).randbytes(5000),
        "SQLite": b"SQLite format 3\0" + bytes(100),
        "over the size limit": HEAD + b"x: '" + b"a" * (64 * 1024 * 1024) + b"'\n",
    }


def _broken_yaml() -> dict[str, bytes]:
    return {
        "tab as indentation": b"version: '1.0'\nmodels:\n\ta_b: {}\n",
        "tab in a list": b"version: '1.0'\nmodels:\n  a_b:\n    data:\n\t- x\n",
        "unclosed bracket": HEAD + b"models: {a: [1, 2\n",
        "unclosed brace": HEAD + b"models: {a: {b: c\n",
        "unclosed single quote": HEAD + b"models: {a: 'b\n",
        "unclosed double quote": HEAD + b'models: {a: "b\n',
        "closing bracket only": b"]\n",
        "wrong closing bracket": HEAD + b"models: {a: [1, 2}}\n",
        "unknown escape": HEAD + b'models: {"\\q": 1}\n',
        "surrogate escape": HEAD + b'models: {"\\ud800": 1}\n',
        "bad indentation": b"version: '1.0'\n models: {}\n",
        "outdented": b"version: '1.0'\nmodels:\n    a: {}\n  b: {}\n",
        "colon in a plain text": HEAD + b"note: a: b: c\n",
        "at sign": HEAD + b"note: @home\n",
        "backtick": HEAD + b"note: `x`\n",
        "percent": HEAD + b"note: %x\n",
        "two documents": GOOD + b"---\n" + GOOD,
        "broken directive": b"%YAML x.y\n---\nversion: '1.0'\n",
        "YAML version 9": b"%YAML 9.9\n---\nversion: '1.0'\n",
        "two YAML directives": b"%YAML 1.1\n%YAML 1.1\n---\nversion: '1.0'\n",
        "tag directives": b"".join(b"%%TAG !a%d! x\n" % i for i in range(100_000))
        + b"---\n"
        + GOOD,
        "undefined tag handle": HEAD + b"models: !x!y {}\n",
        "python tag": HEAD + b"models: !!python/object/apply:os.system ['true']\n",
        "python name tag": HEAD + b"note: !!python/name:os.system ''\n",
        "binary tag": HEAD + b"note: !!binary aGVsbG8=\n",
        "set tag": HEAD + b"note: !!set {a, b}\n",
        "float tag": HEAD + b"note: !!float 'x'\n",
        "own tag": HEAD + b"note: !mine x\n",
        "merge conflict": GOOD.replace(
            b"targets: {}", b"<<<<<<< HEAD\ntargets: {}\n=======\n>>>>>>> x"
        ),
        "conflict separator": GOOD + b"=======\n",
        "undefined alias": HEAD + b"models: *nowhere\n",
        "empty anchor": HEAD + b"models: & {}\n",
        "empty alias": HEAD + b"models: * \n",
        "block scalar header": HEAD + b"note: |99\n  x\n",
        "key over 1024 characters": HEAD + b"a" * 2000 + b": x\n",
        "JSON cut short": b'{"version": "1.0", "models": {"a"',
        "HTML": b"<!DOCTYPE html><html><body>404: not found</body></html>\n",
        "TOML": b'[models]\na = "b"\n',
        "INI": b"[registry]\nversion=1.0\n",
        "git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
        "Python": b"import os\nprint(os.getcwd())\n",
        "shell": b"#!/bin/sh\necho hello\n",
    }


def _nesting() -> dict[str, bytes]:
    many = 100_000
    return {
        "100,000 brackets": b"[" * many,
        "100,000 brackets closed": b"[" * many + b"]" * many,
        "100,000 braces": b"{" * many,
        "100,000 keyed braces": b"{a: " * many,
        "100,000 dashes": b"- " * many,
        "100,000 question marks": b"? " * many,
        "100,000 alternating": b"[{a: " * many,
        "100,000 dashes and questions": b"- ? " * many,
        "staircase of mappings": b"".join(b" " * i + b"a:\n" for i in range(2000)),
        "staircase of lists": b"".join(b" " * i + b"-\n" for i in range(2000)),
        "deep below a model": HEAD + b"models: {a: {x: " + b"[" * 500 + b"]" * 500 + b"}}\n",
        "just over the depth": HEAD + b"x: " + b"[" * 70 + b"]" * 70 + b"\n",
        "anchors all the way": b"".join(b"[&a%d " % i for i in range(20_000)),
    }


def _bombs() -> dict[str, bytes]:
    laughs = [b"a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    laughs += [
        b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 10)
    ]
    merges = [b"m0: &m0 {a: 1, b: 2}"]
    merges += [
        b"m%d: &m%d {<<: [%s]}" % (i, i, b", ".join([b"*m%d" % (i - 1)] * 9)) for i in range(1, 10)
    ]
    wide = (
        b"big: &big [" + b"x, " * 1000 + b"x]\n" + b"".join(b"c%d: *big\n" % i for i in range(200))
    )
    return {
        "billion laughs": HEAD + b"\n".join(laughs) + b"\n",
        "merge bomb": HEAD + b"\n".join(merges) + b"\n",
        "wide aliases": HEAD + wide,
        "alias of its own list": HEAD + b"x: &x [*x]\n",
        "alias of its own mapping": HEAD + b"x: &x {y: *x}\n",
        "alias as a key of a list": HEAD + b"x: &x [a]\n? *x\n: b\n",
        "one merge key": HEAD + b"base: &b {path: a.py}\nmodels: {a_b: {<<: *b, class_name: B}}\n",
        "merge of a list": HEAD + b"models: {a_b: {<<: [{path: a.py}]}}\n",
        "merge of text": HEAD + b"models: {a_b: {<<: x}}\n",
    }


def _doubles() -> dict[str, bytes]:
    double_id = HEAD + b"models:\n  a_b: " + MODEL + b"\n  a_b: " + MODEL + b"\n"
    return {
        "version twice": HEAD + GOOD,
        "models twice": GOOD + b"models: {}\n",
        "id twice": double_id,
        "id twice, once quoted": double_id.replace(b"  a_b", b"  'a_b'", 1),
        "id twice, once escaped": double_id.replace(b"  a_b", b'  "a\\x5fb"', 1),
        "key twice in an entry": GOOD.replace(b"path: a.py", b"path: a.py, path: b.py"),
        "digest twice": GOOD.replace(b"x.csv: 'sha256:1'", b"x.csv: 'sha256:1', x.csv: 'sha256:2'"),
        "unknown key twice": GOOD + b"mine: 1\nmine: 2\n",
        "deep unknown key twice": GOOD + b"mine: {a: [{b: 1, b: 2}]}\n",
    }


def _wrong_types() -> dict[str, bytes]:
    cases = {}
    for key, values in (
        *((key, (b"1.0", b"2024-01-01", b"no", b"null", b"[a]", b"{a: b}")) for key in _TEXT_KEYS),
        *((key, (b"text", b"null", b"{a: b}", b"[1]", b"[null]", b"[[a]]")) for key in _LIST_KEYS),
        *(
            (key, (b"text", b"null", b"[a]", b"{a: 1}", b"{a: [b]}", b"{1: b}"))
            for key in _MAP_KEYS
        ),
        ("discovered", (b"1", b"no way", b"null")),
        ("auto_code", (b"1", b"text", b"null", b"'true'")),
        ("model_digest", (b"1", b"[a]", b"{a: b}")),
    ):
        for value in values:
            entry = {
                b"entrypoint": b"'a:B'",
                b"path": b"a.py",
                b"class_name": b"B",
                key.encode(): value,
            }
            body = b", ".join(name + b": " + text for name, text in entry.items())
            cases[f"{key}: {value.decode()}"] = HEAD + b"models: {a_b: {" + body + b"}}\n"
    return cases


def _wrong_shapes() -> dict[str, bytes]:
    target = b"{path: t.py, entrypoint: 't:f', model_output: x"
    environment = b"{python_version: 3.11.7, platform: p"
    return {
        "unquoted version": b"version: 1.0\nmodels: {}\n",
        "whole number version": b"version: 1\nmodels: {}\n",
        "version of the future": b"version: '2.0'\nmodels: {}\n",
        "version null": b"version: null\nmodels: {}\n",
        "version list": b"version: ['1.0']\nmodels: {}\n",
        "a text": b"just text\n",
        "a number": b"42\n",
        "null": b"null\n",
        "a list": b"- a\n- b\n",
        "models null": HEAD + b"models: null\n",
        "models empty": HEAD + b"models:\ntargets: {}\n",
        "models a list": HEAD + b"models: [a]\n",
        "models a text": HEAD + b"models: a\n",
        "targets null": HEAD + b"targets: ~\n",
        "target_sets null": HEAD + b"target_sets: ~\n",
        "environments null": HEAD + b"environments: ~\n",
        "model null": HEAD + b"models: {a_b: null}\n",
        "model a text": HEAD + b"models: {a_b: text}\n",
        "model a list": HEAD + b"models: {a_b: [x]}\n",
        "model empty": HEAD + b"models: {a_b: {}}\n",
        "model without a path": HEAD + b"models: {a_b: {entrypoint: 'a:B', class_name: B}}\n",
        "id a number": HEAD + b"models: {1: " + MODEL + b"}\n",
        "id a truth value": HEAD + b"models: {yes: " + MODEL + b"}\n",
        "id null": HEAD + b"models: {~: " + MODEL + b"}\n",
        "id a date": HEAD + b"models: {2024-01-01: " + MODEL + b"}\n",
        "id a list": HEAD + b"models:\n  ? [a, b]\n  : " + MODEL + b"\n",
        "id a mapping": HEAD + b"models:\n  ? {a: b}\n  : " + MODEL + b"\n",
        "output null": HEAD + b"targets: {t: {path: t.py, entrypoint: 't:f', model_output: null}}\n",
        "weight a text": HEAD + b"targets: {t: " + target + b", weight: heavy}}\n",
        "weight not a number": HEAD + b"targets: {t: " + target + b", weight: .nan}}\n",
        "weight infinite": HEAD + b"targets: {t: " + target + b", weight: inf}}\n",
        "weight a list": HEAD + b"targets: {t: " + target + b", weight: [1]}}\n",
        "labels null": HEAD + b"targets: {t: " + target + b", labels: null}}\n",
        "set of null": HEAD + b"target_sets: {s: {targets: null}}\n",
        "set of numbers": HEAD + b"target_sets: {s: {targets: [1]}}\n",
        "set weight null": HEAD + b"target_sets: {s: {targets: [t], weights: {t: null}}}\n",
        "environment thread text": HEAD + b"environments: {e: " + environment + b", thread_count: two}}\n",
        "environment thread float": HEAD + b"environments: {e: " + environment + b", thread_count: 1.5}}\n",
        "environment version float": HEAD
        + b"environments: {e: {python_version: 3.11, platform: p}}\n",
        "environment dependency float": HEAD
        + b"environments: {e: " + environment + b", dependencies: {numpy: 1.26}}}\n",
    }  # fmt: skip


def _mutations() -> dict[str, bytes]:
    """Good registries cut off inside, so that a bracket or a quote stays open."""
    body = HEAD + b"models: {" + b", ".join(b"m%d_x: " % i + MODEL for i in range(5)) + b"}\n"
    return {f"truncated at {at}": body[:at] for at in range(30, len(body) - 2, 37)}
