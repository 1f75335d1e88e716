"""``python -m modelops_bundle.cli``."""

from modelops_bundle.cli import main

if __name__ == "__main__":
    main()
