"""Results as plain files, for whoever has no program of ours: outputs beside an index that explains them.

``index.json`` has one item for each result with its key document and provenance, and, by context, the digests
of all that its model was made from; the outputs lie in ``outputs/<first 16 digits of the key>/``, tables and
arrays as Arrow IPC, everything else as JSON.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelops_bundle.adapters.atomic import storage_errors, write_atomically
from modelops_bundle.errors import UsageError
from modelops_bundle.results.context_text import context_text
from modelops_bundle.results.envelope import pack, read_header
from modelops_bundle.results.record import Result
from modelops_bundle.results.store import ContextRecord

__all__ = ["write_results"]

_SUFFIXES = {"table": ".arrow", "array": ".arrow", "json": ".json"}
_DIGITS = 16
_ODD = re.compile(r"[^\w.-]")


def write_results(
    folder: str, results: Iterable[Result], contexts: Mapping[str, ContextRecord]
) -> int:
    """Write results into a folder, made if need be; returns how many.

    Args:
        folder: The folder.
        results: The results.
        contexts: What the models of contexts were made from, by the digests of the contexts.

    Raises:
        UsageError: There is something in it.
        StorageError: The file system refuses.
    """
    with storage_errors(f"cannot write into {folder}"):
        os.makedirs(folder, exist_ok=True)
        if os.listdir(folder):
            raise UsageError(
                f"{folder} is not empty", "nothing is overwritten", "Name a folder that is new."
            )
    items = [_write(folder, result) for result in results]
    made_from = {
        digest: json.loads(context_text(contexts[digest]))
        for digest in sorted({item["context"] for item in items} & contexts.keys())
    }
    document = {"schema": 1, "contexts": made_from, "results": items}
    text = json.dumps(document, indent=1, sort_keys=True)
    write_atomically(os.path.join(folder, "index.json"), text.encode())
    return len(items)


def _write(folder: str, result: Result) -> dict[str, Any]:
    key = result.key.digest
    place = os.path.join("outputs", key[:_DIGITS])
    item = read_header(pack(result))
    with storage_errors(f"cannot write into {folder}"):
        os.makedirs(os.path.join(folder, place), exist_ok=True)
    for number, (output, described) in enumerate(zip(result.outputs, item["outputs"], strict=True)):
        # The number keeps names apart that differ only in what no file's name may hold.
        name = f"{number}-{_ODD.sub('_', output.name)[:80]}{_SUFFIXES[output.kind]}"
        with (
            storage_errors(f"cannot write {name}"),
            Path(folder, place, name).open("xb") as file,
        ):
            file.write(output.data)
        described["file"] = f"outputs/{key[:_DIGITS]}/{name}"
    return {"result": key, "context": result.key.context.digest, **item}
