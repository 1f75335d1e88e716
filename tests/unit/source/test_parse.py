"""Every sequence of bytes gets an answer from the parser."""

import ast
import encodings.aliases
import gc
import subprocess
import sys
import threading
import time
import warnings

import pytest

from modelops_bundle.source import parse as subject
from modelops_bundle.source.parse import MAX_SOURCE_BYTES, MAX_TOKENS, Unparsable, parse


def refusal(data: bytes) -> Unparsable:
    answer = parse(data)
    assert isinstance(answer, Unparsable), data[:60]
    assert answer.reason
    assert answer.reason.isprintable()
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbfx = 1\n",
        b"x = 1\r\ny = 2\r\n",
        b"x = 1",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"\x0cx = 1\n",
        "é = 'ü'\n".encode(),
        b"x = '\\ud800'\n",
    ],
)
def test_what_the_interpreter_reads_is_read(data: bytes) -> None:
    answer = parse(data)
    assert isinstance(answer, ast.Module)
    assert ast.dump(answer) == ast.dump(ast.parse(data))


@pytest.mark.parametrize(
    ("data", "word", "line"),
    [
        (b"x = 1\ny = (\n", "syntax error", 2),
        (b"x = 1\x00\n", "null bytes", None),
        (b"\x7fELF\x02\x01\x01\x00\x00", "", None),
        (b"x = 1\n  y = 2\n", "indent", 2),
        (b"print 'x'\n", "syntax error", 1),
        (b"x = '\xe9'\n", "codec can't decode", None),
        (b"# coding: klingon\n", "unknown encoding", None),
        (b"x = " + b"9" * 5000 + b"\n", "digits", None),
        (b"x = " + b"-" * 20_000 + b"1\n", "nested too deeply", None),
        (b"x = " + b"(" * 1000 + b"\n", "too many nested parentheses", None),
        (b"if a: pass\n" + b"elif a: pass\n" * 50_000, "nested too deeply", None),
        (b"x = (" + b"1+" * 50_000 + b"1)\n", "nested too deeply", None),
    ],
    ids=range(12),
)
def test_what_it_refuses_has_a_reason(data: bytes, word: str, line: int | None) -> None:
    answer = refusal(data)
    assert word in answer.reason
    if line is not None:
        assert answer.line == line


def test_a_number_without_end_is_read() -> None:
    assert isinstance(parse(b"x = 0x" + b"f" * 100_000), ast.Module)


def test_a_cookie_can_make_a_comment_into_code() -> None:
    tree = parse(b"# coding: utf-7\n# only a comment? +AAo-x = 1\n")
    assert isinstance(tree, ast.Module)
    assert ast.unparse(tree) == "x = 1"


@pytest.mark.parametrize("codec", sorted(set(encodings.aliases.aliases.values())))
def test_no_codec_gets_through(codec: str) -> None:
    for body in (b"x = 1\n", b"x = '\xff\xfe'\n", b"xn--\n", b"+AAo-" * 50, b"\\N{"):
        answer = parse(b"# -*- coding: " + codec.encode() + b" -*-\n" + body)
        assert isinstance(answer, ast.Module | Unparsable)


def test_size_is_bounded_before_the_parser_sees_it() -> None:
    started = time.monotonic()
    assert refusal(b"x = 1\n" * (MAX_SOURCE_BYTES // 6 + 1)).reason == "larger than 32 MiB"
    escapes = b"x = b'" + b"\\0" * 5_000_000 + b"'"
    assert refusal(escapes).reason == "more than 4000000 backslashes"
    assert refusal(b"a," * MAX_TOKENS).reason == f"more than {MAX_TOKENS} tokens"
    assert refusal(b"@a\n" * MAX_TOKENS + b"def f(): pass\n").reason.startswith("more than")
    assert time.monotonic() - started < 5


def test_a_large_file_of_few_tokens_is_read() -> None:
    table = b"x = b'''" + b"0123456789abcdef\\n\\\n" * 200_000 + b"'''\n"
    assert isinstance(parse(table), ast.Module)
    prose = b"# a line of prose, with 'quotes' and (brackets\n" * 100_000
    assert isinstance(parse(prose + b"x = 1\n"), ast.Module)


@pytest.mark.parametrize("field", [b"{a}", b"{a!r:>{w}}", b"{a}\n"])
@pytest.mark.parametrize("prefix", [b"f", b"Rf", b"fR"])
def test_fstrings_of_quadratic_cost_are_refused(prefix: bytes, field: bytes) -> None:
    source = prefix + b"'''" + field * 200_000 + b"'''\n"
    assert refusal(source).reason == "f-strings with too many fields"


def test_braces_elsewhere_are_no_fields() -> None:
    assert isinstance(parse(b"x = [\n" + b"{},\n" * 50_000 + b"]\n"), ast.Module)
    assert isinstance(parse(b"x = '" + b"{}" * 50_000 + b"'\n"), ast.Module)
    assert isinstance(parse(b"x = f'{a}{b}'\n" * 20_000), ast.Module)


def test_pieces_of_nested_quotes_are_taken_together() -> None:
    assert subject._fstring_work(b"f'" + b"{a['b']}" * 100_000 + b"'") > 4_000_000_000


def test_warnings_are_neither_shown_nor_raised() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert isinstance(parse(b"x = '\\d'\nassert (1, 2)\nx is 1\n"), ast.Module)
        before = list(warnings.filters)
        parse(b"x = '\\d'\n")
        assert warnings.filters == before
    assert seen == []


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    parse(b"x = 1")
    parse(b"x = ")
    assert gc.isenabled()
    gc.disable()
    try:
        parse(b"x = 1")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_many_threads_at_once() -> None:
    before = list(warnings.filters)
    answers: list[object] = []

    def work() -> None:
        answers.extend(type(parse(b"x = '\\d'\n" * 200)) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [ast.Module] * 160
    assert warnings.filters == before
    assert gc.isenabled()


SMALL_STACK = """
import ast, threading, sys
from modelops_bundle.explanation import describe_source
from modelops_bundle.hashing import token_hash
from modelops_bundle.source.facts import read_facts
from modelops_bundle.source.names_reader import NamesReader
def guarded(data):
    token_hash(data)
    read_facts(data)
    NamesReader._fresh(data)
    describe_source(data, "blake3:0")
def bare(data):
    try:
        ast.parse(data)
    except (SyntaxError, MemoryError, RecursionError):
        pass
def work():
    for data in (b'-' * 5000 + b'1', b'if a: 0\\n' + b'elif a: 0\\n' * 2500, b'a' + b'.b' * 2500):
        globals()[sys.argv[1]](data)
threading.stack_size(128 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
print("alive")
"""


def test_a_small_stack_does_not_take_the_process_down() -> None:
    def ends_well(how: str) -> bool:
        run = subprocess.run(
            [sys.executable, "-c", SMALL_STACK, how], capture_output=True, text=True, check=False
        )
        return run.stdout == "alive\n"

    assert ends_well("guarded")
    if ends_well("bare"):
        pytest.skip("the bare parser survives here as well")
