"""YAML that people edit: read without trust, written in one style, its faults told by line and key."""
