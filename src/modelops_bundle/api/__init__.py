"""Running models from Python: what ``modelops_bundle.open`` gives.

Example::

    project = modelops_bundle.open(".")
    report = project.run("sir", params=[{"beta": 0.3}, {"beta": 0.4}], seeds=range(100))
    report.to_pandas("prevalence")
"""

from modelops_bundle.api.bundles import push_dir
from modelops_bundle.api.model import Model, Outputs
from modelops_bundle.api.project import Project, open_project
from modelops_bundle.api.report import Report

__all__ = ["Model", "Outputs", "Project", "Report", "open_project", "push_dir"]
