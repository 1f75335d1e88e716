"""Random Python programs, with everything that the grammar of 3.11 has."""

from __future__ import annotations

import ast
from collections.abc import Callable

from hypothesis import strategies as st

__all__ = ["constants", "expressions", "programs"]

BINARY = ("+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^", "and", "or")
names = st.sampled_from(["a", "b", "x", "y", "self", "größe"])
constants = st.one_of(
    st.integers(0, 2**70),
    st.floats(0, allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.binary(max_size=4),
    st.sampled_from([True, False, None, ..., 1j, 0.0, 0, "", b"", "a", b"a", "1"]),
)
strings = st.text("abc '\"\\\n{}é", max_size=8)


def _all(*parts: st.SearchStrategy[str], form: str) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: form.format(*values))


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(BINARY)
    listed = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        _all(inner, binary, inner, form="({} {} {})"),
        _all(
            inner,
            st.sampled_from(["<", "==", "is not", "not in"]),
            inner,
            inner,
            form="({} {} {} > {})",
        ),
        _all(st.sampled_from(["-", "+", "~", "not "]), inner, form="({}{})"),
        _all(inner, names, form="({}).{}"),
        _all(inner, inner, form="({})[{}]"),
        _all(inner, inner, inner, form="({})[{}:{}, ::2]"),
        _all(inner, listed, form="({})({})"),
        _all(inner, inner, names, inner, form="({})(*{}, {}={}, **b)"),
        _all(names, inner, inner, form="(lambda {}={}, *args, k, **kw: {})"),
        _all(inner, inner, inner, form="({} if {} else {})"),
        _all(listed, form="[{}]"),
        _all(inner, listed, form="({}, {})"),
        _all(inner, listed, form="{{{}, {}}}"),
        _all(inner, inner, inner, form="{{{}: {}, **{}}}"),
        _all(inner, names, inner, inner, form="[{} for {} in {} if {}]"),
        _all(inner, names, inner, form="({} async for {} in {})"),
        _all(names, inner, form="({} := {})"),
        _all(names, names, form="f'{{{}!r:>{{{}}}}} text'"),
        _all(strings.map(repr), names, form="({} f'{{{}}}' 'tail')"),
    )


expressions = st.recursive(names | constants.map(repr), _larger, max_leaves=6)

simple = st.one_of(
    expressions,
    _all(names, expressions, form="{} = {}"),
    _all(names, names, expressions, form="{} = ({}, *rest) = {}"),
    _all(names, expressions, form="{} += {}"),
    _all(names, expressions, expressions, form="{}: {} = {}"),
    _all(names, expressions, form="{}.attr = {}"),
    _all(names, names, form="del {}, {}"),
    _all(names, names, form="del ({}, {})"),
    _all(expressions, expressions, form="assert {}, {}"),
    _all(expressions, expressions, form="raise {} from {}"),
    _all(names, names, names, form="import {}, {}.sub as {}"),
    _all(
        st.sampled_from([".", "..", "mod", ".mod"]), names, names, form="from {} import {}, {} as z"
    ),
    st.sampled_from(["pass", "global g", "'a string'", "b'bytes'"]),
)


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _block(head: str) -> Callable[[list[str]], list[str]]:
    return lambda body: [head, *_indent(body)]


def _compound(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    heads = st.one_of(
        _all(names, names, expressions, form="def {}({}, /, b={}, *, c):"),
        _all(names, expressions, form="async def {}() -> {}:"),
        _all(names, expressions, form="class {}({}, metaclass=M):"),
        _all(expressions, form="if {}:"),
        _all(expressions, form="while {}:"),
        _all(names, expressions, form="for {} in {}:"),
        _all(expressions, names, form="with {} as {}, other:"),
    )
    documented = st.tuples(strings.map(repr), inner).map(lambda pair: [pair[0], *pair[1]])
    return st.one_of(
        st.tuples(heads, inner | documented).map(lambda pair: _block(pair[0])(pair[1])),
        st.tuples(expressions, inner).map(
            lambda pair: [f"@{pair[0]}", "class C:", *_indent(pair[1])]
        ),
        st.tuples(inner, inner).map(
            lambda pair: ["try:", *_indent(pair[0]), "except E as e:", *_indent(pair[1])]
        ),
        st.tuples(inner, inner).map(
            lambda pair: ["if a:", *_indent(pair[0]), "else:", *_indent(pair[1])]
        ),
        inner.map(
            lambda body: [
                "match a:",
                "    case {'k': [1, *_], **rest} | C(x=1):",
                *_indent(_indent(body)),
            ]
        ),
    )


blocks = st.recursive(
    st.lists(simple, min_size=1, max_size=3),
    lambda inner: st.lists(_compound(inner), min_size=1, max_size=2).map(
        lambda parts: [line for part in parts for line in part]
    ),
    max_leaves=5,
)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


#: Source texts, a statement or the head of one to a line.
programs = (
    st.tuples(st.booleans(), blocks)
    .map(lambda pair: "\n".join(["'module docstring'"] * pair[0] + pair[1]) + "\n")
    .filter(_parses)
)
