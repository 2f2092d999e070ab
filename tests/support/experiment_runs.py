"""Settings of experiments for runs of the fraud job."""

from __future__ import annotations

from pathlib import Path

from tests.support.odd_models import ODD_MODELS
from tests.support.small_model import write_model

SPLIT = {"control": 60.0, "treatment": 40.0}


def overrides(
    folder: Path, width: int, weights: dict[str, float], *, has_shadows: bool = False, verdict: str = "null"
) -> list[str]:
    """Settings of an experiment whose variants are versions 2.0.0, 3.0.0, ... of the job's model."""
    models, variants = [], []
    for place, (name, weight) in enumerate(weights.items()):
        path = folder / name / "model.onnx"
        if not path.exists():
            write = ODD_MODELS.get(name)
            path = write_model(path.parent, width=width) if write is None else write(path.parent, width)
        version = f"{place + 2}.0.0"
        models.append(f"{{name: fraud-detector, version: {version}, type: onnx, path: {path}, warmup_on_load: false}}")
        variants.append(f"{{name: {name}, model_name: fraud-detector, model_version: {version}, weight: {weight}}}")
    listed = ", ".join(variants)
    tested = (
        f"name: test, strategy: hash, split_key: CUSTOMER_ID, enable_shadow_mode: {str(has_shadows).lower()}, "
        f"verdict: {verdict}, variants: [{listed}]"
    )
    return [
        f"ml.models=[{', '.join(models)}]",
        "ml.ab_testing.enabled=true",
        f"ml.ab_testing.experiments=[{{{tested}}}]",
    ]
