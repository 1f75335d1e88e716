"""Sources that were made to hurt a parser: deep, wide, broken, and misnamed."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["NESTED", "REPEATED", "hostile_sources"]

REPEATED = {
    "attributes": (b"a", b".b", b""),
    "calls": (b"a", b"()", b""),
    "subscripts": (b"a", b"[0]", b""),
    "attributes of items of calls": (b"a", b".b()[0]", b""),
    "calls of items of attributes": (b"a", b".b[0]()", b""),
    "calls with arguments": (b"a", b".b(1, *c, d=e[0])[f:g]", b""),
    "chains assigned to chains": (b"a", b".b(c)[0]", b".d = e"),
    "bases of chains": (b"class A(B", b".c()[0]", b"): pass"),
    "decorating chain": (b"@a", b".b()[0]", b"\ndef f():0\n"),
    "chains as arguments": (b"f(", b"a.b().c()[0],", b")"),
    "chains as items": (b"x={", b"a.b()[0]:c().d[e],", b"}"),
    "chains of lines": (b"", b"a.b(c.d()[0].e()).f[0]\n", b""),
    "chain of texts": (b"''", b".join(a)[0].format(b)", b""),
    "chain that imports": (b"__import__('a')", b".b('c')[0]", b""),
    "chain that reads": (b"open", b"('a').read()[0]", b""),
    "sum of chains": (b"1", b"+a.b()[0].c()", b""),
    "sum": (b"1", b"+1", b""),
    "power": (b"", b"1**", b"1"),
    "comparison": (b"1", b"<1", b""),
    "disjunction": (b"a", b" or a", b""),
    "minus": (b"", b"-", b"1"),
    "not": (b"", b"not ", b"1"),
    "await": (b"async def f():\n ", b"await ", b"a"),
    "lambda": (b"", b"lambda:", b"1"),
    "lambda default": (b"", b"lambda a=", b"1"),
    "conditional": (b"", b"a if b else ", b"1"),
    "elif": (b"if a:0\n", b"elif a:0\n", b""),
    "else if": (b"", b"if a:0\nelse:\n ", b"0"),
    "except": (b"try:0\n", b"except a:0\n", b""),
    "cases": (b"match a:\n", b" case 1:0\n", b""),
    "alternatives": (b"match a:\n case ", b"1|", b"1:0\n"),
    "decorators": (b"", b"@a\n", b"def f():0\n"),
    "assignments": (b"", b"a=", b"1"),
    "statements": (b"", b"a\n", b""),
    "semicolons": (b"", b"a;", b""),
    "numbers": (b"x=[", b"1,", b"]"),
    "slices": (b"a[", b":,", b"0]"),
    "open brackets": (b"", b"(", b""),
    "closed brackets": (b"", b")", b""),
    "square brackets": (b"x=", b"[", b""),
    "braces": (b"x=", b"{", b""),
    "dictionaries": (b"x=", b"{1:", b""),
    "matched brackets": (b"x=" + b"[" * 190, b"1,", b"]" * 190),
    "calls in calls": (b"", b"f(", b")"),
    "fields": (b"f'", b"{a}", b"'"),
    "nested fields": (b"f'", b"{a!r:>{w}}", b"'"),
    "fields in fields": (b"f'", b"{f'", b""),
    "open fields": (b"f'", b"{", b"'"),
    "strings": (b"x=(", b"'' ", b")"),
    "long string": (b"x='", b"\\x00", b"'"),
    "endless string": (b"x='''", b"\\'''", b""),
    "backslashes": (b"", b"\\", b""),
    "continued lines": (b"x=1", b"\\\n", b"+1"),
    "blank lines": (b"", b"\n", b""),
    "tabs": (b"if a:\n", b"\t", b"0"),
    "form feeds": (b"", b"\x0c", b"0"),
    "carriage returns": (b"", b"\r", b"0"),
    "names": (b"import ", b"a,", b"a"),
    "arguments": (b"f(", b"*a,", b")"),
    "comprehension": (b"[0 ", b"for a in b ", b"]"),
    "filters": (b"[0 for a in b ", b"if a ", b"]"),
    "with": (b"with ", b"a,", b"a:0"),
    "digits": (b"x=", b"9", b""),
    "hexadecimal": (b"x=0x", b"f", b""),
    "underscores": (b"x=1", b"_1", b""),
    "exponent": (b"x=1e", b"9", b""),
    "long name": (b"", b"a", b""),
    "soft keywords": (b"", b"match ", b""),
    "type aliases": (b"", b"type ", b"a=1"),
    "print statements": (b"", b"print a\n", b""),
    "nulls": (b"", b"\0", b""),
    "high bytes": (b"x='", b"\xff", b"'"),
    "surrogates": (b"x='", b"\xed\xa0\x80", b"'"),
    "escaped surrogates": (b"x='", b"\\ud800", b"'"),
    "combining marks": (b"x", "\u0301".encode(), b"=1"),
    "invisible": (b"x=1", "\u200b".encode(), b""),
    "direction": (b"#", "\u202e".encode(), b"\nx=1"),
    "byte order marks": (b"", b"\xef\xbb\xbf", b"x=1"),
    "utf-16": (b"\xff\xfe", b"x\0", b""),
    "comments": (b"", b"#'\n", b""),
    "named characters": (b"x='", b"\\N{DIGIT ONE}", b"'"),
    "broken escapes": (b"x='", b"\\x", b"'"),
    "globals": (b"global ", b"a,", b"a"),
    "deletions": (b"del ", b"(a,b),", b"a"),
    "stars": (b"", b"*", b"a=1"),
    "ellipses": (b"x=", b"...,", b"0"),
    "walrus": (b"x=[", b"(a:=1),", b"]"),
    "imports": (b"", b"import a.b as c\n", b""),
    "from imports": (b"", b"from . import a\n", b""),
    "nested imports": (b"def f():\n", b" import a\n", b""),
    "classes": (b"", b"class a:0\n", b""),
    "documented": (b"", b"def f():''\n", b""),
    "bases": (b"class A(", b"B,", b"): pass"),
    "base chain": (b"class A(B", b".c", b"): pass"),
    "annotations": (b"x:", b"a|", b"a"),
}

#: What opens, and what closes it again.
NESTED = {
    "calls in calls": (b"a(", b")"),
    "methods in calls": (b"a.b(", b").c()"),
    "chains in chains": (b"a.b().c(", b").d[0]"),
    "items in calls": (b"a[b(", b")]"),
    "calls as functions": (b"(a.b()[", b"])()"),
    "calls and lambdas": (b"a(lambda b:", b")"),
    "all brackets": (b"[{(a(", b"),0):0}]"),
    "comprehensions": (b"[a for b in ", b"]"),
    "comprehensions and calls": (b"a.b(c for d in ", b")"),
    "conditions and calls": (b"f(a if b else ", b")"),
    "operators and calls": (b"a + -b(", b")[0]"),
    "keywords": (b"a(b=", b")"),
    "starred": (b"a(*", b")"),
    "imports in calls": (b"__import__(a.b(", b"))"),
    "assigned in passing": (b"a(b:=c(", b"))"),
}

COOKIES = (
    b"utf-7",
    b"hex",
    b"rot13",
    b"zlib",
    b"idna",
    b"punycode",
    b"undefined",
    b"mbcs",
    b"x" * 99,
)


def hostile_sources(
    sizes: tuple[int, ...] = (90, 1_100, 2_700, 60_000),
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each; every kind of repetition at every size, and single oddities."""
    for name, (start, unit, end) in REPEATED.items():
        for size in sizes:
            yield f"{name} x {size}", start + unit * size + end + b"\n"
    for name, (opened, closed) in NESTED.items():
        for size in sizes:
            yield f"{name} x {size}", opened * size + b"a" + closed * size + b"\n"
    for depth in (50, 99, 100, 2000):
        lines = b"".join(b" " * i + b"if a:\n" for i in range(depth))
        yield f"indentation {depth}", lines + b" " * depth + b"0\n"
        lines = b"".join(b" " * i + b"class A:\n" for i in range(depth))
        yield f"nested classes {depth}", lines + b" " * depth + b"0\n"
    for cookie in (
        b"utf-7",
        b"hex",
        b"rot13",
        b"zlib",
        b"idna",
        b"punycode",
        b"undefined",
        b"mbcs",
        b"x" * 999,
    ):
        yield f"cookie {cookie[:9]!r}", b"# coding: " + cookie + b"\nx = '\xff'\n"
    yield "every byte", bytes(range(256)) * 16
    yield "program", b"\x7fELF\x02\x01\x01" + bytes(5000)
    yield "merge conflict", b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n"
    yield "template", b"x = {{ value }}\n{% if a %}\ny = 1\n{% endif %}\n"
    yield "later syntax", b"x = t'{a}'\ntype X[T = int] = T\nmatch a:\n case b: c\n"
