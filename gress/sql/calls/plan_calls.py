"""Calls of functions in the tree that Flink's parser makes of a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gress.sql.calls.call import Argument, Call

_TABLE_FUNCTION = "LogicalTableFunctionScan"
_EXPRESSIONS: dict[str, Callable[[Any], list[Any]]] = {
    "LogicalProject": lambda node: list(node.getProjects()),
    "LogicalFilter": lambda node: [node.getCondition()],
    "LogicalJoin": lambda node: [node.getCondition()],
    _TABLE_FUNCTION: lambda node: [node.getCall()],
}
"""Relations that hold expressions, and how to get them."""

_TEXTS = frozenset({"CHAR", "VARCHAR"})
_OF_LITERALS = frozenset({"CAST", "ROW", "-"})


def calls_of(operation: Any, names: frozenset[str], parse: Callable[[str], Any]) -> list[Call]:
    """Return the calls of named functions in a parsed statement; each call to the JVM takes a fraction of a ms.

    Args:
        operation: Flink's operation.
        names: functions to look for.
        parse: parses the query of a view.
    """
    return [call for query in _queries(operation, parse) for call in _in_tree(query.getCalciteTree(), names)]


def _queries(operation: Any, parse: Callable[[str], Any]) -> Iterator[Any]:
    kind = operation.getClass().getSimpleName()
    if kind == "PlannerQueryOperation":
        yield operation
    elif kind == "CreateViewOperation":
        yield from _queries(parse(operation.getCatalogView().getExpandedQuery()), parse)
    elif kind == "StatementSetOperation":
        for each in operation.getOperations():
            yield from _queries(each, parse)
    elif kind in {"SinkModifyOperation", "ExplainOperation", "CreateTableASOperation"}:
        yield from _queries(operation.getChild(), parse)


def _in_tree(tree: Any, names: frozenset[str], *, is_joined: bool = False) -> Iterator[Call]:
    """Yield the calls of a relation and of those below it; one that is joined runs for each row of another."""
    # For most trees one call shows that they hold none.
    if not _mentions(tree.explain(), names):
        return
    kind, inputs = tree.getClass().getSimpleName(), list(tree.getInputs())
    find = _EXPRESSIONS.get(kind)
    for expression in find(tree) if find else ():
        for call in _in_expression(expression, names):
            yield replace(call, has_rows=is_joined) if kind == _TABLE_FUNCTION else call
    for below in inputs:
        yield from _in_tree(below, names, is_joined=is_joined or len(inputs) > 1)


def _in_expression(expression: Any, names: frozenset[str]) -> Iterator[Call]:
    from py4j.java_gateway import get_field

    if not _mentions(expression.toString(), names):
        return
    kind = expression.getClass().getSimpleName()
    if kind == "RexFieldAccess":
        yield from _in_expression(expression.getReferenceExpr(), names)
        return
    if kind == "RexSubQuery":
        yield from _in_tree(get_field(expression, "rel"), names)
    operands = list(expression.getOperands())
    name = expression.getOperator().getName()
    if name in names:
        first = _literal(operands[0]) if operands else None
        yield Call(name, first, tuple(map(_argument, operands[1:])), is_empty=not operands)
    for operand in operands:
        yield from _in_expression(operand, names)


def _mentions(text: str, names: frozenset[str]) -> bool:
    return any(f"{name}(" in text for name in names)


def _literal(operand: Any) -> str | None:
    if _is(operand, "RexLiteral") and operand.getType().getSqlTypeName().getName() in _TEXTS:
        value = operand.getValue2()
        return None if value is None else str(value)
    return None


def _argument(operand: Any) -> Argument:
    kind = operand.getType()
    if not kind.isStruct():
        name = kind.getSqlTypeName().getName()
        return Argument(name, is_literal=_is_literal(operand), entries=_entries(operand) if name == "MAP" else ())
    fields = ((each.getName(), each.getType().getSqlTypeName().getName()) for each in kind.getFieldList())
    return Argument("ROW", tuple(fields), is_literal=_is_literal(operand))


def _is_literal(operand: Any) -> bool:
    """Return whether an expression is a literal, or a cast or a row of some."""
    if _is(operand, "RexLiteral"):
        return True
    return (
        _is(operand, "RexCall")
        and operand.getOperator().getName() in _OF_LITERALS
        and all(map(_is_literal, operand.getOperands()))
    )


def _entries(operand: Any) -> tuple[tuple[str, str], ...]:
    """Return keys and values of a map, as far as they are literals."""
    if not _is(operand, "RexCall") or operand.getOperator().getName() != "MAP":
        return ()
    values = list(operand.getOperands())
    pairs = zip(values[::2], values[1::2], strict=True)
    return tuple(
        (key, str(value.getValue3()))
        for key, value in ((_literal(key), value) for key, value in pairs)
        if key is not None and _is(value, "RexLiteral") and value.getValue3() is not None
    )


def _is(operand: Any, kind: str) -> bool:
    return bool(operand.getClass().getSimpleName() == kind)
