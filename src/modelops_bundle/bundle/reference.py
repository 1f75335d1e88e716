"""Where a bundle is: a repository of a registry, or a folder in OCI's image layout; and which one there.

``host[:port]/repository[:tag|@sha256:...]`` or ``oci-layout:PATH[:tag|@sha256:...]``, as OCI's tools write
them. The grammar of repositories and tags is that of the OCI distribution specification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest

__all__ = ["DEFAULT_TAG", "Reference", "is_tag", "parse_reference"]

DEFAULT_TAG = "latest"

_LAYOUT = "oci-layout:"
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
)
_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_LONGEST_REPOSITORY = 255
_REPOSITORY_FORM = "host[:port]/repository[:tag|@sha256:...]"
#: How paths begin that can be nothing else.
_PATHS = ("./", "../", "/", "~/")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place for bundles and one bundle in it.

    Attributes:
        host: ``host[:port]`` of a registry; empty for a layout folder.
        repository: Name of the repository, or the folder's path.
        tag: The tag; ``None`` where none was named or a digest was.
        digest: The manifest's digest, where one was named.
    """

    host: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @property
    def is_layout(self) -> bool:
        """Whether it is a folder on this machine."""
        return not self.host

    @property
    def place(self) -> str:
        """Where, without which: the same text for every bundle of one repository or folder."""
        return f"{_LAYOUT}{self.repository}" if self.is_layout else f"{self.host}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What to ask the place for: the digest, else the tag, else ``latest``."""
        return str(self.digest) if self.digest else self.tag or DEFAULT_TAG

    def at(self, tag: str) -> Reference:
        """The bundle of the same place that has a tag."""
        return replace(self, tag=tag, digest=None)

    def __str__(self) -> str:
        mark = f"@{self.digest}" if self.digest else f":{self.tag}" if self.tag else ""
        return f"{self.place}{mark}"


def parse_reference(text: str) -> Reference:
    """Read a reference as a user types it.

    Raises:
        UsageError: It is none; the message says which part is wrong.
    """
    if text.startswith(_LAYOUT):
        return _layout(text)
    host, slash, rest = text.partition("/")
    if not slash or _HOST.fullmatch(host) is None:
        raise _wrong(text, "no host stands before the first `/`", _as_folder(text))
    name, tag, digest = _parts(text, rest, colon_from=0)
    if _REPOSITORY.fullmatch(name) is None or len(name) > _LONGEST_REPOSITORY:
        raise _wrong(
            text,
            f"{name!r} cannot name a repository:"
            " lower-case letters and digits, parted by `/`, `.`, `_` or `-`",
        )
    return Reference(host, name, tag, digest)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None


def _layout(text: str) -> Reference:
    rest = text.removeprefix(_LAYOUT)
    path, tag, digest = _parts(text, rest, colon_from=rest.rfind("/") + 1)
    if not path or "\0" in path:
        raise _wrong(text, "it names no folder")
    return Reference("", path, tag, digest)


def _parts(text: str, rest: str, colon_from: int) -> tuple[str, str | None, Digest | None]:
    """Name, tag and digest. A tag beside a digest says nothing more, as in Docker's references."""
    name, at, digest_text = rest.partition("@sha256:")
    digest = None
    if at:
        try:
            digest = Digest.parse(f"sha256:{digest_text}")
        except ValueError as error:
            raise _wrong(text, "behind `@sha256:` stand 64 lower-case hex digits") from error
    colon = name.find(":", colon_from)
    if colon < 0:
        return name, None, digest
    name, tag = name[:colon], name[colon + 1 :]
    if not is_tag(tag):
        raise _wrong(
            text, f"{tag!r} cannot be a tag: letters, digits, `_`, `.` and `-`, 128 at most"
        )
    return name, None if digest else tag, digest


def _as_folder(text: str) -> str:
    """What to write if a path was meant; empty where the text looks like none."""
    if text.startswith(_PATHS) and text.isprintable() and len(text) <= _LONGEST_REPOSITORY:
        return f"A folder is named as {_LAYOUT}{text}, a repository as {_REPOSITORY_FORM}."
    return ""


def _wrong(text: str, why: str, mend: str = "") -> UsageError:
    return UsageError(
        f"{text!r} does not refer to a bundle",
        why,
        mend or f"Write {_REPOSITORY_FORM} or {_LAYOUT}PATH[:tag].",
    )
