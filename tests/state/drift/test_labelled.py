from __future__ import annotations

import pytest

from state.drift.quality.labelled import labelled

NAN = float("nan")


def test_rows_without_score_or_label_are_left_out() -> None:
    scores, labels = labelled([0.1, NAN, 0.3, 0.4], [0, 1, NAN, 1])
    assert (scores.tolist(), labels.tolist()) == ([0.1, 0.4], [0, 1])


def test_booleans_are_labels() -> None:
    assert labelled([0.1, 0.2], [True, False])[1].tolist() == [1, 0]


def test_other_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="labels: expected 0 or 1, got 2; map the classes to 0 and 1"):
        labelled([0.1, 0.2], [0, 2])


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match=r"expected two columns of one length, got shapes \(2,\) and \(1,\)"):
        labelled([0.1, 0.2], [1])
