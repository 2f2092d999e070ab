"""Writes river.json: streams, and what River's ADWIN and Page-Hinkley find in them.

River is no dependency: run this where it is installed, `pip install river==0.23.0 "numpy<2.2" typing_extensions`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path


def streams() -> dict[str, list[float]]:
    made = {}
    for name in ("abrupt", "gradual", "errors", "steady"):
        rng = random.Random(12345)
        if name == "abrupt":
            parts = [((2, 8), 700), ((5, 5), 500), ((2, 8), 500)]
            values = [rng.betavariate(*shape) for shape, count in parts for _ in range(count)]
        elif name == "gradual":
            values = [min(1.0, max(0.0, rng.gauss(0.3 + 0.3 * max(0, t - 500) / 1000, 0.1))) for t in range(1500)]
        elif name == "errors":
            values = [float(rng.random() < (0.1 if t < 800 else 0.35)) for t in range(1600)]
        else:
            values = [rng.random() for _ in range(1500)]
        made[name] = [round(value, 4) for value in values]
    return made


def adwin(stream: str, values: list[float], delta: float, clock: int) -> dict[str, object]:
    from river.drift.adwin_c import AdaptiveWindowing

    detector = AdaptiveWindowing(delta=delta, clock=clock, min_window_length=1, grace_period=10)
    changes = [i for i, value in enumerate(values) if detector.update(value)]
    found = {"changes": changes, "width": int(detector.get_width()), "total": detector.get_total()}
    return {"stream": stream, "delta": delta, "clock": clock, **found, "variance": detector.get_variance()}


def page_hinkley(stream: str, values: list[float], settings: dict[str, object]) -> dict[str, object]:
    from river.drift import PageHinkley

    detector = PageHinkley(**settings)
    changes = []
    for i, value in enumerate(values):
        detector.update(value)
        changes += [i] * detector.drift_detected
    return {"stream": stream, "settings": settings, "changes": changes}


def main() -> None:
    import river

    checks = ((0.002, 32), (0.002, 1), (0.2, 7))
    settings: tuple[dict[str, object], ...] = (
        {},
        {"threshold": 3.0},
        {"threshold": 2.0, "mode": "up", "alpha": 1.0, "delta": 0.05},
        {"threshold": 2.0, "mode": "down", "min_instances": 100},
    )
    document = {
        "source": f"river {river.__version__}; ADWIN is river.drift.adwin_c.AdaptiveWindowing with "
        "min_window_length=1, whose cut then is the paper's; Page-Hinkley is river.drift.PageHinkley",
        "streams": streams(),
        "adwin": [adwin(name, values, *check) for name, values in streams().items() for check in checks],
        "page_hinkley": [page_hinkley(name, values, s) for name, values in streams().items() for s in settings],
    }
    text = json.dumps(document, separators=(",", ":")).replace('],"', '],\n"')
    Path(__file__).with_name("river.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
