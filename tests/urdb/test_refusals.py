"""What a bill could not be right about is refused, and leaves nothing behind."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.urdb.conftest import Import
from tests.urdb.made import DAY, FIRST, LAST, flat, hours_of_prices, item, months, row
from trueup.errors import TrueupError
from trueup.rulebook.book import Rulebook
from trueup.urdb.energy import months_of
from trueup.urdb.plan import open_programs
from trueup.urdb.rate import UrdbRate, rate_of

UNIT = {"unit": "kWh"}
SHORT = months(row(0, 0), row(0, 0))[:11]
FLOATING = [[0.5] * 24] * 12


def tiers(*made: dict[str, Any]) -> dict[str, Any]:
    return flat(0.3) | {"energyratestructure": [list(made)]}


def schedule(weekday: Any) -> dict[str, Any]:
    return flat(0.3) | {"energyweekdayschedule": weekday}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("no label", "E-URDB-002", {"label": None}),
    ("a label of blanks", "E-URDB-002", {"label": " "}),
    ("no name", "E-URDB-002", {"name": None}),
    ("a source that is no text", "E-URDB-002", {"source": {"page": 1}}),
    ("prices that are no list", "E-URDB-002", {"energyratestructure": {}}),
    ("no period", "E-URDB-002", {"energyratestructure": []}),
    ("a period without a tier", "E-URDB-002", {"energyratestructure": [[]]}),
    ("a tier that is a number", "E-URDB-002", {"energyratestructure": [[1]]}),
    ("another utility", "E-URDB-004", {"utility": "Pacific Gas & Electric Co"}),
    ("no utility", "E-URDB-004", {"utility": None}),
    ("farms", "E-URDB-004", {"sector": "Lighting"}),
    ("no sector", "E-URDB-004", {"sector": None}),
    ("delivery only", "E-URDB-004", {"servicetype": "Delivery"}),
    ("energy only", "E-URDB-004", {"servicetype": "Energy"}),
    ("no weekdays", "E-URDB-005", {"energyweekdayschedule": None}),
    ("eleven months", "E-URDB-005", schedule(SHORT)),
    ("23 hours", "E-URDB-005", schedule([[0] * 23] * 12)),
    ("a period that is not there", "E-URDB-005", schedule([[1] * 24] * 12)),
    ("a period below zero", "E-URDB-005", schedule([[-1] * 24] * 12)),
    ("half a period", "E-URDB-005", schedule(FLOATING)),
    ("a truth for a period", "E-URDB-005", schedule([[False] * 24] * 12)),
    ("two tiers", "E-URDB-006", tiers(UNIT | {"rate": 0.3, "max": 300}, UNIT | {"rate": 0.4})),
    ("an end of the only tier", "E-URDB-006", tiers(UNIT | {"rate": 0.3, "max": 999_999_999})),
    ("an end that is a text", "E-URDB-006", tiers(UNIT | {"rate": 0.3, "max": "none"})),
    ("kWh daily", "E-URDB-007", tiers({"unit": "kWh daily", "rate": 0.3})),
    ("kWh per kW", "E-URDB-007", tiers({"unit": "kWh/kW", "rate": 0.3})),
    ("no unit of energy", "E-URDB-007", tiers({"rate": 0.3})),
    ("no unit of the fixed charge", "E-URDB-007", {"fixedchargeunits": None}),
    ("an unknown unit of the fixed charge", "E-URDB-007", {"fixedchargeunits": "$/week"}),
    ("no unit of the minimum charge", "E-URDB-007", {"mincharge": 0.3}),
    ("eight decimals", "E-URDB-008", flat(0.30000001)),
    ("eight decimals of an adjustment", "E-URDB-008", flat(0.3, adj=0.00000001)),
    ("a price as text", "E-URDB-008", tiers(UNIT | {"rate": "0.3"})),
    ("a truth for a price", "E-URDB-008", tiers(UNIT | {"rate": True})),
    ("no price", "E-URDB-008", tiers(UNIT | {"adj": 0.3})),
    ("a price below zero", "E-URDB-008", flat(0.3, adj=-0.3000001)),
    ("a price in cents", "E-URDB-008", flat(10.0000001)),
    ("a fixed charge below zero", "E-URDB-008", {"fixedchargefirstmeter": -0.1}),
    ("a fixed charge beyond $100 a day", "E-URDB-008", {"fixedchargefirstmeter": 100.01}),
    ("demand", "E-URDB-009", {"demandratestructure": [[{"rate": 0}], [{"rate": 8.83}]]}),
    ("an adjustment of demand", "E-URDB-009", {"demandratestructure": [[{"rate": 0, "adj": 0.01}]]}),
    ("flat demand", "E-URDB-009", {"flatdemandstructure": [[{"rate": 11}]]}),
    ("coincident demand", "E-URDB-009", {"coincidentratestructure": [[{"rate": 3.0}]]}),
    ("demand that cannot be read", "E-URDB-009", {"demandratestructure": "8.83"}),
    ("reactive power", "E-URDB-009", {"demandreactivepowercharge": 0.2}),
    ("monthly fuel adjustments", "E-URDB-009", {"fueladjustmentsmonthly": [0] * 11 + [0.001]}),
    ("three seasons", "E-URDB-010", {"energyweekdayschedule": [[m // 4] * 24 for m in range(12)]}),
    ("five prices", "E-URDB-011", hours_of_prices([0.5, 0.4, 0.3, 0.2, 0.1])),
    ("a fixed charge per month", "E-URDB-013", {"fixedchargeunits": "$/month"}),
    ("a fixed charge per year", "E-URDB-013", {"fixedchargeunits": "$/year"}),
    ("a minimum per month", "E-URDB-013", {"mincharge": 10, "minchargeunits": "$/month"}),
    ("an older fixed charge per month", "E-URDB-013", {"fixedmonthlycharge": 10}),
    ("an older minimum per month", "E-URDB-013", {"minmonthlycharge": 10}),
    ("a minimum per year", "E-URDB-013", {"annualmincharge": 100}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changes"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_rate_that_cannot_be_billed_is_refused(
    code: str, changes: dict[str, Any], imported: Import, tmp_path: Path
) -> None:
    with pytest.raises(TrueupError) as caught:
        imported(**changes)
    assert caught.value.code == code
    assert not (tmp_path / "rules").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"demandratestructure": [[{"rate": 0, "max": 20, "unit": "kW"}]], "flatdemandstructure": [[{"rate": 0.0}]]},
        {"coincidentratestructure": [[]], "demandreactivepowercharge": 0, "fueladjustmentsmonthly": [0] * 12},
        {"fixedchargefirstmeter": 0, "fixedchargeunits": "$/month", "mincharge": 0, "minchargeunits": "$/month"},
        {"fixedchargefirstmeter": None, "fixedchargeunits": None, "fixedmonthlycharge": 0, "annualmincharge": ""},
        {"sector": "residential", "servicetype": None, "utility": "SOUTHERN CALIFORNIA EDISON CO"},
        flat(0.3, max=1e38),
        flat(0.3, max=1_000_000_000),
        flat(0.3000001),
        flat(10),
        flat(0.3, adj=-0.3),
        {"fixedchargefirstmeter": 100},
        hours_of_prices([0.5, 0.4, 0.3, 0.2]),
    ],
)
def test_a_rate_at_the_boundary_is_taken(changes: dict[str, Any], planned: Import) -> None:
    assert len(planned(**changes).files) == 3


def rate(book: Rulebook, first: date | None = None, last: date | None = None, **changes: Any) -> UrdbRate:
    made: dict[str, Any] = item(**changes)
    made |= {"energyratestructure": [[{"unit": "kWh", "rate": 1}]] * 5, "fixedchargefirstmeter": 0}
    return rate_of(made, book.utilities["sce"], first, last)


@pytest.mark.parametrize("hour", [0, 4, 5, 6, 7, 8, 9, 10])
def test_a_day_begins_at_a_midnight_of_the_country_or_of_universal_time(hour: int, book: Rulebook) -> None:
    found = rate(book, startdate=FIRST + (hour - 7) * 3600, enddate=LAST + (hour - 7) * 3600)
    assert (found.first, found.last) == (date(2025, 6, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    "changes",
    [
        {"startdate": None}, {"enddate": None}, {"enddate": ""}, {"startdate": FIRST + 1},
        {"startdate": FIRST + 4 * 3600},
        {"startdate": FIRST - 4 * 3600}, {"enddate": LAST + 16 * 3600 + 3599}, {"startdate": "2025-06-01"},
        {"startdate": True}, {"startdate": -DAY}, {"startdate": FIRST * 1000}, {"startdate": LAST + DAY},
        {"startdate": 7305 * DAY - DAY}, {"enddate": 47482 * DAY},
    ],
)  # fmt: skip
def test_days_that_are_missing_doubtful_or_contrary_are_refused(changes: dict[str, Any], book: Rulebook) -> None:
    with pytest.raises(TrueupError, match="E-URDB-012"):
        rate(book, **changes)


def test_the_span_may_reach_from_1990_to_2099(book: Rulebook) -> None:
    found = rate(book, startdate=7305 * DAY, enddate=47481 * DAY + 8 * 3600)
    assert (found.first, found.last) == (date(1990, 1, 1), date(2099, 12, 31))


def test_days_that_the_file_lacks_are_told(book: Rulebook) -> None:
    found = rate(book, date(2025, 7, 1), date(2025, 12, 31), startdate=None, enddate=None)
    assert (found.first, found.last) == (date(2025, 7, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        (date(2025, 6, 1), date(2026, 5, 31), True),
        (date(2025, 8, 1), date(2025, 8, 1), True),
        (date(2025, 5, 31), None, False),
        (None, date(2026, 6, 1), False),
        (date(2025, 8, 2), date(2025, 8, 1), False),
    ],
)
def test_told_days_lie_within_those_of_the_file(
    first: date | None, last: date | None, fits: bool, book: Rulebook
) -> None:
    if fits:
        assert (rate(book, first, last).first, rate(book, first, last).last) == (first, last)
    else:
        with pytest.raises(TrueupError, match="E-URDB-012"):
            rate(book, first, last)


def test_an_end_that_is_no_midnight_is_told_by_hand(book: Rulebook) -> None:
    late = LAST + DAY - 1
    with pytest.raises(TrueupError, match="--through"):
        rate(book, enddate=late)
    assert rate(book, None, date(2026, 5, 31), enddate=late).last == date(2026, 5, 31)


def test_an_adjustment_is_part_of_the_price() -> None:
    tier = {"unit": "kWh", "rate": Decimal("0.25764"), "adj": Decimal("0.002")}
    assert {*months_of(flat(0) | {"energyratestructure": [[tier]]})[6][0]} == {2_596_400}


@pytest.mark.parametrize(
    "schedule", ["", "My-Rate", "my_rate", "1-rate", "my-", "../rate", "tou-d-prime", "sce", "e-1"]
)
def test_an_id_that_is_none_or_taken_is_refused(schedule: str, imported: Import, tmp_path: Path) -> None:
    with pytest.raises(TrueupError, match="E-URDB-014"):
        imported(schedule)
    assert not (tmp_path / "rules").exists()


def test_an_id_that_another_utility_s_import_has_is_refused(imported: Import, tmp_path: Path) -> None:
    imported()
    with pytest.raises(TrueupError, match="E-URDB-014"):
        imported(of="pge", utility="Pacific Gas & Electric Co")


def test_a_utility_that_is_unknown_or_has_no_program_is_refused(imported: Import, book: Rulebook) -> None:
    with pytest.raises(TrueupError, match=r"E-URDB-014.*ladwp[\s\S]*sce"):
        imported(of="ladwp")
    with pytest.raises(TrueupError, match=r"E-URDB-014.*no program"):
        open_programs("ladwp", book)


@pytest.mark.parametrize("text", ["- a\n", "{urdb-my-rate: {title: a}}\n", "urdb-my-rate:\n  title: a\n", "a: [\n"])
def test_a_list_of_sources_that_cannot_be_changed_by_lines_stays_as_it_is(
    text: str, imported: Import, tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    sources = tmp_path / "rules" / "sources.yaml"
    sources.write_text(text)
    with pytest.raises(TrueupError, match=r"E-URDB-015|E-RULE-001"):
        imported()
    assert [path.name for path in (tmp_path / "rules").rglob("*")] == ["sources.yaml"]
    assert sources.read_text() == text
