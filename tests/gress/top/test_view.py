from __future__ import annotations

import io
import itertools
import re

import pytest
from rich.console import Console
from rich.text import Text

from gress.health.checks import Check
from gress.health.examine import Health
from gress.metrics.scrape import Scrape
from gress.top.blocks import Block, allot
from gress.top.figures import Figures, figures
from gress.top.rates import History
from gress.top.view import TopView
from tests.gress.metrics.expositions import Exposition

TITLE = "gress top"
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")


def busy(features: int = 60) -> Exposition:
    """A host that has much to say."""
    host = Exposition()
    for version, rows in (("10.20.30", 900), ("2.0.0", 100)):
        host.count("predictions_total", ("fraud-detector-of-a-long-name", version, "success"), rows)
        host.set("models_loaded", ("fraud-detector-of-a-long-name", version, "onnx"), 4)
    host.set("circuit_breaker_state", ("fraud-detector-of-a-long-name", "2.0.0"), 2)
    host.set("model_drift_score", ("fraud-detector-of-a-long-name", "2.0.0", "overall"), 0.85)
    for index in range(features):
        name = f"feature:amount_of_terminal_{index:02d}"
        host.set("model_drift_score", ("fraud-detector-of-a-long-name", "2.0.0", name), index / 100)
    for reason in ("malformed", "wrong_type", "late"):
        host.count("dead_letters_total", ("parse", reason), 7)
    for variant in ("control", "new"):
        host.count("abtest_variant_selections_total", ("summer", variant), 50)
    host.count("model_swaps_total", ("fraud-detector-of-a-long-name", "swapped"), 1)
    host.count("online_updates_processed_total", ("fraud-detector-of-a-long-name", "online"), 640)
    for version, auc in (("online", 0.87), ("served", 0.79123)):
        host.set("model_score", ("fraud-detector-of-a-long-name", version, "auc_roc"), auc)
    host.set("online_version_info", ("fraud-detector-of-a-long-name", "10.20.31"), 1)
    return host


def observed(*later: Exposition, gone: int = 0, job: Health | None = None) -> Figures:
    """The figures of two seconds: nothing, and then what the host says."""
    history = History()
    lost = [Scrape(f"lost{index}:1", 0, problem="Connection refused") for index in range(gone)]
    for at_s, host in enumerate((Exposition(), *later)):
        scrapes = [host.at(at_s), *lost]
        history.add(at_s, scrapes)
    return figures(history, scrapes, job)


def drawn(found: Figures, width: int, height: int, *, is_fitted: bool = True, colour: bool = False) -> list[str]:
    console = Console(
        file=io.StringIO(), width=width, height=height, force_terminal=colour, color_system="256" if colour else None
    )
    console.print(TopView(found, TITLE, is_fitted=is_fitted))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize("gone", [0, 1, 30])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (150, 24), (200, 60), (60, 16)])
def test_view_fits_the_terminal(width: int, height: int, gone: int) -> None:
    lines = drawn(observed(busy(), gone=gone), width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "height"), [(80, 24), (150, 24)])
def test_what_there_is_no_room_for_is_said(width: int, height: int) -> None:
    lines = drawn(observed(busy()), width, height)
    shown = sum("amount_of_" in line for line in lines)
    (more,) = (int(found[1]) for line in lines if (found := re.search(r"(\d+) more", line)))
    # All features and the overall score, whose row is shown too.
    assert shown + more == 60
    assert "no room for: learning; swaps, registry" in "\n".join(drawn(observed(busy()), 80, 16))


def test_nothing_is_left_out_of_plain_text() -> None:
    lines = drawn(observed(busy()), 120, 10, is_fitted=False)
    assert sum("amount_of_" in line for line in lines) == 60
    for head in ("rows/s", "model", "fallbacks, dead letters", "drift", "experiment", "learning", "swaps, registry"):
        assert any(line.startswith(head) for line in lines)


def test_80_columns_show_the_figures_whole() -> None:
    lines = drawn(observed(busy()), 80, 24)
    (row,) = (line for line in lines if "10.20.30" in line)
    assert re.search(r"90\.0 % +900 +0 ", row)
    assert any("rows/s     1,000" in line for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 40), (200, 40)])
def test_model_that_learns_has_a_line(width: int, height: int) -> None:
    (row,) = (line for line in drawn(observed(busy(2)), width, height) if "10.20.31" in line)
    assert re.search(r"fraud-d.*name +640 +0 +auc_roc 0\.8700 +0\.7912 +10\.20\.31", row)


@pytest.mark.parametrize(("failures", "is_red"), [(0, False), (2, True)])
def test_failures_to_publish_are_red(failures: int, is_red: bool) -> None:
    host = Exposition().count("online_updates_processed_total", ("m", "online"), 1)
    host.set("online_publish_failures", ("m",), failures)
    (row,) = (line for line in drawn(observed(host), 120, 40, colour=True) if line.startswith("m "))
    assert bool(COLOUR.search(row)) == is_red


def test_large_drift_and_an_open_breaker_are_red_and_have_words() -> None:
    lines = drawn(observed(busy()), 120, 40, colour=True)
    (drift,) = (line for line in lines if "overall" in line)
    (breaker,) = (line for line in lines if "@2.0.0" in line and "%" in line)
    assert "\x1b[1;31m" in drift
    assert "0.85 !" in drift
    assert re.search(r"\x1b\[1;31m *open", breaker)
    small = next(line for line in lines if "terminal_59" in line)
    assert not COLOUR.search(small)


def test_rows_name_their_job_where_there_are_several() -> None:
    host = Exposition("cards").count("predictions_total", ("m", "1", "success"), 3)
    for job in ("cards", "shops"):
        told = host.of(job).count("model_swaps_total", ("m", "swapped"), 1)
        told.count("fallback_predictions_total", ("m", "1", "failed"), 1)
        told.set("model_drift_score", ("m", "1", "overall"), 0.5)
    lines = drawn(observed(host), 120, 40)
    for name in ("cards m@1", "fallback cards m 1", "fallback shops m 1", "overall of shops m@1", "swap shops m"):
        assert any(line.startswith(f"{name} ") for line in lines), name


@pytest.mark.parametrize(("score", "is_red"), [(0.7999, False), (0.8, True)])
def test_drift_is_large_from_the_catalogues_limit(score: float, is_red: bool) -> None:
    host = Exposition().set("model_drift_score", ("m", "1", "overall"), score)
    (line,) = (line for line in drawn(observed(host), 120, 40, colour=True) if "overall" in line)
    assert (" !" in line, bool(COLOUR.search(line))) == (is_red, is_red)


def test_an_endpoint_that_is_gone_has_a_line() -> None:
    lines = drawn(observed(busy(), gone=1), 80, 24)
    assert "lost0:1: no answer (Connection refused)" in lines
    lines = drawn(observed(busy(), gone=30), 80, 24)
    assert "27 more endpoints without figures" in lines


def test_a_host_without_metrics_has_a_line() -> None:
    assert "host:1: answers, without a metric of gress-ml yet" in drawn(observed(Exposition()), 80, 24)


def test_the_clusters_word_on_the_job() -> None:
    checks = (Check("cluster", "ok", "1 TaskManagers"), Check("state", "ok", "RUNNING for 5 min", "fraud"))
    lines = drawn(
        observed(busy(), job=Health("c:1", "ok", (*checks, Check("tasks", "ok", "4 of 4", "fraud")), 0)), 80, 24
    )
    assert "fraud RUNNING for 5 min, tasks 4 of 4" in lines
    down = Health("c:1", "down", (Check("cluster", "down", "cluster c:1: no answer"),), 0)
    assert "cluster: cluster c:1: no answer" in drawn(observed(busy(), job=down), 80, 24)


def test_control_characters_do_not_reach_the_terminal() -> None:
    host = Exposition().count("predictions_total", ("m\x1b[2J", "1", "success"), 1)
    host.count("dead_letters_total", ("p\x1b[2J", "r\x1b[2J\x07"), 1)
    host.set("model_drift_score", ("m", "1\x9b2J", "overall"), 0.9)
    text = "\n".join(drawn(observed(host), 80, 24))
    assert not set(text) & {"\x1b", "\x07", "\x9b"}


@pytest.mark.parametrize("room", range(0, 30))
def test_lines_are_allotted_without_waste(room: int) -> None:
    for sizes in itertools.product((1, 3, 20), repeat=3):
        blocks = [Block(("x",), tuple((Text("r"),) for _ in range(size))) for size in sizes]
        lines = allot(blocks, room)
        assert sum(lines) <= room
        assert all(given != 1 and given <= size + 1 for given, size in zip(lines, sizes, strict=True))
        wanted = sum(size + 1 for size in sizes)
        assert sum(lines) >= min(room, wanted) - 1
