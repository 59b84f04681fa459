"""Real sample files, as they came, against totals taken from their raw text by other means.

The files and where they are from: `data/README.md` of the developers' source material, table "meter". They are not
shipped, so these tests skip without them.
"""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from trueup.reads import Reads, read
from trueup.reads.table import Gap, pacific

READING = re.compile(r"<IntervalReading>(.*?)</IntervalReading>", re.DOTALL)
GREEN_BUTTON = {
    "espi_desert_single_family_2011.xml.gz": (8760, 12_397_107, "2011-01-01T00-08", "2012-01-01T00-08"),
    "espi_inland_single_family_2011.xml.gz": (8760, 8_343_306, "2011-01-01T00-08", "2012-01-01T00-08"),
    "espi_sdge_hourly_2011-02_2012-01.xml.gz": (8727, 5_089_595, "2011-02-01T00-08", "2012-01-31T00-08"),
    "espi_small_hourly_nine_days.xml.gz": (216, 199_563, "2013-12-31T21-08", "2014-01-09T21-08"),
}
"""Readings, Wh delivered, first and last moment: counted once with a regular expression over the unpacked text."""


@pytest.fixture
def meter(shared: Path) -> Path:
    """The folder of real meter files."""
    folder = shared / "data" / "meter"
    if not folder.exists():
        pytest.skip("the real meter files are not beside this checkout")
    return folder


def span(reads: Reads) -> tuple[str, str]:
    ends = reads.start + 60 * reads.length
    first, last = (pacific(int(second)) for second in (reads.start.min(), ends.max()))
    return f"{first:%Y-%m-%dT%H}{first:%z}"[:16], f"{last:%Y-%m-%dT%H}{last:%z}"[:16]


@pytest.mark.parametrize("name", GREEN_BUTTON)
def test_a_real_green_button_file_gives_its_count_total_and_span(meter: Path, name: str) -> None:
    reads = read(meter / name)
    count, total, first, last = GREEN_BUTTON[name]
    assert (len(reads.wh), reads.total_wh("delivered"), *span(reads)) == (count, total, first, last)
    assert (reads.minutes, reads.netted, reads.rounded, len(reads.duplicates)) == (60, False, False, 0)


@pytest.mark.parametrize("name", GREEN_BUTTON)
def test_every_reading_equals_the_raw_text(meter: Path, name: str) -> None:
    text = gzip.decompress((meter / name).read_bytes()).decode()
    raw = sorted(
        (int(re.search(r"<start>(\d+)<", part)[1]), int(re.search(r"<value>(\d+)<", part)[1]))  # type: ignore[index]
        for part in READING.findall(text)
    )
    reads = read(meter / name)
    assert np.array_equal(np.stack([reads.start, reads.wh], axis=1), np.array(raw))


@pytest.mark.parametrize("name", GREEN_BUTTON)
def test_the_usage_summary_is_not_counted_though_it_repeats_the_total(meter: Path, name: str) -> None:
    text = gzip.decompress((meter / name).read_bytes()).decode()
    everything = sum(int(value) for value in re.findall(r"<value>(\d+)</value>", text))
    assert everything > read(meter / name).total_wh("delivered")


def test_the_real_file_of_sdge_lacks_eight_hours_of_a_day_and_the_repeated_autumn_hour(meter: Path) -> None:
    gaps = read(meter / "espi_sdge_hourly_2011-02_2012-01.xml.gz").gaps()
    found = [f"{pacific(gap.start):%m-%d %H:%M %Z} {(gap.end - gap.start) // 3600}" for gap in gaps[:2]]
    assert found == ["02-08 16:00 PST 8", "11-06 01:00 PST 1"]


def test_sces_real_day_has_both_channels_of_the_solar_billing_plan(meter: Path) -> None:
    path = meter / "sce_sbp_15min_2024-05-22_format_sample.csv"
    blocks = path.read_text(encoding="utf-8-sig").split("Received")
    raw = [
        sum(round(100 * float(kwh)) * 10 for kwh in re.findall(r":00,([\d.]+),", part))
        for part in (blocks[0], blocks[-1])
    ]
    reads = read(path)
    assert [reads.total_wh("delivered"), reads.total_wh("received")] == raw == [2990, 340]
    assert (len(reads.wh), reads.minutes, reads.gaps()) == (192, 15, list[Gap]())
    assert span(reads) == ("2024-05-22T00-07", "2024-05-23T00-07")
