"""Tables of a database that a job writes (`job.sink.jdbc`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Name, matching

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# Parameters that a setting of ours or the sink itself decides.
_OWNED = {"user": "user", "password": "password", "stringtype": ""}


def _owned_are_left_out(options: Mapping[str, str]) -> Mapping[str, str]:
    refusals = [
        Refusal(
            "a parameter that no setting of ours decides and that is no secret",
            (name,),
            f"set {_OWNED[name]} instead" if _OWNED.get(name) else "leave it out",
        )
        for name in options
        if name in _OWNED or "password" in name.lower()
    ]
    if refusals:
        raise validation_error(*refusals)
    return options


JdbcUrl = Annotated[
    str,
    matching(
        r"jdbc:postgresql://[^\s/?#@]+/[^\s/?#@]+",
        "jdbc:postgresql://HOST:PORT/DATABASE",
        "Flink's connector for this version knows PostgreSQL, not SQLite; parameters go into options",
    ),
]
"""URL of a PostgreSQL database, without parameters."""

Table = Annotated[str, matching(rf"{_NAME}(\.{_NAME})?", "a table's name, with or without its schema")]
"""Name of a table; PostgreSQL reads it in lower case."""

ParameterName = Annotated[str, matching(r"[A-Za-z]+", "a parameter of the driver, such as sslmode")]

Parameters = Annotated[Mapping[ParameterName, Name], AfterValidator(_owned_are_left_out)]
"""Parameters of the database's driver; values are text."""


class JdbcSinkSettings(FrozenSettings):
    """Tables of a PostgreSQL database that hold predictions, too, one row an id; a repeated id replaces its row.

    Attributes:
        url: ``jdbc:postgresql://HOST:PORT/DATABASE``.
        user: name of the database's user.
        password: of the user, as ``${NAME}`` from the environment; default none.
        predictions: table of predictions; made at the start of a run where it is not there.
        alerts: table of alerts; default: they are in no table.
        options: further parameters of the driver, such as ``sslmode``.
    """

    kept_off_workers: ClassVar[tuple[str, ...]] = ("password", "options")

    url: JdbcUrl
    user: Name
    password: Name | None = None
    predictions: Table
    alerts: Table | None = None
    options: Parameters = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tables_differ(self) -> Self:
        if self.alerts is not None and self.alerts.lower() == self.predictions.lower():
            raise validation_error(Refusal("a table of its own, not that of predictions", ("alerts",)))
        return self
