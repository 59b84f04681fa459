"""From meter files and stored columns to what is validated; what is due, and what is not."""

import numpy as np
import pytest

from tests.intervals.cases import JUNE, RULES, at, gap, home, notes, put, read, stretch, told
from trueup.errors import TrueupError
from trueup.intervals import Metered, MeterFacts, estimate, of_reads, validate
from trueup.model import NO_VALUE
from trueup.reads import Reads
from trueup.reads.batch import ACTUAL, ESTIMATED, NONE


def reads_of(metered: Metered, names: tuple[str, ...] = ("",), drop: int = -1) -> Reads:
    """The columns as the readings of meter files, one interval left out."""
    code, number, slot = np.nonzero(np.stack(metered.columns) != NO_VALUE)
    kept = slot != drop
    code, number, slot = code[kept], number[kept], slot[kept]
    nothing = np.zeros(len(slot), dtype=np.int64)
    wh = np.stack(metered.columns)[code, number, slot].astype(np.int64)
    status, minutes = metered.status[code, number, slot].astype(np.int64), nothing + metered.readings.minutes
    return Reads((), names, number, code, metered.grid.utc(slot), minutes, wh, status, nothing, nothing)


def test_readings_of_files_become_the_columns_that_they_were() -> None:
    whole = put(home(), 1, "2025-06-10 12:00", 77)
    metered, trail = of_reads(reads_of(whole), RULES)
    assert len(trail) == 0
    assert [np.array_equal(a, b) for a, b in zip(metered.columns, whole.columns, strict=True)] == [True, True]
    assert (metered.readings.first_day, metered.readings.last_day) == (JUNE[0].toordinal(), JUNE[1].toordinal())


def test_what_files_lack_of_the_days_asked_for_is_due_and_estimated() -> None:
    lacking = at(home(), "2025-06-11 10:00")
    days = JUNE[0].toordinal(), JUNE[1].toordinal() + 1
    metered, _ = of_reads(reads_of(home(), drop=lacking), RULES, days)
    after, trail = estimate(metered, validate(metered, RULES), RULES)
    gaps = [("fail", channel, 0, count) for channel in ("delivered", "received") for count in (1, 24)]
    assert told(trail, "V4") == gaps
    assert read(after, 0, "2025-06-11 10:00", 1) == read(after, 0, "2025-06-30 23:00", 1) == [500]


def test_accounts_of_files_are_rows_in_the_order_of_their_names() -> None:
    one, two = home(), put(home(), 0, "2025-06-10 12:00", 77)
    both = [np.concatenate([a, b]) for a, b in zip(one.columns, two.columns, strict=True)]
    readings = one.with_columns((both[0], both[1]), one.status).readings
    files = reads_of(Metered.of(readings), ("A", "B"))
    metered, _ = of_reads(files, RULES)
    assert metered.columns[0][:, at(one, "2025-06-10 12:00")].tolist() == [500, 77]
    alone, _ = of_reads(files.of("B"), RULES)
    assert alone.columns[0][:, at(one, "2025-06-10 12:00")].tolist() == [77]


@pytest.mark.parametrize(("wh", "refused"), [(10**8 - 1, False), (10**8, False), (10**8 + 1, True)])
def test_more_than_100_mwh_in_an_interval_is_refused(wh: int, refused: bool) -> None:
    plain = reads_of(home())
    plain.wh[5] = wh
    if refused:
        with pytest.raises(TrueupError, match="E-READ-019"):
            of_reads(plain, RULES)
    else:
        assert of_reads(plain, RULES)[0].columns[0].max() == wh


def test_files_without_received_energy_are_refused() -> None:
    plain = reads_of(home())
    with pytest.raises(TrueupError, match="E-READ-018"):
        of_reads(plain.where(plain.channel == 0), RULES)


def test_stored_columns_bring_their_statuses_and_a_dispute_is_no_value() -> None:
    readings = gap(home(), 1, text="2025-06-11 10:00").readings
    status = np.full(readings.delivered.shape, ACTUAL, dtype=np.int8)
    status[0, 3] = ESTIMATED
    metered = Metered.of_statuses(readings, status, None)
    assert metered.status[0, 0, [2, 3]].tolist() == [ACTUAL, ESTIMATED]
    assert metered.status[0, 0, at(metered, "2025-06-11 10:00")] == NONE
    assert set(metered.status[1].ravel().tolist()) == {ACTUAL}


def test_nothing_is_due_before_service_begins_or_after_it_ends() -> None:
    """Service from 5 June 10:00: the days before are neither missing nor estimated; an hour of 6 June is."""
    lost = gap(gap(gap(home(), 82, 0, "2025-06-02 00:00"), 82, 1, "2025-06-02 00:00"), 1, 0, "2025-06-06 10:00")
    served = Metered.of(lost.readings, MeterFacts(active=stretch("2025-06-05 10:00", "2025-06-30 00:00")))
    after, trail = estimate(served, validate(served, RULES), RULES)
    assert told(trail, "V4") == [("fail", "delivered", 0, 1)]
    assert read(after, 0, "2025-06-05 09:00", 2) == [NO_VALUE, 500]
    assert read(after, 0, "2025-06-06 10:00", 1) == [500]
    assert notes(trail, "E1") == {"outage_endpoint=skip"}


def test_service_that_is_not_known_of_an_account_leaves_everything_due() -> None:
    active = stretch("2025-06-05 10:00", "2025-06-30 00:00")
    unknown = type(active)(active.account, active.start, active.end, np.array([False]))
    lost = Metered.of(gap(home(), 4, text="2025-06-02 00:00").readings, MeterFacts(active=unknown))
    assert told(validate(lost, RULES), "V4") == [("fail", "delivered", 0, 4)]
