"""Beam: text files, ``RunInference`` with the ONNX handler, text files, on the FnApiRunner of this machine.

The FnApiRunner is what Beam's DirectRunner runs on where it cannot download Prism, a runner in Go.

``python -m benchmarks.peers.beam_pipeline INPUT MODEL OUTPUT PROCESSES``.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import orjson
from apache_beam.ml.inference.base import KeyedModelHandler, PredictionResult, RunInference
from apache_beam.ml.inference.onnx_inference import OnnxModelHandlerNumpy
from apache_beam.options.pipeline_options import PipelineOptions
from numpy.typing import NDArray

from benchmarks.peers.batch_step import CONSTANTS, features_of_row
from benchmarks.peers.result import print_result
from benchmarks.rows import NUMBERS

Event = tuple[int, int, str]
_BATCH = 10_000


def parse(line: str) -> tuple[Event, NDArray[np.float32]]:
    """Return id, time and key of an event, and its features."""
    row = orjson.loads(line)
    found = features_of_row([row[name] for name in NUMBERS])
    return (row["id"], row["time"], row["user"]), np.array(found, np.float32)


def text(scored: tuple[Event, PredictionResult]) -> str:
    """Return the line of a prediction."""
    (number, time_ms, key), result = scored
    moment = datetime.fromtimestamp(time_ms / 1000, timezone.utc).isoformat(timespec="milliseconds")
    written: dict[str, Any] = {"event_id": number, "event_time": moment, "key": key}
    return orjson.dumps({**written, "prediction": float(result.inference[0]), **CONSTANTS}).decode()


def main(source: str, model: str, output: str, processes: str) -> None:
    """Run the pipeline in this process, or in several others."""
    Path(output).mkdir(parents=True)
    mode = "in_memory" if processes == "1" else "multi_processing"
    options = PipelineOptions(runner="FnApiRunner", direct_num_workers=int(processes), direct_running_mode=mode)
    handler = OnnxModelHandlerNumpy(
        model, providers=["CPUExecutionProvider"], min_batch_size=_BATCH, max_batch_size=_BATCH
    )
    logging.getLogger().setLevel(logging.ERROR)
    start = time.perf_counter()
    with beam.Pipeline(options=options) as pipeline:
        lines = pipeline | beam.io.ReadFromText(f"{source}/*")
        scored = lines | beam.Map(parse) | RunInference(KeyedModelHandler(handler))
        scored | beam.Map(text) | beam.io.WriteToText(f"{output}/part")
    print_result(time.perf_counter() - start, "apache-beam", "numpy", "onnxruntime", "orjson")


if __name__ == "__main__":
    main(*sys.argv[1:])
