"""The sample home's meter file, made: a load shape, clear-sky sun with clouds, a fixed seed, SCE's download format.

Nothing here is billed as if it were exact: floats describe weather and appliances, and end where a meter would
begin, at readings rounded to 0.01 kWh. Given the seed, the file is the same on every run.
"""

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from trueup.periods import PACIFIC, local_hours, midnight_utc

SEED = 20250611
LATITUDE, LONGITUDE = math.radians(34.05), -118.25
TILT, SIZE_KW, SYSTEM_EFFICIENCY = math.radians(20), 8.6, 0.82
STEP = 300
STEPS_IN_INTERVAL = 3
CLOUDY = (0.30, 0.32, 0.30, 0.25, 0.40, 0.45, 0.20, 0.12, 0.15, 0.20, 0.22, 0.30)
"""Share of cloudy days by month; May and June have the coast's morning gloom."""
HOURLY_KW = (
    0.45, 0.40, 0.38, 0.38, 0.40, 0.50, 0.80, 1.00, 0.90, 0.75, 0.70, 0.70,
    0.75, 0.75, 0.80, 0.90, 1.20, 1.70, 2.10, 2.20, 2.00, 1.60, 1.10, 0.70,
)  # fmt: skip
"""Household load by clock hour, without cooling and car."""
COOLING_KW = (0, 0, 0, 0, 0.1, 0.5, 1.2, 1.5, 1.3, 0.4, 0, 0)
"""Air conditioning in the afternoon by month."""
CAR_KW, CAR_NIGHTS = 6.6, 0.20


def meter_file(first: date, last: date) -> str:
    """An SCE download of 15-minute data for the days from `first` to `last`, `last` excluded."""
    weather = random.Random(SEED)
    lines = [
        "Energy Usage Information,,", "For location: made-up sample home,,", ",,", "Meter Reading Information,,",
        "Type of readings: Electricity,,", ",,", "Summary of Electric Power Usage Information*,,",
        '"Your download may contain interval usage data that is actual, estimated, validated or missing. ",,', ",,",
        "Detailed Usage,,", f"Start date: {first} 00:00:00\u00a0 for {(last - first).days} days,,", ",,",
    ]  # fmt: skip
    for day in range(first.toordinal(), last.toordinal()):
        lines += _day(date.fromordinal(day), weather)
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def _day(day: date, weather: random.Random) -> Iterator[str]:
    """The two blocks of one day."""
    readings = list(_readings(day, weather))
    hours = len(local_hours(day.toordinal()))
    for heading, channel in (("Delivered", 0), ("Received", 1)):
        yield f"Data for period starting: {day} 00:00:00\u00a0 for {hours} hours,,"
        yield (
            f"Energy \u00a0{heading} time period,Usage\u00a0{heading}(Real energy in kilowatt-hours)"
            "(Real energy in kilowatt-hours),Reading quality"
        )
        for start, *kwh in readings:
            end = start.astimezone(UTC) + timedelta(minutes=15)
            local_end = end.astimezone(PACIFIC)
            yield f"{start:%Y-%m-%d %H:%M:%S}\u00a0to {local_end:%Y-%m-%d %H:%M:%S},{kwh[channel]:g},"
        yield ",,"


def _readings(day: date, weather: random.Random) -> Iterator[tuple[datetime, float, float]]:
    """Delivered and received kWh of each quarter of an hour: the meter nets only within its five-minute steps."""
    clear = weather.random() > CLOUDY[day.month - 1]
    haze = weather.uniform(0.92, 1.0) if clear else weather.uniform(0.15, 0.75)
    car_hours = weather.choice((2, 3, 4)) if weather.random() < CAR_NIGHTS else 0
    cooling = COOLING_KW[day.month - 1] * weather.uniform(0.4, 1.5)
    for second in range(midnight_utc(day.toordinal()), midnight_utc(day.toordinal() + 1), STEP * STEPS_IN_INTERVAL):
        delivered = received = 0.0
        for step in range(STEPS_IN_INTERVAL):
            moment = datetime.fromtimestamp(second + step * STEP, UTC)
            sun = sun_kw(moment) * haze * (1 if clear else weather.uniform(0.6, 1.3))
            net = _load_kw(moment.astimezone(PACIFIC), cooling, car_hours, weather) - sun
            delivered += max(net, 0.0) * STEP / 3600
            received += max(-net, 0.0) * STEP / 3600
        yield datetime.fromtimestamp(second, UTC).astimezone(PACIFIC), round(delivered, 2), round(received, 2)


def _load_kw(local: datetime, cooling: float, car_hours: int, weather: random.Random) -> float:
    load = HOURLY_KW[local.hour] * weather.uniform(0.6, 1.5) * (1.15 if local.weekday() >= 5 else 1.0)
    if 13 <= local.hour < 21:
        load += cooling
    if 1 <= local.hour < 1 + car_hours:
        load += CAR_KW
    return load


def sun_kw(moment: datetime) -> float:
    """Clear-sky output in kW: Meinel's direct beam on the tilted plane, a tenth of it diffuse."""
    day_of_year = moment.timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)
    b = 2 * math.pi * (day_of_year - 81) / 364
    equation_minutes = 9.87 * math.sin(2 * b) - 7.53 * math.cos(b) - 1.5 * math.sin(b)
    solar_hours = moment.hour + moment.minute / 60 + LONGITUDE / 15 + equation_minutes / 60
    angle = math.radians(15 * (solar_hours - 12))
    height = math.sin(LATITUDE) * math.sin(declination) + math.cos(LATITUDE) * math.cos(declination) * math.cos(angle)
    if height <= 0.02:
        return 0.0
    beam: float = 1.353 * 0.7 ** ((1 / height) ** 0.678)
    flatter = LATITUDE - TILT
    plane = math.sin(flatter) * math.sin(declination) + math.cos(flatter) * math.cos(declination) * math.cos(angle)
    return SIZE_KW * SYSTEM_EFFICIENCY * beam * (max(plane, 0.0) + 0.1)
