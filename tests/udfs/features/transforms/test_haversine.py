from __future__ import annotations

import math

import numpy as np
import pytest

FIELDS = ("amount", "other", "price", "visits")


def test_distance_equals_the_angle_between_unit_vectors(compute) -> None:
    random = np.random.default_rng(4)
    lat1, lat2 = random.uniform(-90, 90, (2, 50))
    lon1, lon2 = random.uniform(-180, 180, (2, 50))

    def vectors(lat, lon):
        lat, lon = np.radians(lat), np.radians(lon)
        return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    one, two = vectors(lat1, lon1), vectors(lat2, lon2)
    angle = np.arctan2(np.linalg.norm(np.cross(one, two, axis=0), axis=0), (one * two).sum(axis=0))
    columns = dict(zip(FIELDS, (lat1, lon1, lat2, lon2), strict=True))
    points = dict(zip(("lat1", "lon1", "lat2", "lon2"), FIELDS, strict=True))
    np.testing.assert_allclose(compute("haversine", columns, **points)[:, 0], 6371.0088 * angle, rtol=1e-9)


def test_constants_units_and_nulls(compute) -> None:
    columns = {"amount": np.array([52.52, np.nan]), "other": np.array([13.405, 0.0])}
    points = {"lat1": "amount", "lon1": "other", "lat2": 48.8566, "lon2": 2.3522}
    km = compute("haversine", columns, **points)[:, 0]
    assert km[0] == pytest.approx(877.5, abs=0.5)  # Berlin to Paris
    assert math.isnan(km[1])
    assert compute("haversine", columns, **points, unit="m")[0, 0] == pytest.approx(km[0] * 1000)
    assert compute("haversine", columns, **points, unit="mi")[0, 0] == pytest.approx(km[0] / 1.609344)


def test_antipodes_are_half_the_circumference_apart(compute) -> None:
    points = {"lat1": "amount", "lon1": "other", "lat2": 0, "lon2": 180}
    columns = {"amount": np.zeros(1), "other": np.zeros(1)}
    assert compute("haversine", columns, **points)[0, 0] == pytest.approx(math.pi * 6371.0088)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"lat1": 91}, "lat1: degrees in -90..90, got 91; latitude comes first"),
        ({"unit": "feet"}, r"unit: km\|m\|mi, got 'feet'"),
        ({"lat1": 0, "lon1": 0}, r"at least one coordinate from a column, got \[0.0, 0.0, 1.0, 2.0\]"),
        ({"lon1": True}, "lon1: a finite number, got True"),
    ],
)
def test_wrong_parameters_are_refused(build, changes, text) -> None:
    points = {"lat1": "amount", "lon1": "other", "lat2": 1, "lon2": 2, **changes}
    with pytest.raises(ValueError, match=text):
        build("haversine", **points)
