"""Conditions of a filter, in SQL's logic of three values: a row is true, false, or, where a NULL decides, neither."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from state.sliding.filters.operands import Arithmetic, Columns, LiteralValue, Operand, either
from state.sliding.rows import Column

Mask = NDArray[np.bool_]


class Truth(NamedTuple):
    """The rows for which a condition is true, and those for which it is false; in none of them it is unknown."""

    is_true: Mask
    is_false: Mask


class Condition(ABC):
    """A statement about each row."""

    @abstractmethod
    def fields(self) -> frozenset[str]:
        """Return the fields that it reads."""

    @abstractmethod
    def truth(self, columns: Columns) -> Truth:
        """Return for which rows it is true or false; of literals alone it has a single row."""


@dataclass(frozen=True)
class Comparison(Condition):
    """One operand beside another: ``=``, ``<>``, ``<``, ``<=``, ``>`` or ``>=``."""

    sign: str
    left: Operand
    right: Operand

    def fields(self) -> frozenset[str]:
        """Return the fields of both sides."""
        return self.left.fields() | self.right.fields()

    def truth(self, columns: Columns) -> Truth:
        """Compare the sides; unknown where one is NULL."""
        left, right = self.left.values(columns), self.right.values(columns)
        if "null" in (self.left.kind, self.right.kind):
            unknown = np.zeros(max(len(left.values), len(right.values)), np.bool_)
            return Truth(unknown, unknown)
        filled = _filled(left), _filled(right)
        is_true = self._compare(self.sign, *filled)
        # NaN, such as 0 / 0, is neither above a limit nor below: SQL reads NOT a > b as a <= b.
        is_false = self._compare(_NEGATED[self.sign], *filled) if self._may_be_nan else ~is_true
        nulls = either(left.nulls, right.nulls)
        return Truth(is_true, is_false) if nulls is None else Truth(is_true & ~nulls, is_false & ~nulls)

    @property
    def _may_be_nan(self) -> bool:
        return any(isinstance(side, Arithmetic) and side.kind == "double" for side in (self.left, self.right))

    def _compare(self, sign: str, left: NDArray[Any], right: NDArray[Any]) -> Mask:
        if self.left.kind == "integer" and isinstance(self.right, LiteralValue) and self.right.kind == "decimal":
            return self._compare_exactly(left, Fraction(self.right.value or 0))
        if "double" in (self.left.kind, self.right.kind):
            left, right = left.astype(np.float64), right.astype(np.float64)
        return np.asarray(_SIGNS[sign](left, right), np.bool_)

    def _compare_exactly(self, left: NDArray[np.int64], limit: Fraction) -> Mask:
        """Compare integers with a decimal, which no integer equals if it has digits after the point."""
        bound = math.floor(limit)
        if limit == bound:
            return np.asarray(_SIGNS[self.sign](left, bound), np.bool_)
        if self.sign in ("=", "<>"):
            return np.full(len(left), self.sign == "<>")
        return np.asarray(left <= bound if self.sign in ("<", "<=") else left > bound, np.bool_)


def _filled(column: Column) -> NDArray[Any]:
    """Return values that can be compared, those of NULL among them."""
    if column.values.dtype != object or column.nulls is None:
        return column.values
    filled = column.values.copy()
    filled[column.nulls] = ""
    return filled


@dataclass(frozen=True)
class Both(Condition):
    """Two conditions joined by ``AND``."""

    left: Condition
    right: Condition

    def fields(self) -> frozenset[str]:
        """Return the fields of both sides."""
        return self.left.fields() | self.right.fields()

    def truth(self, columns: Columns) -> Truth:
        """Return true where both are, and false where one is."""
        left, right = self.left.truth(columns), self.right.truth(columns)
        return Truth(left.is_true & right.is_true, left.is_false | right.is_false)


@dataclass(frozen=True)
class Negation(Condition):
    """A condition after ``NOT``."""

    negated: Condition

    def fields(self) -> frozenset[str]:
        """Return the condition's fields."""
        return self.negated.fields()

    def truth(self, columns: Columns) -> Truth:
        """Exchange true and false."""
        is_true, is_false = self.negated.truth(columns)
        return Truth(is_false, is_true)


@dataclass(frozen=True)
class IsNull(Condition):
    """An operand before ``IS NULL``."""

    operand: Operand

    def fields(self) -> frozenset[str]:
        """Return the operand's fields."""
        return self.operand.fields()

    def truth(self, columns: Columns) -> Truth:
        """Return true where the operand is NULL, else false."""
        values, nulls = self.operand.values(columns)
        is_null = np.zeros(len(values), np.bool_) if nulls is None else nulls
        return Truth(is_null, ~is_null)


@dataclass(frozen=True)
class IsTruth(Condition):
    """A condition before ``IS TRUE``, ``IS FALSE`` or ``IS UNKNOWN``."""

    tested: Condition
    value: str

    def fields(self) -> frozenset[str]:
        """Return the condition's fields."""
        return self.tested.fields()

    def truth(self, columns: Columns) -> Truth:
        """Return true where the condition has the value, else false."""
        is_true, is_false = self.tested.truth(columns)
        has = {"TRUE": is_true, "FALSE": is_false, "UNKNOWN": ~(is_true | is_false)}[self.value]
        return Truth(has, ~has)


@dataclass(frozen=True)
class Like(Condition):
    """A text before ``LIKE``: ``%`` matches any text, ``_`` any character but the end of a line, as in Flink."""

    operand: Operand
    pattern: str

    def fields(self) -> frozenset[str]:
        """Return the operand's fields."""
        return self.operand.fields()

    def truth(self, columns: Columns) -> Truth:
        """Match the texts; unknown where there is none."""
        values, nulls = self.operand.values(columns)
        wild = {"%": ".*", "_": "[^\n\r\x85\u2028\u2029]"}
        pattern = re.compile("".join(wild.get(letter, re.escape(letter)) for letter in self.pattern), re.DOTALL)
        is_here = np.ones(len(values), np.bool_) if nulls is None else ~nulls
        matches = (pattern.fullmatch(text) is not None for text in values[is_here].tolist())
        is_like = np.zeros(len(values), np.bool_)
        is_like[is_here] = np.fromiter(matches, np.bool_, int(is_here.sum()))
        return Truth(is_like, is_here & ~is_like)


def any_of(first: Condition, *others: Condition) -> Condition:
    """Return conditions joined by ``OR``: true where one is, and false where all are."""
    joined: Condition = Negation(first)
    for other in others:
        joined = Both(joined, Negation(other))
    return Negation(joined)


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
