"""Installed distributions as an installer would leave them, for any file system."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from modelops_bundle.environment import Interpreter

__all__ = ["SITE", "dist_info", "make_interpreter", "metadata"]

SITE = "/venv/lib/python3.11/site-packages"


def make_interpreter(*sites: str, **markers: str) -> Interpreter:
    """An interpreter that looks for packages in these folders."""
    return Interpreter(
        executable="/venv/bin/python",
        version="3.11.7",
        platform="linux-x86_64",
        markers={
            "implementation_name": "cpython",
            "implementation_version": "3.11.7",
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_release": "6.1",
            "platform_system": "Linux",
            "platform_version": "#1",
            "python_full_version": "3.11.7",
            "platform_python_implementation": "CPython",
            "python_version": "3.11",
            "sys_platform": "linux",
            **markers,
        },
        prefix="/venv",
        site_folders=sites or (SITE,),
        stdlib_names=frozenset(sys.stdlib_module_names),
        builtin_names=frozenset(sys.builtin_module_names),
        extension_suffixes=(".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"),
        chosen_by=".venv",
    )


def metadata(name: str, version: str, requires: Iterable[str] = ()) -> str:
    """METADATA of a small distribution."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    return "\n".join(lines) + "\n\nRequires-Dist: not-a-header\n"


def dist_info(
    name: str,
    version: str,
    *,
    modules: Iterable[str] | None = None,
    requires: Iterable[str] = (),
    direct_url: Mapping[str, Any] | None = None,
    installer: str = "pip",
    site: str = SITE,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str | bytes | None]:
    """Files of an installed distribution by absolute path.

    Args:
        name: Its name.
        version: Its version.
        modules: Its files; by default a package named like it.
        requires: Its requirements.
        direct_url: What direct_url.json holds, if there is one.
        installer: What INSTALLER holds.
        site: The folder it is installed in.
        extra: More files beside its modules, by path below ``site``.
    """
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    own = [f"{plain}/__init__.py"] if modules is None else list(modules)
    files: dict[str, str | bytes | None] = {f"{site}/{path}": "" for path in own}
    files |= {f"{site}/{path}": text for path, text in (extra or {}).items()}
    files[f"{site}/{info}/METADATA"] = metadata(name, version, requires)
    files[f"{site}/{info}/INSTALLER"] = installer + "\n"
    if direct_url is not None:
        files[f"{site}/{info}/direct_url.json"] = json.dumps(direct_url)
    listed = [path[len(site) + 1 :] for path in files]
    rows = [f"{path},sha256=x{len(str(files[f'{site}/{path}']))},1" for path in listed]
    files[f"{site}/{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    return files
