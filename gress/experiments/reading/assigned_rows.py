"""Reader of the predictions of a run's experiments: when each variant answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gress.report.reading.rows import has_rows, read_rows
from jobs.run_folder.arrow import arrow_schema
from udfs.rows import PREDICTION, pick

Times = NDArray[np.datetime64]


def read_assigned_rows(run: Path) -> dict[str, dict[str, Times]]:
    """Return the event times of the predictions by experiment and variant; none where they went elsewhere.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow.compute as pc

    if not has_rows(run, "predictions"):
        return {}
    found: dict[str, dict[str, list[Times]]] = {}
    schema = arrow_schema(pick(PREDICTION, "event_time", "experiment", "variant"))
    for block in read_rows(run, "predictions", schema):
        for experiment in block["experiment"].unique().drop_null().to_pylist():
            own = block.filter(pc.equal(block["experiment"], experiment))
            for variant in own["variant"].unique().drop_null().to_pylist():
                times = own.filter(pc.equal(own["variant"], variant))["event_time"]
                values = times.to_numpy().astype("datetime64[ms]")
                found.setdefault(experiment, {}).setdefault(variant, []).append(values)
    return {
        experiment: {variant: np.concatenate(times) for variant, times in sorted(variants.items())}
        for experiment, variants in sorted(found.items())
    }
