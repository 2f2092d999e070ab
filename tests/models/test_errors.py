from __future__ import annotations

import pickle
from pathlib import Path

from models.errors import ModelError


def test_text_joins_subject_problem_and_fix() -> None:
    assert str(ModelError("model a@1.0.0", "is closed")) == "model a@1.0.0 is closed"
    error = ModelError.of_file(Path("m.onnx"), "is empty", "copy it again")
    assert str(error) == "model file m.onnx is empty; copy it again"


def test_error_survives_pickling_between_processes() -> None:
    error = pickle.loads(pickle.dumps(ModelError("model a@1.0.0", "is closed", "load it")))
    assert (error.subject, error.problem, error.fix) == ("model a@1.0.0", "is closed", "load it")
    assert str(error) == "model a@1.0.0 is closed; load it"
