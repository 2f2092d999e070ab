"""Generated transactions with every kind of bad line among them, and the right outcome of each line."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, to_json_lines

COLUMNS = ["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"]
_SETTINGS = GeneratorSettings(
    customers=150, terminals=40, seed=5, radius=20.0, compromised_terminals=0.02, compromised_customers=0.01
)
_BAD_ID = 1_000_000


@dataclass(frozen=True)
class BadLine:
    """A line that must become a dead letter, and why; bytes that are no UTF-8 stand in the text as lone surrogates."""

    text: str
    reason: str
    error: str

    @property
    def value(self) -> str:
        """The line as its dead letter holds it."""
        data = as_bytes(self.text)
        return base64.b64encode(data).decode() if self.is_binary else self.text

    @property
    def is_binary(self) -> bool:
        """Whether the line is no text."""
        return any("\udc80" <= letter <= "\udcff" for letter in self.text)


def as_bytes(line: str) -> bytes:
    """Return a line as it stands in the file."""
    return line.encode("utf-8", "surrogateescape")


def _with(**changed: object) -> str:
    """A good row but for what is changed; ... leaves a field out."""
    row = {
        "TRANSACTION_ID": _BAD_ID, "TX_DATETIME": "2018-04-02T00:00:00", "CUSTOMER_ID": 3, "TERMINAL_ID": 4,
        "TX_AMOUNT": 5.25, "TX_FRAUD": 0,
    }  # fmt: skip
    return json.dumps({name: value for name, value in (row | changed).items() if value is not ...})


UNDECODABLE = BadLine(
    _with(NOTE="é").replace("\\u00e9", "é\udcff\udcfe"), "malformed", "expected UTF-8 text, got 0xff (byte"
)
BAD_LINES = (
    BadLine("", "malformed", "expected a JSON object, got an empty line"),
    BadLine("not json", "malformed", "expected a JSON object, got"),
    BadLine('{"TRANSACTION_ID": 7, "TX_DATETIME', "malformed", "expected a JSON object, got"),
    BadLine("[1, 2]", "malformed", "expected a JSON object, got [1, 2]"),
    BadLine(_with(TX_AMOUNT="12.5"), "wrong_type", "field 'TX_AMOUNT': expected decimal, got '12.5'"),
    BadLine(_with(CUSTOMER_ID=1.5), "wrong_type", "field 'CUSTOMER_ID': expected long, got 1.5"),
    BadLine(
        _with(TX_DATETIME="2018-04-02 25:00"),
        "wrong_type",
        "field 'TX_DATETIME': expected timestamp, got '2018-04-02 25:00'",
    ),
    BadLine(_with(CUSTOMER_ID=...), "missing_value", "field 'CUSTOMER_ID': expected long, got null or nothing"),
    BadLine(
        _with(TX_DATETIME=None),
        "missing_value",
        "field 'TX_DATETIME': expected timestamp, got null or nothing",
    ),
    BadLine(_with(TX_AMOUNT=-0.01), "out_of_range", "field 'TX_AMOUNT': expected >= 0, got -0.01"),
    BadLine(
        _with(TX_AMOUNT=1.234),
        "out_of_range",
        "field 'TX_AMOUNT': expected at most 2 digits after the point, got 1.234",
    ),
    # One such row would make the sums of a window of a month wrong.
    BadLine(
        _with(TX_AMOUNT=1e15),
        "out_of_range",
        "field 'TX_AMOUNT': expected at most 9007199254740991 as a whole number of units of 1e-2, got 1000",
    ),
    BadLine(_with(TX_FRAUD=2**53), "out_of_range", "field 'TX_FRAUD': expected <= 9007199254740991, got 9007199254"),
    UNDECODABLE,
)
LATE = BadLine(
    _with(TX_DATETIME="2018-04-01T00:00:00", NOTE='O\'Neil, "zweiter Käufer"'),
    "late",
    "event time is behind the watermark, which trails the latest event by 0 ms",
)


@dataclass(frozen=True)
class CraftedInput:
    """Rows that the job takes, in order, and the bad lines put between them; the late one comes last.

    Attributes:
        count: rows drawn from the generator.
    """

    count: int = 2_500
    bad: tuple[BadLine, ...] = field(default=(*BAD_LINES, LATE))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Good rows; every 50th has a twin at its second, and some cost nothing, which the model cannot score."""
        batches = TransactionGenerator(_SETTINGS).batches(self.count)
        drawn = pd.concat([pd.DataFrame(batch) for batch in batches], ignore_index=True)[COLUMNS]
        twins = drawn.iloc[::50].assign(TRANSACTION_ID=lambda rows: rows["TRANSACTION_ID"] + 100_000)
        both = pd.concat([drawn, twins]).sort_values(["TX_DATETIME", "TRANSACTION_ID"], ignore_index=True)
        both.loc[both.index % 400 == 7, "TX_AMOUNT"] = 0.0
        return both

    @cached_property
    def lines(self) -> list[str]:
        """All lines of the JSON Lines file."""
        lines = to_json_lines({name: self.rows[name].to_numpy() for name in COLUMNS})
        for place, bad in enumerate(self.bad[:-1]):
            lines.insert(180 * (place + 1) % len(lines), bad.text)
        return [*lines, self.bad[-1].text]

    @property
    def unscorable(self) -> list[int]:
        """Ids of the good rows that the model has no score for."""
        ids: list[int] = self.rows.loc[self.rows["TX_AMOUNT"] == 0, "TRANSACTION_ID"].tolist()
        return ids

    def write(self, path: Path) -> Path:
        """Write the JSON Lines; the last line has no end."""
        path.write_bytes(as_bytes("\n".join(self.lines)))
        return path

    def good_lines(self) -> list[str]:
        """Lines of the good rows alone."""
        bad = {line.text for line in self.bad}
        return [line for line in self.lines if line not in bad]


def iso_times(rows: pd.DataFrame) -> pd.Series:
    """Event times as text."""
    return pd.Series(np.datetime_as_string(rows["TX_DATETIME"].to_numpy().astype("datetime64[ms]"), unit="s"))
