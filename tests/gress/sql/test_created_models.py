"""Models of CREATE MODEL are what the registry has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gress.sql.created_models import check_model, facts, parameter
from jobs.errors import JobError
from tests.support.fraud_config import STATELESS, write_fraud_config
from udfs.sql.options import NamedModel
from udfs.sql.sql_models import SqlModels

GOOD = {"provider": "gress", "model": "fraud-detector"}
INPUTS = [("merchant", "VARCHAR"), ("age", "INTEGER"), ("amount", "DOUBLE")]


def test_a_model_is_used_with_its_columns_in_the_order_of_input(models: SqlModels) -> None:
    use = check_model("m", {**GOOD, "version": "1"}, INPUTS, models)
    assert use == NamedModel("fraud-detector", "1", "", ("merchant", "age", "amount"))
    assert check_model("m", GOOD, [], models) == NamedModel("fraud-detector")


@pytest.mark.parametrize(
    ("options", "inputs", "text"),
    [
        pytest.param({**GOOD, "verson": "1"}, [], "got 'verson'; nearest valid name 'version'", id="option"),
        pytest.param(
            {"provider": "gress"}, [], "^model 'm': expected 'model' = 'name in the registry'.*none", id="no model"
        ),
        pytest.param(
            {**GOOD, "model": "fraud-detect"},
            [],
            "^model 'm': model 'fraud-detect' has no version in .*; nearest valid name 'fraud-detector'",
            id="model",
        ),
        pytest.param(
            {**GOOD, "version": "3"}, [], "^model 'm': model fraud-detector has no version 3.0.0", id="version"
        ),
        pytest.param({**GOOD, "version": "new"}, [], "model version 'new' is not a semantic version", id="no version"),
        pytest.param({**GOOD, "config": "nowhere.yaml"}, [], "^model 'm': .*expected the name of a job", id="config"),
        pytest.param(
            GOOD, INPUTS[:2], "^INPUT of model 'm': expected a column 'amount', got merchant, age$", id="missing input"
        ),
        pytest.param(
            GOOD,
            [*INPUTS, ("b", "INTEGER")],
            r"expected 3 columns \(amount, age, merchant\), got b too",
            id="input too many",
        ),
        pytest.param(
            GOOD, [*INPUTS[:2], ("amount", "VARCHAR")], "expected a number for column 'amount', got VARCHAR", id="type"
        ),
    ],
)
def test_what_the_registry_lacks_is_refused(
    options: dict[str, str], inputs: list[tuple[str, str]], text: str, models: SqlModels
) -> None:
    with pytest.raises(JobError, match=text):
        check_model("m", options, inputs, models)


def test_functions_get_model_version_job_and_inputs(models: SqlModels) -> None:
    more = {"plain": NamedModel("fraud-detector"), "old": NamedModel("fraud-detector", "0.9.0")}
    assert json.loads(parameter(models.with_created({**models.options.models, **more}))) == {
        "fraud": {"model": "fraud-detector", "version": "1.0.0", "config": "", "inputs": ["merchant", "age", "amount"]},
        "plain": {"model": "fraud-detector", "version": "", "config": "", "inputs": ["amount", "age", "merchant"]},
        "old": {"model": "fraud-detector", "version": "0.9.0", "config": "", "inputs": []},
    }


def test_inputs_of_a_model_with_a_job_are_what_its_features_are_computed_of(models: SqlModels, tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "job", features=STATELESS[:2])
    columns = models.columns(NamedModel("of-a-job", "", str(config)))
    assert {(each.name, each.kind) for each in columns} == {("TX_AMOUNT", "number"), ("TX_DATETIME", "time")}
    with pytest.raises(JobError, match=r"^model 'm': model fraud-detector@1\.0\.0 .*TX_AMOUNT"):
        check_model("m", {**GOOD, "config": str(config)}, [], models)
    use = check_model("m", {**GOOD, "model": "of-a-job", "config": str(config)}, [], models)
    assert [value for name, value in facts(use, models) if name == "features of"] == [str(config)]


def test_facts_are_those_of_the_version_that_is_used(models: SqlModels) -> None:
    found = dict(facts(NamedModel("fraud-detector"), models))
    assert found["version"] == "1.0.0 (serves; follows the registry)"
    assert (found["type"], found["task"], found["classes"]) == ("onnx", "binary", "no, yes")
    assert dict(facts(NamedModel("fraud-detector", "1"), models))["version"] == "1.0.0 (pinned)"
    assert [value for name, value in facts(models.options.models["fraud"], models) if name == "input"] == [
        "merchant: text",
        "age: number",
        "amount: number",
    ]
