from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.adapters.statcache import GUARD, is_settled, pack, unchanged, unpack
from modelops_bundle.hashing.reading import Stamp

small = st.integers(0, 2**64 - 1)
signed = st.integers(-(2**63), 2**63 - 1)
names = st.text(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=8
)
rows = st.dictionaries(
    names | st.just("bad\udcff"),
    st.tuples(
        st.tuples(small, small, signed, signed, signed),
        st.tuples(signed, st.binary(min_size=32, max_size=32)),
    ),
    max_size=5,
)


@given(rows)
def test_what_is_packed_is_unpacked(files):
    assert unpack(pack(files), now=2**63) == files


@given(rows, st.integers(0, 200), st.binary(max_size=9))
def test_foreign_bytes_never_raise(files, cut, junk):
    blob = pack(files)
    unpack(blob[:cut] + junk, now=0)


def test_nothing_saved_is_nothing_known():
    assert unpack(None, now=0) == {}


def test_what_was_hashed_in_the_future_is_not_believed():
    stamp = (1, 2, 3, 4, 5)
    files = {"now": (stamp, (1000, b"n" * 32)), "later": (stamp, (1001, b"l" * 32))}
    assert set(unpack(pack(files), now=1000)) == {"now"}


def test_a_file_settles_when_it_was_left_alone_longer_than_the_guard():
    stamp = Stamp(1, 2, 3, modified=10, changed=20)
    assert not is_settled(stamp, 20 + GUARD)
    assert is_settled(stamp, 21 + GUARD)


def test_the_later_of_the_two_times_counts():
    now = 100 + GUARD
    assert is_settled(Stamp(1, 2, 3, 99, 99), now)
    assert not is_settled(Stamp(1, 2, 3, 100, 99), now)
    assert not is_settled(Stamp(1, 2, 3, 99, 100), now)


def test_a_file_from_the_future_never_settles():
    assert not is_settled(Stamp(1, 2, 3, 2**62, 0), 100)


FOLDER = {
    "a": ((1, 10, 5, 100, 101), (1000, b"a" * 32)),
    "b\udcff": ((1, 11, 6, 100, 102), (2000, b"b" * 32)),
}
NAMES = sorted(FOLDER)
STAMPS = [FOLDER[name][0] for name in NAMES]


def test_a_whole_folder_at_once():
    digests = [b"a".hex() * 32, b"b".hex() * 32]
    assert unchanged(pack(FOLDER), NAMES, STAMPS, now=2000) == digests
    assert unchanged(pack({}), [], [], now=0) == []


def test_a_whole_folder_is_not_believed_when_anything_differs():
    blob = pack(FOLDER)
    assert unchanged(blob, NAMES, STAMPS, now=1999) is None
    assert unchanged(blob, ["a"], STAMPS[:1], now=2000) is None
    assert unchanged(blob, ["a", "c"], STAMPS, now=2000) is None
    assert unchanged(blob, NAMES[::-1], STAMPS[::-1], now=2000) is None
    assert unchanged(None, NAMES, STAMPS, now=2000) is None
    assert unchanged(blob[:-40], NAMES, STAMPS, now=2000) is None
    for field in range(5):
        other = [*STAMPS[1]]
        other[field] += 1
        assert unchanged(blob, NAMES, [STAMPS[0], other], now=2000) is None


@given(rows)
def test_whole_and_one_by_one_agree(files):
    names = sorted(files)
    whole = unchanged(pack(files), names, [files[name][0] for name in names], now=2**63)
    if any(number >= 2**63 for stamp, _ in files.values() for number in stamp):
        assert whole is None
    else:
        assert whole == [files[name][1][1].hex() for name in names]
