"""A door for workers: bundles by digest, as folders on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelops_bundle.wiring.local_bundles import LocalBundles

__all__ = ["ModelOpsBundleRepository"]


class ModelOpsBundleRepository:
    """Gives workers the folder of a bundle. Many processes and threads may use one cache folder at once.

    Args:
        registry_ref: Where bundles come from: ``host[:port]/repository`` or ``oci-layout:PATH``.
        cache_dir: Folder of the cache; made if need be.
        cache_structure: How folders in it are named: ``digest_short`` (12 hex digits) or ``digest_full``.
        default_tag: Kept for callers that give it; bundles are asked for by digest here.
        insecure: Speak to the registry without TLS.

    Raises:
        UsageError: ``registry_ref`` is no place, or ``cache_structure`` is unknown.
    """

    def __init__(
        self,
        registry_ref: str,
        cache_dir: str,
        cache_structure: str = "digest_short",
        default_tag: str = "latest",
        insecure: bool = False,
    ) -> None:
        self.registry_ref = registry_ref
        self.cache_dir = cache_dir
        self.cache_structure = cache_structure
        self.default_tag = default_tag
        self.insecure = insecure
        self._bundles = self._open()

    def ensure_local(self, bundle_ref: str) -> tuple[str, Path]:
        """Have a bundle on this machine, every file of it verified.

        Args:
            bundle_ref: ``sha256:<64 hex digits>`` or ``<repository>@sha256:<64 hex digits>``.

        Returns:
            Its digest, ``sha256:`` and 64 hex digits, and the folder with its files. Models may be run in
            the folder; what they change in it is mended at the next call.

        Raises:
            UsageError: ``bundle_ref`` names no bundle by digest.
            RemoteError: The registry has no such bundle, or cannot be reached.
            DamagedBundleError: What the registry has is not what the digest says.
            StorageError: The cache cannot be written.
        """
        reference = self._bundles.reference(bundle_ref)
        return reference.wanted, self._bundles.ensure(reference)

    def exists(self, bundle_ref: str) -> bool:
        """Whether the registry has a bundle now; it is asked each time.

        Raises:
            UsageError: ``bundle_ref`` names no bundle by digest.
            RemoteError: The registry cannot be reached.
        """
        return self._bundles.exists(self._bundles.reference(bundle_ref))

    def __reduce__(self) -> tuple[object, ...]:
        # Connections do not travel to a worker; what they are made from does.
        given = (self.registry_ref, self.cache_dir, self.cache_structure, self.default_tag)
        return (type(self), (*given, self.insecure))

    def _open(self) -> LocalBundles:
        from modelops_bundle.wiring.local_bundles import LocalBundles

        return LocalBundles(
            self.registry_ref, self.cache_dir, self.cache_structure, insecure=self.insecure
        )
