"""Names that a file registers, read from its text without running it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field

DECORATORS = ("task", "task_source")

_PACKAGE = "task_scheduler"
_DECORATOR_OF_A_TEXT = re.compile(rb"@\s*[\w.]+\(\s*(?:name\s*=\s*)?([\"'])(.+?)\1")


@dataclass(slots=True)
class Registrations:
    """The registrations that a file's text shows.

    Attributes:
        names: by decorator.
        has_unread_names: whether it registers more, under names that only running it would tell.
        mentioned: texts in other decorators, which may register functions by them.
    """

    names: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in DECORATORS})
    has_unread_names: bool = False
    mentioned: set[str] = field(default_factory=set)

    def registers(self, decorator: str, name: str) -> bool:
        """Return whether the text registers a name."""
        return name in self.names[decorator]

    def may_register(self, decorator: str, name: str) -> bool:
        """Return whether the text registers a name, or may do so when it is run."""
        return self.has_unread_names or name in self.mentioned or self.registers(decorator, name)

    def add(self, other: Registrations) -> None:
        """Add those of another file of the same package."""
        for decorator, names in other.names.items():
            self.names[decorator] |= names
        self.has_unread_names |= other.has_unread_names
        self.mentioned |= other.mentioned


def read_registrations(source: bytes) -> Registrations:
    """Read what a Python file registers; one that is not Python, as far as that can be seen."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = {
            match[2].decode(errors="replace") for match in _DECORATOR_OF_A_TEXT.finditer(source)
        }
        return Registrations(mentioned=found)
    reader = _Reader(tree)
    try:
        reader.visit(tree)
    except RecursionError:
        reader.read.has_unread_names = True
    return reader.read


class _Reader(ast.NodeVisitor):
    """Follows the names that the decorators are imported as."""

    def __init__(self, tree: ast.Module) -> None:
        self.read = Registrations()
        self._decorators: dict[str, str] = {}
        self._packages: set[str] = set()
        self._texts = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._note_import(node)
            elif isinstance(node, ast.ImportFrom):
                self._note_import_from(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Note a registration's name."""
        decorator = self._decorator(node.func)
        if decorator is None:
            self.visit(node.func)
        else:
            self._note_name(decorator, node)
        for child in (*node.args, *node.keywords):
            self.visit(child)

    def visit_Name(self, node: ast.Name) -> None:
        """Note a decorator, or its package, that is not called but passed on."""
        if isinstance(node.ctx, ast.Load) and (
            node.id in self._packages or node.id in self._decorators
        ):
            self.read.has_unread_names = True

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note a decorator that is not called but passed on."""
        if self._decorator(node) is not None:
            self.read.has_unread_names = True
        elif not self._is_package(node.value):
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Note the texts in decorators of others."""
        self._note_decorated(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Note the texts in decorators of others."""
        self._note_decorated(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Note the texts in decorators of others."""
        self._note_decorated(node)

    def _note_decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and self._decorator(decorator.func) is None:
                self.read.mentioned.update(
                    each.value
                    for each in ast.walk(decorator)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )
        self.generic_visit(node)

    def _note_name(self, decorator: str, call: ast.Call) -> None:
        named = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
        match [*call.args, *named]:
            case [ast.Constant(value=str() as name), *_]:
                self.read.names[decorator].add(name)
            case [ast.Name(id=variable), *_] if variable in self._texts:
                self.read.names[decorator].add(self._texts[variable])
            case _:
                self.read.has_unread_names = True

    def _note_import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.partition(".")[0] == _PACKAGE:
                self._packages.add(alias.asname or _PACKAGE)

    def _note_import_from(self, node: ast.ImportFrom) -> None:
        if node.level or (node.module or "").partition(".")[0] != _PACKAGE:
            return
        for alias in node.names:
            if alias.name == "*":
                self._decorators.update({each: each for each in DECORATORS})
            elif alias.name in DECORATORS:
                self._decorators[alias.asname or alias.name] = alias.name
            elif alias.name in ("tasks", "decorators"):
                self._packages.add(alias.asname or alias.name)

    def _decorator(self, node: ast.expr) -> str | None:
        """Return the decorator that an expression stands for."""
        match node:
            case ast.Name(id=name):
                return self._decorators.get(name)
            case ast.Attribute(value=value, attr=name) if name in DECORATORS:
                return name if self._is_package(value) else None
        return None

    def _is_package(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._packages


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that variables of the module stand for, if assigned to only once."""
    assigned = Counter(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    texts = {}
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str() as text))
            ) if assigned[name] == 1:
                texts[name] = text
    return texts
