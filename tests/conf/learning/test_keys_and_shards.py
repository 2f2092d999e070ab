"""Settings of models of keys and of shards of one model, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.learning.learning_choice import learning_of
from conf.settings import Settings
from tests.conf.job_text import JOB

LEARNS = "ml: {online_learning: {enabled: true}}"
LABEL = "\n    label: FRAUD\n    fields:\n      FRAUD: {type: long, required: false}"


def job(learning: str) -> str:
    return LEARNS + JOB.replace("\n    fields:", LABEL) + f"  learning: {{{learning}}}\n"


@pytest.mark.parametrize(
    ("learning", "line"),
    [
        ("key: AMOUNT", "key: expected an event field of type long or string, got 'AMOUNT'"),
        ("key: USER, max_keys: 0", "max_keys: expected a value >= 1, got 0"),
        ("max_keys: 9", "max_keys: expected no max_keys without a key, got 9"),
        ("shards: 0", "shards: expected a value >= 1, got 0"),
        ("shards: 33", "shards: expected a value <= 32, got 33"),
        (
            "key: USER, shards: 2",
            "shards and job.learning.key: expected 1, as rows go to the shard of their key, got 2 and 'USER'",
        ),
        (
            "key: USER, learner: {algorithm: naive_bayes}",
            "key and job.learning.learner.algorithm: expected no key, as the deviations of keys are linear models, and "
            "naive_bayes is none, got 'USER' and 'naive_bayes'",
        ),
        (
            "key: USER, learner: {algorithm: river, estimator: a.B}",
            "key and job.learning.learner.algorithm: expected no key, as the deviations of keys are linear models, and "
            "river is none, got 'USER' and 'river'",
        ),
        (
            "shards: 2, learner: {algorithm: scikit_learn, estimator: a.B}",
            "shards and job.learning.learner.algorithm: expected 1, as estimators of other libraries have no mean, got "
            "2 and 'scikit_learn'",
        ),
    ],
    ids=lambda text: text.split(" expected")[0],
)
def test_contradiction_is_refused(learning: str, line: str, refusals: Callable[..., list[str]]) -> None:
    (found,) = refusals(job(learning))
    assert found.startswith(f"c.yaml: job.learning.{line}")


def test_defaults_are_one_model_in_one_shard(load: Callable[..., Settings]) -> None:
    settings = load(job("keep: 3"))
    assert settings.job is not None
    learning = learning_of(settings.ml, settings.job)
    assert learning is not None
    assert (learning.key, learning.max_keys, learning.shards) == (None, 100_000, 1)


def test_keys_and_shards_arrive(load: Callable[..., Settings]) -> None:
    for text, expected in (("key: USER, max_keys: 9", ("USER", 9, 1)), ("shards: 4", (None, 100_000, 4))):
        settings = load(job(text))
        assert settings.job is not None
        learning = learning_of(settings.ml, settings.job)
        assert learning is not None
        assert (learning.key, learning.max_keys, learning.shards) == expected
