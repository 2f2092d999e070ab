"""Distance on the globe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
KM_IN = {"km": 1.0, "m": 1000.0, "mi": 1 / 1.609344}


@dataclass(frozen=True)
class Haversine(Feature):
    """Great-circle distance between two points given in degrees, each coordinate a column or a constant.

    Source: R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984).
    """

    type: ClassVar[str] = "haversine"
    null_rule: ClassVar[str] = "any null -> NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("lat1", "Latitude of the first point: a field, or degrees from -90 to 90."),
        Parameter("lon1", "Its longitude: a field, or degrees from -180 to 180."),
        Parameter("lat2", "Latitude of the second point."),
        Parameter("lon2", "Its longitude."),
        Parameter("unit", "Unit of the distance: km, m or mi.", "km"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "parameters": {"lat1": "amount", "lon1": "price", "lat2": 48.85, "lon2": 2.35}
    }

    coordinates: tuple[str | float, ...]
    unit: str

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Haversine:
        """Require `lat1`, `lon1`, `lat2`, `lon2`; accept `unit` (km) of km, m, mi."""
        parameters = Parameters(spec, cls.accepts)
        coordinates: list[str | float] = []
        for name, limit in (("lat1", 90), ("lon1", 180), ("lat2", 90), ("lon2", 180)):
            value = parameters.value(name, "a column or degrees")
            if isinstance(value, str):
                coordinates.append(resolve_column(spec, value, fields, NUMERIC))
                continue
            degrees = parameters.as_number(name, value)
            if abs(degrees) > limit:
                parameters.refuse(f"{name}: degrees in -{limit}..{limit}", value, "latitude comes first")
            coordinates.append(degrees)
        inputs = tuple(dict.fromkeys(item for item in coordinates if isinstance(item, str)))
        if not inputs:
            parameters.refuse("at least one coordinate from a column", coordinates, "name an event field")
        return cls((output_of(spec),), inputs, tuple(coordinates), parameters.choice("unit", tuple(KM_IN), "km"))

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Measure each pair of points."""
        lat1, lon1, lat2, lon2 = (self._radians(item, columns) for item in self.coordinates)
        height = np.square(np.sin((lat2 - lat1) * 0.5))
        width = np.square(np.sin((lon2 - lon1) * 0.5))
        chord = height + np.cos(lat1) * np.cos(lat2) * width
        angle = np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
        np.multiply(angle, 2.0 * EARTH_RADIUS_KM * KM_IN[self.unit], out=out[:, 0])

    def formula(self, position: int) -> str:
        """Return the two points."""
        del position
        lat1, lon1, lat2, lon2 = self.coordinates
        return f"distance ({lat1}, {lon1}) to ({lat2}, {lon2}) in {self.unit}"

    @staticmethod
    def _radians(item: str | float, columns: Columns) -> NDArray[np.float64]:
        degrees = columns[item] if isinstance(item, str) else item
        return np.multiply(degrees, np.pi / 180.0, dtype=np.float64)
