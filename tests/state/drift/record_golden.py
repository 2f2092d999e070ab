"""Figures of a drift record by NumPy, SciPy, pandas and scikit-learn alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats
from sklearn.metrics import roc_auc_score


def cell_counts(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """Counts of values v by cells edges[i-1] < v <= edges[i], and of NaN at the end."""
    said = np.asarray(values, np.float32)
    known = said[~np.isnan(said)].astype(float)
    bounds = np.asarray([*edges], np.float32).astype(float)
    # np.histogram's cells hold their lower bound; the other way round they hold the upper one.
    counts, _ = np.histogram(-known, [-np.inf, *-bounds[::-1], np.inf])
    return np.append(counts[::-1], np.isnan(said).sum())


def psi_of(before: np.ndarray, now: np.ndarray) -> float:
    """Jeffreys divergence of the shares; a cell empty on one side counts as half a row there."""
    is_used = (before + now) > 0
    q, p = (np.where(counts == 0, 0.5, counts)[is_used] / counts.sum() for counts in (before, now))
    return float(special.rel_entr(p, q).sum() + special.rel_entr(q, p).sum())


def calibration_error(scores: np.ndarray, labels: np.ndarray, cells: int = 15) -> float:
    """Expected calibration error over equally wide cells."""
    rows = pd.DataFrame({"score": scores, "label": labels, "cell": np.minimum(np.floor(scores * cells), cells - 1)})
    gaps = rows.groupby("cell")[["score", "label"]].sum().diff(axis=1)["label"].abs()
    return float(gaps.sum() / len(rows))


def baseline_document(matrix: np.ndarray, names: Sequence[str], scores: np.ndarray, cells: int = 10) -> dict[str, Any]:
    """A baseline as a model.json holds it, with edges at quantiles."""
    columns = []
    given = [(name, "feature", values) for name, values in zip(names, matrix.T, strict=True)]
    for name, role, values in [*given, ("prediction", "score", scores)]:
        said = np.asarray(values, np.float32)
        edges = np.unique(np.nanquantile(said, np.arange(1, cells) / cells, method="lower"))
        *counts, missing = cell_counts(said, edges.tolist()).tolist()
        cells_of = {"kind": "numeric", "edges": edges.tolist(), "counts": counts, "missing": missing}
        columns.append({"name": name, "role": role, **cells_of})
    return {"version": 1, "columns": columns}


def check_record(
    record: dict[str, Any], baseline: dict[str, Any], columns: Sequence[np.ndarray], labels: np.ndarray
) -> None:
    """Compare a record, made with psi and alpha 0.05, with the rows of its window.

    Args:
        record: as written.
        baseline: as `baseline_document` gives it.
        columns: of the window, features then prediction.
        labels: NaN where not known.
    """
    assert record["rows"] == len(labels)
    found = {finding["name"]: finding for finding in record["findings"]}
    if found:
        assert len(found) == len(record["findings"]) == len(baseline["columns"])
        for entry, values in zip(baseline["columns"], columns, strict=True):
            finding = found[entry["name"]]
            before = np.array([*entry["counts"], entry["missing"]])
            wanted = psi_of(before, cell_counts(values, entry["edges"]))
            np.testing.assert_allclose(finding["statistic"], wanted, rtol=1e-9, atol=1e-12)
            assert (finding["role"], finding["measure"]) == (entry["role"], "psi")
        _check_judgement(record)
    _check_quality(record["quality"], columns[-1], labels)


def _check_judgement(record: dict[str, Any]) -> None:
    tested = [finding for finding in record["findings"] if finding["p"] is not None]
    wanted = stats.false_discovery_control([finding["p"] for finding in tested])
    np.testing.assert_allclose([finding["q"] for finding in tested], wanted, rtol=1e-12)
    drifted = [finding for finding in tested if finding["q"] <= 0.05]
    assert [finding for finding in record["findings"] if finding["is_drift"]] == drifted
    assert record["is_drift"] == bool(drifted)
    assert record["score"] == max((finding["score"] for finding in drifted), default=0)


def _check_quality(quality: dict[str, Any] | None, scores: np.ndarray, labels: np.ndarray) -> None:
    is_known = ~np.isnan(labels)
    said, truth = np.asarray(scores)[is_known], labels[is_known]
    if is_known.sum() < 10:
        assert quality is None
        return
    assert quality is not None
    assert quality["outcomes"] == len(truth)
    np.testing.assert_allclose(quality["calibration_error"], calibration_error(said, truth), atol=1e-8)
    if len(set(truth)) < 2:
        assert quality["auc_roc"] is None
    else:
        # Scores within a thousandth may count as equal.
        cells, is_positive = np.ceil(np.round(said * 1000, 9)), truth == 1
        tied = np.mean(cells[is_positive][:, np.newaxis] == cells[~is_positive]) / 2
        assert abs(quality["auc_roc"] - roc_auc_score(truth, said)) <= tied + 1e-12
