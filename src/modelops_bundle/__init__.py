"""Know which model results are still true, and exactly why the others are not.

The public names of the package. ``import modelops_bundle`` is cheap, because models import it for their
base class: nothing but the standard library is loaded.
"""

from modelops_bundle.base import BaseModel, calibration_target
from modelops_bundle.identity.recipes import make_param_id

__all__ = ["BaseModel", "calibration_target", "make_param_id"]
__version__ = "0.2.0"
