"""What a project remembers of its bundles: the last one of each place and tag, and the files in common.

It belongs to one machine and is never in a bundle or in version control. Losing it loses no work: the next
push asks for a pull first, and a pull finds that the files are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelops_bundle.bundle.contents import Contents, Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    shown,
    size_in,
    table_in,
)
from modelops_bundle.bundle.paths import path_problem
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest

__all__ = ["SyncState", "dump_state", "parse_state"]

_LARGEST = 512 << 20
_LONGEST_LINEAGE = 100
_SHORTENED = re.compile(r"@(?:sha256:)?([0-9a-f]{6,63})$")


@dataclass(frozen=True, slots=True)
class SyncState:
    """See the module.

    Attributes:
        files: What the folder had in common with the last bundle that was pushed or pulled.
        tags: Digest of the manifest that each tag had when it was last pushed or pulled here, by
            ``place:tag``.
        lineage: The bundles that the folder is known to come from, oldest first; the last one is that which
            was pushed or pulled last, and which ``files`` are of.
        models: Ids of models, where only what they need was pulled.
        last_push: Digest of the last bundle pushed.
        last_pull: Digest of the last bundle pulled.
        timestamp: When that was, in ISO 8601.
    """

    files: Contents = field(default_factory=dict)
    tags: Mapping[str, Digest] = field(default_factory=dict)
    lineage: tuple[Digest, ...] = ()
    models: tuple[str, ...] = ()
    last_push: Digest | None = None
    last_pull: Digest | None = None
    timestamp: str = ""

    def synced(
        self,
        lineage: tuple[Digest, ...],
        files: Contents,
        refs: Mapping[str, Digest],
        when: str,
        *,
        pushed: bool,
    ) -> SyncState:
        """The state after a push or a pull of a bundle.

        Args:
            lineage: What the folder comes from now; the bundle's manifest at the end.
            files: What the bundle holds.
            refs: The tags that point to it, by ``place:tag``.
            when: The time in ISO 8601.
            pushed: Whether it was pushed.
        """
        return replace(
            self,
            files=dict(files),
            tags={**self.tags, **refs},
            lineage=lineage[-_LONGEST_LINEAGE:],
            models=(),
            last_push=lineage[-1] if pushed else self.last_push,
            last_pull=self.last_pull if pushed else lineage[-1],
            timestamp=when,
        )

    def looked_at(self, refs: Mapping[str, Digest]) -> SyncState:
        """The state after tags were seen to point to what the folder comes from."""
        return replace(self, tags={**self.tags, **refs})

    @property
    def base(self) -> Digest | None:
        """The last bundle pushed or pulled: that which ``files`` are of."""
        return self.lineage[-1] if self.lineage else None

    def whole(self, text: str) -> str:
        """A reference with all of a digest of which only the beginning was written.

        Raises:
            UsageError: No bundle that is known here begins so, or several do.
        """
        short = _SHORTENED.search(text)
        # A folder's name may end like that.
        if short is None or (text.startswith("oci-layout:") and "@sha256:" not in text):
            return text
        known = {*self.lineage, *self.tags.values(), self.last_push, self.last_pull} - {None}
        fits = sorted({str(each) for each in known if each and each.hex.startswith(short[1])})
        if len(fits) != 1:
            raise UsageError(
                f"{text!r} does not say which bundle",
                f"{len(fits) or 'none'} of those that were pushed or pulled here begins with {short[1]}",
                "Write all 64 digits: `mops-bundle tags` and `mops-bundle manifest` show them.",
            )
        return f"{text[: short.start()]}@{fits[0]}"

    def places(self) -> list[str]:
        """Where bundles were pushed to or pulled from."""
        return list(dict.fromkeys(name.rpartition(":")[0] for name in self.tags))

    def may_move(self, ref: str, now: Digest) -> bool:
        """Whether a tag that points to ``now`` is as it was left here, and the folder comes from that."""
        return now in self.lineage and self.tags.get(ref, now) == now

    def partly(
        self, digest: Digest, files: Contents, models: tuple[str, ...], when: str
    ) -> SyncState:
        """The state after some files of a bundle were pulled: the folder is of no one bundle then."""
        return replace(
            self,
            files={**self.files, **files},
            models=tuple(dict.fromkeys((*self.models, *models))),
            last_pull=digest,
            timestamp=when,
        )


def dump_state(state: SyncState) -> str:
    """The text of a state."""
    document = {
        "version": 2,
        "lineage": [str(digest) for digest in state.lineage],
        "models": list(state.models),
        "last_push_digest": str(state.last_push) if state.last_push else None,
        "last_pull_digest": str(state.last_pull) if state.last_pull else None,
        "timestamp": state.timestamp,
        "tags": {name: str(digest) for name, digest in state.tags.items()},
        "last_synced_files": {
            path: str(entry.digest)
            for path, entry in state.files.items()
            if isinstance(entry, FileEntry)
        },
        "last_synced": {path: _dump_entry(entry) for path, entry in state.files.items()},
    }
    return json.dumps(document, sort_keys=True, indent=1) + "\n"


def parse_state(data: bytes, where: str) -> SyncState:
    """Read a state. That of the tool before this one has other digests of files and counts as none.

    Raises:
        UsageError: It is not what this program writes.
    """
    try:
        document = table_in(parse_json(data, _LARGEST), "the document")
        if document.get("version") != 2:
            return SyncState()
        files = table_in(document.get("last_synced"), "last_synced")
        tags = table_in(document.get("tags"), "tags")
        return SyncState(
            files={path: _entry(path, said) for path, said in files.items()},
            tags={name: digest_in(said, "sha256", name) for name, said in tags.items()},
            lineage=tuple(
                digest_in(each, "sha256", "lineage") for each in _listed(document, "lineage")
            ),
            models=tuple(_text(each, "a model") for each in _listed(document, "models")),
            last_push=_optional(document, "last_push_digest"),
            last_pull=_optional(document, "last_pull_digest"),
            timestamp=_text(document.get("timestamp", ""), "timestamp"),
        )
    except NotAsPromisedError as error:
        raise UsageError(
            f"{where} cannot be read",
            str(error),
            "Remove it: it only says what was last synced. Then `mops-bundle pull` compares anew.",
        ) from error


def _dump_entry(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, LinkEntry):
        return {"link": entry.target}
    said: dict[str, Any] = {"digest": str(entry.digest), "size": entry.size}
    return {**said, "executable": True} if entry.executable else said


def _entry(path: str, value: Any) -> Entry:
    said = table_in(value, path)
    problem = path_problem(path)
    if problem is not None:
        raise NotAsPromisedError(f"{path[:200]}: {problem}")
    if "link" in said:
        return LinkEntry(_text(said["link"], path))
    digest = digest_in(said.get("digest"), "blake3 sha256", path)
    return FileEntry(digest, size_in(said.get("size"), path), said.get("executable") is True)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise NotAsPromisedError(f"{where[:200]}: {shown(value)} is no text")
    return value


def _listed(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key) or []
    if not isinstance(value, list):
        raise NotAsPromisedError(f"{key} is no list")
    return value


def _optional(document: Mapping[str, Any], key: str) -> Digest | None:
    value = document.get(key)
    return None if value is None else digest_in(value, "sha256", key)
