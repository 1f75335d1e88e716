"""Manifests and tags of a repository. Nothing that comes is believed before its digest was computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import quote, urljoin, urlsplit

from modelops_bundle.adapters.oci.repository import Repository
from modelops_bundle.adapters.oci.words import Reply, json_object
from modelops_bundle.bundle.media import IMAGE_INDEX, IMAGE_MANIFEST, LARGEST_MANIFEST
from modelops_bundle.bundle.reference import is_tag
from modelops_bundle.bundle.remote import Manifest
from modelops_bundle.errors import DamagedBundleError, RemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

__all__ = ["digest_in", "pages", "put_manifest", "read_manifest", "resolve_tag"]

_DOCKER = "application/vnd.docker.distribution.manifest"
_ACCEPT = ", ".join(
    (IMAGE_MANIFEST, IMAGE_INDEX, f"{_DOCKER}.v2+json", f"{_DOCKER}.list.v2+json", "*/*;q=0.1")
)
_PLAIN_TYPES = ("", "application/json", "application/octet-stream", "text/plain")
_DIGEST_HEADER = "Docker-Content-Digest"
_MOST_PAGES = 10_000
_ASK = "Ask who runs the registry."


def resolve_tag(at: Repository, tag: str) -> Digest | None:
    """See :meth:`Remote.resolve`."""
    reply = at.transport.ask(
        f"cannot look up the tag {tag} of {at.place}",
        "HEAD",
        _path(at, tag),
        at.pull,
        headers={"Accept": _ACCEPT},
        hoped=(200, 404, 405, 501),
    )
    if reply.status == 404:
        return None
    if reply.status == 200 and (digest := digest_in(reply)) is not None:
        return digest
    # Some registries, and some proxies before them, leave the digest out.
    manifest = read_manifest(at, tag)
    return None if manifest is None else manifest.digest


def read_manifest(at: Repository, wanted: str) -> Manifest | None:
    """See :meth:`Remote.manifest`."""
    reply = at.transport.ask(
        f"cannot read the manifest {wanted} of {at.place}",
        "GET",
        _path(at, wanted),
        at.pull,
        headers={"Accept": _ACCEPT},
        limit=LARGEST_MANIFEST,
        hoped=(200, 404),
    )
    if reply.status == 404:
        return None
    if len(reply.data) > LARGEST_MANIFEST:
        _damaged(at, wanted, f"it has more than {LARGEST_MANIFEST} bytes")
    digest = sha256_digest(reply.data)
    expected = _as_digest(wanted) or digest_in(reply)
    if expected is not None and digest != expected:
        _damaged(at, wanted, f"it should have the digest {expected.short}, and has {digest.short}")
    return Manifest(digest, _media_type(reply), reply.data)


def put_manifest(at: Repository, manifest: Manifest, tag: str | None) -> Reply:
    """Keep a manifest under a tag, or under its digest alone; the registry's answer.

    Raises:
        RemoteError: It could not be kept, or something else was.
    """
    what = f"cannot keep the manifest {manifest.digest.short} in {at.place}"
    reply = at.transport.ask(
        what,
        "PUT",
        _path(at, tag or str(manifest.digest)),
        at.push,
        headers={"Content-Type": manifest.media_type},
        body=manifest.data,
        hoped=(200, 201, 202),
    )
    kept = digest_in(reply)
    if kept is not None and kept != manifest.digest:
        raise RemoteError(what, f"the registry says that it has kept {kept.short} instead", _ASK)
    return reply


def pages(at: Repository, what: str, path: str, hoped: tuple[int, ...]) -> Iterator[Reply]:
    """A listing, page by page.

    Raises:
        RemoteError: A page cannot be had, another host is to have it, or there is no end of them.
    """
    seen: set[str] = set()
    next_path: str | None = path
    while next_path is not None:
        if next_path in seen or len(seen) >= _MOST_PAGES:
            raise RemoteError(what, "the registry's list has no end", _ASK)
        seen.add(next_path)
        reply = at.transport.ask(
            what, "GET", next_path, at.pull, limit=LARGEST_MANIFEST, hoped=hoped
        )
        yield reply
        next_path = _next(at, what, reply, next_path)


def listed(what: str, reply: Reply) -> dict[str, Any]:
    """The document of one page.

    Raises:
        RemoteError: It is none.
    """
    document = json_object(reply.data)
    if document is None or len(reply.data) > LARGEST_MANIFEST:
        raise RemoteError(what, "what the registry answers is no list", _ASK)
    return document


def list_tags(at: Repository) -> list[str]:
    """Every tag, sorted; empty where there is no repository."""
    what = f"cannot list the tags of {at.place}"
    found: set[str] = set()
    for reply in pages(at, what, at.path("tags/list"), (200, 404)):
        if reply.status == 404:
            break
        names = listed(what, reply).get("tags") or []
        if not isinstance(names, list):
            raise RemoteError(what, "what the registry answers is no list", _ASK)
        found.update(name for name in names if isinstance(name, str) and is_tag(name))
    return sorted(found)


def digest_in(reply: Reply) -> Digest | None:
    """The digest that an answer names, if it names one of ours."""
    return _as_digest(reply.headers.get(_DIGEST_HEADER, "").strip())


def _as_digest(text: str) -> Digest | None:
    try:
        digest = Digest.parse(text)
    except ValueError:
        return None
    return digest if digest.algorithm == "sha256" else None


def _path(at: Repository, wanted: str) -> str:
    return at.path(f"manifests/{quote(wanted, safe=':')}")


def _media_type(reply: Reply) -> str:
    """What a manifest is. Servers that know only files say something too general; it says so itself."""
    said = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said in _PLAIN_TYPES:
        own = (json_object(reply.data) or {}).get("mediaType")
        return own if isinstance(own, str) else IMAGE_MANIFEST
    return said


def _next(at: Repository, what: str, reply: Reply, path: str) -> str | None:
    """The path of the next page."""
    target = next(iter(_next_links(reply)), None)
    if target is None:
        return None
    try:
        found = urlsplit(urljoin(f"//{at.transport.host}{path}", target))
        is_elsewhere = bool(urlsplit(target).netloc) and found.hostname not in (
            urlsplit(f"//{at.transport.host}").hostname,
            urlsplit(reply.url).hostname,
        )
    except ValueError:
        is_elsewhere = True
    if is_elsewhere:
        raise RemoteError(what, "the registry's list goes on at another host", _ASK)
    # Behind a proxy that ends TLS, a registry may not know its own scheme and port, so only this much counts.
    return f"{found.path}?{found.query}" if found.query else found.path


def _next_links(reply: Reply) -> Iterator[str]:
    for header in reply.headers.getlist("Link"):
        for link in header.split(",<" if ",<" in header else ", <"):
            target, _, parameters = link.strip().lstrip("<").partition(">")
            if "rel=next" in parameters.replace('"', "").replace(" ", "").lower():
                yield target


def _damaged(at: Repository, wanted: str, why: str) -> NoReturn:
    raise DamagedBundleError(
        f"the manifest {wanted} of {at.place} is damaged", why, "Push the bundle again."
    )
