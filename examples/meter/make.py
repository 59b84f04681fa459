"""The made meter files of the examples: the sample home by the hour, and the same home with a battery and its meters.

Run once (`python examples/meter/make.py`); the files are kept, so that the printed results stay what they are.
"""

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

import trueup
from trueup.intervals import dense
from trueup.intervals.lengths import to_length
from trueup.model import Readings
from trueup.periods import PACIFIC, local_hours, midnight_utc
from trueup.sample import meter_file
from trueup.sample.meter import sun_kw

FIRST, LAST = datetime(2025, 4, 1).date(), datetime(2026, 7, 1).date()
BATTERY_KWH, BATTERY_KW = 13.5, 5.0
HERE = Path(__file__).parent


def hourly() -> Readings:
    """The sample home's readings, by the hour."""
    path = HERE / "quarters.csv"
    path.write_text(meter_file(FIRST, LAST), encoding="utf-8", newline="")
    try:
        return to_length(dense(trueup.read(path)).readings, 60)
    finally:
        path.unlink()


def download(readings: Readings) -> str:
    """The readings as an hourly SCE download."""
    lines = ["Energy Usage Information,,", "For location: made-up sample home,,", "Detailed Usage,,", ",,"]
    at = 0
    for day in range(readings.first_day, readings.last_day):
        hours = len(local_hours(day))
        for heading, channel in (("Delivered", readings.delivered[0]), ("Received", readings.received[0])):
            lines.append(f"Energy {heading} time period,Usage {heading}(Real energy in kilowatt-hours),Reading quality")
            for hour in range(hours):
                start = datetime.fromtimestamp(midnight_utc(day) + 3600 * hour, UTC)
                ends = (start + timedelta(hours=1)).astimezone(PACIFIC)
                kwh = int(channel[at + hour]) / 1000
                lines.append(f"{start.astimezone(PACIFIC):%Y-%m-%d %H:%M:%S} to {ends:%Y-%m-%d %H:%M:%S},{kwh:g},")
            lines.append(",,")
        at += hours
    return "\r\n".join(lines) + "\r\n"


def with_battery(readings: Readings) -> str:
    """The home with a battery that fills from the sun and gives in the evening, and the sun's own meter."""
    rows, stored = ["account,ts,delivered_wh,received_wh,generation_wh"], 0.0
    for hour, (taken, sent) in enumerate(zip(readings.delivered[0], readings.received[0], strict=True)):
        start = datetime.fromtimestamp(midnight_utc(readings.first_day) + 3600 * hour, UTC)
        made = round(sun_kw(start + timedelta(minutes=30)) * 1000 * 0.9)
        fill = min(sent / 1000, BATTERY_KW, BATTERY_KWH - stored)
        evening = 17 <= start.astimezone(PACIFIC).hour < 21
        give = min(stored, BATTERY_KW) if evening else 0.0
        stored += fill - give
        net = int(taken) - int(sent) + round(1000 * (fill - give))
        rows.append(f"storage-meter,{start:%Y-%m-%dT%H:%M:%SZ},{max(net, 0)},{max(-net, 0)},{max(made, 0)}")
    return "\n".join(rows) + "\n"


def write(name: str, text: str) -> None:
    """A gz file whose bytes depend on nothing but its text."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(text.encode("utf-8"))
    (HERE / name).write_bytes(buffer.getvalue())


if __name__ == "__main__":
    made = hourly()
    assert np.all(made.delivered >= 0)
    write("home.csv.gz", download(made))
    write("battery-home.csv.gz", with_battery(made))
