"""All checks of a shard, each by itself: a pass in one never excuses another."""

from collections.abc import Callable

from trueup.intervals.counts import interval_count
from trueup.intervals.exchanged import channel_swap
from trueup.intervals.identity import collector_clock, meter_clock, meter_identity, reactive_present
from trueup.intervals.model import Metered
from trueup.intervals.multiplied import copied_day, multiplier
from trueup.intervals.prolonged import prolonged_estimation
from trueup.intervals.registers import sum_check
from trueup.intervals.shape import high_low, negative, spike, zero
from trueup.intervals.shifted import clock_shift
from trueup.intervals.solar import solar_sanity
from trueup.intervals.status import bad_status, in_test_mode
from trueup.intervals.trail import Trail
from trueup.rulebook.vee import VeeRules, VeeVersion

Check = Callable[[Metered, VeeVersion], Trail]
CHECKS: dict[str, Check] = {
    "V1": collector_clock,
    "V2": meter_identity,
    "V3": meter_clock,
    "V4": interval_count,
    "V5": bad_status,
    "V6": in_test_mode,
    "V7": sum_check,
    "V8": spike,
    "V9": reactive_present,
    "V10": high_low,
    "V12": negative,
    "V13": zero,
    "V14": solar_sanity,
    "V15": prolonged_estimation,
    "V16": channel_swap,
    "V17": clock_shift,
    "V18": multiplier,
    "V19": copied_day,
}
"""Every check of dense columns, in the order of the trail; V11 is made where rows become columns (`arrange`)."""


def validate(metered: Metered, rules: VeeRules) -> Trail:
    """Run every check; what cannot run says so. Nothing is changed.

    Raises
    ------
    TrueupError
        E-VEE-001 where no version of the rules holds on the first day.
    """
    version = rules.on(metered.readings.first_day)
    return Trail.join([check(metered, version) for check in CHECKS.values()])
