"""Media types and limits of bundles on the wire."""

from __future__ import annotations

__all__ = [
    "ARTIFACT_TYPE",
    "CHUNK",
    "EMPTY",
    "IMAGE_INDEX",
    "IMAGE_MANIFEST",
    "INDEX_V1",
    "INDEX_V2",
    "LARGEST_INDEX",
    "LARGEST_MANIFEST",
    "PACK",
    "PROVENANCE",
    "RESULTS",
    "RESULTS_INDEX",
    "RESULTS_PACK",
]

IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"

ARTIFACT_TYPE = "application/vnd.modelops.bundle.v2"
INDEX_V1 = "application/vnd.modelops.bundle.index.v1+json"
INDEX_V2 = "application/vnd.modelops.bundle.index.v2+json"
PACK = "application/vnd.modelops.bundle.pack.v1"
CHUNK = "application/vnd.modelops.bundle.chunk.v1"

#: Artifacts that name a bundle as their subject.
PROVENANCE = "application/vnd.modelops.bundle.provenance.v1+json"
RESULTS = "application/vnd.modelops.bundle.results.v1"
RESULTS_INDEX = "application/vnd.modelops.bundle.results.index.v1+json"
RESULTS_PACK = "application/vnd.modelops.bundle.results.pack.v1"

LARGEST_MANIFEST = 4 << 20
"""What the OCI distribution specification asks registries to take at least; many take no more."""

LARGEST_INDEX = 64 << 20
"""An index with 400,000 files has about this size, and takes some 500 MB to read."""
