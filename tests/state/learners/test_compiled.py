from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from state.learners.kernels import compiled as module
from state.learners.kernels import vectors
from state.learners.kernels.compiled import compiled, has_compiler
from state.learners.linear_learner import LinearLearner
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from tests.state.learners.streams import EACH, stream

needs_numba = pytest.mark.skipif(not has_compiler(), reason="numba is not installed")

PROGRAM = """
from state.learners.kernels.compiled import compiled
from state.learners.kernels.passive_aggressive import learn_passive_aggressive
made = compiled(learn_passive_aggressive)
print(made.native.cache_hits)
"""


@pytest.fixture
def compiled_anew() -> Iterator[None]:
    compiled.cache_clear()
    yield
    compiled.cache_clear()


def learn(name: str, learner: LinearLearner) -> np.ndarray:
    rows = stream(EACH[name], 400)
    rows.rows[::29, 1] = np.nan
    rows.rows[50, 2] = 1e200
    return learner.learn_many(*rows)


@needs_numba
@pytest.mark.parametrize("name", EACH)
def test_machine_code_and_numpy_agree(name: str) -> None:
    machine, numpy = make_learner(EACH[name], 5, engine="numba"), make_learner(EACH[name], 5, engine="numpy")
    np.testing.assert_allclose(learn(name, machine), learn(name, numpy), rtol=1e-12, atol=1e-12)
    ours, theirs = machine.parameters(), numpy.parameters()
    np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.bias, theirs.bias, rtol=1e-12, atol=1e-12)
    assert (machine.learnt, machine.skipped) == (numpy.learnt, numpy.skipped)


@pytest.mark.parametrize("name", EACH)
def test_loops_that_are_not_compiled_agree_with_numpy(name: str) -> None:
    loops, numpy = LinearLearner(EACH[name], 5, EACH[name].update.loops), make_learner(EACH[name], 5, engine="numpy")
    with np.errstate(over="ignore", invalid="ignore"):
        found = learn(name, loops)
    np.testing.assert_allclose(found, learn(name, numpy), rtol=1e-12, atol=1e-12)
    assert loops.skipped == numpy.skipped


@needs_numba
@pytest.mark.parametrize("name", EACH)
def test_state_goes_over_from_one_engine_to_the_other(name: str) -> None:
    machine, numpy = make_learner(EACH[name], 5, engine="numba"), make_learner(EACH[name], 5, engine="numpy")
    learn(name, machine)
    numpy.restore(machine.to_bytes())
    np.testing.assert_allclose(learn(name, numpy), learn(name, machine), rtol=1e-12, atol=1e-12)


def test_without_numba_numpy_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Any] = []
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    monkeypatch.setattr("state.learners.make_learner.LinearLearner", lambda *arguments: used.append(arguments[2]))
    make_learner(LearnerSettings("logistic"), 2)
    assert used == [vectors.learn_sgd]


@needs_numba
@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize("error", [RuntimeError("cannot cache function"), PermissionError("read-only")], ids=repr)
def test_where_no_folder_can_be_written_kernels_are_not_kept(monkeypatch: Any, error: Exception) -> None:
    import numba

    njit = numba.njit

    def refuse(*arguments: Any, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise error
        return njit(*arguments, **options)

    monkeypatch.setattr(numba, "njit", refuse)
    learner = make_learner(LearnerSettings("passive_aggressive"), 2, engine="numba")
    learner.learn_many([[1.0, 2.0]], [1], [1])
    assert learner.parameters().weights[1, 0] > 0


@needs_numba
def test_next_process_takes_the_kernel_from_disk(tmp_path: Path, repository: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    found = [
        subprocess.run(command, env=environment, cwd=repository, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert found == ["0\n", "1\n"]


@needs_numba
def test_importing_learners_does_not_load_the_compiler(repository: Path) -> None:
    program = "import sys, state.learners.make_learner, state.learners.settings; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
