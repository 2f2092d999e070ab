"""Draw the visits of the recommendation job, and train its model.

python -m models.training.sessions.train data --seed 1 --visits 12000 --past --output past.jsonl.gz
gress features export recommendations --input past.jsonl.gz --output features.parquet
python -m models.training.sessions.train model --features features.parquet --folder trained
python -m models.training.sessions.train data --seed 2 --baselines features.parquet --output visits.jsonl.gz

The last draws other visits of the same shop, each with the ranks that baselines of the past give to its last item. The
file is registered with `gress models register`, which takes golden.parquet for golden rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.event_file import write_events
from models.training.exported import ExportedRows, read_export
from models.training.golden import golden_places, write_golden
from models.training.sessions.baselines import Baselines
from models.training.sessions.shop_visits import ITEMS, VisitSettings, as_rows, draw_visits
from models.training.sessions.two_towers import scores_of, train_two_towers, write_two_towers
from models.training.steps import Steps


def write_data(settings: VisitSettings, path: Path, *, is_past: bool, past: Path | None) -> None:
    """Write visits as events of the job, as compressed JSON Lines.

    Args:
        settings: size and seed of the visits.
        path: the file.
        is_past: whether each event holds the item that came next.
        past: export of past visits, by which baselines rank the last item of each visit; None: they do not.
    """
    baselines = None if past is None else Baselines.learn(*_read(past)[1:], ITEMS)
    rows = as_rows(draw_visits(settings), is_past=is_past, baselines=baselines)
    write_events(rows, path)


def write_model(features: Path, folder: Path) -> None:
    """Train on an export, and write model.onnx, the model.json with its classes, and golden.parquet."""
    data, recent, following = _read(features)
    towers = train_two_towers(recent, following, ITEMS)
    folder.mkdir(parents=True, exist_ok=True)
    write_two_towers(towers, recent.shape[1], folder / "model.onnx")
    known: dict[str, object] = {"file": "model.onnx", "task": "multiclass", "classes": list(map(str, range(ITEMS)))}
    known["roles"] = {"scores": ["scores"]}
    (folder / "model.json").write_text(json.dumps(known) + "\n", encoding="utf-8")
    golden = recent[golden_places(len(recent))]
    write_golden(folder / "golden.parquet", data.columns, golden, scores_of(towers, golden).max(axis=1))


def _read(path: Path) -> tuple[ExportedRows, NDArray[np.float32], NDArray[np.int64]]:
    """Return an export, the last items of its rows, and the item that came next."""
    data = read_export(path, order=("time", "view"))
    return data, data.features, data.table["next_item"].to_numpy().astype(np.int64)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the data or the model, as the arguments say."""
    steps = Steps("models.training.sessions.train", __doc__)
    data = steps.add_data("draw visits, and write them as events; the shop's catalogue is the same for each seed")
    data.add_argument("--visits", type=int, default=VisitSettings.visits, help="number of visits")
    data.add_argument("--past", action="store_true", help="tell in each event what came next, to train on it")
    data.add_argument("--baselines", type=Path, help="Parquet of past visits, by which baselines rank last items")
    steps.add_model()
    options = steps.parser.parse_args(arguments)
    if options.step == "model":
        write_model(options.features, options.folder)
        return
    size = VisitSettings(options.visits, max(options.visits * 2 // 5, 1), seed=options.seed)
    write_data(size, options.output, is_past=options.past, past=options.baselines)


if __name__ == "__main__":
    main()
