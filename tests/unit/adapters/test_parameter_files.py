"""Parameter files by their names, standard input by its content."""

import contextlib
import errno
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from modelops_bundle.adapters import parameter_files
from modelops_bundle.adapters.parameter_files import read_parameter_file
from modelops_bundle.errors import MopsError, ParameterError, StorageError, UsageError

ROWS = [{"beta": 0.5, "n": 1}, {"beta": 0.25, "n": 2}]
TABLE = pa.table({"beta": [0.5, 0.25], "n": [1, 2]})
AS_JSON = json.dumps(ROWS).encode()
AS_YAML = b"- beta: 0.5\n  n: 1\n- {beta: 0.25, n: 2}\n"
AS_CSV = b"beta,n\n0.5,1\n0.25,2\n"
NOTHING = io.BytesIO()


def as_parquet(table=TABLE, **options):
    sink = io.BytesIO()
    parquet.write_table(table, sink, **options)
    return sink.getvalue()


FORMS = {
    "p.json": AS_JSON,
    "p.JSON": AS_JSON,
    "p.yaml": AS_YAML,
    "p.yml": AS_YAML,
    "p.csv": AS_CSV,
    "p.tsv": AS_CSV.replace(b",", b"\t"),
    "p.parquet": as_parquet(),
}


def refusal(path, stdin=NOTHING):
    with pytest.raises(MopsError) as caught:
        read_parameter_file(str(path), stdin)
    return caught.value


@pytest.mark.parametrize("name", FORMS)
def test_files_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMS[name])
    source = read_parameter_file(str(path), NOTHING)
    assert list(source.sets) == ROWS
    assert source.name == str(path)
    assert source.place(1).startswith(f"{path} ")


@pytest.mark.parametrize(
    "data",
    [
        AS_JSON,
        b" \n" + AS_JSON,
        AS_YAML,
        b"---\n" + AS_YAML,
        b"# sets\n" + AS_YAML,
        AS_CSV,
        as_parquet(),
        b"\xef\xbb\xbf" + AS_JSON,
        b"\xef\xbb\xbf" + AS_YAML,
        b"\xef\xbb\xbf" + AS_CSV,
        b"-\n  beta: 0.5\n  n: 1\n-\n  beta: 0.25\n  n: 2\n",
    ],
    ids=lambda data: repr(data[:8]),
)
def test_standard_input_by_content(data):
    source = read_parameter_file("-", io.BytesIO(data))
    assert list(source.sets) == ROWS
    assert source.place(0).startswith("standard input ")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"beta: 0.5\n", {"beta": 0.5}),
        (b'"a b": 1\n', {"a b": 1}),
        (b"a:\n  - 1\n", {"a": [1]}),
        (b'{"a": 1}', {"a": 1}),
        (b"a\n5\n", {"a": 5}),
        (b'"a: x",b\n5,6\n', {"a: x": 5, "b": 6}),
    ],
)
def test_standard_input_of_one_set(data, expected):
    assert list(read_parameter_file("-", io.BytesIO(data)).sets) == [expected]


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
@pytest.mark.parametrize("name", ["pipe", "pipe.csv"])
def test_a_pipe_in_place_of_a_file(tmp_path, name):
    path = tmp_path / name
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(AS_CSV,))
    writer.start()
    assert list(read_parameter_file(str(path), NOTHING).sets) == ROWS
    writer.join()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("p.json", b"", "it is empty"),
        ("p.json", b" \n", "it is empty"),
        ("p.json", b"[{]", "line 1, column 3"),
        ("p.json", b'[{"a": NaN}]', "NaN"),
        ("p.json", b'[{"a": 1, "a": 2}]', "'a' stands twice"),
        ("p.json", b"3", "got int"),
        ("p.json", b"[" * 1_000_000, "deeply"),
        ("p.json", b'[{"a": "\xff"}]', "byte 0xff is not UTF-8"),
        ("p.json", AS_JSON.decode().encode("utf-16"), "UTF-16"),
        ("p.csv", b"", "it is empty"),
        ("p.csv", AS_CSV + b"0.75,\xe9\n", "line 4: byte 0xe9"),
        ("p.csv", AS_CSV.decode().encode("utf-16"), "UTF-16"),
        ("p.yaml", b"", "it is empty"),
        ("p.parquet", b"", "it is no Parquet file"),
        ("p.parquet", b"PAR1" * 100, "it is no Parquet file"),
        ("p.parquet", as_parquet()[:-1], "it is no Parquet file"),
        ("p.parquet", AS_CSV, "it is no Parquet file"),
        ("p", b"", "it is empty"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_content_that_cannot_be_used(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    error = refusal(path)
    assert isinstance(error, ParameterError)
    assert words in str(error)
    assert str(path) in str(error)
    assert len(str(error)) < 1000


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "p.csv", "bad\0name.csv"):
        assert isinstance(refusal(path), UsageError)


def test_a_file_of_no_known_kind(tmp_path):
    path = tmp_path / "p.xlsx"
    path.write_bytes(b"PK")
    error = refusal(path)
    assert isinstance(error, UsageError)
    assert ".csv" in str(error)


def test_a_folder(tmp_path):
    assert isinstance(refusal(tmp_path), StorageError)


def test_standard_input_that_cannot_be_read():
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.EIO, "Input/output error")

    assert isinstance(refusal("-", Broken()), StorageError)


def test_more_than_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(parameter_files, "MAX_BYTES", len(AS_CSV))
    path = tmp_path / "p.csv"
    path.write_bytes(AS_CSV)
    assert list(read_parameter_file(str(path), NOTHING).sets) == ROWS
    assert "larger than" in str(refusal("-", io.BytesIO(AS_CSV + b"\n")))
    if Path("/dev/zero").exists():
        (tmp_path / "endless").symlink_to("/dev/zero")
        assert "larger than" in str(refusal(tmp_path / "endless"))


def test_a_name_that_is_not_utf8(tmp_path):
    error = refusal(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    assert "\\udcff.csv" in str(error)
    str(error).encode()


def test_a_parquet_file_that_pandas_wrote(tmp_path):
    path = tmp_path / "p.parquet"
    frame = pd.DataFrame({"beta": [0.5, 0.25], "n": [1, 2]}, index=["x", "y"])
    frame.to_parquet(path)
    assert list(read_parameter_file(str(path), NOTHING).sets) == ROWS


def test_a_small_file_that_unpacks_to_a_huge_table(tmp_path):
    path = tmp_path / "p.parquet"
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000, pa.int32()), ["x" * 1_000_000])
    parquet.write_table(pa.table({"a": text}), path, compression="zstd")
    assert path.stat().st_size < 100_000
    assert "unpacks to" in str(refusal(path))


@pytest.mark.parametrize("use", ["file", "frame"])
def test_without_pyarrow_the_mend_is_said(tmp_path, use):
    path = tmp_path / "p.parquet"
    path.write_bytes(as_parquet())
    program = f"""
import io, sys
sys.modules["pyarrow"] = None
from modelops_bundle.adapters.parameter_files import read_parameter_file
from modelops_bundle.errors import UsageError
from modelops_bundle.results.parameters import plan_simulations
class Frame:
    def __arrow_c_stream__(self): ...
try:
    if {use!r} == "file":
        read_parameter_file({str(path)!r}, io.BytesIO())
    plan_simulations(Frame())
except UsageError as error:
    print(error)
assert len(plan_simulations(read_parameter_file("-", io.BytesIO({AS_CSV!r})))) == 2
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert 'uv add "modelops-bundle[tables]"' in done.stdout


def test_flipped_bytes_of_a_parquet_file_are_a_table_or_an_error(tmp_path):
    data = as_parquet(TABLE.append_column("text", pa.array(["a", "b"])), compression="none")
    for place in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 0xFF
        with contextlib.suppress(ParameterError):
            read_parameter_file("-", io.BytesIO(b"PAR1" + damaged[4:]))
