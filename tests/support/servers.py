"""Real object stores for tests: SeaweedFS for S3, Azurite for Azure Blob Storage, each a process here."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Server", "azurite", "azurite_program", "seaweed", "seaweed_program"]

_PATIENCE = 60.0
#: The account that every Azurite has; its key is published in Azurite's documentation.
_ACCOUNT = "devstoreaccount1"
_AZURITE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_SECRET = "not-so-secret-but-never-to-be-shown"


@dataclass
class Server:
    """A running server.

    Attributes:
        url: A store on it, without a prefix.
        variables: What the environment must say to use it.
        secret: What no message may hold.
        process: The server.
    """

    url: str
    variables: Mapping[str, str]
    secret: str
    process: subprocess.Popen[bytes]


def seaweed_program() -> str | None:
    """SeaweedFS's program, if it is installed."""
    found = Path(sys.executable).with_name("weed")
    return str(found) if found.exists() else shutil.which("weed")


def azurite_program() -> str | None:
    """Azurite's program; installed with npm into the environment of the tests when it is not there yet."""
    folder = Path(sys.prefix) / "azurite"
    program = folder / "node_modules" / ".bin" / "azurite-blob"
    npm = shutil.which("npm")
    if npm is not None:
        from filelock import FileLock

        # The processes that run the tests share the folder; one fills it, the others wait until it is whole.
        with FileLock(f"{folder}.lock"):
            if not program.exists():
                command = [npm, "install", "--silent", "--no-audit", "--no-fund"]
                subprocess.run([*command, "--prefix", str(folder), "azurite@3"], check=False)
    return str(program) if program.exists() else None


@contextmanager
def seaweed(folder: Path) -> Iterator[Server]:
    """SeaweedFS with one bucket ``results``."""
    ports = dict(zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))
    credentials = [{"accessKey": "tester", "secretKey": _SECRET}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "tester", "credentials": credentials, "actions": actions}
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    data = folder / "data"
    data.mkdir()
    process = subprocess.Popen(
        [
            seaweed_program() or "weed", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-master.port={ports['master']}", f"-volume.port={ports['volume']}", "-volume.max=20",
            "-filer", f"-filer.port={ports['filer']}", "-s3", f"-s3.port={ports['s3']}",
            # Two that nobody uses, and that two servers cannot both have.
            "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    variables = {
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
    }
    with _ended(process):
        _wait(f"http://127.0.0.1:{ports['s3']}/", process)
        bucket = f"http://127.0.0.1:{ports['filer']}/buckets/results/"
        _insist(urllib.request.Request(bucket, method="POST"), process)
        yield Server("s3://results", variables, _SECRET, process)


@contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    """Azurite with one container ``results``."""
    (port,) = _free_ports(1)
    process = subprocess.Popen(
        [
            azurite_program() or "azurite-blob", "--blobHost", "127.0.0.1", "--blobPort", str(port),
            "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--location", str(folder),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    variables = {
        "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": _AZURITE_KEY,
        "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{_ACCOUNT}",
        "AZURE_ALLOW_HTTP": "true",
    }
    with _ended(process):
        _wait(f"http://127.0.0.1:{port}/", process)
        _make_container(variables["AZURE_STORAGE_ENDPOINT"])
        yield Server("az://results", variables, _AZURITE_KEY, process)


def _make_container(endpoint: str) -> None:
    """Make the container, signed with the shared key as Azure's documentation of its REST API has it."""
    import base64
    import hashlib
    import hmac
    from email.utils import formatdate

    date, version = formatdate(usegmt=True), "2021-08-06"
    headers = f"x-ms-date:{date}\nx-ms-version:{version}"
    resource = f"/{_ACCOUNT}/{_ACCOUNT}/results\nrestype:container"
    # The verb, eleven headers that are not set, then ours; a length of 0 counts as not set.
    text = (
        "PUT\n"
        + "\n" * 3
        + "\n"
        + "application/x-www-form-urlencoded"
        + "\n" * 7
        + f"{headers}\n{resource}"
    )
    key = base64.b64decode(_AZURITE_KEY)
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    request = urllib.request.Request(
        f"{endpoint}/results?restype=container", method="PUT", data=b""
    )
    request.add_header("x-ms-date", date)
    request.add_header("x-ms-version", version)
    request.add_header("Content-Length", "0")
    request.add_header("Authorization", f"SharedKey {_ACCOUNT}:{signature}")
    with urllib.request.urlopen(request, timeout=10):
        pass


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _free_ports(number: int) -> list[int]:
    """Ports that are free, as are those 10,000 above, which SeaweedFS uses as well."""
    with contextlib.ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < number:
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            low = 10000 + port % 20000
            other, above = (stack.enter_context(socket.socket()) for _ in range(2))
            with contextlib.suppress(OSError):
                other.bind(("127.0.0.1", low))
                above.bind(("127.0.0.1", low + 10000))
                ports.append(low)
        return ports


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    _insist(urllib.request.Request(url), process, any_answer=True)


def _insist(
    request: urllib.request.Request, process: subprocess.Popen[bytes], any_answer: bool = False
) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except urllib.error.HTTPError as error:
            # Whatever it says, it is there.
            if any_answer or time.monotonic() > until:
                if any_answer:
                    return
                raise RuntimeError(f"{request.full_url}: {error}") from error
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{request.full_url} does not answer") from error
        time.sleep(0.1)
