"""What a project remembers of its bundles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.contents import FileEntry, LinkEntry
from modelops_bundle.bundle.sync_state import SyncState, dump_state, parse_state
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.recipes import content_digest, sha256_digest

ONE, TWO = sha256_digest(b"one"), sha256_digest(b"two")
FILES = {
    "a.py": FileEntry(content_digest(b"a"), 1),
    "größe.sh": FileEntry(content_digest(b"g"), 2, True),
    "l": LinkEntry("a.py"),
}
FULL = SyncState(
    FILES, {"r.io/m:latest": ONE}, (TWO, ONE), ("sir",), ONE, TWO, "2026-01-01T00:00:00Z"
)


def test_what_is_written_is_read() -> None:
    for state in (FULL, SyncState()):
        text = dump_state(state)
        assert parse_state(text.encode(), "state.json") == state
        assert dump_state(parse_state(text.encode(), "state.json")) == text


def test_other_tools_find_what_they_know() -> None:
    said = json.loads(dump_state(FULL))
    assert said["last_push_digest"] == str(ONE)
    assert said["last_pull_digest"] == str(TWO)
    assert said["timestamp"] == FULL.timestamp
    assert said["last_synced_files"] == {
        path: str(entry.digest) for path, entry in FILES.items() if isinstance(entry, FileEntry)
    }


def test_after_a_push_and_a_pull() -> None:
    pushed = SyncState(models=("sir",)).synced((ONE,), FILES, {"r:a": ONE}, "then", pushed=True)
    assert (pushed.base, pushed.last_push, pushed.last_pull) == (ONE, ONE, None)
    assert (pushed.models, pushed.files, pushed.timestamp) == ((), FILES, "then")
    pulled = pushed.synced((ONE, TWO), {}, {"r:b": TWO}, "now", pushed=False)
    assert (pulled.base, pulled.last_push, pulled.last_pull) == (TWO, ONE, TWO)
    assert pulled.tags == {"r:a": ONE, "r:b": TWO}
    assert pulled.files == {}


def test_after_some_files_were_pulled_the_rest_is_as_before() -> None:
    before = SyncState(
        files={"l": FILES["l"], "a.py": FILES["l"]}, tags={"r:a": ONE}, lineage=(ONE,)
    )
    after = before.partly(TWO, {"a.py": FILES["a.py"]}, ("sir",), "now")
    assert after.files == {"l": FILES["l"], "a.py": FILES["a.py"]}
    assert (after.base, after.tags, after.last_pull, after.models) == (
        ONE,
        before.tags,
        TWO,
        ("sir",),
    )


def test_a_tag_may_be_moved_from_what_the_folder_comes_from() -> None:
    one = SyncState().synced((ONE,), {}, {"r:a": ONE}, "", pushed=True)
    two = one.synced((ONE, TWO), {}, {"r:a": TWO}, "", pushed=True)
    # Of a tag that was never looked at here, and of one that was left behind.
    assert two.may_move("r:b", ONE)
    assert two.may_move("r:a", TWO)
    assert not two.may_move("r:a", ONE)
    assert not two.may_move("r:b", sha256_digest(b"three"))
    assert two.looked_at({"r:a": ONE}).may_move("r:a", ONE)


def test_the_oldest_ancestors_are_forgotten() -> None:
    lineage = tuple(sha256_digest(bytes([number])) for number in range(150))
    assert SyncState().synced(lineage, {}, {}, "", pushed=True).lineage == lineage[-100:]


def test_places_are_those_of_all_tags() -> None:
    state = SyncState(tags={"h:5/r:a": ONE, "h:5/r:b": TWO, "oci-layout:/a:b/c:x": ONE})
    assert state.places() == ["h:5/r", "oci-layout:/a:b/c"]


def test_the_state_of_the_tool_before_counts_as_none() -> None:
    old = {"last_push_digest": "sha256:old", "last_synced_files": {"a": "sha256:1"}, "timestamp": 5}
    assert parse_state(json.dumps(old).encode(), "state.json") == SyncState()
    assert parse_state(b'{"version": 3}', "state.json") == SyncState()


def good() -> dict[str, Any]:
    return dict(json.loads(dump_state(FULL)))


@pytest.mark.parametrize(
    "change",
    [
        {"lineage": 1}, {"lineage": ["sha256:0"]}, {"lineage": [str(content_digest(b""))]},
        {"last_pull_digest": []},
        {"models": 5}, {"models": "sir"}, {"models": [1]}, {"models": {"a": 1}}, {"timestamp": 1},
        {"tags": None}, {"tags": []}, {"tags": {"a": 1}}, {"last_synced": None}, {"last_synced": []},
        {"last_synced": {"a": 1}}, {"last_synced": {"a": {}}}, {"last_synced": {"a": {"link": 1}}},
        {"last_synced": {"a": {"digest": "md5:0", "size": 1}}},
        {"last_synced": {"../a": {"link": "x"}}}, {"last_synced": {"/etc/passwd": {"link": "x"}}},
    ],
)  # fmt: skip
def test_what_this_program_does_not_write_is_refused_with_a_way_out(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_state(json.dumps({**good(), **change}).encode(), "here/state.json")
    assert caught.value.what == "here/state.json cannot be read"
    assert "Remove it" in caught.value.mend


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b"{", b'{"version":2,"version":2}', b"[" * 100_000]
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        parse_state(data, "state.json")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)  # fmt: skip


@given(st.sampled_from(sorted(good())), values)
def test_any_value_anywhere_is_read_or_refused(key: str, value: Any) -> None:
    try:
        state = parse_state(json.dumps({**good(), key: value}).encode(), "state.json")
    except UsageError:
        return
    assert parse_state(dump_state(state).encode(), "state.json") == state
