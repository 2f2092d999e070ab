"""`gress learn`, run in this process."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gress.cli.main import main
from models.learned.learned_version import LearnedVersion
from models.learned.promote import promote_learned
from models.learned.publish import publish_learned
from models.learned.snapshots import open_snapshots
from models.lifecycle import register
from models.registry import Registry, local_registry
from tests.models.learned.samples import NOW, bayes, learned, linear, three_classes
from tests.models.learned.shards.tables import table
from tests.support.commands import Answer, Run, answer_of, refusal_of
from tests.support.tiny_models import write_linear

BOTH = pytest.mark.parametrize("place", [("--registry", "registry"), ("--checkpoint-dir", "saved")], ids=lambda p: p[1])


@pytest.fixture
def run(command_line: Run) -> Run:
    return partial(command_line, "learn")


@pytest.fixture
def gress(run: Run) -> Answer:
    return partial(answer_of, run)


@pytest.fixture
def refused(run: Run) -> Answer:
    return partial(refusal_of, run)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "registry")


@pytest.fixture
def learn(registry: Registry, tmp_path: Path) -> Callable[..., None]:
    """Write a learnt version to the registry and to the snapshots."""
    snapshots = open_snapshots(str(tmp_path / "saved"))

    def write(name: str, version: str, found: LearnedVersion) -> None:
        publish_learned(registry, name, version, found, created_at=NOW)
        snapshots.write(name, version, found)

    return write


@pytest.fixture
def fraud(learn: Callable[..., None], registry: Registry) -> None:
    """Two versions of a model, of which the first serves."""
    learn("fraud", "1.0.7", learned(7, model=linear(), feature_set="cards", feature_set_hash="ab12"))
    promote_learned(registry, "fraud", "1.0.7")
    learn("fraud", "1.0.8", learned(8, model=linear(), parent="0.9.0", scores={"auc_roc": 0.91}))


@pytest.mark.usefixtures("fraud")
@BOTH
def test_models_are_listed_with_their_newest_version(
    gress: Answer, learn: Callable[..., None], place: tuple[str, str]
) -> None:
    learn("other", "2.0.0", learned(0, learner="naive_bayes", model=bayes()))
    out = gress("list", *place)
    assert re.search(
        r"fraud +│ 2 +│ 1\.0\.8 +│ (registered)? +│ 1,008 +│ 2026-03-01 12:40 +│ auc_roc 0\.91 +│ ftrl +│ fraud", out
    )
    assert re.search(r"other +│ 1 +│ 2\.0\.0 .*│ auc_roc 0\.9, log_loss 0\.1235 +│ naive_bayes", out)
    found = json.loads(gress("list", *place, "--json"))
    assert [(each["name"], each["versions"], each["version"]) for each in found["models"]] == [
        ("fraud", 2, "1.0.8"),
        ("other", 1, "2.0.0"),
    ]
    assert found["models"][0]["newest"] == "2026-03-01T12:40:00Z"


@BOTH
def test_a_place_without_learnt_models_says_how_to_get_some(
    gress: Answer, refused: Answer, registry: Registry, tmp_path: Path, place: tuple[str, str]
) -> None:
    register(registry, write_linear(tmp_path / "trained"), "m", "1")
    assert "no model was learnt from a stream; a job with ml.online_learning makes them" in gress("list", *place)
    assert json.loads(gress("list", *place, "--json"))["models"] == []
    line = refused("inspect", *place)
    assert re.search(rf"{place[1]} holds no learnt model; a job with ml\.online_learning makes them$", line)


@pytest.mark.usefixtures("fraud")
@BOTH
def test_a_model_is_shown_with_its_weights_and_history(gress: Answer, place: tuple[str, str]) -> None:
    out = gress("inspect", *place)
    assert re.search(rf"^\s*fraud@1\.0\.8 in\s+\S+/{place[1]}\s", out)
    facts = {
        "model": "linear, logistic",
        "classes": "honest, fraud",
        "bias": "-0.5",
        "scores": "auc_roc 0.91",
        "updates": "1,008",
        "rows": "108 fraud, 900 honest",
        "learner": "ftrl",
        "settings": "alpha=0.1, clip=None, is_adaptive=True, loss=log, seed=1",
        "went on from": "0.9.0",
        "job": "fraud",
        "code": "0.9.0",
    }
    for name, value in facts.items():
        assert re.search(rf"│ {name} +│ {re.escape(value)} +│", out), name
    # By hand: 4 and 0 a unit, as it never varied; 1.5 / 50; -0.25 / 10.
    lines = [
        r"constant +│ +│ \+4 +│ \+0 +│ 7 +│ 0 ",
        r"amount +│ +│ \+1\.5 +│ \+0\.03 +│ 100 +│ 50 ",
        r"age +│ +│ -0\.25 +│ -0\.025 +│ 40 +│ 10 ",
    ]
    places = [match.start() for line in lines if (match := re.search(line, out))]
    assert len(places) == 3
    assert places == sorted(places)
    assert "all 3 features, strongest first" in out
    assert re.search(r"1\.0\.7 +│ (deployed)? +│ 1,007 +│ 2026-03-01 12:35 +│ auc_roc 0\.9, log_loss 0\.1235", out)
    assert re.search(r"1\.0\.8 +│ (registered)? +│ 1,008 +│ 2026-03-01 12:40 +│ auc_roc 0\.91", out)


@pytest.mark.usefixtures("fraud")
@BOTH
def test_a_document_holds_the_same(gress: Answer, tmp_path: Path, place: tuple[str, str]) -> None:
    found = json.loads(gress("inspect", "fraud", "--version", "v1.0.7", "--top", "1", *place, "--json"))
    assert found[place[0].removeprefix("--").replace("-", "_")] == str(tmp_path / place[1])
    assert (found["name"], found["version"], found["kind"], found["link"]) == ("fraud", "1.0.7", "linear", "logistic")
    assert (found["bias"], found["features"], found["feature_set_hash"]) == ([-0.5], 3, "ab12")
    assert found["raw_bias"] == [pytest.approx(-0.5 - 3 + 1)]
    (weight,) = found["weights"]
    assert (weight["feature"], weight["weights"], weight["raw_weights"]) == ("constant", [4.0], [0.0])
    assert [each["version"] for each in found["history"]] == ["1.0.7", "1.0.8"]
    assert found["scores"] == {"auc_roc": 0.9, "log_loss": 0.12345}
    assert found["lineage"]["settings"]["seed"] == 1


@pytest.mark.usefixtures("fraud")
@BOTH
def test_few_of_many_features_are_shown(gress: Answer, place: tuple[str, str]) -> None:
    out = gress("inspect", "--top", "2", *place)
    assert "2 of 3 features, strongest first" in out
    assert "amount" in out
    assert "│ age" not in out


@BOTH
def test_naive_bayes_shows_its_classes(gress: Answer, learn: Callable[..., None], place: tuple[str, str]) -> None:
    learn("nb", "1.0.0", learned(model=bayes()))
    out = gress("inspect", *place)
    # By hand: (200 - 100) / sqrt((900 + 2500) / 2) = 2.4254.
    assert re.search(r"amount +│ honest +│ 100 +│ 30 +│ 2\.425 ", out)
    assert re.search(r"\n│ +│ fraud +│ 200 +│ 50 +│ +│", out)
    assert "Gaussian naive Bayes" in out
    found: dict[str, Any] = json.loads(gress("inspect", *place, "--json"))
    assert (found["kind"], found["weights"][0]["outputs"]) == ("bayes", ["honest", "fraud"])


@BOTH
def test_each_class_of_a_softmax_has_its_weights(
    gress: Answer, learn: Callable[..., None], place: tuple[str, str]
) -> None:
    learn("s", "1.0.0", learned(model=three_classes(weights=[[1, -2, 3], [0, 0, 0.5], [0, 0, 0]])))
    out = gress("inspect", *place)
    assert re.search(r"amount +│ a +│ \+1 +│ \+0\.02 +│ 100 +│ 50 ", out)
    assert re.search(r"\n│ +│ b +│ -2 +│ -0\.04 +│ +│ +│", out)


@pytest.mark.usefixtures("fraud")
def test_registries_of_settings_do_not_matter_to_snapshots(run: Run, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("ml: {model_registry: {base_path: registry}}", "utf-8")
    assert run("list", "--checkpoint-dir", "saved")[2] == ""
    assert "job.yaml names another registry" in run("list")[2]


@pytest.mark.usefixtures("fraud")
def test_models_show_says_that_a_version_was_learnt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], registry: Registry
) -> None:
    monkeypatch.setattr(sys, "argv", ["gress", "models", "show", "fraud", "1.0.8", "--registry", str(registry.base)])
    with pytest.raises(SystemExit):
        main()
    want = "by ftrl of job fraud: 1,008 updates up to 2026-03-01 12:40, from 0.9.0 on (gress learn inspect fraud)"
    assert want in capsys.readouterr().out


@pytest.mark.usefixtures("fraud")
def test_what_is_not_there_is_one_line(
    refused: Answer, learn: Callable[..., None], registry: Registry, tmp_path: Path
) -> None:
    saved, there = ("--checkpoint-dir", "saved"), ("--registry", "registry")
    assert "fraud has no snapshot 3.0.0 in" in refused("inspect", "fraud", "--version", "3", *saved)
    assert "model frau has no snapshot in" in refused("inspect", "frau", *saved)
    assert "did you mean 'fraud'?" in refused("inspect", "frau", *there)
    register(registry, write_linear(tmp_path / "trained"), "m", "1")
    assert "model m has no learnt version in" in refused("inspect", "m", *there)
    assert "model m@1.0.0 was not learnt from a stream" in refused("inspect", "m", "--version", "1", *there)
    learn("other", "1.0.0", learned())
    for place in (saved, there):
        assert re.search(r"holds several learnt models: fraud, other; name one", refused("inspect", *place))
    assert "has scheme ftp://; expected a folder" in refused("list", "--checkpoint-dir", "ftp://x/y")


@BOTH
def test_models_of_keys_are_counted_and_shown_by_the_one_of_all_others(
    gress: Answer, learn: Callable[..., None], place: tuple[str, str]
) -> None:
    model = table(size=300)
    learn("users", "1.0.1", learned(1, model=model))
    out = gress("inspect", "users", *place)
    assert re.search(r"│ a model each for +│ 300 values of merchant; below is that of all\s+others", out)
    assert re.search(r"│ model +│ linear, logistic +│", out)
    found = json.loads(gress("inspect", "users", *place, "--json"))
    assert (found["kind"], found["key"], found["keys"]) == ("table", "merchant", 300)
    weights = {each["feature"]: each["weights"][0] for each in found["weights"]}
    assert weights == pytest.approx(dict(zip(model.features, model.other.weights[:, 0].tolist(), strict=True)))
