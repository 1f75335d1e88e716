"""Stored outputs with any bytes changed: each is read or refused, and the process lives on.

It runs in a process of its own, as what is feared is one that dies.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import contextlib, random, resource, sys
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
from tests.support.outputs import array_output, ipc_file, ipc_stream, table_output
from modelops_bundle.results.combining import combine
from modelops_bundle.results.record import Output
from modelops_bundle.results.tables import OutputError, decode

# A length that is none must not take the machine's memory with it.
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
TABLE = pa.table({
    "day": [0, 1, 2],
    "cases": [0.5, None, 2.5],
    "place": ["a", "bc", None],
    "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
    "parts": [[1, 2], [], None],
    "pair": [{"p": 1, "q": "s"}, None, {"p": None, "q": ""}],
    "on": [True, False, None],
})
def compressed(codec):
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_stream(sink, TABLE.schema, options=options) as writer:
        writer.write_table(TABLE)
    return sink.getvalue().to_pybytes()
SEEDS = [
    ("table", ipc_stream(TABLE)), ("table", ipc_file(TABLE)), ("table", compressed("zstd")),
    ("table", compressed("lz4")), ("array", array_output(range(6), [2, 3]).data),
    ("json", b'{"a": [1, NaN]}'),
]
chance = random.Random(int(sys.argv[2]))
read = refused = 0
def attempt(kind, data):
    global read, refused
    output = Output("out", kind, bytes(data))
    try:
        decode(output)
        table = combine([({"a": 1}, 0, output), ({"a": 2}, 1, output)])
        table.validate(full=True)
        read += 1
    except OutputError as error:
        str(error)
        refused += 1
        return
    # Python has no value for some that are whole, such as a year 0.
    with contextlib.suppress(ValueError, ArithmeticError, LookupError, pa.ArrowException):
        table.to_pylist()
for kind, data in SEEDS:
    for place in range(0, len(data), int(sys.argv[3])):
        for mask in (0xFF, 0x80, 1 << chance.randrange(8)):
            damaged = bytearray(data)
            damaged[place] ^= mask
            attempt(kind, damaged)
    for size in range(0, len(data), int(sys.argv[3])):
        attempt(kind, data[:size])
    for _ in range(int(sys.argv[4])):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(damaged))
            damaged[place : place + 4] = chance.choice([
                b"\\xff\\xff\\xff\\x7f", b"\\xff\\xff\\xff\\xff", b"\\0\\0\\0\\x80", bytes(4),
                chance.randbytes(4),
            ])
        attempt(kind, damaged)
print(read, refused)
"""


def run(seed: int, step: int, times: int) -> tuple[int, int]:
    command = [sys.executable, "-c", PROGRAM, str(ROOT), str(seed), str(step), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    read, refused = map(int, done.stdout.split())
    return read, refused


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on memory")
def test_some_bytes():
    read, refused = run(seed=1, step=83, times=20)
    assert read > 0
    assert refused > 30


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit on memory")
@pytest.mark.parametrize("seed", [2, 3])
def test_every_byte(seed):
    _, refused = run(seed, step=1, times=1000)
    assert refused > 5000
