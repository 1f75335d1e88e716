"""The expressions of a walk: what in them is set aside, and what is walked in turn."""

from __future__ import annotations

import ast
from typing import NamedTuple

from modelops_bundle.source.use_growth import GROWING, Grown, GrownElsewhere, grown_by_call
from modelops_bundle.source.use_namespaces import (
    KEYED_METHODS,
    NAMESPACES,
    NOTED,
    NOTED_CALLS,
    SETTLING_CALLS,
)
from modelops_bundle.source.use_scopes import Binding, Scope, carried, last_name
from modelops_bundle.source.use_sinks import SINKS

__all__ = ["PATHS", "Expressions", "Found", "FoundImport", "is_chain"]


class FoundImport(NamedTuple):
    """An import statement and where it stands."""

    node: ast.Import | ast.ImportFrom
    marks: int
    unit: int


class Found:
    """What the walk sets aside, each with the scope it stands in."""

    def __init__(self, module: Scope | None = None) -> None:
        self.module = module or Scope("module")
        self.scopes: list[Scope] = [self.module]
        self.imports: list[FoundImport] = []
        self.calls: list[tuple[ast.Call, Scope]] = []
        self.subscripts: list[tuple[ast.Subscript, Scope]] = []
        self.memberships: list[tuple[ast.Compare, Scope]] = []
        self.documents: list[tuple[ast.expr, Scope]] = []
        self.joins: list[tuple[ast.expr, Scope]] = []
        self.attributes: list[tuple[str, ast.expr, Scope]] = []
        self.strings: list[tuple[str, int]] = []
        self.listings: list[tuple[ast.Call, Scope]] = []
        self.documents_named: list[int] = []
        #: Lines that ask a class for its subclasses, which come in the order in which they were loaded.
        self.roll_calls: list[int] = []
        #: Whether names of the module may come to be in ways that no statement shows.
        self.makes_names = False
        #: Mentions of namespaces as a whole; see :mod:`modelops_bundle.source.use_namespaces`.
        self.noted: list[tuple[ast.expr, Scope]] = []
        #: Identities of expressions of which single entries are wanted, or whose order does not matter.
        self.settled: set[int] = set()
        self.path_changes: list[tuple[ast.expr, ast.expr | None, Scope]] = []
        #: What is put into collections, and calls that are given names, which may do so too.
        self.grown: list[Grown] = []
        self.passed: list[tuple[ast.Call, Scope]] = []
        self.grown_elsewhere: list[GrownElsewhere] = []


class Expressions:
    """Handlers of expressions, each of which puts on the stack what is to be walked next.

    Args:
        found: What is set aside.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._scope = found.module
        self._stack: list[ast.AST] = []

    def name(self, node: ast.Name) -> None:
        """A name that is loaded."""
        if node.ctx.__class__ is ast.Load:
            self._scope.loaded.setdefault(node.id, node.lineno)
            if node.id in NOTED:
                self._note(node)

    def attribute(self, node: ast.Attribute) -> None:
        """A chain of attributes, noted as a whole where it starts with a name."""
        chain: list[str] = []
        head: ast.expr = node
        documented: ast.expr | None = None
        while isinstance(head, ast.Attribute):
            chain.append(head.attr)
            if head.attr == "__doc__" and isinstance(head.ctx, ast.Load):
                documented = head.value
            elif head.attr in _WATCHED and isinstance(head.ctx, ast.Load):
                self._watched(head, chain[-2] if len(chain) > 1 else "")
            head = head.value
        if documented is not None:
            # The innermost one: a docstring's own docstring is that of ``str``.
            self._found.documents.append((documented, self._scope))
        if isinstance(head, ast.Name):
            if head.id in NOTED and chain[-1] not in KEYED_METHODS:
                self._note(head)
            if isinstance(node.ctx, ast.Load):
                chain.append(head.id)
                self._scope.loaded.setdefault(_chain(chain), node.lineno)
        else:
            if chain[-1] in KEYED_METHODS:
                self._settle(head)
            chain.append("")
            self._scope.loaded.setdefault(_chain(chain), node.lineno)
            self._stack.append(head)

    def _watched(self, node: ast.Attribute, following: str) -> None:
        if node.attr == "__subclasses__":
            self._found.roll_calls.append(node.lineno)
        elif following not in KEYED_METHODS:
            self._note(node)

    def _note(self, node: ast.expr) -> None:
        if id(node) not in self._found.settled:
            self._found.noted.append((node, self._scope))

    def _note_chain(self, node: ast.expr) -> None:
        """What :meth:`attribute` and :meth:`name` note, of a chain that is not walked otherwise."""
        following = ""
        while isinstance(node, ast.Attribute):
            if node.attr in _WATCHED:
                self._watched(node, following)
            following = node.attr
            node = node.value
        if isinstance(node, ast.Name) and node.id in NOTED and following not in KEYED_METHODS:
            self._note(node)

    def _settle(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call) or last_name(node) in NOTED:
            self._found.settled.add(id(node))

    def subscript(self, node: ast.Subscript) -> None:
        """An entry that is read, or one that is written."""
        self._found.makes_names |= (
            last_name(node.value) == "modules"
        )  # of sys: the module is replaced
        if isinstance(node.ctx, ast.Load):
            self._read_entry(node)
            return
        self._settle(node.value)
        # Writing one entry reads nothing, but finding what is written to may.
        self._stack.append(node.slice)
        if not is_chain(node.value):
            self._stack.append(node.value)

    def _read_entry(self, node: ast.Subscript) -> None:
        self._settle(node.value)
        if last_name(node.value) == "modules" and last_name(node.slice) == "__name__":
            # The module itself, as a value that may be handed on.
            self._note(node)
        self._stack.append(node.slice)
        if node.slice.__class__ in _TEXTUAL and not _is_number(node.slice):
            self._found.subscripts.append((node, self._scope))
            self._value(node.value)
        else:
            self._stack.append(node.value)

    def compare(self, node: ast.Compare) -> None:
        """A comparison, or a test of membership."""
        self._stack.append(node.left)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            self._found.memberships.append((node, self._scope))
            self._settle(node.comparators[0])
            self._value(node.comparators[0])
        else:
            self._stack.extend(node.comparators)

    def call(self, node: ast.Call) -> None:
        """A call, set aside where it is given what may be a text."""
        func, arguments = node.func, node.args
        values = [keyword.value for keyword in node.keywords]
        if func.__class__ is ast.Attribute and func.attr in GROWING:
            self._found.grown.extend(grown_by_call(node, self._scope))
        if any(item.__class__ is ast.Name for item in (*arguments, *values)):
            self._found.passed.append((node, self._scope))
        textual = any(self._is_textual(item, func) for item in (*arguments, *values))
        if textual or _is_special(func):
            self._found.calls.append((node, self._scope))
        elif is_chain(func):
            self._scope.called.setdefault(_chain_text(func), node.lineno)
        self._found.makes_names |= last_name(func) in ("globals", "exec")
        if last_name(func) in _LISTINGS:
            self._found.listings.append((node, self._scope))
        if last_name(func) in SETTLING_CALLS:
            self._settle_arguments(node)
        if not is_chain(func):
            self._stack.append(func)
        elif isinstance(func, ast.Name):
            arguments = self._named_call(node, func.id)
        else:
            self._note_chain(func)
            if last_name(func) == "reload":
                arguments = self._looked_into(arguments)
        self._stack.extend(arguments)
        self._stack.extend(values)

    def _is_textual(self, node: ast.expr, func: ast.expr) -> bool:
        """Whether an argument is worth a look, which few are: literals, constants, what is handed on."""
        cls = node.__class__
        if isinstance(node, ast.Name):
            handed_on = node.id in self._scope.parameters and isinstance(func, ast.Name)
            return handed_on or node.id.isupper()
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str | bytes)
        return cls in _FORMED or (isinstance(node, ast.Attribute) and node.attr.isupper())

    def _named_call(self, node: ast.Call, name: str) -> list[ast.expr]:
        """Arguments that are to be walked of a call of a plain name."""
        arguments = node.args
        if name in _ATTRIBUTE_CALLS:
            return self._looked_into(self._attribute_call(node, name))
        if name in _LOOKING_CALLS:
            return self._looked_into(arguments)
        if name in NOTED_CALLS:
            self._note(node)
        return arguments

    def _settle_arguments(self, node: ast.Call) -> None:
        if last_name(node.func) == "sorted" and node.keywords:
            return  # a key may be the same for two names
        for argument in node.args:
            self._settle(argument)
            listing = argument.func if isinstance(argument, ast.Call) else None
            if isinstance(listing, ast.Attribute) and listing.attr in ("items", "keys"):
                self._settle(listing.value)

    def _looked_into(self, arguments: list[ast.expr]) -> list[ast.expr]:
        """What else is to be walked of a call that hands its first argument on to nobody."""
        if not arguments or not is_chain(arguments[0]):
            self._found.settled.update(map(id, arguments[:1]))
            return arguments
        self._note_chain(arguments[0])
        self._scope.looked.setdefault(_chain_text(arguments[0]), arguments[0].lineno)
        return arguments[1:]

    def _attribute_call(self, node: ast.Call, name: str) -> list[ast.expr]:
        arguments = node.args
        named = arguments[1] if len(arguments) > 1 else None
        text = named.value if isinstance(named, ast.Constant) else None
        if name == "getattr" and text in _NAMED:
            self._note(node)
        if text in NAMESPACES:
            return [arguments[0], *arguments[2:]]
        if text == "__doc__":
            if name == "getattr":
                self._found.documents.append((arguments[0], self._scope))
            return [arguments[0], *arguments[2:]]
        return arguments

    def binary(self, node: ast.BinOp) -> None:
        """A sum or a path put together, followed along its left spine."""
        if node.op.__class__ not in (ast.Add, ast.Div):
            self._stack += [node.left, node.right]
            return
        kind = node.op.__class__
        literal = False
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, kind):
            literal |= self._operand(left.right)
            left = left.left
        literal |= self._operand(left)
        if literal:
            self._found.joins.append((node, self._scope))

    def _operand(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._note_document(node)
            return True
        self._stack.append(node)
        return node.__class__ is ast.JoinedStr

    def formatted(self, node: ast.JoinedStr) -> None:
        """A text with values in it."""
        literal = False
        for part in node.values:
            if isinstance(part, ast.Constant):
                text = part.value
                self._note_document(part)
                literal |= isinstance(text, str) and ("/" in text or "." in text)
            else:
                self._stack.append(part)
        if literal:
            self._found.joins.append((node, self._scope))

    def constant(self, node: ast.Constant) -> None:
        """A literal."""
        value = node.value
        if isinstance(value, str):
            self._note_document(node)
            if len(value) <= _LONGEST_PATH:
                self._found.strings.append((value, node.lineno))

    def _note_document(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and "__" in node.value:
            if "__doc__" in node.value:
                self._found.documents_named.append(node.lineno)
            if "__subclasses__" in node.value:
                self._found.roll_calls.append(node.lineno)
            if node.value in NAMESPACES:
                self._note(node)

    def walrus(self, node: ast.NamedExpr) -> None:
        """A name that is bound within an expression."""
        self._scope.bind_walrus(
            node.target.id, Binding("value", node=node.value, scope=self._scope)
        )
        self._stack.append(node.value)

    def _value(self, value: ast.expr) -> None:
        """Walk a value that is kept under a name: a mere alias is no use, it is followed by the name."""
        if is_chain(value):
            self._note_chain(value)
            return
        parts = carried(value)
        if not parts:
            self._stack.append(value)
            return
        inert = {id(part) for part in parts if is_chain(part)}
        children = list(ast.iter_child_nodes(value))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            children = [
                *value.args,
                *value.keywords,
                *([] if value.func.value in parts else [value.func]),
            ]
        self._stack.extend(child for child in children if id(child) not in inert)


#: Attributes that may be looked at as a whole.
_WATCHED = NOTED | {"__subclasses__"}
_NAMED = NAMESPACES | {"modules"}
_LONGEST_CHAIN = 12
_LONGEST_PATH = 256

#: Kinds of expressions that may be a text or name one.
_TEXTUAL = frozenset(
    {ast.Constant, ast.JoinedStr, ast.BinOp, ast.Name, ast.Attribute, ast.Subscript, ast.Call}
)
_FORMED = frozenset({ast.JoinedStr, ast.BinOp})
#: Calls that are looked at whatever they are given.
_SPECIAL = frozenset(
    {"exec", "eval", "open", "read_text", "read_bytes"}
    | {name.rpartition(".")[2] for name in SINKS} - {"get", "pop", "append", "insert", "extend"}
)
#: Calls that list folders, or search them, if only for one file.
_LISTINGS = frozenset(
    {"dotenv_values", "find_dotenv", "fwalk", "glob", "iglob", "iterdir", "listdir", "load_dotenv"}
    | {"rglob", "scandir", "walk"}
)
_ATTRIBUTE_CALLS = frozenset({"getattr", "setattr", "hasattr", "delattr"})
_LOOKING_CALLS = frozenset({"dir", "id", "isinstance", "reload", "repr", "type"})
#: Lists that decide where modules are looked for.
PATHS = frozenset({"path", "__path__"})
_HOLDERS = frozenset({"path", "__path__", "meta_path", "path_hooks", "environ", "environb"})


def _is_special(func: ast.expr) -> bool:
    if last_name(func) in _SPECIAL:
        return True
    return isinstance(func, ast.Attribute) and last_name(func.value) in _HOLDERS


def _chain(backward: list[str]) -> str:
    backward.reverse()
    return ".".join(backward[:_LONGEST_CHAIN])


def _chain_text(node: ast.expr) -> str:
    chain: list[str] = []
    while isinstance(node, ast.Attribute):
        chain.append(node.attr)
        node = node.value
    chain.append(node.id if isinstance(node, ast.Name) else "")
    return _chain(chain)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes)


def is_chain(node: ast.expr) -> bool:
    """Whether an expression is a name with attributes, none of which is a docstring."""
    while isinstance(node, ast.Attribute):
        if node.attr == "__doc__":
            return False
        node = node.value
    return isinstance(node, ast.Name) and node.id != "__doc__"
