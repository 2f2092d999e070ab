"""Meaning of a condition of SQL, as far as it shows without Flink: its fields, its numbers, and that it is no value."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Tokens = Sequence[tuple[str, str]]
"""Kind and text of each token, in order; see ``one_condition``."""

# Words between or before operands that make a condition of them, and conditions of one word.
_STATES = """AND BETWEEN CONTAINS EQUALS FALSE ILIKE IN IS LIKE MEMBER NOT NULL OR OVERLAPS PRECEDES RLIKE SIMILAR
    SUBMULTISET SUCCEEDS TRUE UNKNOWN"""
_GRAMMAR = "AS ASYMMETRIC CASE DISTINCT ELSE END ESCAPE FROM OF SYMMETRIC THEN TO WHEN"
_LITERALS = """ARRAY DATE INTERVAL MAP MULTISET PERIOD ROW TIME TIMESTAMP TIMESTAMP_LTZ UESCAPE
    CURRENT_DATE CURRENT_ROW_TIMESTAMP CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP"""
_UNITS = """CENTURY DAY DAYS DECADE DOW DOY EPOCH HOUR HOURS ISODOW ISOYEAR MICROSECOND MILLENNIUM MILLISECOND MINUTE
    MINUTES MONTH MONTHS NANOSECOND QUARTER QUARTERS SECOND SECONDS WEEK WEEKS YEAR YEARS SQL_TSI_DAY SQL_TSI_HOUR
    SQL_TSI_MICROSECOND SQL_TSI_MINUTE SQL_TSI_MONTH SQL_TSI_QUARTER SQL_TSI_SECOND SQL_TSI_WEEK SQL_TSI_YEAR"""
_TYPES = """BIGINT BINARY BOOLEAN BYTES CHAR CHARACTER DEC DECIMAL DOUBLE FLOAT INT INTEGER LOCAL NUMERIC PRECISION RAW
    REAL SMALLINT STRING TINYINT VARBINARY VARCHAR VARYING WITH WITHOUT ZONE"""
_OF_FUNCTIONS = """ABSENT ALL ANY BOTH CONDITIONAL DEFAULT EMPTY ENCODING ERROR FOR FORMAT IGNORE JSON KEY KEYS LEADING
    NULLS OBJECT ON PLACING RESPECT RETURNING SCALAR SOME TRAILING UNCONDITIONAL UNIQUE USING UTF16 UTF32 UTF8 VALUE
    WRAPPER"""
_WORDS = frozenset(" ".join((_STATES, _GRAMMAR, _LITERALS, _UNITS, _TYPES, _OF_FUNCTIONS)).split())
_STATING = frozenset(_STATES.split()) | {"=", "<>", "!=", "<", "<=", ">", ">="}
_CALCULATING = frozenset("+-*/%") | {"||"}
_MOST_INT = 2**31 - 1


def strange_field(tokens: Tokens, fields: Collection[str]) -> str:
    """Return the first name that is neither a field nor a word of SQL, as it is written; empty: there is none.

    Functions, and what a dot follows, are for Flink to know.
    """
    for place, (kind, token) in enumerate(tokens):
        if kind == "quoted":
            if token[1:-1].replace("``", "`") not in fields and _next(tokens, place) not in ("(", "."):
                return token
        elif kind == "word" and token.upper() not in _WORDS and token not in fields:
            follower = tokens[place + 1][0] if place + 1 < len(tokens) else ""
            # A text with a word in front is one of another character set, or of hexadecimal digits.
            if _next(tokens, place) not in ("(", ".") and follower != "text":
                return token
    return ""


def too_large_product(tokens: Tokens) -> str:
    """Return the first product of integers that SQL gets wrong, as it calculates it in 32 bits; empty: there is none.

    >>> too_large_product([("number", "86400"), ("sign", "*"), ("number", "365000")])
    '86400 * 365000'
    """
    for start, (kind, _) in enumerate(tokens):
        # A field makes longer integers of what it is multiplied with.
        if kind != "number" or (start and tokens[start - 1][1] in ("*", "/", "%")):
            continue
        product, place = 1, start
        # An integer that is longer itself has 64 bits, and so has its product.
        while place < len(tokens) and tokens[place][1].isdecimal() and int(tokens[place][1]) <= _MOST_INT:
            product *= int(tokens[place][1])
            if product > _MOST_INT:
                return " ".join(token for _, token in tokens[start : place + 1])
            if _next(tokens, place) != "*":
                break
            place += 2
    return ""


def is_value(tokens: Tokens) -> bool:
    """Return whether the tokens are a number, a text or a field rather than a condition.

    What a function or a CASE gives is for Flink to know.
    """
    while tokens and _outer(tokens) == ["("]:
        tokens = tokens[1:-1]
    outer = _outer(tokens)
    if _STATING.intersection(outer):
        return False
    return bool(_CALCULATING.intersection(outer)) or not {"(", "CASE"}.intersection(outer)


def _next(tokens: Tokens, place: int) -> str:
    return tokens[place + 1][1] if place + 1 < len(tokens) else ""


def _outer(tokens: Tokens) -> list[str]:
    """Return words and signs outside of parentheses and CASE, with the beginnings of these."""
    found, depth = [], 0
    for kind, token in tokens:
        word = token.upper() if kind in ("word", "sign", "phrase") else ""
        if word in (")", "END"):
            depth -= 1
        elif not depth:
            found.append(word)
        if word in ("(", "CASE"):
            depth += 1
    return found
