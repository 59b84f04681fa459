"""One home's readings written in every format read back as the same intervals, on days of 23, 24 and 25 hours."""

import pytest

from tests.reads.made_files import BOTH, DAYS, SIGNED, Home, data_of, home_of
from trueup.reads import Reads, open_meter_bytes
from trueup.reads.combine import combine, part_of


def read_bytes(data: bytes | str, name: str = "made", form: str | None = None) -> Reads:
    with open_meter_bytes(data_of(data), name, form) as file:
        return combine([part_of(file)])


def intervals(reads: Reads) -> dict[int, list[tuple[int, int, int]]]:
    found: dict[int, list[tuple[int, int, int]]] = {0: [], 1: []}
    columns = (reads.channel, reads.start, reads.length, reads.wh)
    for channel, start, minutes, wh in zip(*(column.tolist() for column in columns), strict=True):
        found[channel].append((start, minutes, wh))
    return found


def truth(home: Home) -> dict[int, list[tuple[int, int, int]]]:
    return {
        channel: [(second, home.minutes, wh) for second, wh in zip(home.seconds, values, strict=True)]
        for channel, values in enumerate((home.delivered, home.received))
    }


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("made", BOTH)
def test_a_home_reads_back_the_same_from_every_format(made: str, day: str, minutes: int) -> None:
    home = home_of(day, 2, minutes)
    reads = read_bytes(BOTH[made](home))
    assert intervals(reads) == truth(home)
    assert (reads.netted, reads.gaps(), len(reads.duplicates), set(reads.quality)) == (False, [], 0, {""})
    assert reads.minutes == minutes


@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("made", SIGNED)
def test_a_signed_column_becomes_two_positive_channels_and_is_marked(made: str, day: str, minutes: int) -> None:
    home = home_of(day, 2, minutes)
    reads = read_bytes(SIGNED[made](home))
    assert intervals(reads) == truth(home)
    assert reads.netted


@pytest.mark.parametrize("made", BOTH)
def test_the_format_is_told_from_the_content_and_may_be_insisted_on(made: str) -> None:
    data = data_of(BOTH[made](home_of()))
    with open_meter_bytes(data, "any.name") as file:
        assert file.form == made.replace(",", "").split()[0]
        again = read_bytes(data, form=file.form)
    assert intervals(again) == truth(home_of())
