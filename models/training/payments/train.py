"""Draw the payments of the fraud-document job, and train its model.

python -m models.training.payments.train data --seed 1 --payments 60000 --output past.jsonl.gz
gress features export fraud-document --input past.jsonl.gz --output features.parquet
python -m models.training.payments.train model --features features.parquet --folder trained

`gress models register` takes trained/model.onnx, and trained/golden.parquet for golden rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.recipes.scikit_learn import to_onnx
from models.training.event_file import write_events
from models.training.exported import read_export
from models.training.golden import golden_places, write_golden
from models.training.payments.card_payments import PaymentSettings, as_rows, draw_payments
from models.training.steps import Steps

SETTINGS = {"n_estimators": 60, "max_depth": 4, "learning_rate": 0.1, "subsample": 0.5, "min_samples_leaf": 40}
_CHECKED_ROWS = 500


def write_model(features: Path, folder: Path, *, seed: int = 0) -> None:
    """Train trees on an export, and write model.onnx and golden.parquet, whose answers are scikit-learn's."""
    from sklearn.ensemble import GradientBoostingClassifier

    data = read_export(features, order=("time", "transaction_id"))
    model = GradientBoostingClassifier(random_state=seed, **SETTINGS)
    model.fit(data.features, data.table["is_fraud"].to_numpy())
    folder.mkdir(parents=True, exist_ok=True)
    to_onnx(model, data.columns, folder / "model.onnx", check=data.features[:_CHECKED_ROWS])
    golden = data.features[golden_places(len(data.features))]
    write_golden(folder / "golden.parquet", data.columns, golden, model.predict_proba(golden)[:, 1])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the data or the model, as the arguments say."""
    steps = Steps("models.training.payments.train", __doc__)
    data = steps.add_data("draw payments, and write them as events")
    data.add_argument("--payments", type=int, default=PaymentSettings.payments, help="number of payments")
    steps.add_model()
    options = steps.parser.parse_args(arguments)
    if options.step == "model":
        write_model(options.features, options.folder)
        return
    settings = PaymentSettings(options.payments, seed=options.seed)
    write_events(as_rows(draw_payments(settings)), options.output)


if __name__ == "__main__":
    main()
