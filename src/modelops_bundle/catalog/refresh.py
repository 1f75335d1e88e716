"""The door for ``python -m modelops_bundle.catalog.refresh``, the same as ``mops-bundle catalog refresh``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command with the arguments of this process."""
    from modelops_bundle.cli import main as run

    sys.argv = ["mops-bundle", "catalog", "refresh", *sys.argv[1:]]
    run()


if __name__ == "__main__":
    main()
