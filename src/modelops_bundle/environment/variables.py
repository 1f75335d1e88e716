"""Environment variables: which are no input of a model, and which a simulation is given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

__all__ = ["PLACE_VARIABLES", "SETTLED_VARIABLES", "counting", "withheld", "worth_telling"]

#: Say only where things are or who asks. Excluded from the start: a model that really depends on one is rare;
#: a result that is stale on every other machine because of one would be the rule.
PLACE_VARIABLES = frozenset(
    {
        "APPDATA",
        "CONDA_PREFIX",
        "DISPLAY",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "HOSTNAME",
        "LOCALAPPDATA",
        "LOGNAME",
        "MPLCONFIGDIR",
        "NUMBA_CACHE_DIR",
        "OLDPWD",
        "PATH",
        "PWD",
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "SHELL",
        "SYSTEMROOT",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "USER",
        "USERNAME",
        "USERPROFILE",
        "VIRTUAL_ENV",
        "WINDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "XDG_STATE_HOME",
    }
)

#: What simulations find in place of what is set on a machine, unless it is declared.
SETTLED_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        # The order of sets of texts is otherwise another one in each process.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
)

#: Say where the libraries, devices, licences and accounts of a machine are.
_OF_MACHINE = frozenset(
    {"CLASSPATH", "COMSPEC", "MODULEPATH", "PATHEXT", "PYTHONNOUSERSITE", "PYTHONUSERBASE"}
)
#: Say whose account at a provider of hosted models pays, and what its SDK logs: neither is part of an answer.
_OF_ACCOUNT = frozenset(
    {
        "ANTHROPIC_ENVIRONMENT_KEY",
        "ANTHROPIC_LOG",
        "ANTHROPIC_WEBHOOK_SIGNING_KEY",
        "ANTHROPIC_WORK_SECRET",
        "OPENAI_ADMIN_KEY",
        "OPENAI_LOG",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_WEBHOOK_SECRET",
    }
)
_OF_MACHINE_STARTS = (
    "ANTHROPIC_OPEN_TELEMETRY", "AWS_", "AZURE_", "CUDA_", "DASK_", "DYLD_", "GOOGLE_", "GPU_", "HIP_",
    "KUBERNETES_", "LD_", "LSB_", "NVIDIA_", "OMPI_", "PBS_", "PMIX_", "PMI_", "R_LIBS", "ROCR_", "SGE_",
    "SLURM_", "SSL_", "XDG_",
)  # fmt: skip
_OF_MACHINE_ENDS = (
    "_API_KEY", "_BUNDLE", "_CERT", "_DATA", "_DIR", "_HOME", "_LIB", "_LICENSE_FILE", "_PATH", "_PREFIX",
    "_PROXY", "_ROOT", "_TOKEN", "_proxy",
)  # fmt: skip
#: How variables end that say which server answers, so what is computed, whatever machine or account they are
#: called after. The key for it is called after the same service: `OPENAI_API_KEY` beside `OPENAI_BASE_URL`.
_ADDRESS_ENDS = ("_API_BASE", "_API_URL", "_BASE_URL")
_KEY_ENDS = ("_KEY", "_TOKEN")
#: Addresses that are called otherwise, or whose keys are.
_KEYS_OF_ADDRESS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ("AWS_BEARER_TOKEN_BEDROCK",),
        "AZURE_OPENAI_ENDPOINT": ("AZURE_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"),
        "CO_API_URL": ("COHERE_API_KEY", "CO_API_KEY"),
        "GOOGLE_GEMINI_BASE_URL": (
            "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY",
        ),
    }
)  # fmt: skip

#: Matter for what is shown, and are set by terminals, notebooks and services rather than by users.
_OF_DISPLAY = ("CI", "CLICOLOR", "COLUMNS", "FORCE_COLOR", "LANG", "LC_", "LINES", "MPLBACKEND", "NO_COLOR",
               "TERM", "TZ")  # fmt: skip


def withheld(names: Iterable[str], given: Collection[str]) -> list[str]:
    """Those variables that a simulation does not find, sorted: what is not declared cannot count then.

    A key is withheld together with the address that it is for: alone, it would be sent to the usual server.

    Args:
        names: What is set where it runs.
        given: What is declared, and what the configuration says is no input.
    """
    undeclared = {name for name in names if name not in given}
    kept_back = {name for name in undeclared if not _is_of_machine(name)}
    addresses = list(filter(_is_address, kept_back))
    return sorted(name for name in undeclared if name in kept_back or _is_key_for(name, addresses))


def worth_telling(name: str) -> bool:
    """Whether a user should hear that a package asks for a variable that was withheld."""
    return not name.startswith(_OF_DISPLAY)


def _is_address(name: str) -> bool:
    return name.endswith(_ADDRESS_ENDS) or name in _KEYS_OF_ADDRESS


def _is_key_for(name: str, addresses: Iterable[str]) -> bool:
    """Whether a variable holds a key for the server that one of these addresses says."""
    for address in addresses:
        if name in _KEYS_OF_ADDRESS.get(address, ()):
            return True
        service = next(
            (address[: -len(end)] for end in _ADDRESS_ENDS if address.endswith(end)), None
        )
        if service and name.startswith(f"{service}_") and name.endswith(_KEY_ENDS):
            return True
    return False


def _is_of_machine(name: str) -> bool:
    return not _is_address(name) and (
        name in _OF_MACHINE
        or name in _OF_ACCOUNT
        or name.startswith(_OF_MACHINE_STARTS)
        or name.endswith(_OF_MACHINE_ENDS)
    )


def counting(names: Iterable[str], ignored: Iterable[str]) -> list[str]:
    """Those variables that are inputs, sorted.

    Args:
        names: What the code reads.
        ignored: ``environment.ignore_variables``.
    """
    return sorted(set(names) - PLACE_VARIABLES - set(ignored))
