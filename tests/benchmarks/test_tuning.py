"""The drawing of a benchmark's figures."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.tuning import draw, function_costs

SVG = "{http://www.w3.org/2000/svg}"


def test_points_of_the_drawing_fall_as_the_costs_do_and_stay_within_the_frame() -> None:
    root = ElementTree.fromstring(draw({10: 120.0, 100: 30.0, 1_000: 11.0, 10_000: 9.0}))
    circles = [(float(each.get("cx") or 0), float(each.get("cy") or 0)) for each in root.iter(f"{SVG}circle")]
    assert [x for x, _ in circles] == sorted(x for x, _ in circles)
    # Down the page is down the scale.
    assert [y for _, y in circles] == sorted(y for _, y in circles)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    assert all(0 < x < width and 0 < y < height for x, y in circles)
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"10,000", "120", "9", "1", "1,000"} <= set(texts)


def test_a_row_costs_less_in_a_larger_batch() -> None:
    costs = function_costs(rows=100, repeats=1, batches=(1, 100))
    assert costs[1] > 5 * costs[100] > 0
