"""The drawing of a benchmark's figures."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.drawing import draw

SVG = "{http://www.w3.org/2000/svg}"
FALLING = {10: 120.0, 100: 30.0, 1_000: 11.0, 10_000: 9.0}


def circles(root: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(each.get("cx") or 0), float(each.get("cy") or 0)) for each in root.iter(f"{SVG}circle")]


def test_points_fall_as_the_values_do_and_stay_within_the_frame() -> None:
    root = ElementTree.fromstring(draw("costs", "rows", {"": FALLING}))
    places = circles(root)
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    # Down the page is down the scale.
    assert [y for _, y in places] == sorted(y for _, y in places)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    assert all(0 < x < width and 0 < y < height for x, y in places)
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"costs", "rows", "10,000", "120", "9", "1", "1,000"} <= set(texts)


def test_two_curves_share_both_axes() -> None:
    tenfold = {number: 10 * value for number, value in FALLING.items()}
    root = ElementTree.fromstring(draw("costs", "rows", {"low": FALLING, "high": tenfold}))
    low, high = circles(root)[:4], circles(root)[4:]
    assert [x for x, _ in low] == [x for x, _ in high]
    steps = [below - above for (_, below), (_, above) in zip(low, high, strict=True)]
    # A power of ten is as far everywhere.
    assert steps[0] > 0
    assert max(steps) - min(steps) < 0.3
    assert {"low", "high"} <= {each.text for each in root.iter(f"{SVG}text")}
