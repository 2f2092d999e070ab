"""Calls of functions in the tree that Flink's parser makes of a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gress.sql.calls import Argument, Call

_EXPRESSIONS: dict[str, Callable[[Any], list[Any]]] = {
    "LogicalProject": lambda node: list(node.getProjects()),
    "LogicalFilter": lambda node: [node.getCondition()],
    "LogicalJoin": lambda node: [node.getCondition()],
    "LogicalTableFunctionScan": lambda node: [node.getCall()],
}
"""Relations that hold expressions, and how to get them."""


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


def _in_tree(tree: Any, names: frozenset[str]) -> Iterator[Call]:
    # One call tells of most trees that they hold none.
    if not _mentions(tree.explain(), names):
        return
    find = _EXPRESSIONS.get(tree.getClass().getSimpleName())
    for expression in find(tree) if find else ():
        yield from _in_expression(expression, names)
    for below in tree.getInputs():
        yield from _in_tree(below, names)


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
        yield Call(name, _literal(operands[0]) if operands else None, tuple(map(_argument, operands[1:])))
    for operand in operands:
        yield from _in_expression(operand, names)


def _mentions(text: str, names: frozenset[str]) -> bool:
    return any(f"{name}(" in text for name in names)


def _literal(operand: Any) -> str | None:
    if operand.getClass().getSimpleName() != "RexLiteral" or operand.getType().getSqlTypeName().getName() != "CHAR":
        return None
    return str(operand.getValue2())


def _argument(operand: Any) -> Argument:
    kind = operand.getType()
    if not kind.isStruct():
        is_literal = operand.getClass().getSimpleName() == "RexLiteral"
        return Argument(kind.getSqlTypeName().getName(), is_literal=is_literal)
    fields = ((each.getName(), each.getType().getSqlTypeName().getName()) for each in kind.getFieldList())
    return Argument("ROW", tuple(fields))
