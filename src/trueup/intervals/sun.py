"""Where the sun stands: floats describe the sky here, never energy; out come integers, parts per million of the sine.

The declination is Cooper's, the equation of time the usual three-term sum: together good to about half a degree, which
is why V14 calls it night only some degrees below the horizon.
"""

import numpy as np
import numpy.typing as npt

from trueup.quantities import PPM, UNKNOWN, Ints

Floats = npt.NDArray[np.float64]
MICRO = 1_000_000
DAY = 86_400


def sine_ppm(degrees: int) -> int:
    """The sine of an angle, in millionths."""
    return int(np.rint(np.sin(np.radians(degrees)) * PPM))


def elevation_ppm(latitude: Ints, longitude: Ints, seconds: Ints) -> Ints:
    """(N, T) sine of the sun's elevation in millionths, at UTC seconds (T,) and places (N,) in millionths of a degree.

    A place that is not known has the sun in the zenith: nothing is ever called night there.
    """
    known = (latitude != UNKNOWN) & (longitude != UNKNOWN)
    north = np.radians(np.where(known, latitude, 0) / MICRO)[:, None]
    declination, minutes = _day_angles(seconds)
    east = (np.where(known, longitude, 0) / MICRO)[:, None]
    hours = (seconds % DAY) / 3600.0 + minutes / 60.0
    angle = np.radians(15.0 * (hours[None, :] + east / 15.0 - 12.0))
    height = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle)
    found: Ints = np.where(known[:, None], np.rint(height * PPM).astype(np.int64), PPM)
    return found


def _day_angles(seconds: Ints) -> tuple[Floats, Floats]:
    """Declination in radians and equation of time in minutes."""
    days = seconds // DAY
    first = days.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    day_of_year = days - first + 1
    b = 2 * np.pi * (day_of_year - 81) / 364
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day_of_year) / 365)
    return declination, 9.87 * np.sin(2 * b) - 7.53 * np.cos(b) - 1.5 * np.sin(b)
