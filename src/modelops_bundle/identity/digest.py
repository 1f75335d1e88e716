"""A digest is a value with an algorithm, parsed once and compared whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Digest"]

_TEXT = re.compile(r"(blake2b|blake3|sha256):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A 256-bit digest: algorithm (``blake2b``, ``blake3`` or ``sha256``) and 64 lower-case hex digits."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read ``algorithm:hex``.

        Raises:
            ValueError: ``text`` is not a digest in that form.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(
                f"not a digest: {text!r} (expected blake2b:, blake3: or sha256: and 64 hex digits)"
            )
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @property
    def short(self) -> str:
        """The first 12 hex digits, for people; never compare these."""
        return self.hex[:12]
