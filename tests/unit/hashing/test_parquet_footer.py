"""Counts from the footer of a Parquet file, and footers that are none."""

import contextlib
import io
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from modelops_bundle.hashing.parquet_footer import FooterError, values_by_group

TABLE = pa.table(
    {
        "flat": list(range(100)),
        "text": [str(n) for n in range(100)],
        "list": [list(range(n % 5)) for n in range(100)],
        "struct": [{"x": n, "y": [[1, 2], []]} for n in range(100)],
        "map": pa.array([[("k", n)] for n in range(100)], pa.map_(pa.string(), pa.int64())),
    }
)


def written(table, **options):
    sink = io.BytesIO()
    parquet.write_table(table, sink, **options)
    return sink.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_group_size": 7},
        {"version": "1.0", "data_page_version": "2.0"},
        {"write_page_index": True, "write_page_checksum": True},
        {"sorting_columns": [parquet.SortingColumn(0, descending=True)]},
        {"compression": "zstd", "write_statistics": False},
        {"use_dictionary": False, "store_schema": False},
    ],
    ids=str,
)
def test_counts_are_those_of_pyarrow(options):
    table = TABLE.replace_schema_metadata({"key": "value" * 1000})
    data = written(table, **options)
    metadata = parquet.ParquetFile(io.BytesIO(data)).metadata
    assert values_by_group(data) == [
        [metadata.row_group(g).column(c).num_values for c in range(metadata.num_columns)]
        for g in range(metadata.num_row_groups)
    ]


def test_a_wide_file():
    data = written(pa.table({f"c{n}": [[n]] for n in range(3000)}))
    assert values_by_group(data) == [[1] * 3000]


@pytest.mark.parametrize(
    "footer",
    [
        b"",
        b"\x00",
        b"\x49",
        b"\x49\x1c",
        b"\x49\xfc\xff\xff\xff\xff\x0f",
        b"\x49\xf8\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x49\x11\x00",
        b"\x19" + b"\x19" * 1000,
        b"\x1c" * 100_000,
        b"\x1b\xff\xff\xff\xff\x0f\x88",
        b"\x1f\x00",
        b"\x18\xff\xff\xff\x7f",
        b"\x19\xf1\xff\xff\xff\xff\x0f\x00",
    ],
    ids=lambda footer: repr(footer[:8]),
)
def test_what_is_no_footer(footer):
    with pytest.raises(FooterError):
        values_by_group(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(FooterError):
        values_by_group(b"PAR1" + footer + b"\xff\xff\xff\x7fPAR1")


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(FooterError):
        values_by_group(b"PAR1" + data + len(data).to_bytes(4, "little") + b"PAR1")


PROGRAM = """
import io, random, resource, sys
import pyarrow as pa
from pyarrow import parquet
from modelops_bundle.adapters.parameter_files import read_parameter_file
from modelops_bundle.errors import ParameterError
from modelops_bundle.hashing.tables import summarize_table
from modelops_bundle.results.parameters import plan_simulations
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
sink = io.BytesIO()
parquet.write_table(pa.table({
    "a": [1, 2], "b": [0.5, 0.25], "s": ["x", "y"], "l": [[1], [2]], "st": [{"x": 1}, {"x": 2}],
    "d": pa.array([1, 2], pa.date32()), "c": pa.array(["u", "v"]).dictionary_encode(), "on": [True, False],
}), sink)
data = sink.getvalue()
chance = random.Random(1)
refused = 0
for _ in range(int(sys.argv[1])):
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(4, len(damaged) - 4)
        damaged[place] = chance.choice([0, 255, 127, 128, chance.randrange(256)])
    summarize_table("t.parquet", bytes(damaged), 1 << 26)
    try:
        plan_simulations(read_parameter_file("-", io.BytesIO(damaged)))
    except ParameterError as error:
        str(error).encode()
        refused += 1
print(refused)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on memory")
@pytest.mark.parametrize("times", [pytest.param(150), pytest.param(6000, marks=pytest.mark.slow)])
def test_no_bytes_of_a_file_end_the_process(times):
    command = [sys.executable, "-c", PROGRAM, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr[-1000:]
    assert int(done.stdout) > times / 2
