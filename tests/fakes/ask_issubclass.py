"""Import every module of a package and say which classes descend from a base; run by that package's Python.

Arguments: the package, then dotted names of bases. Prints one JSON document: the modules that could be
imported, and for each base ``[module, qualified name, abstract]`` of every class found in its own module.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import sys
import warnings

DJANGO_APPS = [
    "admin",
    "auth",
    "contenttypes",
    "sessions",
    "messages",
    "sites",
    "flatpages",
    "redirects",
]


def prepare(package):
    if package == "django":
        import django
        from django.conf import settings

        settings.configure(
            INSTALLED_APPS=[f"django.contrib.{app}" for app in [*DJANGO_APPS, "staticfiles"]],
            SITE_ID=1,
            STATIC_URL="/s/",
            SECRET_KEY="x",
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        )
        django.setup()


def modules(package):
    found = importlib.import_module(package)
    walked = pkgutil.walk_packages(found.__path__, f"{package}.", onerror=lambda name: None)
    for name in [
        package,
        *[module.name for module in walked if not module.name.endswith("__main__")],
    ]:
        with contextlib.suppress(BaseException):
            module = importlib.import_module(name)
            if (getattr(module, "__file__", "") or "").endswith(".py"):
                yield module


def classes(owner, module, prefix=""):
    for name, value in list(vars(owner).items()):
        if not issubclass(type(value), type) or value.__module__ != module:
            continue
        if value.__qualname__ == prefix + name:
            yield value
            yield from classes(value, module, f"{value.__qualname__}.")


def main(package, *bases):
    prepare(package)
    loaded = list(modules(package))
    answer = {"modules": [module.__name__ for module in loaded], "classes": {}}
    for dotted in bases:
        where, _, name = dotted.rpartition(".")
        base = getattr(importlib.import_module(where), name)
        answer["classes"][dotted] = [
            [found.__module__, found.__qualname__, inspect.isabstract(found)]
            for module in loaded
            for found in classes(module, module.__name__)
            if found is not base and base in type.mro(found)
        ]
    return answer


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        result = main(*sys.argv[1:])
    print(json.dumps(result))
