from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
from itertools import islice

import numpy as np
import pytest

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, to_json_lines, write

SMALL = GeneratorSettings(customers=300, terminals=800, seed=7)


def join(batches):
    batches = list(batches)
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


@pytest.fixture(scope="module")
def half_year():
    return join(TransactionGenerator(GeneratorSettings(seed=1)).days(183))


def day_of(columns):
    return columns["TX_DATETIME"] // 86_400_000 - (dt.date(2018, 4, 1) - dt.date(1970, 1, 1)).days


def test_seed_gives_the_rows_it_always_gave():
    rows = join(TransactionGenerator(SMALL).batches(1_000))
    text = "\n".join(to_json_lines(rows))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "8269df4ce20acc28b0fafb211b1163e9cd9cd7041b53dd766004fa936bb8a0ea"


def test_more_days_only_add_rows():
    short = join(TransactionGenerator(SMALL).days(3))
    long = join(TransactionGenerator(SMALL).days(9))
    for name, column in short.items():
        np.testing.assert_array_equal(column, long[name][: len(column)], err_msg=name)


def test_another_seed_gives_other_rows():
    one, two = (
        next(TransactionGenerator(GeneratorSettings(customers=300, terminals=800, seed=seed)).days(1))
        for seed in (1, 2)
    )
    assert one["TX_AMOUNT"][:10].tolist() != two["TX_AMOUNT"][:10].tolist()


def test_days_are_sorted_and_numbered_without_gaps():
    days = list(TransactionGenerator(SMALL).days(5))
    rows = join(days)
    assert (np.diff(rows["TX_DATETIME"]) >= 0).all()
    np.testing.assert_array_equal(rows["TRANSACTION_ID"], np.arange(len(rows["TRANSACTION_ID"])))
    assert [set(day_of(day).tolist()) for day in days] == [{n} for n in range(5)]
    assert (rows["TX_DATETIME"] % 1_000 == 0).all()


@pytest.mark.parametrize("rows", [0, 1, 1_000, 1_500])
def test_batches_give_as_many_rows_as_asked(rows):
    batches = list(TransactionGenerator(SMALL).batches(rows))
    assert sum(len(batch["TRANSACTION_ID"]) for batch in batches) == rows


def test_first_pattern_is_an_amount_over_220(half_year):
    scenario, amount = half_year["TX_FRAUD_SCENARIO"], half_year["TX_AMOUNT"]
    assert (amount[scenario == 1] > 220).all()
    assert (amount[scenario == 0] <= 220).all()


def test_second_pattern_takes_all_payments_of_a_terminal_for_28_days(half_year):
    is_second, day = half_year["TX_FRAUD_SCENARIO"] == 2, day_of(half_year)
    spans = []
    for terminal in np.unique(half_year["TERMINAL_ID"][is_second]):
        own = half_year["TERMINAL_ID"] == terminal
        days = day[own & is_second]
        if np.ptp(days) > 27:  # it fell twice
            continue
        spans.append(np.ptp(days) + 1)
        assert half_year["TX_FRAUD"][own & (day >= days.min()) & (day <= days.max())].all()
    assert len(spans) > 200
    assert np.median(spans) > 20  # its first and last days may pass without a payment
    assert max(spans) == 28


def test_third_pattern_multiplies_a_third_of_a_cards_amounts_by_five(half_year):
    settings = GeneratorSettings(customers=2_000, terminals=4_000, compromised_customers=1.0)
    rows = join(TransactionGenerator(settings).days(10))
    is_third = rows["TX_FRAUD_SCENARIO"] == 3
    assert is_third.mean() == pytest.approx(1 / 3, abs=0.01)
    honest, stolen = rows["TX_AMOUNT"][~is_third].mean(), rows["TX_AMOUNT"][is_third].mean()
    assert stolen / honest == pytest.approx(5, rel=0.05)


def test_third_pattern_lasts_14_days(half_year):
    is_third = half_year["TX_FRAUD_SCENARIO"] == 3
    card, day = half_year["CUSTOMER_ID"][is_third], day_of(half_year)[is_third]
    spans = np.array([np.ptp(day[card == one]) for one in np.unique(card)])
    assert np.median(spans) <= 13  # longer only where a card falls twice
    assert (spans <= 13).mean() > 0.85


def test_no_pattern_no_fraud_but_large_amounts():
    settings = GeneratorSettings(customers=300, terminals=800, compromised_terminals=0, compromised_customers=0)
    rows = join(TransactionGenerator(settings).days(20))
    assert set(rows["TX_FRAUD_SCENARIO"].tolist()) <= {0, 1}


def test_rates_are_those_of_the_handbook(half_year):
    # Its data set: 1,754,155 rows in 183 days, 0.84 % fraud, scenarios 973, 9,077 and 4,631 rows, mean amount 53.6.
    rows = len(half_year["TX_FRAUD"])
    assert rows == pytest.approx(1_754_155, rel=0.05)
    assert half_year["TX_FRAUD"].mean() == pytest.approx(0.0084, rel=0.15)
    assert half_year["TX_AMOUNT"].mean() == pytest.approx(53.6, rel=0.05)
    np.testing.assert_array_equal(half_year["TX_FRAUD"], half_year["TX_FRAUD_SCENARIO"] > 0)


def test_day_profile_peaks_at_noon(half_year):
    seconds = half_year["TX_DATETIME"] // 1_000 % 86_400
    assert seconds.mean() == pytest.approx(43_200, abs=100)
    assert 18_000 < seconds.std() < 20_000  # 20,000 without the cut at midnight


def test_cards_pay_within_their_radius():
    generator = TransactionGenerator(GeneratorSettings(customers=300, terminals=800, radius=9.0))
    rows, people = join(generator.days(5)), generator._population
    apart = people.customer_xy[rows["CUSTOMER_ID"]] - people.terminal_xy[rows["TERMINAL_ID"]]
    assert 8 < np.hypot(*apart.T).max() < 9
    assert people.terminal_xy.min() >= 0
    assert people.terminal_xy.max() < 100


def test_amounts_are_whole_cents_and_not_negative(half_year):
    amount = half_year["TX_AMOUNT"]
    assert amount.min() >= 0
    np.testing.assert_array_equal(amount, np.round(amount, 2))


def test_json_lines_read_back_as_the_columns():
    generator = TransactionGenerator(SMALL)
    batch = next(generator.days(1))
    lines = to_json_lines(batch)
    assert lines[0].startswith('{"TRANSACTION_ID": 0, "TX_DATETIME": "2018-04-01T00:')
    rows = [json.loads(line) for line in lines]
    for name in set(batch) - {"TX_DATETIME"}:
        assert [row[name] for row in rows] == batch[name].tolist()
    times = np.array([row["TX_DATETIME"] for row in rows], "datetime64[ms]").astype(np.int64)
    np.testing.assert_array_equal(times, batch["TX_DATETIME"])


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz", "t.csv", "t.csv.gz", "t.parquet"])
def test_files_hold_the_rows(tmp_path, name):
    expected = join(TransactionGenerator(SMALL).batches(1_200))
    assert write(tmp_path / name, TransactionGenerator(SMALL).batches(1_200)) == 1_200
    if name.endswith("parquet"):
        parquet = pytest.importorskip("pyarrow.parquet")
        table = parquet.read_table(tmp_path / name)
        ids, amounts = table["TRANSACTION_ID"].to_pylist(), table["TX_AMOUNT"].to_pylist()
    else:
        with (gzip.open if name.endswith("gz") else open)(tmp_path / name, "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file)) if "csv" in name else [json.loads(line) for line in file]
        ids, amounts = [int(row["TRANSACTION_ID"]) for row in rows], [float(row["TX_AMOUNT"]) for row in rows]
    assert ids == expected["TRANSACTION_ID"].tolist()
    assert amounts == expected["TX_AMOUNT"].tolist()


def test_equal_rows_give_equal_compressed_files(tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write(tmp_path / name, TransactionGenerator(SMALL).days(1))
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_days_are_made_one_at_a_time():
    assert len(list(islice(TransactionGenerator(SMALL).days(10**9), 2))) == 2


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"t\.xls: expected a suffix or a format among jsonl, csv, parquet, got 'xls'"):
        write(tmp_path / "t.xls", [])


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"customers": 0}, "generator setting customers: expected an integer >= 1, got 0"),
        ({"seed": -1}, "generator setting seed: expected an integer >= 0, got -1"),
        ({"radius": 0.0}, r"generator setting radius: expected > 0, got 0\.0"),
        ({"compromised_customers": 2.0}, r"compromised_customers: expected a share in \[0, 1\], got 2\.0"),
    ],
)
def test_wrong_settings_are_refused(setting, text):
    with pytest.raises(ValueError, match=text):
        GeneratorSettings(**setting)


def test_cards_out_of_reach_of_all_terminals_are_refused():
    generator = TransactionGenerator(GeneratorSettings(customers=1, terminals=1, radius=1e-6))
    with pytest.raises(ValueError, match=r"radius: no card has a terminal within 1e-06; expected a larger radius"):
        next(generator.batches(1))
