"""Sources whose statements refer to each other in ways that multiply, by how often they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["hostile_conditions"]


def _each(count: int, line: str, joint: str = "\n") -> str:
    return joint.join(line.format(i=i, j=i + 1) for i in range(count))


def _tuples(joint: str) -> str:
    return "A0 = 1\n" + "".join(f"A{i} = ({joint.join([f'A{i - 1}'] * 16)})\n" for i in range(1, 9))


_MANY: dict[str, Callable[[int], str]] = {
    "tests of nested tuples": lambda n: _tuples(", ") + "if A8 == 1: pass\n" * (n // 10),
    "tests of nested choices": lambda n: _tuples(" or ") + "if A8 == 1: pass\n" * (n // 10),
    "handlers": lambda n: f"try:\n{_each(n, ' a{i} = 1')}\n{_each(n, 'except E{i}: b{i} = 1')}",
    "named handlers": lambda n: (
        f"try: {_each(n, 'a{i}=1', ';')}\n{_each(n, 'except E as b{i}: a{i}=2')}"
    ),
    "nested branches": lambda n: (
        "".join(f"{' ' * i}if z:\n" for i in range(90)) + " " * 90 + _each(4 * n, "x{i}=1", ";")
    ),
    "sums": lambda n: "x = 0\n" + "x += 1\n" * (3 * n),
    "sums of texts": lambda n: "X = ''\n" + "X += 'a'\n" * n + "import os\nos.getenv(X)",
    "switches": lambda n: "TYPE_CHECKING = 0\n" * (3 * n) + "if TYPE_CHECKING: pass\n" * (3 * n),
    "docstrings of docstrings": lambda n: f"x = a{'.__doc__' * 900}\n" * (n // 28),
    "texts that are run": lambda n: f"exec('''{'a;' * 40 * n}''')\n" * 16,
    "double quotes": lambda n: '"""\n\\' * n + "x" * 600_001,
    "single quotes": lambda n: "'''\n\\" * n + "x" * 600_001,
    "escaped quotes": lambda n: 'x = "' + '\\"' * n + "x" * 600_001,
    "prefixed quotes": lambda n: 'f"""\n\\' * n + "{" * 3000,
    "growing imports": lambda n: _each(n // 4, "from a{i} import x") + "\nx += [x]" * (n // 4),
    "growing parameters": lambda n: "def f(x): x.append(1)\n" * n + "f(x, y)\n" * n,
    "growing aliases": lambda n: _each(n, "a{i} = a{j}\na{i}.append(a{j})"),
    "collections of themselves": lambda n: (
        "for c in c: pass\nc = c[0]\nc = c[:]\nfor c, d in c: pass\nc = [c, (c, d)]\nc.append(c)\n"
        * (n // 4)
        + "import os\nos.getenv(c[0][0])\nfor e in c: os.getenv(e[0])"
    ),
    "choices in tests": lambda n: f"x = {'(a if ' * min(n, 90)}a{' else 0).b' * min(n, 90)}",
    "deep choices in tests": lambda n: f"x = {'(a if ' * min(n, 150)}a{' else 0).b' * min(n, 150)}",
}


def hostile_conditions(count: int = 4000) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    for name, source in _MANY.items():
        yield name, source(count).encode()
