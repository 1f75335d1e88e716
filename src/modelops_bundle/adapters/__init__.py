"""The outside world behind the ports: disk, cache, locks and interpreters."""
