from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
from ruamel.yaml import YAML

from conf.settings import EventSettings, FeatureSetSettings
from state.window_sql import WindowSpec
from udfs.features.errors import FeatureError
from udfs.features.feature_set import compile_feature_set

EVENTS = EventSettings.model_validate(
    {
        "id": "TRANSACTION_ID",
        "key": "CUSTOMER_ID",
        "time": "TX_DATETIME",
        "label": "TX_FRAUD",
        "fields": {
            "TRANSACTION_ID": {"type": "long"},
            "TX_DATETIME": {"type": "timestamp"},
            "SENT": {"type": "timestamp", "required": False},
            "CUSTOMER_ID": {"type": "long"},
            "TERMINAL_ID": {"type": "long"},
            "TX_AMOUNT": {"type": "decimal", "scale": 2, "source": "payment.amount"},
            "TX_FRAUD": {"type": "long", "required": False},
        },
    }
)
YAML_SPECS = """
- {name: AMOUNT, type: numerical, source: payment.amount}
- {name: TX_DURING_WEEKEND, type: temporal, parameters: {fields: [is_weekend]}}
- {name: TX_DURING_NIGHT, type: temporal, parameters: {fields: [is_night], night_start: 0, night_end: 7}}
- {name: RATIO, type: ratio, parameters: {numerator: TX_AMOUNT, denominator: AVG_7DAY}}
- name: AVG_7DAY
  type: aggregation
  source: TX_AMOUNT
  parameters: {function: avg, key: CUSTOMER_ID, window: 7d}
- name: RISK
  type: aggregation
  source: TX_FRAUD
  parameters: {function: avg, key: TERMINAL_ID, window: 7d, delay: 7d, empty: 0}
- {name: SINCE, type: time_since_last, parameters: {key: CUSTOMER_ID}}
- {name: Z, type: standardize, source: TX_AMOUNT, parameters: {mean: 50, stddev: 2}}
"""


def compiled(specs, events=EVENTS, name="set"):
    if isinstance(specs, str):
        specs = YAML(typ="safe").load(specs)
    return compile_feature_set(FeatureSetSettings.model_validate({"name": name, "specs": specs}), events)


def batch():
    return {
        "TX_DATETIME": np.array(
            [1_522_540_800_000, 1_523_000_000_000]
        ),  # Sunday 2018-04-01 00:00, Friday 07:33
        "TX_AMOUNT": np.array([50.0, 70.0]),
        "AVG_7DAY": np.array([25.0, np.nan]),
        "RISK": np.array([np.nan, 0.5]),
        "SINCE_PREVIOUS_TIME": np.array([np.nan, 1_522_999_990_000]),
    }


def test_columns_inputs_and_windows_follow_the_specs() -> None:
    features = compiled(YAML_SPECS)
    assert features.columns == (
        "AMOUNT", "TX_DURING_WEEKEND", "TX_DURING_NIGHT", "RATIO", "AVG_7DAY", "RISK", "SINCE", "Z",
    )  # fmt: skip
    assert set(features.inputs) == set(batch())
    assert features.windows == (
        WindowSpec("AVG_7DAY", "avg", "TX_AMOUNT", "CUSTOMER_ID", 604_800),
        WindowSpec("RISK", "avg", "TX_FRAUD", "TERMINAL_ID", 604_800, 604_800, None, 0.0),
        WindowSpec("SINCE_PREVIOUS_TIME", "previous_time", "TX_DATETIME", "CUSTOMER_ID", 2_592_000),
    )


def test_matrix_has_every_feature_in_order() -> None:
    matrix = compiled(YAML_SPECS).transform(batch())
    golden = [[50, 1, 1, 2, 25, 0, np.nan, 0], [70, 0, 0, np.nan, np.nan, 0.5, 10, 10]]
    np.testing.assert_array_equal(matrix, np.array(golden, np.float32))
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous


def test_compiling_does_not_need_aggregations_to_come_first() -> None:
    specs = YAML(typ="safe").load(YAML_SPECS)
    features = compiled(specs)
    backwards = compiled(specs[::-1])
    np.testing.assert_array_equal(backwards.transform(batch())[:, ::-1], features.transform(batch()))


def test_hash_is_the_start_of_sha256_over_canonical_json() -> None:
    canonical = '[{"columns":["A"],"default":1.0,"inputs":["TX_AMOUNT"],"type":"numerical"}]'
    features = compiled("[{name: A, type: numerical, source: TX_AMOUNT, parameters: {default: 1}}]")
    assert features.hash == hashlib.sha256(canonical.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "same",
    [
        "[{name: Z, type: normalize, source: TX_AMOUNT, parameters: {min: 0, max: 10}}]",
        "[{parameters: {max: 10.0, min: -0.0}, source: TX_AMOUNT, type: normalize, name: Z}]",
        "- name: Z\n  type: normalize\n  source: payment.amount\n"
        "  parameters:\n    clip: false\n    max: 1e1\n    min: 0\n",
        "[{name: other, output: Z, type: normalize, source: TX_AMOUNT, parameters: {min: 0, max: 10}}]",
    ],
    ids=["plain", "key-order-and-floats", "block-style-default-and-path", "output"],
)
def test_spelling_does_not_change_the_hash(same) -> None:
    golden = compiled(
        "[{name: Z, type: normalize, source: TX_AMOUNT, parameters: {min: 0, max: 10}}]", name="b"
    )
    assert compiled(same).hash == golden.hash


def test_every_parameter_name_source_and_the_order_change_the_hash() -> None:
    specs = YAML(typ="safe").load(YAML_SPECS)
    changed = [specs, specs[::-1], specs[:-1]]
    for place, name, value in [
        (0, "default", 1), (1, "timezone", "Europe/Paris"), (1, "cyclic", True), (2, "night_end", 6),
        (3, "default", 0), (4, "window", "8d"), (4, "function", "sum"), (4, "key", "TERMINAL_ID"),
        (4, "empty", 0),        (4, "filter", "TX_AMOUNT > 1"), (5, "delay", "1d"), (6, "window", "1d"),
        (7, "mean", 51), (7, "stddev", 3),
    ]:  # fmt: skip
        parameters = {**specs[place].get("parameters", {}), name: value}
        changed.append([*specs[:place], {**specs[place], "parameters": parameters}, *specs[place + 1 :]])
    changed.append([*specs[:-1], {**specs[-1], "output": "Y"}])
    changed.append([*specs[:-1], {**specs[-1], "source": "CUSTOMER_ID"}])
    hashes = [compiled(each).hash for each in changed]
    assert len(set(hashes)) == len(changed)


def test_temporal_reads_the_event_time_though_there_are_other_timestamps() -> None:
    assert compiled("[{name: T, type: temporal}]").inputs == ("TX_DATETIME",)
    assert compiled("[{name: T, type: temporal, source: SENT}]").inputs == ("SENT",)


def test_invalid_values_are_counted_by_column_and_only_where_there_are_any() -> None:
    features = compiled(
        "[{name: L, type: log, source: TX_AMOUNT},"
        " {name: M, type: log, source: TX_AMOUNT, parameters: {offset: 0}}]"
    )
    for amounts, found in (([0.0, 1.0, np.nan], {"M": 1}), ([2.0], {})):
        columns = {"TX_AMOUNT": np.array(amounts)}
        assert features.count_out_of_domain(columns, features.transform(columns)) == found


def test_no_warning_reaches_the_log_of_a_worker(recwarn) -> None:
    compiled(
        "[{name: R, type: ratio, parameters: {numerator: TX_AMOUNT, denominator: TX_AMOUNT}}]"
    ).transform({"TX_AMOUNT": np.array([0.0, 1e300])})
    compiled("[{name: A, type: numerical, source: TX_AMOUNT}]").transform({"TX_AMOUNT": np.array([1e300])})
    assert not recwarn.list


def test_explain_says_what_each_column_is() -> None:
    rows = {row.column: row for row in compiled(YAML_SPECS).explain()}
    assert rows["RISK"].formula == "avg(TX_FRAUD) of the same TERMINAL_ID in (t - 7d - 7d, t - 7d]"
    assert rows["TX_DURING_NIGHT"].formula == "is_night (hour in [0, 7)) of TX_DATETIME in UTC"
    assert rows["Z"].formula == "(TX_AMOUNT - 50) / 2"
    assert rows["RATIO"].inputs == ("TX_AMOUNT", "AVG_7DAY")
    assert rows["RISK"].inputs == ("TX_FRAUD", "TERMINAL_ID")


REFUSED = {
    "unknown type": (
        "[{name: A, type: numeric, source: TX_AMOUNT}]",
        r"feature 'A' \(numeric\): expected a known type, got 'numeric'; nearest valid name 'numerical'",
    ),
    "same output": (
        "[{name: A, type: numerical, source: TX_AMOUNT},"
        " {name: B, type: missing, source: TX_AMOUNT, output: A}]",
        r"feature 'B' \(missing\): expected columns of its own, got 'A', which feature 'A' makes too",
    ),
    "aggregate called like a field": (
        "[{name: TX_AMOUNT, type: aggregation, parameters: {function: count, key: CUSTOMER_ID, window: 1d}}]",
        "an output of its own, got 'TX_AMOUNT', which is an event field; choose another name or output",
    ),
    "feature of a feature": (
        "[{name: L, type: log, source: TX_AMOUNT}, {name: Z, type: clip, source: L, parameters: {min: 0}}]",
        r"one of event fields and aggregations, got 'L', made by feature 'L' \(log\); type clip reads",
    ),
    "aggregate of an aggregate": (
        "[{name: C, type: aggregation, parameters: {function: count, key: CUSTOMER_ID, window: 1d}},"
        " {name: S, type: aggregation, source: C,"
        " parameters: {function: sum, key: CUSTOMER_ID, window: 1d}}]",
        r"one of event fields, got 'C', made by feature 'C' \(aggregation\); type aggregation reads",
    ),
    "time since last of a feature": (
        "[{name: S, type: time_since_last, parameters: {key: CUSTOMER_ID}},"
        " {name: L, type: log, source: S_PREVIOUS_TIME}]",
        "got 'S_PREVIOUS_TIME', made by feature 'S'",
    ),
    "unknown column": (
        "[{name: A, type: log, source: nope}]",
        "an event field or an aggregation, got 'nope'",
    ),
    "label": (
        "[{name: A, type: numerical, source: TX_FRAUD}]",
        r"feature 'A' \(numerical\): expected no label among what it reads, got 'TX_FRAUD'; the truth",
    ),
    "label without delay": (
        "[{name: A, type: aggregation, source: TX_FRAUD,"
        " parameters: {function: avg, key: CUSTOMER_ID, window: 1d}}]",
        "no label among what it reads, got 'TX_FRAUD'; .* use an aggregation with a delay",
    ),
    "label in a filter": (
        "[{name: A, type: aggregation,"
        " parameters: {function: count, key: CUSTOMER_ID, window: 1d,"
        " filter: TX_AMOUNT > 1 AND `TX_FRAUD` = 1}}]",
        "no label among what it reads, got 'TX_FRAUD'",
    ),
}


def test_label_s_name_within_a_text_of_a_filter_is_no_label() -> None:
    text = "TX_AMOUNT > 1 OR 'TX_FRAUD' = 'it''s TX_FRAUD' OR TX_FRAUD_SCORE(TX_AMOUNT) > 1"
    parameters = {"function": "count", "key": "CUSTOMER_ID", "window": "1d", "filter": text}
    features = compiled([{"name": "A", "type": "aggregation", "parameters": parameters}])
    assert features.windows[0].filter == text


@pytest.mark.parametrize(("specs", "text"), REFUSED.values(), ids=REFUSED)
def test_wrong_sets_are_refused(specs, text) -> None:
    with pytest.raises(FeatureError, match=text):
        compiled(specs)


def test_two_fields_of_one_path_are_ambiguous() -> None:
    fields = {**EVENTS.fields, "AMOUNT_TEXT": EVENTS.fields["TX_AMOUNT"]}
    with pytest.raises(
        FeatureError, match=r"one column, got 'payment.amount', which TX_AMOUNT and AMOUNT_TEXT are"
    ):
        compiled(
            "[{name: A, type: log, source: payment.amount}]", EVENTS.model_copy(update={"fields": fields})
        )


def test_missing_column_is_named_with_the_nearest() -> None:
    columns = batch()
    columns["RISKS"] = columns.pop("RISK")
    text = "feature set 'set': expected input column 'RISK', got none; nearest valid name 'RISKS'"
    with pytest.raises(FeatureError, match=text):
        compiled(YAML_SPECS).transform(columns)


def test_all_missing_columns_are_named() -> None:
    columns = batch()
    columns["RISKS"], columns["X"] = columns.pop("RISK"), columns.pop("TX_DATETIME")
    text = (
        "feature set 'set': expected input columns 'TX_DATETIME', 'RISK', got none of them; "
        "'RISK': nearest valid name 'RISKS'"
    )
    with pytest.raises(FeatureError) as refused:
        compiled(YAML_SPECS).transform(columns)
    assert str(refused.value) == text


def test_columns_of_different_length_are_refused() -> None:
    columns = {**batch(), "RISK": np.zeros(1)}
    with pytest.raises(
        FeatureError, match=r"columns of one length, got .*RISK 1.*; pass the rows of one batch"
    ):
        compiled(YAML_SPECS).transform(columns)


def test_errors_keep_their_message_across_processes() -> None:
    with pytest.raises(FeatureError) as caught:
        compiled("[{name: A, type: log, source: nope}]")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (type(caught.value), str(caught.value))


def test_importing_the_table_loads_no_heavy_library() -> None:
    heavy = ("pandas", "pyarrow", "pydantic", "onnxruntime", "sklearn", "pyflink", "xxhash")
    code = f"import sys, udfs.features.feature_set; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
