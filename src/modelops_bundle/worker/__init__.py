"""What runs models, under the project's own interpreter.

It imports nothing of the rest of the package and little beyond the standard library, because the
interpreter that it runs under has the project's packages installed and not ours. It is started by the path
of ``start.py`` and talks in the frames of :mod:`modelops_bundle.worker.frames` over two pipes of its own;
what a model prints goes elsewhere.

The parent says ``start`` with the specification of the run, which is answered with ``ready`` or ``refused``,
and then ``run`` for one task after the other, each answered with ``done`` or ``failed``::

    {"do": "start", "spec": {...}, "scratch": "/tmp/..."}
    {"is": "ready", "level": "enforced", "host": "...", "python": "3.11.7"}
    {"is": "refused", "what": "...", "why": "...", "mend": "...", "traceback": "...",
     "undeclared": [[kind, name, place]]}
    {"do": "run", "number": 0, "params": {...}, "seed": 1}
    {"is": "done", "number": 0, "started": "...", "duration": 0.1, "outputs": [[name, kind]],
     "undeclared": [[kind, name, place]]}        one blob for each output
    {"is": "failed", "number": 0, "started": "...", "duration": 0.1, "undeclared": [...],
     "error": "ValueError: ...", "traceback": "..."}

When the parent closes its end, the worker ends.
"""

__all__ = ["BASELINE"]

#: What the ecosystem calls the scenario that every model has, whether or not it defines any.
BASELINE = "baseline"
