"""From what :mod:`modelops_bundle.source.use_walk` set aside to the records of one source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from modelops_bundle.source.parse import MAX_TOKENS, parse
from modelops_bundle.source.purity import read_effects
from modelops_bundle.source.use_arguments import (
    absolute_names,
    arguments_of,
    calls_in,
    has_more,
    owner_of,
)
from modelops_bundle.source.use_expressions import Found, FoundImport
from modelops_bundle.source.use_leaves import EVERYTHING
from modelops_bundle.source.use_mentions import mentions
from modelops_bundle.source.use_namespaces import listed, roll_calls
from modelops_bundle.source.use_offers import Offers
from modelops_bundle.source.use_package_path import (
    added_to_package,
    path_of_package,
    path_of_system,
)
from modelops_bundle.source.use_plausible import (
    is_dotted_name,
    is_plausible,
    may_be_text,
)
from modelops_bundle.source.use_records import (
    FILE,
    UNKNOWN,
    Effects,
    Import,
    Mention,
    Read,
    Touch,
    Uses,
)
from modelops_bundle.source.use_scopes import Scope, last_name, name_targets, targets
from modelops_bundle.source.use_sinks import (
    BUILTIN_SINKS,
    MODULE_KINDS,
    STDLIB_INTEREST,
    canonical,
    is_interesting,
    sink_of,
)
from modelops_bundle.source.use_texts import elements, texts
from modelops_bundle.source.use_walk import walk

__all__ = ["collect"]


#: Reading the bytes of a source, of whichever the argument names.
OWN_BYTES = "0|inspect|getsource"


def collect(tree: ast.Module) -> Uses:
    """The records of a parsed source."""
    found = walk(tree)
    return _Collector(found).records(read_effects(tree, found.module, found.scopes))


class _Collector:
    def __init__(self, found: Found) -> None:
        self._found = found
        self._module = found.module
        self._imports = [record for item in found.imports for record in _imports(item)]
        self._has_star = any("*" in record.names for record in self._imports)
        self._reads: dict[Read, None] = {}
        self._touches: dict[str, int] = {}
        self._documents: dict[tuple[str, int], None] = {}
        self._mentions: dict[Mention, None] = {}
        self._kept: dict[str, bool] = {}
        #: Attributes that may hold the environment, of whatever object.
        self._carriers = {"environ", "environb", "env", "_env", "environment"}
        self._executed = 0
        self._roll_calls: list[int] = []
        self._listed: set[str] = set()
        self._loaded: set[str] = set()
        self._looked: set[str] = set()
        self._executed_bytes = 0

    def records(self, effects: Effects) -> Uses:
        """Everything, sorted as the source has it."""
        offers = Offers(self._found, self._targets)
        aliases = tuple(dict.fromkeys(offers.aliases()))
        self._carriers.update(name[1:] for name, _ in aliases if name[0] == ".")
        self._collect(self._found)
        owners = {read.owner.partition("|")[0] for read in self._reads if read.owner}
        reads = [read for read in self._reads if self._is_wanted(read.target, owners)]
        touches = [
            Touch(target, line)
            for target, line in self._touches.items()
            if self._is_wanted(target, owners)
        ]
        blind = any(_is_module_sink(item.target) for item in touches) or any(
            _is_module_sink(read.target) and "\x01" in read.text for read in reads
        )
        named = sorted({text for text, _ in self._found.strings if is_dotted_name(text)})
        return Uses(
            imports=tuple(sorted(self._imports, key=lambda item: item.line)),
            reads=tuple(sorted(reads, key=lambda read: read.line)),
            touches=tuple(sorted(touches, key=lambda touch: touch.line)),
            aliases=aliases,
            constants=tuple(dict.fromkeys(offers.constants())),
            documents=tuple(sorted(self._documents, key=lambda item: item[1])),
            mentions=tuple(sorted(self._mentions, key=lambda mention: mention.line)),
            modules=tuple(named) if blind else (),
            effects=effects._replace(
                roll_call=min(self._roll_calls, default=0),
                listed=tuple(sorted(self._listed)),
                looked=tuple(sorted(self._looked - self._loaded)),
            ),
            grown=tuple(dict.fromkeys(offers.grown())),
        )

    def _is_wanted(self, target: str, owners: set[str]) -> bool:
        return not target.startswith("#") or "." in target or target[1:] in owners

    def _collect(self, found: Found) -> None:
        for call, scope in found.calls:
            self._call(call, scope)
        for entry, scope in found.subscripts:
            self._given(entry.value, entry.slice, entry.lineno, scope)
        for test, scope in found.memberships:
            self._given(test.comparators[0], test.left, test.lineno, scope)
        for node, scope in found.documents:
            self._document(node, node.lineno, scope)
        for line in found.documents_named:
            self._documents["?", line] = None
        for scope in found.scopes:
            self._loads(scope)
        for target, value, scope in found.path_changes:
            self._path_change(target, value, scope)
        self._mentions.update(dict.fromkeys(mentions(found)))
        self._roll_calls += [*found.roll_calls, *roll_calls(found.noted)]
        self._listed.update(listed(found.noted))

    # --- what things stand for --------------------------------------------------------------------

    def _targets(self, node: ast.expr, scope: Scope) -> list[str]:
        return [target for target in targets(node, scope) if self._keeps(target)]

    def _keeps(self, target: str) -> bool:
        """Whether a target may be the environment, an import or another file's."""
        kept = self._kept.get(target)
        if kept is None:
            kept = self._kept[target] = self._is_kept(target)
        return kept

    def _is_kept(self, target: str) -> bool:
        if not target or target[0] in ".#":
            return True
        if target.startswith("*|"):
            name = target[2:].partition(".")[0]
            return name in BUILTIN_SINKS or (self._has_star and name not in _BUILTINS)
        level, module, _ = target.split("|", 2)
        top = module.partition(".")[0]
        if level != "0" or top not in sys.stdlib_module_names:
            return True
        full = canonical(target)
        return top in STDLIB_INTEREST and full is not None and is_interesting(full)

    def _is_idle(self, target: str) -> bool:
        """Whether a target is unknown, and nothing hints at the environment or at sources."""
        if target and target[0] != ".":
            return False
        parts = target.split(".")
        return parts[-1] not in _SOURCE_READERS and self._carriers.isdisjoint(parts)

    def _touch(self, target: str, line: int) -> None:
        if self._is_idle(target):
            return
        known = self._touches.get(target)
        if known is None or line < known:
            self._touches[target] = line

    # --- texts given to things --------------------------------------------------------------------

    def _given(self, thing: ast.expr, text: ast.expr, line: int, scope: Scope) -> None:
        plain = isinstance(text, ast.Constant)
        for target in self._targets(thing, scope):
            # Most entries are of tables and arrays: of something unknown, literal names are looked at.
            if not plain and self._is_idle(target):
                continue
            if not self._note(target, "[]", text, line, scope):
                self._touch(target, line)

    def _note(self, target: str, position: str, node: ast.expr, line: int, scope: Scope) -> bool:
        """Record the texts that ``node`` may be; ``False`` when one of them is not known."""
        certain = True
        for text in texts(node, scope):
            if is_plausible(target, position, text):
                self._reads[Read(target, position, text, line, owner_of(text, scope))] = None
            else:
                certain &= "\x01" not in text
        return certain

    def _call(self, node: ast.Call, scope: Scope) -> None:
        for target in self._targets(node.func, scope):
            sink = sink_of(target)
            if _reads_sources(target):
                self._touch(target, node.lineno)
            elif sink is None:
                self._argument_of_unknown(target, node, scope)
            elif sink.kind == "code":
                self._execution(target, node, scope)
            elif sink.kind in ("plugins", "hook"):
                self._touch(target, node.lineno)
            else:
                self._argument_of_sink(target, sink.kind, sink.arguments, node, scope)
        self._getattr(node, scope)
        self._own_bytes(node, scope)
        self._added_path(added_to_package(node, scope), node.lineno)

    def _argument_of_unknown(self, target: str, node: ast.Call, scope: Scope) -> None:
        told: list[Read] = []
        open_ones: list[Read] = []
        for position, argument in arguments_of(node):
            for text in texts(argument, scope) if may_be_text(argument) else (UNKNOWN,):
                owner = owner_of(text, scope)
                if is_plausible(target, position, text):
                    told.append(Read(target, position, text, node.lineno, owner))
                elif "\x01" in text and not isinstance(argument, ast.Constant | ast.Lambda):
                    open_ones.append(Read(target, position, UNKNOWN, node.lineno, ""))
        if not told or has_more(node):
            self._touch(target, node.lineno)
        elif target[:1] not in ("", ".", "*"):
            # Which argument is handed on is known elsewhere: it may be one that is open.
            told += open_ones
        self._reads.update(dict.fromkeys(told))

    def _argument_of_sink(
        self, target: str, kind: str, wanted: tuple[str, ...], node: ast.Call, scope: Scope
    ) -> None:
        given = dict(arguments_of(node))
        chosen = next(((key, given[key]) for key in wanted if key in given), None)
        if chosen is None:
            self._touch(target, node.lineno)
            return
        position, argument = chosen
        found = elements(argument, scope, EVERYTHING) if kind == "path" else texts(argument, scope)
        if kind in MODULE_KINDS:
            found = [text for name in found for text in absolute_names(name, node, given, scope)]
        for text in found:
            if text == UNKNOWN:
                self._touch(target, node.lineno)
            else:
                self._reads[Read(target, position, text, node.lineno, owner_of(text, scope))] = None
        if kind in MODULE_KINDS:
            self._from_list(target, found, given, node, scope)

    def _from_list(
        self,
        target: str,
        found: list[str],
        given: dict[str, ast.expr],
        node: ast.Call,
        scope: Scope,
    ) -> None:
        names = given.get("fromlist") or given.get("3")
        if names is None or not target.endswith("__import__"):
            return
        for name in elements(names, scope, "i"):
            for text in found:
                if UNKNOWN not in (name, text):
                    self._reads[Read(target, "fromlist", f"{text}.{name}", node.lineno, "")] = None

    def _execution(self, target: str, node: ast.Call, scope: Scope) -> None:
        source = node.args[0] if node.args else None
        if isinstance(source, ast.Constant) and isinstance(source.value, str | bytes):
            self._literal_source(target, source.value, node.lineno, scope)
            return
        self._touch(target, node.lineno)
        # A file that is read and run: at least its own changes are to be noticed.
        for inner in calls_in(source):
            for argument in inner.args[:1]:
                for text in texts(argument, scope):
                    if text.endswith(".py") and UNKNOWN not in text:
                        self._reads[Read("0|runpy|run_path", "0", text, node.lineno, "")] = None

    def _literal_source(self, target: str, source: str | bytes, line: int, scope: Scope) -> None:
        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        self._executed += 1
        self._executed_bytes += len(data)
        few = self._executed <= _MAX_EXECUTED and self._executed_bytes <= _MAX_EXECUTED_BYTES
        tree = parse(data.strip()) if few else None
        if not isinstance(tree, ast.Module):
            self._touch(target, line)
            return
        for inner in ast.walk(tree):
            if hasattr(inner, "lineno"):
                inner.lineno = line
        found = walk(tree, scope)
        self._imports += [
            record._replace(unit=line) for item in found.imports for record in _imports(item)
        ]
        self._collect(found)

    def _getattr(self, node: ast.Call, scope: Scope) -> None:
        if isinstance(node.func, ast.Name) and node.func.id == "getattr":
            for target in self._targets(node, scope):
                self._touch(target, node.lineno)

    def _own_bytes(self, node: ast.Call, scope: Scope) -> None:
        func = node.func
        path: ast.expr | None = None
        if isinstance(func, ast.Name) and func.id == "open" and node.args:
            path = node.args[0]
        elif isinstance(func, ast.Attribute) and func.attr in ("open", "read_text", "read_bytes"):
            path = node.args[0] if func.attr == "open" and node.args else func.value
        if path is None or isinstance(path, ast.Constant):
            return
        for text in texts(path, scope):
            if text == FILE or text.endswith("__file__\x02"):
                self._touch(OWN_BYTES, node.lineno)

    # --- names that are merely loaded or called -----------------------------------------------------

    def _loads(self, scope: Scope) -> None:
        if "__doc__" in scope.loaded:
            qualname = scope.qualname if scope.kind == "class" else ""
            self._documents[f"#{qualname}", scope.loaded["__doc__"]] = None
        for names, found in (
            (scope.loaded, self._loaded),
            (scope.called, self._loaded),
            (scope.looked, self._looked),
        ):
            for chain, line in names.items():
                for target in self._chain_targets(chain, scope) if chain != "__doc__" else ():
                    found.add(target)
                    self._touch(target, line)

    def _chain_targets(self, chain: str, scope: Scope) -> list[str]:
        head, *attributes = chain.split(".")
        if head == "":
            return [f".{'.'.join(attributes[-2:])}"]
        if scope.lookup(head) is None and not self._has_star and head not in BUILTIN_SINKS:
            return []
        found = name_targets(head, [], scope)
        if found == [""] and self._is_idle(f".{'.'.join(attributes[-2:])}"):
            return []
        if attributes:
            found = name_targets(head, attributes, scope)
        return [target for target in found if self._keeps(target)]

    def _document(self, node: ast.expr, line: int, scope: Scope) -> None:
        for target in targets(node, scope):
            if target.startswith("*|") and not self._has_star:
                continue
            unknown = not target or target[0] == "."
            self._documents["?" if unknown else target, line] = None

    def _path_change(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        of_package = last_name(target) == "__path__"
        added = (path_of_package if of_package else path_of_system)(target, value, scope)
        self._added_path(added, target.lineno)

    def _added_path(self, added: Iterator[tuple[str, str, str]], line: int) -> None:
        for target, position, text in added:
            if text == UNKNOWN:
                self._touch(target, line)
            else:
                self._reads[Read(target, position, text, line, "")] = None


_MAX_EXECUTED = 16
#: Of all together: a token is a byte at least, so that no file costs more than twice what one may cost.
_MAX_EXECUTED_BYTES = MAX_TOKENS
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
_SOURCE_READERS = frozenset(
    {"getsource", "getsourcelines", "findsource", "getcomments", "getdoc", "getline", "getlines"}
)


def _imports(item: FoundImport) -> Iterator[Import]:
    node, marks, unit = item
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, (), alias.asname or "", 0, node.lineno, unit, marks)
    else:
        names = tuple(f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names)
        yield Import(node.module or "", names, "", node.level, node.lineno, unit, marks)


def _reads_sources(target: str) -> bool:
    return target.rpartition(".")[2].rpartition("|")[2] in _SOURCE_READERS


def _is_module_sink(target: str) -> bool:
    sink = sink_of(target)
    return sink is not None and sink.kind in MODULE_KINDS
