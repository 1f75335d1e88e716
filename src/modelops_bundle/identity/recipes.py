"""Every hash recipe of the project on one page, each tagged with its kind and version.

A tag keeps digests of different kinds apart, so that no value of one kind can stand for another. A
recipe is never changed: a new version gets a new tag, and results made under the old one are stale.

The three ``contracts`` recipes are those of the ModelOps ecosystem and agree with its golden vectors.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from modelops_bundle.errors import ParameterError
from modelops_bundle.identity.digest import Digest

__all__ = [
    "code_digest",
    "compute_composite_digest",
    "content_digest",
    "content_digest_of_chunks",
    "distribution_digest",
    "environment_digest",
    "evaluation_digest",
    "hosted_model_digest",
    "make_param_id",
    "pack_boundary",
    "replicate_seed",
    "result_context_digest",
    "result_digest",
    "result_header_digest",
    "sha256_digest",
    "source_node_hasher",
    "source_token_digest",
    "tree_digest",
    "variable_digest",
]

Component = tuple[str, str, str]


def _blake2b(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def _framed(parts: Iterable[bytes]) -> bytes:
    # Each part is preceded by its length: no two different sequences of parts give the same bytes.
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _tagged(tag: str, parts: Iterable[bytes]) -> Digest:
    return Digest("blake2b", _blake2b(f"modelops:{tag}|".encode() + _framed(parts)))


# --- the ecosystem's identities -----------------------------------------------------------------


def compute_composite_digest(components: Iterable[Component], env_digest: str) -> str:
    """Digest of a model: its components under an environment.

    Args:
        components: ``(kind, path, digest)`` triples in any order; the kinds are ``MODEL``, ``CODE_DEP``,
            ``DATA``, ``VAR``, ``EXT``, ``DIST``, ``LLM`` and ``TARGET``, the paths relative with ``/``.
        env_digest: What :meth:`EnvironmentDigest.compute_digest` returns.

    Returns:
        64 hex digits: BLAKE2b-256 as the ModelOps ecosystem defines it (``contracts`` composite digest).
    """
    parts = [f"\0{kind}\0{path}\0{digest}\0" for kind, path, digest in sorted(components)]
    return _blake2b(f"\0ENV\0{env_digest}\0{''.join(parts)}".encode("utf-8", "surrogateescape"))


def environment_digest(fields: Mapping[str, Any]) -> str:
    """Digest of an environment's fields (``contracts:env:v1``), 64 hex digits."""
    return _blake2b(f"contracts:env:v1|{_canonical_json(fields)}".encode())


def make_param_id(params: Mapping[str, Any]) -> str:
    """Identity of a parameter set (``contracts:param:v1``).

    Args:
        params: Names to null, bool, int, finite float, string, list or mapping of these.

    Returns:
        64 hex digits. ``1``, ``1.0`` and ``True`` are three different values.

    Raises:
        ParameterError: NaN, an infinity, an integer of more digits than Python writes out, a key that is no
            string, or any other type.
    """
    if not isinstance(params, Mapping):
        raise ParameterError("parameters are not a mapping", f"got {type(params).__name__}")
    plain = params if _is_flat(params) else _plain(params, "params", 0)
    text = f"contracts:param:v1|{_canonical_json(plain)}"
    try:
        return _blake2b(text.encode())
    except UnicodeEncodeError as error:
        raise ParameterError("a parameter holds text that is not Unicode", str(error)) from error


def replicate_seed(param_id: str, replicate: int) -> int:
    """Seed of one replicate of a parameter set, as the ecosystem's studies derive it.

    Args:
        param_id: The parameter set's identity.
        replicate: Number of the replicate, from 0.

    Returns:
        0 to 2**32 - 1. Two replicates of a set may, rarely, have the same.
    """
    content = f"{param_id}:{replicate}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") % 2**32


# Kept, as json.dumps would make it anew for each of a million parameter sets.
_canonical_json = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def _is_flat(params: Mapping[str, Any]) -> bool:
    """Whether there is nothing to look into and nothing to refuse, which is the usual case."""
    if type(params) is not dict:
        return False
    for key, value in params.items():
        kind = type(value)
        if type(key) is not str or not (
            kind is str
            or (kind is float and math.isfinite(value))
            or (kind is int and -_SHORT_INTEGER < value < _SHORT_INTEGER)
            or kind is bool
            or value is None
        ):
            return False
    return True


_SHORT_INTEGER = 2**64
_DEEPEST_PARAMETER = 100


def _plain(value: Any, where: str, depth: int) -> Any:
    if depth > _DEEPEST_PARAMETER:
        raise ParameterError(
            "parameters are nested too deeply", f"{where} is below level {_DEEPEST_PARAMETER}"
        )
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return _writable(value, where)
    if type(value) is float:
        if not math.isfinite(value):
            raise ParameterError(f"{where} is {value}", "NaN and infinity have no identity")
        return value
    if isinstance(value, Mapping):
        return {
            _key(key, where): _plain(item, f"{where}[{key!r}]", depth + 1)
            for key, item in value.items()
        }
    if type(value) is list:
        return [_plain(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise ParameterError(
        f"{where} is a {type(value).__name__}",
        "parameters are null, bool, int, float, string, list or mapping",
        "Make it one of these: list(...) of a tuple, float(...) of another kind of number.",
    )


def _writable(value: int, where: str) -> int:
    try:
        str(value)
    except ValueError as error:
        limit = sys.get_int_max_str_digits()
        raise ParameterError(
            f"{where} is an integer of more than {limit} digits", "it cannot be written out"
        ) from error
    return value


def _key(key: Any, where: str) -> str:
    if type(key) is not str:
        raise ParameterError(
            f"a key of {where} is a {type(key).__name__}", "parameter names are strings"
        )
    return key


# --- content ------------------------------------------------------------------------------------


def content_digest(data: bytes) -> Digest:
    """BLAKE3 of bytes that are in memory."""
    from blake3 import blake3

    return Digest("blake3", blake3(data).hexdigest())


def content_digest_of_chunks(chunks: Iterable[bytes | memoryview], *, threads: bool) -> Digest:
    """:func:`content_digest` of consecutive chunks; on several threads where ``threads`` is set.

    What the chunks raise while they are read is passed on.
    """
    from blake3 import blake3

    hasher = blake3(max_threads=blake3.AUTO if threads else 1)
    for chunk in chunks:
        hasher.update(chunk)
    return Digest("blake3", hasher.hexdigest())


def tree_digest(files: Iterable[tuple[str, Digest]]) -> Digest:
    """Digest of a set of files: relative path and content of each, in any order."""
    return _of_files("tree:v1", files)


def _of_files(tag: str, files: Iterable[tuple[str, Digest]]) -> Digest:
    pairs = sorted(
        (path.encode("utf-8", "surrogateescape"), str(digest).encode()) for path, digest in files
    )
    return _tagged(tag, (part for pair in pairs for part in pair))


# --- Python sources -----------------------------------------------------------------------------


def source_node_hasher() -> hashlib.blake2b:
    """The hash under which one top-level statement of a source is canonicalised."""
    return hashlib.blake2b(digest_size=32, person=b"mops:src:node:v1")


def source_token_digest(units: Iterable[bytes]) -> Digest:
    """``token_hash`` of a source: the digests of its top-level statements in order."""
    return _tagged("token:v1", units)


def code_digest(units: Iterable[bytes], docstrings: Iterable[tuple[str, str]]) -> Digest:
    """Digest of a source as one model depends on it.

    Args:
        units: Digests of its top-level statements, a run of imports whose order is free being one unit.
        docstrings: Name and digest of each docstring that the model's code reads.
    """
    names = [part.encode("utf-8", "surrogatepass") for pair in sorted(docstrings) for part in pair]
    return _tagged("code:v1", [_framed(units), _framed(names)])


# --- environment --------------------------------------------------------------------------------


def variable_digest(name: str, value: str | None) -> Digest:
    """Keyed digest of an environment variable's value; unset (``None``) differs from empty.

    The key is derived from the variable's name, so that equal values of two variables do not show and
    two machines agree. It keeps values out of the registry; it does not make a guessable value secret.
    """
    key = hashlib.blake2b(
        b"modelops:variable:v1|" + name.encode("utf-8", "surrogateescape"), digest_size=32
    )
    body = b"unset" if value is None else b"set|" + value.encode("utf-8", "surrogateescape")
    return Digest("blake2b", hashlib.blake2b(body, key=key.digest(), digest_size=32).hexdigest())


def distribution_digest(files: Iterable[tuple[str, Digest]]) -> Digest:
    """Digest of a locally installed distribution: the files of it that the code imports."""
    return _of_files("distribution:v1", files)


def hosted_model_digest(provider: str, model_id: str, manifest: str) -> Digest:
    """Which hosted model answers. What it costs and whether it is deprecated is no part of that.

    Args:
        provider: Slug of the provider.
        model_id: The provider's id of the model, no alias.
        manifest: Digest of the content where the provider tells one (Ollama's manifest); else empty.
    """
    parts = [part.encode("utf-8", "surrogateescape") for part in (provider, model_id, manifest)]
    return _tagged("hosted-model:v1", parts)


# --- results ------------------------------------------------------------------------------------


def result_context_digest(document: Mapping[str, Any]) -> str:
    """Digest of what the results of one run have in common, 64 hex digits."""
    return _tagged("result-context:v1", [_canonical_json(document).encode()]).hex


def result_digest(context: str, param_id: str, seed: int) -> str:
    """Key of a result: its context, parameter set and seed; 64 hex digits."""
    return _tagged("result:v1", [context.encode(), param_id.encode(), str(seed).encode()]).hex


def evaluation_digest(judged: Iterable[tuple[str, Iterable[tuple[str, Digest]]]]) -> str:
    """What a target's loss was computed from, 64 hex digits.

    Args:
        judged: Results in any order, each as its key and the name and content digest of every output: one
            key may have had other outputs before, where a model's result is not reused.
    """
    parts = sorted(
        [key, *(f"{name}={digest}" for name, digest in sorted(outputs))] for key, outputs in judged
    )
    return _tagged("evaluation:v1", [_canonical_json(each).encode() for each in parts]).hex


def result_header_digest(header: bytes) -> bytes:
    """Digest of the first part of a stored result, which holds the digests of the rest; 32 bytes."""
    return bytes.fromhex(_tagged("result-header:v1", [header]).hex)


# --- bundles ------------------------------------------------------------------------------------


def sha256_digest(data: bytes | memoryview) -> Digest:
    """SHA-256 of bytes that are in memory, which is how OCI names blobs and manifests."""
    return Digest("sha256", hashlib.sha256(data).hexdigest())


def pack_boundary(path: str) -> float:
    """A number from 0 to 1 that a path alone determines: packs end at files where it is low."""
    digest = hashlib.blake2b(b"modelops:pack-boundary:v1|" + path.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
