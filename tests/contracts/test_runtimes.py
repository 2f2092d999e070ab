"""The contract of runtimes, checked for each runtime in RUNTIMES over all its sample models."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.runtimes import RUNTIMES
from models.runtimes.options import RuntimeOptions
from models.runtimes.runtime import Runtime
from tests.support.sample_models import SAMPLES, Sample

CLASSES = {runtime.__name__: runtime for runtime in RUNTIMES.values()}
CASES = [
    pytest.param(RUNTIMES[kind], sample, id=f"{kind}:{name}")
    for kind in RUNTIMES
    for name, sample in SAMPLES.items()
    if RUNTIMES[sample.runtime] is RUNTIMES[kind]
]
SIZES = (0, 1, 2, 3, 7, 8, 9, 20)


FIXTURE_CASES = [pytest.param(param.values, id=param.id) for param in CASES]


@pytest.fixture(params=FIXTURE_CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Runtime, Sample]]:
    runtime_class, sample = request.param
    runtime = runtime_class.load(sample.write(tmp_path), RuntimeOptions())
    yield runtime, sample
    runtime.close()


def same(got: object, want: np.ndarray, tolerance: float) -> bool:
    got = np.asarray(got)
    if got.dtype == object:
        return got.shape == want.shape and (got == want).all()
    return got.shape == want.shape and np.allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", RUNTIMES)
def test_every_runtime_has_sample_models(kind: str) -> None:
    assert any(RUNTIMES[sample.runtime] is RUNTIMES[kind] for sample in SAMPLES.values())


def test_names_dtypes_and_shapes_are_as_declared(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    assert [(t.name, t.dtype, t.shape) for t in runtime.inputs] == list(sample.inputs)
    assert sorted((t.name, t.dtype, t.shape) for t in runtime.outputs) == sorted(sample.outputs)
    assert runtime.fixed_batch == sample.fixed_batch
    for n in SIZES:
        outputs = runtime.predict(sample.draw(n))
        assert list(outputs) == [tensor.name for tensor in runtime.outputs]
        for tensor in runtime.outputs:
            value = outputs[tensor.name]
            assert value.shape == (n, *tensor.shape[1:])
            assert value.dtype == (object if tensor.dtype == "string" else tensor.dtype)


def test_answers_are_those_of_an_independent_computation(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = sample.draw(50, seed=1)
    got = runtime.predict(inputs)
    for name, want in sample.expect(inputs).items():
        assert same(got[name], want, sample.tolerance), name


def test_batch_equals_row_by_row_at_any_size(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    for n in SIZES[1:]:
        inputs = sample.draw(n, seed=n)
        batch = runtime.predict(inputs)
        rows = [runtime.predict({name: array[i : i + 1] for name, array in inputs.items()}) for i in range(n)]
        for name, value in batch.items():
            assert same(value, np.concatenate([row[name] for row in rows]), 1e-6), (name, n)


def test_any_numeric_dtype_gives_the_same_answer(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = {
        name: array if array.dtype == object else np.rint(np.abs(array))
        for name, array in sample.draw(9).items()
    }
    want = runtime.predict(inputs)
    for dtype in ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float32", "float64"):
        cast = {name: a if a.dtype == object else a.astype(dtype) for name, a in inputs.items()}
        for name, value in runtime.predict(cast).items():
            assert same(value, want[name], 1e-6), (name, dtype)


def test_inputs_are_not_changed_and_may_be_strided_or_read_only(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = sample.draw(9)
    want = runtime.predict(inputs)
    strided = {name: np.asfortranarray(np.repeat(array, 2, axis=0))[::2] for name, array in inputs.items()}
    for array in strided.values():
        array.flags.writeable = False
    before = {name: array.copy() for name, array in strided.items()}
    got = runtime.predict(strided)
    assert all(same(got[name], value, 1e-6) for name, value in want.items())
    assert all((strided[name] == before[name]).all() for name in before)


def test_outputs_survive_the_next_call(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    first = runtime.predict(sample.draw(8, seed=1))
    kept = {name: value.copy() for name, value in first.items()}
    runtime.predict(sample.draw(8, seed=2))
    assert all((first[name] == kept[name]).all() for name in kept)


def test_threads_get_the_answers_one_thread_gets(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    batches = [sample.draw(1 + i % 5, seed=i) for i in range(40)]
    want = [runtime.predict(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(runtime.predict, batches))
    for one, other in zip(want, got, strict=True):
        assert all(same(other[name], value, 1e-6) for name, value in one.items())


def test_wrong_names_say_what_is_wanted(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = sample.draw(2)
    first = next(iter(inputs))
    renamed = {"wrong" if name == first else name: array for name, array in inputs.items()}
    with pytest.raises(ModelError, match=rf"wants inputs '{first}' .* got 'wrong'"):
        runtime.predict(renamed)
    with pytest.raises(ModelError, match=r"wants inputs .* got .*'more'"):
        runtime.predict(inputs | {"more": inputs[first]})
    with pytest.raises(ModelError, match=r"wants inputs .* got none"):
        runtime.predict({})


def test_wrong_width_says_both_shapes(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = {name: np.repeat(array, 3, axis=1) for name, array in sample.draw(5).items()}
    with pytest.raises(ModelError, match=r"wants input '\w+' \w+ \(\w+, \d\), got \w+ \(5, \d+\)"):
        runtime.predict(inputs)


@pytest.mark.parametrize(
    "case", [case for case in FIXTURE_CASES if len(case.values[0][1].inputs) > 1], indirect=True
)
def test_inputs_of_different_length_are_refused(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    inputs = sample.draw(5)
    last = list(inputs)[-1]
    with pytest.raises(ModelError, match=rf"wants inputs of equal length, got .*'{last}' 3 rows"):
        runtime.predict(inputs | {last: inputs[last][:3]})


def test_closed_runtime_refuses_and_closes_twice(case: tuple[Runtime, Sample]) -> None:
    runtime, sample = case
    runtime.close()
    runtime.close()
    with pytest.raises(ModelError, match="is closed; load it again"):
        runtime.predict(sample.draw(2))


@pytest.mark.parametrize("runtime_class", CLASSES.values(), ids=CLASSES)
@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"", r"is empty \(0 bytes\); expected a readable", id="empty"),
        pytest.param(
            b"version https://git-lfs", r"\(23 bytes, begins b'version https://'\) is not a", id="pointer"
        ),
        pytest.param(
            bytes(range(256)) * 9, r"\(2304 bytes, .* corrupt, cut off or of another format", id="noise"
        ),
        pytest.param(b"\x1c\0\0\0TFL3" + b"\xff" * 99, r"\(107 bytes, .* corrupt, cut off", id="magic-only"),
    ],
)
def test_file_that_is_no_model_is_refused(
    runtime_class: type[Runtime], content: bytes, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"model file {path} {text}"):
        runtime_class.load(path, RuntimeOptions())


@pytest.mark.parametrize("runtime_class", CLASSES.values(), ids=CLASSES)
def test_missing_file_is_refused(runtime_class: type[Runtime], tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ModelError, match=r"is not a file; expected a readable .* check the path"):
            runtime_class.load(path, RuntimeOptions())


@pytest.mark.parametrize(("runtime_class", "sample"), CASES)
def test_cut_off_file_is_refused(runtime_class: type[Runtime], sample: Sample, tmp_path: Path) -> None:
    content = sample.write(tmp_path).read_bytes()
    path = tmp_path / "cut.bin"
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ModelError, match=r"model file .* bytes, begins .* is not a readable"):
            runtime_class.load(path, RuntimeOptions())


@pytest.mark.parametrize(("runtime_class", "sample"), CASES)
def test_file_of_another_runtime_is_refused(
    runtime_class: type[Runtime], sample: Sample, tmp_path: Path
) -> None:
    path = sample.write(tmp_path)
    for other in CLASSES.values():
        if other is not runtime_class:
            with pytest.raises(ModelError, match=r"is not a readable .* another format"):
                other.load(path, RuntimeOptions())
