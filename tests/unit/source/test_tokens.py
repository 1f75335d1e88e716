"""Tokens are found as the regular expressions say, and strings without an end are looked for once."""

from __future__ import annotations

import time

import pytest

from modelops_bundle.source.tokens import tokens


def texts(data: bytes) -> list[bytes]:
    return [match[0] for match in tokens(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a = b'c' # 'd", [b"a", b"=", b"b'c'", b"# 'd"]),
        (b"''' a ' b '''\n  x", [b"''' a ' b '''", b"\n  ", b"x"]),
        (b'"a\\"b"+\'"\'', [b'"a\\"b"', b"+", b"'\"'"]),
        (b"'a\n'b'", [b"'", b"a", b"\n", b"'b'"]),
        (b'"""a\n"b"', [b'""', b'"', b"a", b"\n", b'"b"']),
        (b'f"""a', [b'f""', b'"', b"a"]),
        (b"", []),
    ],
)
def test_tokens(data: bytes, expected: list[bytes]) -> None:
    assert texts(data) == expected


@pytest.mark.parametrize("quote", [b"'", b'"', b"'''", b'"""', b"f'''", b'rb"""'])
@pytest.mark.parametrize("between", [b"\\", b"\n\\"])
def test_strings_without_an_end_take_no_longer(quote: bytes, between: bytes) -> None:
    started = time.process_time()
    assert len(texts((quote + between) * 30_000)) >= 30_000
    assert time.process_time() - started < 4
