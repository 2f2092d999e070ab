from __future__ import annotations

from typing import Any

import pytest

from state.learning.adapters.estimator_settings import EstimatorSettings

SGD = "sklearn.linear_model.SGDClassifier"


def test_estimator_has_the_parameters_asked_for_and_a_seed() -> None:
    found = EstimatorSettings(SGD, {"alpha": 0.5}).make("random_state")
    assert (type(found).__name__, found.alpha, found.random_state) == ("SGDClassifier", 0.5, 0)
    assert EstimatorSettings(SGD, {"random_state": 7}).make("random_state").random_state == 7
    EstimatorSettings("sklearn.naive_bayes.GaussianNB").make("random_state")


def test_mapping_with_a_class_is_an_object_in_turn() -> None:
    inner = {"class": "sklearn.linear_model.SGDClassifier", "alpha": 0.25}
    found = EstimatorSettings("sklearn.multiclass.OneVsRestClassifier", {"estimator": inner}).make("random_state")
    assert found.estimator.alpha == 0.25


@pytest.mark.parametrize(
    ("path", "parameters", "message"),
    [
        ("sklearn.linear_model.Nothing", {}, r"Nothing: expected the import path of a class, got an error: module"),
        ("no_such_library.Model", {}, "got an error: No module named 'no_such_library'; is its library installed"),
        ("SGDClassifier", {}, "SGDClassifier: expected the import path of a class, got an error: Empty module name"),
        ("math.pi", {}, r"math.pi: expected the import path of a class, got a float; name a class"),
        (SGD, {"alhpa": 1}, r"SGDClassifier: expected the parameters of its constructor, got \['alhpa', 'random_state"),
        (SGD, {"penalty": {"class": "no.Class"}}, "no.Class: expected the import path of a class"),
    ],
    ids=["class", "library", "module", "value", "parameter", "inner class"],
)
def test_nonsense_is_refused(path: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EstimatorSettings(path, parameters).make("random_state")


@pytest.mark.parametrize("classes", [1, -2])
def test_number_of_classes_out_of_range_is_refused(classes: int) -> None:
    with pytest.raises(ValueError, match=f"{SGD}: expected classes >= 2, or 0 for numbers, got {classes}; state how"):
        EstimatorSettings(SGD, classes=classes)


def test_fingerprint_tells_settings_and_releases_apart() -> None:
    settings = [EstimatorSettings(SGD), EstimatorSettings(SGD, {"alpha": 1}), EstimatorSettings(SGD, classes=3)]
    found = {each.fingerprint(2, "1.0") for each in settings}
    found |= {settings[0].fingerprint(3, "1.0"), settings[0].fingerprint(2, "1.1")}
    assert len(found) == 5
