"""Generator of card transactions with the three fraud patterns of the credit card fraud handbook.

Rules:
- Equal settings give equal rows on every platform. The generator uses only the raw bits of PCG64, whose stream numpy
  promises to keep, and never numpy's own distributions.
- A day depends on the seed, on its number, and on the cards and terminals that earlier days compromised, so more
  days only add rows.
- One day is in memory at a time.

Source: Le Borgne, Siblini, Lebichot, Bontempi, Reproducible Machine Learning for Credit Card Fraud Detection,
2022, chapter 3, https://fraud-detection-handbook.github.io.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Batch: TypeAlias = Mapping[str, NDArray[Any]]
FileFormat = Literal["jsonl", "csv", "parquet"]

_DAY_S = 86_400
_SQUARE_KM = 100.0  # side of the square that cards and terminals lie in
_PEAK_S, _SPREAD_S = _DAY_S / 2, 20_000  # day profile: normal around noon
_HIGH_AMOUNT = 220.0
_TERMINAL_DAYS, _CARD_DAYS = 28, 14
_CARD_FACTOR, _CARD_SHARE = 5.0, 1 / 3


@dataclass(frozen=True)
class GeneratorSettings:
    """Number and reach of cards and terminals, and the rates at which they are compromised.

    Args:
        customers: number of cards; each makes 0 to 4 transactions a day on average, of 5 to 100 on average.
        terminals: number of terminals, in the same square of 100 by 100 as the cards.
        start: first day.
        seed: seed of the random bits, >= 0.
        radius: distance within which a card pays at terminals; a card without any never pays.
        compromised_terminals: share of the terminals that become compromised on a day.
        compromised_customers: share of the cards that become compromised on a day.
        drift: number of the day, from 0, from which thieves pay small amounts; None: they never do.
    """

    customers: int = 5_000
    terminals: int = 10_000
    start: dt.date = dt.date(2018, 4, 1)
    seed: int = 0
    radius: float = 5.0
    compromised_terminals: float = 2 / 10_000
    compromised_customers: float = 3 / 5_000
    drift: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("customers", 1), ("terminals", 1), ("seed", 0)):
            _require(name, getattr(self, name), f"an integer >= {least}", getattr(self, name) >= least)
        _require("radius", self.radius, "> 0", self.radius > 0)
        for name in ("compromised_terminals", "compromised_customers"):
            _require(name, getattr(self, name), "a share in [0, 1]", 0 <= getattr(self, name) <= 1)
        _require("drift", self.drift, "the number of a day, >= 0", self.drift is None or self.drift >= 0)


@dataclass(frozen=True)
class _Population:
    """Cards and terminals; ``terminals_of[first[c]:first[c + 1]]`` are those within reach of card c."""

    customer_xy: NDArray[np.float64]  # (customers, 2)
    terminal_xy: NDArray[np.float64]  # (terminals, 2)
    mean_amount: NDArray[np.float64]
    daily_rate: NDArray[np.float64]
    first: NDArray[np.int64]
    terminals_of: NDArray[np.int64]


class TransactionGenerator:
    """Card transactions, a day at a time, with the label and the pattern of each fraud.

    Patterns (TX_FRAUD_SCENARIO); a later one hides an earlier:

    1. The amount is over 220.
    2. The terminal is compromised, for 28 days.
    3. The card is compromised, for 14 days, in which a third of its payments are multiplied by 5.

    From the day of `drift` on, the first pattern is no fraud, and the payments of the third are divided by 5, so what
    told frauds apart before misleads.

    Example:
        >>> day = next(TransactionGenerator(GeneratorSettings(customers=50, terminals=500)).days(1))
        >>> sorted(day)[:3]
        ['CUSTOMER_ID', 'TERMINAL_ID', 'TRANSACTION_ID']
    """

    def __init__(self, settings: GeneratorSettings | None = None) -> None:
        self.settings = settings or GeneratorSettings()

    @cached_property
    def _population(self) -> _Population:
        return _populate(self.settings)

    def days(self, n: int) -> Iterator[Batch]:
        """Yield the first n days, each sorted by time; TX_DATETIME is in epoch milliseconds UTC, whole seconds."""
        settings, first_id = self.settings, 0
        terminal_until = np.zeros(settings.terminals, np.int64)
        card_until = np.zeros(settings.customers, np.int64)
        for day in range(n):
            bits = np.random.PCG64(np.random.SeedSequence([settings.seed, 1, day]))
            hit = _uniform(bits, settings.terminals) < settings.compromised_terminals
            terminal_until[hit] = day + _TERMINAL_DAYS
            hit = _uniform(bits, settings.customers) < settings.compromised_customers
            card_until[hit] = day + _CARD_DAYS
            columns = _payments(bits, self._population)
            has_drifted = settings.drift is not None and day >= settings.drift
            _commit_frauds(bits, columns, terminal_until > day, card_until > day, has_drifted=has_drifted)
            yield self._batch(columns, day, first_id)
            first_id += len(columns["seconds"])

    def batches(self, rows: int) -> Iterator[Batch]:
        """Yield the first `rows` transactions, a day at a time; the last day is cut."""
        if not len(self._population.terminals_of):
            msg = f"radius: no card has a terminal within {self.settings.radius}; expected a larger radius"
            raise ValueError(msg)
        for batch in self.days(np.iinfo(np.int32).max):
            if rows <= 0:
                return
            cut = {name: column[:rows] for name, column in batch.items()}
            rows -= len(cut["TRANSACTION_ID"])
            yield cut

    def _batch(self, columns: dict[str, NDArray[Any]], day: int, first_id: int) -> Batch:
        midnight = (self.settings.start - dt.date(1970, 1, 1)).days + day
        order = np.argsort(columns["seconds"], kind="stable")
        return {
            "TRANSACTION_ID": np.arange(first_id, first_id + len(order), dtype=np.int64),
            "TX_DATETIME": (midnight * _DAY_S + columns["seconds"][order]) * 1_000,
            "CUSTOMER_ID": columns["customer"][order],
            "TERMINAL_ID": columns["terminal"][order],
            "TX_AMOUNT": _cents(columns["amount"][order]),
            "TX_FRAUD": (columns["scenario"][order] > 0).astype(np.int64),
            "TX_FRAUD_SCENARIO": columns["scenario"][order],
        }


def to_json_lines(batch: Batch) -> list[str]:
    """Return a JSON text per row: times as ISO 8601 without a zone (UTC), amounts with two decimals."""
    return _lines(batch, lambda name: f'"{name}": ', ", ", ("{", "}"))


def write(path: Path, batches: Iterable[Batch], file_format: FileFormat | None = None) -> int:
    """Write batches to one file and return the number of rows.

    Args:
        path: file to write; a text file whose name ends in .gz is compressed.
        batches: batches with equal columns.
        file_format: format of the file; None = the suffix before .gz.
    """
    found = file_format or path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if found not in _WRITERS:
        msg = f"{path}: expected a suffix or a format among {', '.join(_WRITERS)}, got {found!r}"
        raise ValueError(msg)
    return _WRITERS[found](path, batches)


def _require(name: str, value: object, expected: str, is_met: bool) -> None:
    if not is_met:
        msg = f"generator setting {name}: expected {expected}, got {value!r}"
        raise ValueError(msg)


def _uniform(bits: np.random.PCG64, n: int) -> NDArray[np.float64]:
    """Return numbers in [0, 1), multiples of 2**-53."""
    return np.asarray(bits.random_raw(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _cents(amount: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(amount * 100) / 100
    return rounded


def _populate(settings: GeneratorSettings) -> _Population:
    bits = np.random.PCG64(np.random.SeedSequence([settings.seed, 0]))
    customer_xy = _uniform(bits, 2 * settings.customers).reshape(-1, 2) * _SQUARE_KM
    terminal_xy = _uniform(bits, 2 * settings.terminals).reshape(-1, 2) * _SQUARE_KM
    mean_amount = 5 + 95 * _uniform(bits, settings.customers)
    daily_rate = 4 * _uniform(bits, settings.customers)
    counts, terminals_of = _within(customer_xy, terminal_xy, settings.radius)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return _Population(customer_xy, terminal_xy, mean_amount, daily_rate, first, terminals_of)


def _within(
    customers: NDArray[np.float64], terminals: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of terminals that each card reaches, and these terminals card after card."""
    by_x = np.argsort(terminals[:, 0], kind="stable")
    x, y = terminals[by_x].T
    low = np.searchsorted(x, customers[:, 0] - radius)
    reached = []
    for (at_x, at_y), start in zip(customers.tolist(), low.tolist(), strict=True):
        stop = start + int(np.searchsorted(x[start:], at_x + radius, side="right"))
        near = (x[start:stop] - at_x) ** 2 + (y[start:stop] - at_y) ** 2 < radius * radius
        reached.append(np.sort(by_x[start:stop][near]))
    return np.array([len(own) for own in reached], np.int64), np.concatenate(reached).astype(np.int64)


def _poisson(u: NDArray[np.float64], rate: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return Poisson numbers by inversion of uniform ones."""
    count = np.zeros(len(u), np.int64)
    chance = np.exp(-rate)
    total = chance.copy()
    for k in range(1, 64):
        above = u >= total
        if not above.any():
            break
        count[above] = k
        chance = chance * rate / k
        total += chance
    return count


def _payments(bits: np.random.PCG64, people: _Population) -> dict[str, NDArray[Any]]:
    """Return one day of honest payments, card after card, without those that the day profile puts outside the day."""
    rate = np.where(np.diff(people.first) > 0, people.daily_rate, 0.0)
    count = _poisson(_uniform(bits, len(rate)), rate)
    customer = np.repeat(np.arange(len(rate), dtype=np.int64), count)
    u = _uniform(bits, 4 * len(customer)).reshape(4, -1)
    # Box-Muller: two independent normal numbers, one for the time and one for the amount.
    length, angle = np.sqrt(-2 * np.log1p(-u[0])), 2 * np.pi * u[1]
    seconds = np.floor(_PEAK_S + _SPREAD_S * length * np.cos(angle)).astype(np.int64)
    mean = people.mean_amount[customer]
    amount = mean + mean / 2 * length * np.sin(angle)
    amount = _cents(np.where(amount < 0, 2 * mean * u[2], amount))
    reach = np.diff(people.first)[customer]
    terminal = people.terminals_of[people.first[customer] + (u[3] * reach).astype(np.int64)]
    columns = {"customer": customer, "terminal": terminal, "seconds": seconds, "amount": amount}
    kept = (seconds >= 0) & (seconds < _DAY_S)
    return {name: column[kept] for name, column in columns.items()}


def _commit_frauds(
    bits: np.random.PCG64,
    columns: dict[str, NDArray[Any]],
    terminal_compromised: NDArray[np.bool_],
    card_compromised: NDArray[np.bool_],
    *,
    has_drifted: bool,
) -> None:
    """Add the scenario of each payment, and change the amounts of the third scenario."""
    stolen = card_compromised[columns["customer"]]
    stolen &= _uniform(bits, len(stolen)) < _CARD_SHARE
    scenario = np.where((columns["amount"] > _HIGH_AMOUNT) & (not has_drifted), 1, 0)
    scenario[terminal_compromised[columns["terminal"]]] = 2
    scenario[stolen] = 3
    columns["scenario"] = scenario.astype(np.int64)
    columns["amount"][stolen] *= 1 / _CARD_FACTOR if has_drifted else _CARD_FACTOR


def _texts(batch: Batch) -> dict[str, Any]:
    """Return each column as an Arrow array of text."""
    import pyarrow as pa
    from pyarrow import compute

    texts = {}
    for name, column in batch.items():
        if name == "TX_DATETIME":
            texts[name] = pa.array(np.datetime_as_string(column.astype("datetime64[ms]"), unit="s"))
        elif name == "TX_AMOUNT":
            euros, cents = np.divmod(np.rint(column * 100).astype(np.int64), 100)
            cents_text = compute.utf8_lpad(pa.array(cents).cast(pa.string()), 2, padding="0")
            texts[name] = compute.binary_join_element_wise(pa.array(euros).cast(pa.string()), cents_text, ".")
        else:
            texts[name] = pa.array(column).cast(pa.string())
    return texts


def _lines(batch: Batch, mark: Callable[[str], str], between: str, ends: tuple[str, str]) -> list[str]:
    """Return the rows as text, each value between `mark(name)` and, for times in JSON, its closing quote."""
    from pyarrow import compute

    parts: list[Any] = [ends[0]]
    for position, (name, text) in enumerate(_texts(batch).items()):
        quote = '"' if name == "TX_DATETIME" and mark(name) else ""
        parts += [(between if position else "") + mark(name) + quote, text, quote]
    lines: list[str] = compute.binary_join_element_wise(*parts, ends[1], "").to_pylist()
    return lines


@contextmanager
def _text(path: Path) -> Iterator[IO[str]]:
    with path.open("wb") as file:
        if path.suffix.lower() != ".gz":
            with io.TextIOWrapper(file, encoding="utf-8", newline="\n") as text:
                yield text
            return
        # Leave name and time out of the header, so that equal rows give equal files.
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
        ):
            yield text


def _write_jsonl(path: Path, batches: Iterable[Batch]) -> int:
    rows = 0
    with _text(path) as text:
        for batch in batches:
            lines = to_json_lines(batch)
            text.writelines(line + "\n" for line in lines)
            rows += len(lines)
    return rows


def _write_csv(path: Path, batches: Iterable[Batch]) -> int:
    rows = 0
    with _text(path) as text:
        for batch in batches:
            if not rows:
                text.write(",".join(batch) + "\n")
            lines = _lines(batch, lambda _: "", ",", ("", "\n"))
            text.writelines(lines)
            rows += len(lines)
    return rows


def _write_parquet(path: Path, batches: Iterable[Batch]) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    rows, writer = 0, None
    try:
        for batch in batches:
            columns = {**batch, "TX_DATETIME": batch["TX_DATETIME"].astype("datetime64[ms]")}
            table = pa.table(columns)
            writer = writer or parquet.ParquetWriter(os.fspath(path), table.schema, compression="zstd")
            writer.write_table(table)
            rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return rows


_WRITERS: dict[str, Callable[[Path, Iterable[Batch]], int]] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
