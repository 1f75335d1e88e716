"""Canonical form of each leaf: sources by meaning, files by bytes, folders as sets, tables by column."""

from modelops_bundle.hashing.files import FileSet, file_hash, hash_folder, hash_set
from modelops_bundle.hashing.sources import token_hash
from modelops_bundle.hashing.tables import TableSummary, summarize_table
from modelops_bundle.identity.recipes import compute_composite_digest

__all__ = [
    "FileSet",
    "TableSummary",
    "compute_composite_digest",
    "file_hash",
    "hash_folder",
    "hash_set",
    "summarize_table",
    "token_hash",
]
