"""Lines read as one block, and the same lines each alone."""

from __future__ import annotations

import json

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.outcomes import Outcome, outcomes
from udfs.parsing.batch import RawBatch
from udfs.parsing.json_blocks import JsonBlocks
from udfs.parsing.json_lines import JsonLines
from udfs.parsing.parser import EventParser

FIELDS = {
    "id": FieldSettings(type="long"),
    "amount": FieldSettings(type="double", required=False),
    "price": FieldSettings(type="decimal", scale=2, required=False),
    "name": FieldSettings(type="string", required=False),
    "flag": FieldSettings(type="boolean", required=False),
    "at": FieldSettings(type="timestamp", required=False, source="time"),
}
BLOCKS = JsonBlocks(FIELDS)
ONE_BY_ONE = EventParser(FIELDS, JsonLines(FIELDS))


def clean(row: int) -> str:
    return json.dumps(
        {"id": row, "amount": row / 7, "price": row / 4, "name": f"n{row}", "flag": row % 2 == 0, "time": row}
    )


class _AtOnce:
    """Reads every batch as a block, and says when that cannot be done."""

    def read(self, lines: list[str]) -> RawBatch:
        columns = BLOCKS.read(lines)
        if columns is None:
            raise _DeclinedError
        return RawBatch(columns, {})


class _DeclinedError(Exception):
    pass


def at_once(lines: list[str]) -> list[Outcome] | None:
    try:
        return outcomes(EventParser(FIELDS, _AtOnce()).parse(encoded(lines)))
    except _DeclinedError:
        return None


def alone(lines: list[str]) -> list[Outcome]:
    return [outcomes(ONE_BY_ONE.parse(encoded([line])))[0] for line in lines]
