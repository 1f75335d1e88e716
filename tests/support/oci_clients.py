"""Clients of registries that lose patience soon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.fakes.oci_registry import FakeRegistry

from modelops_bundle.adapters.oci.credentials import EnvironmentCredentials, NoCredentials
from modelops_bundle.adapters.oci.registry import Patience, RegistryRemote

__all__ = ["PASSWORD", "QUICK", "REPOSITORY", "USER", "client", "logged_in"]

QUICK = Patience(connect=2, read=5, tries=4, pause=0.01, longest_pause=0.1, total=60)
REPOSITORY = "team/model"
USER = "tester"
PASSWORD = "a-password-never-to-be-shown"


def client(fake: FakeRegistry | str, *, patience: Any = None, **options: Any) -> RegistryRemote:
    """A client of a registry; ``patience`` holds what differs from :data:`QUICK`."""
    options.setdefault("credentials", NoCredentials())
    host = fake if isinstance(fake, str) else fake.host
    return RegistryRemote(host, REPOSITORY, patience=replace(QUICK, **(patience or {})), **options)


def logged_in(fake: FakeRegistry, **options: Any) -> RegistryRemote:
    """A client that knows the password."""
    login = {"MODELOPS_BUNDLE_USERNAME": USER, "MODELOPS_BUNDLE_PASSWORD": PASSWORD}
    return client(fake, credentials=EnvironmentCredentials(fake.host, login), **options)
