"""Both models of the sentiment job on its sample, without Flink."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from conf.loading.loader import load_settings
from conf.settings import Settings
from jobs.catalogue import default_config, sample_input
from models.registry import open_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from udfs.features.feature_set import compile_feature_set

MODELS = ("sentiment", "sentiment-small")
ODD = {
    "empty": "",
    "blank": "   ",
    "one letter": "a",
    "emoji": "😀👍🏽👨‍👩‍👧 ❤️",
    "mixed scripts": "Отличный фильм, 最高の映画, فيلم رائع, great!",
    "combining marks": "e\u0301" * 40,
    "half a character": "\ud83d",
    "very long": "good " * 5_000,
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(default_config("sentiment"), environ={})


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    path = sample_input("sentiment")
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _scores(settings: Settings, name: str, texts: list[str | None]) -> np.ndarray[Any, Any]:
    job = settings.job
    assert job is not None
    features = compile_feature_set(job.features, job.events)
    registry = open_registry("package:models")
    spec, file = registry.resolve(name, "1.0.0")
    assert spec.feature_columns == features.columns
    assert spec.feature_set_hash == features.hash
    model = load_model(spec, file)
    try:
        matrix = features.transform({"review": np.array(texts, object)})
        return np.asarray(model.predict(Inputs(np.ascontiguousarray(matrix), {})).prediction)
    finally:
        model.close()


@pytest.mark.parametrize("name", MODELS)
def test_model_is_better_than_the_lexicon_on_sentences_it_never_saw(
    name: str, settings: Settings, sample: list[dict[str, Any]]
) -> None:
    rows = sample[:700]
    truth = [row["positive"] for row in rows]
    lexicon = accuracy_score(truth, [row["vader"] > 0 for row in rows])
    found = accuracy_score(truth, _scores(settings, name, [row["review"] for row in rows]) > 0.5)
    assert found > lexicon + 0.03


@pytest.mark.parametrize("name", MODELS)
def test_odd_texts_have_a_score_of_their_own_that_no_other_row_changes(name: str, settings: Settings) -> None:
    texts = list(ODD.values())
    together = _scores(settings, name, texts)
    assert np.isfinite(together).all()
    assert ((together > 0) & (together <= 1)).all()
    alone = [float(_scores(settings, name, [text])[0]) for text in texts]
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_text_without_runs_is_scored_by_the_prior_alone(settings: Settings) -> None:
    empty, short, absent = _scores(settings, "sentiment", ["", "ab", None])
    assert empty == short == absent


def test_small_model_gives_the_scores_of_the_other_to_two_digits(
    settings: Settings, sample: list[dict[str, Any]]
) -> None:
    texts = [row["review"] for row in sample[:300]]
    large, small = (_scores(settings, name, texts) for name in MODELS)
    assert np.abs(large - small).max() < 0.02


def test_sample_holds_no_sentence_to_train_on(sample: list[dict[str, Any]]) -> None:
    assert len(sample) == 2_111
    assert {row["id"] % 5 for row in sample} == {0}
