"""Know which model results are still true, and exactly why the others are not.

The public names of the package. ``import modelops_bundle`` is cheap, because models import it for their
base class: nothing but the standard library is loaded until :func:`open` is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelops_bundle.base import BaseModel, calibration_target
from modelops_bundle.identity.recipes import make_param_id

if TYPE_CHECKING:
    from modelops_bundle.api import open_project as open  # noqa: A004

__all__ = ["BaseModel", "calibration_target", "make_param_id", "open"]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if name == "open":
        from modelops_bundle.api import open_project

        return open_project
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
