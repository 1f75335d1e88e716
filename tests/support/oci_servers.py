"""A real registry for tests: Debian's ``docker-registry``, a process here, plain or with TLS and a login."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "PASSWORD",
    "USER",
    "RealRegistry",
    "docker_registry",
    "docker_registry_program",
    "make_certificate",
]

USER = "tester"
PASSWORD = "a-password-never-to-be-shown"
#: Of :data:`PASSWORD`, in bcrypt, which is all that the registry takes, and which Python has no more.
_HASH = "$2y$04$Xp8cUbCkhkz7Oxqc3QVvOOzVitG8.b6avZwgnypKcpGz/P8zhK/.G"

_PATIENCE = 30.0
_CONFIG = """\
version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {data}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:{port}
"""
_TLS = """\
  tls:
    certificate: {certificate}
    key: {key}
"""
_LOGIN = """\
auth:
  htpasswd:
    realm: tests
    path: {htpasswd}
"""


@dataclass
class RealRegistry:
    """A running registry.

    Attributes:
        host: ``host:port``.
        certificate: The authority that has signed for it, which is itself; ``None`` without TLS.
        data: Where it keeps its files.
        process: The server.
    """

    host: str
    certificate: Path | None
    data: Path
    process: subprocess.Popen[bytes]


def docker_registry_program() -> str | None:
    """The program, if it is installed."""
    return shutil.which("docker-registry")


def make_certificate(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate for some hosts that has signed itself, and its key."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", f"subjectAltName={names}",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


@contextmanager
def docker_registry(
    folder: Path, *, tls: bool = False, login: bool = False, data: Path | None = None
) -> Iterator[RealRegistry]:
    """A registry that keeps its files in a folder.

    Args:
        folder: An empty folder.
        tls: Whether it speaks TLS, with a certificate that it has signed itself.
        login: Whether it wants :data:`USER` and :data:`PASSWORD`.
        data: Where its files are kept instead.
    """
    (port,) = _free_ports(1)
    data = data or folder / "data"
    text = _CONFIG.format(data=data, port=port)
    certificate = None
    if tls:
        certificate, key = make_certificate(folder)
        text += _TLS.format(certificate=certificate, key=key)
    if login:
        htpasswd = folder / "htpasswd"
        htpasswd.write_text(f"{USER}:{_HASH}\n")
        text += _LOGIN.format(htpasswd=htpasswd)
    config = folder / "config.yml"
    config.write_text(text)
    process = subprocess.Popen(
        [docker_registry_program() or "docker-registry", "serve", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"{'https' if tls else 'http'}://127.0.0.1:{port}/v2/", process, certificate)
        yield RealRegistry(f"127.0.0.1:{port}", certificate, data, process)
    finally:
        process.kill()
        process.wait()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait(url: str, process: subprocess.Popen[bytes], certificate: Path | None) -> None:
    until = time.monotonic() + _PATIENCE
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5, context=context):
                return
        except urllib.error.HTTPError as error:
            # Whatever it says, it is there.
            error.close()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{url} does not answer") from error
        time.sleep(0.05)
