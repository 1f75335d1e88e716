"""The environment that models run in: the project's interpreter and what is installed there.

Everything is read from the disk; no installed package is imported.
"""

from modelops_bundle.environment.choice import Choice, choose_interpreter
from modelops_bundle.environment.distributions import Distribution, Distributions
from modelops_bundle.environment.interpreter import (
    Interpreter,
    InterpreterStarter,
    read_interpreter,
)
from modelops_bundle.environment.record import EnvironmentDigest
from modelops_bundle.environment.scope import Scope, scope
from modelops_bundle.environment.settings import Settings, environment_of, read_settings

__all__ = [
    "Choice",
    "Distribution",
    "Distributions",
    "EnvironmentDigest",
    "Interpreter",
    "InterpreterStarter",
    "Scope",
    "Settings",
    "choose_interpreter",
    "environment_of",
    "read_interpreter",
    "read_settings",
    "scope",
]
