"""`gress experiments power`: how many units a test takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from gress.cli.flags.shared_flags import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gress.experiments.power_table import PowerRow

_TESTS = {"ab": "two variants", "shadow": "shadow on the same rows"}


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("power")(power_command)


def power_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    baseline: Annotated[float, typer.Option("--baseline", help="Mean of the metric today, a unit; for a rate, 0..1.")],
    lift: Annotated[str, typer.Option("--lift", help="Change to be found: 5% of the baseline, or in its unit.")],
    deviation: Annotated[
        Optional[float],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--deviation", min=0, help="Standard deviation of a unit's value; default: that of a rate."),
    ] = None,
    share: Annotated[str, typer.Option("--share", help="Share of units that the treatment gets.")] = "50%",
    alpha: Annotated[float, typer.Option("--alpha", help="Chance of a false alarm.")] = 0.05,
    power: Annotated[float, typer.Option("--power", help="Chance to find the change.")] = 0.8,
    correlation: Annotated[
        Optional[float],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--correlation", help="Of a unit's values under both models; adds a shadow to the table."),
    ] = None,
    units_per_day: Annotated[
        Optional[float],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--units-per-day", min=1e-9, max=1e15, help="New units a day; adds the days that a test takes."),
    ] = None,
    is_json: Json = False,
) -> None:
    """Tell how many units a test takes to find a change.

    A unit is what the experiment splits by, such as a customer. A test by verdicts may be looked at whenever one likes;
    it takes more units at most, and ends sooner where the change is larger.
    """
    from gress.cli.console import print_json
    from gress.experiments.power_table import Wanted, default_deviation, parse_lift, parse_share, power_table

    difference = parse_lift(lift, baseline)
    wanted = Wanted(
        difference,
        default_deviation(baseline, difference) if deviation is None else deviation,
        parse_share(share),
        alpha,
        power,
        correlation,
        units_per_day,
    )
    rows = power_table(wanted)
    if is_json:
        print_json({"wanted": wanted, "tests": rows})
    else:
        title = f"units that find a change of {wanted.difference:.6g} from {baseline:g} with power {power:g}"
        _print_rows(title, rows)


def _setting_text(row: PowerRow) -> str:
    named = (("planned_units", row.planned_units), ("max_units", row.max_units))
    return "".join(f"{name}: {units}" for name, units in named if units is not None)


def _print_rows(title: str, rows: Sequence[PowerRow]) -> None:
    from gress.cli.console import print_table

    has_days = any(row.days is not None for row in rows)
    columns = ("test", "looked at", "units", "of the treatment", "setting of the verdict")
    cells = [
        (
            _TESTS[row.test],
            row.looks,
            f"{row.units:,}",
            f"{row.treatment:,}",
            _setting_text(row),
            *([f"{row.days:,.1f}"] if row.days is not None else []),
        )
        for row in rows
    ]
    print_table(title, (*columns, *(["days"] if has_days else [])), cells)
