"""The environment that models run in: the project's interpreter and what is installed there.

Everything is read from the disk; no installed package is imported.
"""

from modelops_bundle.environment.choice import Choice, choose_interpreter
from modelops_bundle.environment.interpreter import (
    Interpreter,
    InterpreterStarter,
    read_interpreter,
)
from modelops_bundle.environment.record import EnvironmentDigest

__all__ = [
    "Choice",
    "EnvironmentDigest",
    "Interpreter",
    "InterpreterStarter",
    "choose_interpreter",
    "read_interpreter",
]
