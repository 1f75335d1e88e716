"""Where a project's bundles go: ``.modelops-bundle/config.yaml``, as the ModelOps ecosystem has it.

::

    registry_ref: registry.example.org/team/project
    default_tag: latest
    cache_dir: ~/.cache/modelops-bundle
    insecure: ["registry.lab.example:5000"]   # without TLS
    chunked: ["registry.lab.example:5000"]    # blobs in several requests each
    storage:
      mode: auto                    # auto, oci-only or blob-only
      threshold_bytes: 52428800     # files from here on go to blob storage, where there is one
      provider: s3                  # azure, s3, gcs or fs
      container: my-bucket
      prefix: bundles
      force_blob_patterns: ["*.h5"]
      force_oci_patterns: ["small/*.parquet"]

Keys that nobody here knows are kept when the file is written.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelops_bundle.bundle.pinned import PinnedStorage
from modelops_bundle.bundle.reference import DEFAULT_TAG, is_tag
from modelops_bundle.errors import ConfigError

__all__ = ["BundleSettings", "StorageSettings", "read_settings", "settings_document"]

_MODES = ("auto", "oci-only", "blob-only")
_PROVIDERS = ("azure", "s3", "gcs", "fs")
_SCHEMES = {"azure": "az", "s3": "s3", "gcs": "gs"}


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Which files go to blob storage, and where that is.

    Attributes:
        mode: ``auto`` (large files, where there is a storage), ``oci-only`` or ``blob-only``.
        threshold_bytes: Size from which on a file is large.
        provider: ``azure``, ``s3``, ``gcs`` or ``fs``; ``None`` for no storage.
        container: Bucket or container; for ``fs`` an absolute folder.
        prefix: What keys begin with.
        force_blob_patterns: Paths that go to blob storage whatever their size.
        force_oci_patterns: Paths that stay in the registry whatever their size. They count more.
        extra: Unknown keys.
    """

    mode: str = "auto"
    threshold_bytes: int = 50 << 20
    provider: str | None = None
    container: str = ""
    prefix: str = ""
    force_blob_patterns: tuple[str, ...] = ()
    force_oci_patterns: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def url(self) -> str | None:
        """URL of the storage; ``None`` where there is none."""
        if self.provider is None or self.mode == "oci-only":
            return None
        if self.provider == "fs":
            return f"file://{self.container.rstrip('/')}{self._prefix}"
        return f"{_SCHEMES[self.provider]}://{self.container}{self._prefix}"

    def takes(self, path: str, size: int) -> bool:
        """Whether a file's bytes go to blob storage."""
        if self.url is None or _matches(path, self.force_oci_patterns):
            return False
        if self.mode == "blob-only" or _matches(path, self.force_blob_patterns):
            return True
        return size >= self.threshold_bytes

    def at(self, pinned: PinnedStorage) -> StorageSettings:
        """The same rules for the storage of an environment."""
        kinds = {"azurite": "azure", "minio": "s3"}
        provider = kinds.get(pinned.provider, pinned.provider)
        return replace(self, provider=provider, container=pinned.container)

    @property
    def _prefix(self) -> str:
        return f"/{self.prefix.strip('/')}" if self.prefix.strip("/") else ""


_STORAGE_KEYS = tuple(key for key in StorageSettings.__slots__ if key != "extra")


@dataclass(frozen=True, slots=True)
class BundleSettings:
    """See the module.

    Attributes:
        registry_ref: ``host/repository`` or ``oci-layout:PATH``; ``None`` for the project's own folder.
        default_tag: The tag where none is named.
        cache_dir: Where blobs are kept that were fetched; ``None`` for the user's cache folder.
        insecure: Registries, as ``host[:port]``, that are spoken to without TLS.
        chunked: Registries that blobs are sent to in several requests each.
        storage: See :class:`StorageSettings`.
        extra: Unknown keys.
    """

    registry_ref: str | None = None
    default_tag: str = DEFAULT_TAG
    cache_dir: str | None = None
    insecure: tuple[str, ...] = ()
    chunked: tuple[str, ...] = ()
    storage: StorageSettings = StorageSettings()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def going_to(self, place: str, tag: str) -> BundleSettings:
        """The settings with another default place and tag."""
        return replace(self, registry_ref=place, default_tag=tag)


def read_settings(document: Any, where: str) -> BundleSettings:
    """Check what the file says.

    Args:
        document: Its plain values.
        where: Its path, for the error.

    Raises:
        ConfigError: A value cannot be used. All problems are told together.
    """
    said = dict(document) if isinstance(document, dict) else {}
    problems = [] if isinstance(document, dict) else ["it is no mapping"]
    storage = said.pop("storage", None) or {}
    if not isinstance(storage, dict):
        problems.append("storage is no mapping")
        storage = {}
    top = {
        "registry_ref": _text(said, "registry_ref", problems),
        "default_tag": _text(said, "default_tag", problems) or DEFAULT_TAG,
        "cache_dir": _text(said, "cache_dir", problems),
    }
    if not is_tag(top["default_tag"] or ""):
        problems.append(f"default_tag {top['default_tag']!r} cannot be a tag")
    settings = _storage(storage, problems)
    hosts = {key: _texts(said, key, problems) for key in ("insecure", "chunked")}
    if problems:
        raise ConfigError(
            f"{where} cannot be used", "; ".join(problems), "Mend the file; it was not changed."
        )
    extra = {key: value for key, value in said.items() if key not in (*top, *hosts)}
    return BundleSettings(
        registry_ref=top["registry_ref"],
        default_tag=top["default_tag"] or DEFAULT_TAG,
        cache_dir=top["cache_dir"],
        insecure=hosts["insecure"],
        chunked=hosts["chunked"],
        storage=settings,
        extra=extra,
    )


def settings_document(settings: BundleSettings) -> dict[str, Any]:
    """Plain values to write. What is as by default is left out."""
    document: dict[str, Any] = {
        "registry_ref": settings.registry_ref,
        "default_tag": None if settings.default_tag == DEFAULT_TAG else settings.default_tag,
        "cache_dir": settings.cache_dir,
        "insecure": list(settings.insecure) or None,
        "chunked": list(settings.chunked) or None,
    }
    document = {key: value for key, value in document.items() if value is not None}
    default = StorageSettings()
    storage = {
        key: list(value) if isinstance(value, tuple) else value
        for key in _STORAGE_KEYS
        if (value := getattr(settings.storage, key)) != getattr(default, key)
    }
    storage.update(settings.storage.extra)
    if storage:
        document["storage"] = storage
    return {**document, **settings.extra}


def _storage(said: Mapping[str, Any], problems: list[str]) -> StorageSettings:
    settings = StorageSettings(
        mode=_text(said, "mode", problems) or "auto",
        threshold_bytes=said.get("threshold_bytes", StorageSettings().threshold_bytes),
        provider=_text(said, "provider", problems),
        container=_text(said, "container", problems) or "",
        prefix=_text(said, "prefix", problems) or "",
        force_blob_patterns=_texts(said, "force_blob_patterns", problems),
        force_oci_patterns=_texts(said, "force_oci_patterns", problems),
        extra={key: value for key, value in said.items() if key not in _STORAGE_KEYS},
    )
    if settings.mode not in _MODES:
        problems.append(f"storage.mode is none of {', '.join(_MODES)}")
    if settings.provider is not None and settings.provider not in _PROVIDERS:
        problems.append(f"storage.provider is none of {', '.join(_PROVIDERS)}")
    if settings.provider is not None and not settings.container:
        problems.append("storage.container is missing: the bucket, container or folder")
    if settings.provider == "fs" and not settings.container.startswith("/"):
        problems.append("storage.container is no absolute folder")
    if settings.mode == "blob-only" and settings.provider is None:
        problems.append("storage.mode is blob-only, and storage.provider names no storage")
    if type(settings.threshold_bytes) is not int or settings.threshold_bytes < 0:
        problems.append("storage.threshold_bytes is no number of bytes")
    return settings


def _text(said: Mapping[str, Any], key: str, problems: list[str]) -> str | None:
    value = said.get(key)
    if value is None or isinstance(value, str):
        return value or None
    problems.append(f"{key} is no text")
    return None


def _texts(said: Mapping[str, Any], key: str, problems: list[str]) -> tuple[str, ...]:
    value = said.get(key) or []
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    problems.append(f"{key} is no list of texts")
    return ()


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
