"""Syntax of a filter: from its text to a condition, with the types of the fields it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from state.sliding.filters.conditions import Both, Comparison, Condition, IsNull, IsTruth, Like, Negation, any_of
from state.sliding.filters.operands import Arithmetic, FieldValue, LiteralValue, Operand
from state.sliding.filters.tokens import FilterError, FilterTypeError, Token, tokenize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.filters.operands import Columns
    from state.sliding.plan import Kind

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_SUMS, _PRODUCTS = ("+", "-"), ("*", "/")
_NUMBERS = {"integer", "decimal", "double"}


@dataclass(frozen=True)
class Filter:
    """A condition on rows.

    Attributes:
        text: as it was written.
        fields: fields that it reads, in alphabetical order.
        condition: its meaning.
    """

    text: str
    fields: tuple[str, ...]
    condition: Condition

    def passes(self, columns: Columns, count: int) -> NDArray[np.bool_]:
        """Return the rows for which the condition is true; unknown is not true.

        Args:
            columns: columns of the fields.
            count: number of rows.
        """
        return np.broadcast_to(self.condition.truth(columns).is_true, count).copy()


def parse_filter(text: str, kinds: Mapping[str, Kind]) -> Filter:
    """Return the condition that a text states.

    Args:
        text: SQL condition.
        kinds: types of the fields that rows have.

    Raises:
        FilterError: the text is no condition, or one that these filters do not know.
    """
    condition = _Parser(text, kinds).parse()
    return Filter(text, tuple(sorted(condition.fields())), condition)


class _Parser:
    """A recursive descent: one method a level of precedence, from ``OR`` down to a literal."""

    def __init__(self, text: str, kinds: Mapping[str, Kind]) -> None:
        self._text, self._kinds = text, kinds
        self._tokens = tokenize(text)
        self._place = 0

    def parse(self) -> Condition:
        condition = self._condition(self._either())
        if self._next.kind != "end":
            self._refuse("AND, OR or the end")
        return condition

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self, *keywords: str) -> str:
        """Return the next token, if it is one of some keywords or signs, and move on; else an empty text."""
        keyword = self._next.keyword
        if keyword not in keywords:
            return ""
        self._place += 1
        return keyword

    def _expect(self, keyword: str) -> None:
        if not self._take(keyword):
            self._refuse(keyword)

    def _refuse(self, expected: str) -> NoReturn:
        got = self._next.text if self._next.kind == "end" else repr(self._next.text)
        raise FilterError(self._text, expected, got)

    def _either(self) -> Condition | Operand:
        first = self._both()
        while self._take("OR"):
            first = any_of(self._condition(first), self._condition(self._both()))
        return first

    def _both(self) -> Condition | Operand:
        first = self._negation()
        while self._take("AND"):
            first = Both(self._condition(first), self._condition(self._negation()))
        return first

    def _negation(self) -> Condition | Operand:
        if self._take("NOT"):
            return Negation(self._condition(self._negation()))
        return self._comparison()

    def _comparison(self) -> Condition | Operand:
        left = self._sum()
        if sign := self._take(*_COMPARISONS):
            return self._compare(sign, self._operand(left), self._operand(self._sum()))
        if self._take("IS"):
            return self._is(left)
        is_not = bool(self._take("NOT"))
        if self._take("IN"):
            found = self._in(self._operand(left))
        elif self._take("BETWEEN"):
            found = self._between(self._operand(left))
        elif self._take("LIKE"):
            found = self._like(self._operand(left))
        elif is_not:
            self._refuse("IN, BETWEEN or LIKE after NOT")
        else:
            return left
        return Negation(found) if is_not else found

    def _is(self, left: Condition | Operand) -> Condition:
        is_not = bool(self._take("NOT"))
        if self._take("NULL"):
            found: Condition = IsNull(left) if isinstance(left, Operand) else IsTruth(left, "UNKNOWN")
        elif value := self._take("TRUE", "FALSE", "UNKNOWN"):
            found = IsTruth(self._condition(left), value)
        else:
            self._refuse("NULL, TRUE, FALSE or UNKNOWN after IS")
        return Negation(found) if is_not else found

    def _in(self, left: Operand) -> Condition:
        self._expect("(")
        if isinstance(left, LiteralValue):
            raise FilterTypeError(self._text, "a field before IN", "a literal")
        choices = [self._choice(left)]
        while self._take(","):
            choices.append(self._choice(left))
        self._expect(")")
        return any_of(*choices)

    def _choice(self, left: Operand) -> Condition:
        choice = self._operand(self._sum())
        is_whole = isinstance(choice, LiteralValue) and isinstance(choice.value, Fraction) and choice.value % 1 == 0
        if left.kind == "integer" and choice.kind in ("decimal", "double") and not is_whole:
            raise FilterTypeError(self._text, "integers after IN, as before it", choice.kind)
        return self._compare("=", left, choice)

    def _between(self, left: Operand) -> Condition:
        low = self._operand(self._sum())
        self._expect("AND")
        return Both(self._compare(">=", left, low), self._compare("<=", left, self._operand(self._sum())))

    def _like(self, left: Operand) -> Condition:
        pattern = self._next
        if pattern.kind != "text" or left.kind != "text" or "\\" in pattern.text:
            self._refuse("a text field and a pattern without backslashes around LIKE")
        self._place += 1
        return Like(left, pattern.text)

    def _compare(self, sign: str, left: Operand, right: Operand) -> Condition:
        kinds = {left.kind, right.kind} - {"null"}
        if not kinds <= _NUMBERS and kinds != {"text"}:
            raise FilterTypeError(self._text, "values of one type to compare", f"{left.kind} {sign} {right.kind}")
        if left.kind == "decimal" and right.kind == "integer":
            return Comparison(sign.translate(str.maketrans("<>", "><")) if sign != "<>" else sign, right, left)
        return Comparison(sign, left, right)

    def _sum(self) -> Condition | Operand:
        return self._chain(_SUMS, self._product)

    def _product(self) -> Condition | Operand:
        return self._chain(_PRODUCTS, self._signed)

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Condition | Operand]) -> Condition | Operand:
        first = part()
        while sign := self._take(*signs):
            first = self._calculate(sign, self._operand(first), self._operand(part()))
        return first

    def _calculate(self, sign: str, left: Operand, right: Operand) -> Operand:
        kinds = {left.kind, right.kind}
        is_known = kinds == {"integer"} and sign != "/"
        if not is_known and ("double" not in kinds or not kinds <= _NUMBERS):
            raise FilterError(self._text, "doubles, or integers without /", f"{left.kind} {sign} {right.kind}")
        return Arithmetic(sign, left, right)

    def _signed(self) -> Condition | Operand:
        if self._take("+"):
            return self._operand(self._signed())
        if not self._take("-"):
            return self._primary()
        negated = self._operand(self._signed())
        if isinstance(negated, LiteralValue) and isinstance(negated.value, (int, float, Fraction)):
            return LiteralValue(-negated.value, negated.kind)
        return self._calculate("-", LiteralValue(0, "integer"), negated)

    def _primary(self) -> Condition | Operand:
        token = self._next
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        self._place += 1
        literal = _literal(token)
        if literal is not None:
            return literal
        if token.kind not in ("word", "quoted") or token.text not in self._kinds:
            self._place -= 1
            self._refuse("a field or a literal")
        return FieldValue(token.text, self._kinds[token.text])

    def _condition(self, found: Condition | Operand) -> Condition:
        if isinstance(found, Condition):
            return found
        raise FilterError(self._text, "a condition", f"{found.kind} alone")

    def _operand(self, found: Condition | Operand) -> Operand:
        if isinstance(found, Operand):
            return found
        raise FilterError(self._text, "a value", "a condition")


def _literal(token: Token) -> Operand | None:
    match token.kind:
        case "integer":
            number = int(token.text)
            # SQL reads an integer that is too long for a BIGINT as a decimal.
            return LiteralValue(Fraction(number), "decimal") if number >= 2**63 else LiteralValue(number, "integer")
        case "decimal":
            return LiteralValue(Fraction(token.text), "decimal")
        case "double":
            return LiteralValue(float(token.text), "double")
        case "text":
            return LiteralValue(token.text, "text")
    return LiteralValue(None, "null") if token.keyword == "NULL" else None
