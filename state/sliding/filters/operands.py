"""Operands of a filter's comparisons: fields, literals, and arithmetic of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from state.sliding.plan import Kind
from state.sliding.rows import Column

Columns = Mapping[str, Column]
OperandKind = Literal["integer", "decimal", "double", "text", "null"]
"""Types of SQL: BIGINT, DECIMAL (literals only), DOUBLE, STRING, and that of NULL."""

_OPERATIONS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


class Operand(ABC):
    """A value of each row.

    Attributes:
        kind: its type.
    """

    kind: OperandKind

    @abstractmethod
    def fields(self) -> frozenset[str]:
        """Return the fields that it reads."""

    @abstractmethod
    def values(self, columns: Columns) -> Column:
        """Return the values of all rows; a literal has a single one."""


@dataclass(frozen=True)
class FieldValue(Operand):
    """The value of a field."""

    name: str
    kind: Kind

    def fields(self) -> frozenset[str]:
        """Return the field."""
        return frozenset({self.name})

    def values(self, columns: Columns) -> Column:
        """Return the field's column."""
        return columns[self.name]


@dataclass(frozen=True)
class LiteralValue(Operand):
    """A number or a text; None: NULL."""

    value: int | float | Fraction | str | None
    kind: OperandKind

    def fields(self) -> frozenset[str]:
        """Return no field."""
        return frozenset()

    def values(self, columns: Columns) -> Column:
        """Return the literal."""
        del columns
        if self.value is None:
            return Column(np.zeros(1, np.int64), np.ones(1, np.bool_))
        if self.kind == "text":
            return Column(np.array([self.value], object))
        return Column(np.array([self.value], np.int64) if self.kind == "integer" else np.array([float(self.value)]))


@dataclass(frozen=True)
class Arithmetic(Operand):
    """The sum, difference, product or quotient of two numbers, in 64 bits as in Java."""

    sign: str
    left: Operand
    right: Operand
    TAKES: ClassVar[tuple[str, ...]] = tuple(_OPERATIONS)

    @property
    def kind(self) -> OperandKind:  # type: ignore[override]
        """Integer if both sides are, else double."""
        return "integer" if self.left.kind == self.right.kind == "integer" else "double"

    def fields(self) -> frozenset[str]:
        """Return the fields of both sides."""
        return self.left.fields() | self.right.fields()

    def values(self, columns: Columns) -> Column:
        """Return the results; NULL where a side is NULL."""
        left, right = self.left.values(columns), self.right.values(columns)
        operands: list[NDArray[Any]] = [left.values, right.values]
        if self.kind == "double":
            operands = [values.astype(np.float64) for values in operands]
        with np.errstate(all="ignore"):
            return Column(_OPERATIONS[self.sign](*operands), either(left.nulls, right.nulls))


def either(left: NDArray[np.bool_] | None, right: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """Return the rows that are in one mask or the other; None is a mask without rows."""
    if left is None or right is None:
        return right if left is None else left
    return left | right
