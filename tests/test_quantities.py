"""Exact numbers: parsing, the one rounding, and its edges."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup import quantities as q


@pytest.mark.parametrize(
    ("exact", "cents"),
    [
        (49_999_999, 0),
        (50_000_000, 1),
        (50_000_001, 1),
        (-49_999_999, 0),
        (-50_000_000, -1),
        (-50_000_001, -1),
        (0, 0),
        (912_500_000, 9),
        (-1_250_000_000, -13),
    ],
)
def test_half_a_cent_is_rounded_away_from_zero_on_both_sides(exact: int, cents: int) -> None:
    assert q.to_cents(np.array([exact]))[0] == cents


@given(exact=st.integers(-(2**62), 2**62))
def test_rounding_equals_exact_fractions(exact: int) -> None:
    value = Fraction(exact, q.EXACT_PER_CENT)
    away = int(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)
    assert q.to_cents(np.array([exact], dtype=np.int64))[0] == away


@given(base=st.integers(0, 10**16), share=st.integers(0, 10**6))
def test_a_share_of_a_base_is_rounded_once(base: int, share: int) -> None:
    exact = Fraction(base * share, q.PPM * q.EXACT_PER_CENT)
    assert q.share_of(np.array([base]), np.array([share]))[0] == int(exact + Fraction(1, 2))


def test_a_tax_base_is_never_below_zero() -> None:
    assert q.share_of(np.array([-(10**12)]), np.array([50_000]))[0] == 0


@pytest.mark.parametrize(
    ("text", "price"), [("0.23704", 2_370_400), ("-0.00058", -5_800), ("0", 0), ("3.75819", 37_581_900)]
)
def test_a_printed_price_is_kept_to_its_last_digit(text: str, price: int) -> None:
    assert q.price_from_text(text) == price


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "0.00000001", "1,000"])
def test_a_price_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        q.price_from_text(text)


@pytest.mark.parametrize(("text", "wh"), [("0.04", 40), ("1", 1000), ("0.001", 1)])
def test_kwh_of_a_meter_file_are_whole_watt_hours(text: str, wh: int) -> None:
    assert q.wh_from_kwh_text(text) == wh


def test_energy_finer_than_a_watt_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 3 decimals"):
        q.wh_from_kwh_text("0.0405")


def test_a_product_that_does_not_fit_is_refused_instead_of_wrapping() -> None:
    with pytest.raises(OverflowError):
        q.amount(np.array([10**13]), np.array([10**7]))


@pytest.mark.parametrize(
    ("cents", "text"), [(3146, "$31.46"), (-300, "-$3.00"), (5, "$0.05"), (123_456_789, "$1,234,567.89")]
)
def test_money_prints_as_dollars(cents: int, text: str) -> None:
    assert str(q.Money(cents)) == text


def test_money_adds_subtracts_and_compares() -> None:
    assert q.Money(5) + q.Money(7) - q.Money(2) == q.Money(10)
    assert -q.Money(5) < q.Money(0)


@pytest.mark.parametrize(("value", "text"), [(1898870, "1898.87"), (0, "0"), (-500, "-0.5"), (1000, "1")])
def test_kwh_text_has_no_needless_zeros(value: int, text: str) -> None:
    assert q.kwh_text(value) == text


def test_price_text_has_at_least_five_decimals() -> None:
    assert [q.price_text(p) for p in (2_370_400, 0, 7_686_200, 12_345)] == [
        "0.23704",
        "0.00000",
        "0.76862",
        "0.0012345",
    ]
