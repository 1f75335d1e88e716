"""Which small files share a pack."""

from __future__ import annotations

import random
from itertools import chain, pairwise
from statistics import mean

import pytest

from modelops_bundle.bundle.contents import Contents, Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.packing import LARGE_FILE, packs_of
from modelops_bundle.identity.recipes import content_digest

MIB = 1 << 20


def entry(size: int) -> FileEntry:
    return FileEntry(content_digest(b"%d" % size), size)


def contents_of(sizes: dict[str, int]) -> Contents:
    return {path: entry(size) for path, size in sizes.items()}


def random_sizes(seed: int) -> dict[str, int]:
    """Files of a project: of a few bytes, of some KiB, or nearly large ones."""
    chance = random.Random(seed)
    largest = chance.choice([2_000, 40_000, 300_000, MIB - 1])
    count = min(3000, 60 * MIB // largest)
    return {
        f"{chance.choice(['data', 'models', 'x/y'])}/{chance.randrange(10**9)}": chance.randint(1, largest)
        for _ in range(count)
    }  # fmt: skip


def test_small_files_follow_each_other_in_the_order_of_their_bytes() -> None:
    sizes = {
        "b": 5,
        "a": 3,
        "a/x": 1,
        "Z": 2,
        "é": 4,
        "\U0001f600": 7,
        "\uffee": 8,
        "empty": 0,
        "l": LARGE_FILE,
    }
    contents: dict[str, Entry] = {**contents_of(sizes), "link": LinkEntry("a")}
    assert packs_of(contents) == [["Z", "a", "a/x", "b", "é", "\uffee", "\U0001f600"]]
    assert packs_of({}) == []
    assert packs_of(contents_of({"empty": 0})) == []


def test_files_from_one_mebibyte_on_are_in_no_pack() -> None:
    assert packs_of(contents_of({"a": MIB, "b": MIB + 1, "c": 5 * MIB})) == []
    assert packs_of(contents_of({"a": MIB - 1})) == [["a"]]


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_making_does_not_count_and_nothing_is_left_out(seed: int) -> None:
    sizes = random_sizes(seed)
    packs = packs_of(contents_of(sizes))
    shuffled = list(sizes.items())
    random.Random(seed).shuffle(shuffled)
    assert packs_of(contents_of(dict(shuffled))) == packs
    assert list(chain(*packs)) == sorted(sizes, key=str.encode)


@pytest.mark.parametrize("seed", range(12))
def test_packs_are_neither_small_nor_large(seed: int) -> None:
    sizes = random_sizes(seed)
    filled = [sum(sizes[path] for path in pack) for pack in packs_of(contents_of(sizes))]
    assert all(MIB <= size <= 8 * MIB for size in filled[:-1])
    assert filled[-1] <= 8 * MIB


def test_packs_have_about_three_mebibytes_whatever_the_size_of_files() -> None:
    for largest in (5_000, 50_000, 500_000):
        chance = random.Random(largest)
        count = 200 * MIB // largest
        sizes = {str(chance.random()): chance.randint(1, largest) for _ in range(count)}
        packs = packs_of(contents_of(sizes))
        assert 2.2 < mean(sum(map(sizes.__getitem__, pack)) for pack in packs) / MIB < 4


def test_one_more_file_changes_few_packs() -> None:
    changed = []
    for seed in range(60):
        sizes = random_sizes(seed % 12)
        before = set(map(tuple, packs_of(contents_of(sizes))))
        chance = random.Random(seed)
        added = {f"data/{chance.randrange(10**9)}": chance.randint(1, max(sizes.values()))}
        after = set(map(tuple, packs_of(contents_of({**sizes, **added}))))
        changed.append(len(after - before))
        beside = sorted({*sizes, *added}, key=str.encode)
        at = beside.index(next(iter(added)))
        # What was changed lies together, from the new file on.
        places = sorted(beside.index(path) for pack in after - before for path in pack)
        assert all(other == one + 1 for one, other in pairwise(places))
        assert places[0] <= at <= places[-1]
    assert mean(changed) < 2.5
    assert max(changed) <= 8


def test_a_changed_file_of_the_same_size_changes_no_boundary() -> None:
    sizes = random_sizes(3)
    other = {path: FileEntry(content_digest(path.encode()), size) for path, size in sizes.items()}
    assert packs_of(other) == packs_of(contents_of(sizes))


def test_the_rule_is_part_of_the_format() -> None:
    sizes = {f"f{number:04}": 20_000 + 37 * number for number in range(400)}
    packs = packs_of(contents_of(sizes))
    assert [len(pack) for pack in packs] == [66, 76, 82, 156, 20]
