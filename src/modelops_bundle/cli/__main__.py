"""``python -m modelops_bundle.cli``."""

from modelops_bundle.cli import main

main()
