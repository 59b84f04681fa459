"""I-2 and I-13: months of estimated bills are reported; a disputed rule is an option, and the trail names the choice.

Each check fails on a product with the bug planted.
"""

from functools import partial

import pytest

from tests.intervals.cases import gap, home, ints, notes, put, read, second, stretch, told, with_rule
from trueup.intervals import Metered, MeterFacts, Stretches, estimate, linear, prolonged, validate
from trueup.intervals.draft import Draft
from trueup.reads.batch import ESTIMATED
from trueup.rulebook.vee import VeeRules

RULES = VeeRules.shipped()
WEEKS = ("2025-06-02", "2025-06-09", "2025-06-16", "2025-06-23", "2025-06-30")


def weekly() -> Stretches:
    """Four weekly bills."""
    edges = [second(f"{day} 00:00") for day in WEEKS]
    return Stretches(ints(0, 0, 0, 0), ints(*edges[:-1]), ints(*edges[1:]))


def check_three_estimated_bills_are_reported() -> None:
    """SoCalGas, I.17-04-021: over nine million estimated bills in 2014 to 2016. Three weeks without a reading."""
    lost = home(cycles=weekly())
    for code in (0, 1):
        lost = gap(lost, 21 * 24, code, "2025-06-02 00:00")
    after, trail = estimate(lost, validate(lost, RULES), RULES)
    assert told(trail, "V15") == [("flag", "all", 3, 2)]
    assert int((after.status == ESTIMATED).sum()) == 2 * 504


def check_the_option_is_obeyed_and_named() -> None:
    """PSWG mail of 1998: may an interval with an outage be an end point? 08:00 900, 09:00 300 (partly out), 10:00
    missing, 11:00 600. `skip`: 700; `use`: 450.
    """
    dip = put(gap(home(), 1), 0, "2025-06-11 08:00", 900, 300)
    dip = put(dip, 0, "2025-06-11 11:00", 600)
    partly = Metered.of(dip.readings, MeterFacts(outages=stretch("2025-06-11 09:20", "2025-06-11 09:40")))
    for option, value in (("skip", 700), ("use", 450)):
        rules = with_rule("E1", outage_endpoint=option)
        after, trail = estimate(partly, validate(partly, rules), rules)
        assert read(after, 0, "2025-06-11 10:00", 1) == [value]
        assert after.status[0, 0, after.grid.slot(ints(second("2025-06-11 10:00")))[0]] == ESTIMATED
        assert notes(trail, "E1") == {f"outage_endpoint={option}"}


def test_i2_estimated_bills_in_a_row_are_reported() -> None:
    check_three_estimated_bills_are_reported()


def test_i13_a_disputed_rule_is_a_named_option_and_the_trail_says_which() -> None:
    check_the_option_is_obeyed_and_named()
    assert RULES.on(home().readings.first_day).rules.E1.outage_endpoint == "skip"


def test_i2_a_report_that_counts_missing_bills_as_measured_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = prolonged.share_estimated

    def of_values_only(*args: object) -> object:
        share = real(*args)  # type: ignore[arg-type]
        share.estimated[...] = 0
        return share

    monkeypatch.setattr(prolonged, "share_estimated", of_values_only)
    with pytest.raises(AssertionError):
        check_three_estimated_bills_are_reported()


def test_i13_an_option_that_is_not_obeyed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = linear.nearest_before
    monkeypatch.setattr(linear, "nearest_before", lambda mask: real(mask | True))
    with pytest.raises(AssertionError):
        check_the_option_is_obeyed_and_named()


def test_i13_a_choice_that_the_trail_does_not_name_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Draft.put
    monkeypatch.setattr(Draft, "put", lambda *args: partial(real, *args[:5])())
    with pytest.raises(AssertionError):
        check_the_option_is_obeyed_and_named()
