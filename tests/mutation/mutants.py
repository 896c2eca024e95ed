"""Mutants of a module: its source with one small thing turned into its neighbour, or gone."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed source; `name` says what was changed where, and stays when lines move."""

    module: str
    name: str
    source: str = field(repr=False)


def mutants(root: Path, module: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its source."""
    place = root.joinpath(*module.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    tree = ast.parse(path.read_text())
    seen: dict[str, int] = {}
    decorating = _of_decorators(tree)
    for number, node in enumerate(ast.walk(tree)):
        if node in decorating:  # frozen, slots: nobody relies on them
            continue
        for changed in _neighbours(node):
            before, after = ast.unparse(node), ast.unparse(changed)
            name = f"{_within(tree, node)}: {before} -> {after}"
            seen[name] = seen.get(name, 0) + 1
            told = name if seen[name] == 1 else f"{name} ({seen[name]})"
            yield Mutant(module, told, _with(tree, number, changed))


def without_refusals(root: Path, module: str) -> Iterator[Mutant]:
    """The module without each condition that refuses, and without each check of a table."""
    place = root.joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(place.read_text())
    seen: dict[str, int] = {}
    for number, node in enumerate(ast.walk(tree)):
        for told, changed in _left_out(node):
            name = f"{_within(tree, node)}: without {told}"
            seen[name] = seen.get(name, 0) + 1
            again = "" if seen[name] == 1 else f" ({seen[name]})"
            yield Mutant(module, name + again, _with(tree, number, changed))


def _left_out(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()], orelse=[]):
            yield f"if {ast.unparse(test)}", ast.Pass()
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Tuple(elts=checks)) if (
            name.endswith("CHECKS")
        ):
            for place, check in enumerate(checks):
                left = deepcopy(node)
                left.value = ast.Tuple([*checks[:place], *checks[place + 1 :]], ast.Load())
                yield ast.unparse(check), left


def _neighbours(node: ast.AST) -> Iterator[ast.AST]:
    """What a node is turned into, one thing at a time."""
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            compared = deepcopy(node)
            compared.ops[place] = _COMPARED[type(op)]()
            yield compared
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
    else:
        yield from _turned(node)


def _turned(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _CALCULATED:
            yield ast.BinOp(left, _CALCULATED[type(op)](), right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=named) if name in _CALLED:
            yield ast.Call(ast.Name(_CALLED[name], ast.Load()), args, named)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)


def _of_decorators(tree: ast.Module) -> set[ast.AST]:
    decorated = (ast.ClassDef, ast.FunctionDef)
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, decorated)
        for decorator in node.decorator_list
        for inner in ast.walk(decorator)
    }


def _within(tree: ast.Module, node: ast.AST) -> str:
    """The innermost function or class around a node."""
    names = [
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.ClassDef)
        and any(inner is node for inner in ast.walk(one))
    ]
    return ".".join(names) or "module"


def _with(tree: ast.Module, number: int, changed: ast.AST) -> str:
    """The source with the node of this number, in the order of `ast.walk`, replaced."""
    copy = deepcopy(tree)
    wanted = next(node for place, node in enumerate(ast.walk(copy)) if place == number)

    class Replacing(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return changed if node is wanted else self.generic_visit(node)

    return ast.unparse(ast.fix_missing_locations(Replacing().visit(copy)))
