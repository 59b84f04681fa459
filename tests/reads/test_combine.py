"""Several files as one table: the same once, better and later values in place of others, contradictions refused."""

from collections.abc import Callable

import pytest

from tests.reads.made_files import data_of, home_of, mdm, neutral, parquet, pge_usage, sce
from trueup.errors import TrueupError
from trueup.reads import Reads, open_meter_bytes
from trueup.reads.combine import combine, part_of


def listing(*rows: str) -> str:
    return "\n".join(["account,channel,start,minutes,wh,status,known", *rows]) + "\n"


def row(wh: int | str, status: str = "", known: str = "", account: str = "a", hour: int = 7, minutes: int = 60) -> str:
    return f"{account},delivered,2025-07-02T{hour:02d}:00:00Z,{minutes},{wh},{status},{known}"


def together(*files: str | bytes) -> Reads:
    parts = []
    for number, data in enumerate(files):
        with open_meter_bytes(data_of(data), f"file {number}") as file:
            parts.append(part_of(file))
    return combine(parts)


def code_of(*files: str | bytes) -> str:
    with pytest.raises(TrueupError) as caught:
        together(*files)
    return caught.value.code


@pytest.mark.parametrize("better", range(1, 4))
def test_a_value_of_higher_rank_takes_the_place_of_a_lower_one_in_either_order(better: int) -> None:
    ranks = ("estimated", "edited", "corrected", "actual")
    low, high = listing(row(10, ranks[better - 1])), listing(row(20, ranks[better]))
    for files in ((low, high), (high, low)):
        reads = together(*files)
        assert (reads.wh.tolist(), reads.replaced, reads.repeated) == ([20], 1, 0)


def test_of_one_rank_the_later_known_value_holds() -> None:
    early, late = listing(row(10, known="2025-07-03T00:00:00Z")), listing(row(20, known="2025-07-04T00:00:00Z"))
    assert together(late, early).wh.tolist() == [20]


def test_an_older_value_of_higher_rank_is_not_replaced_by_a_newer_estimate() -> None:
    old, new = listing(row(10, "actual", "2025-07-03T00:00:00Z")), listing(row(20, "estimated", "2025-07-09T00:00:00Z"))
    assert together(old, new).wh.tolist() == [10]


def test_values_of_one_rank_and_age_that_differ_contradict() -> None:
    assert code_of(listing(row(10)), listing(row(11))) == "E-READ-022"


def test_equal_values_count_once_whatever_their_rank() -> None:
    reads = together(listing(row(10, "estimated")), listing(row(10)))
    assert (reads.wh.tolist(), reads.quality, reads.repeated) == ([10], ("",), 1)


def test_what_stands_twice_in_one_file_stays_for_the_next_step_to_tell() -> None:
    assert len(together(listing(row(10), row(10))).duplicates) == 1


def test_readings_of_two_lengths_may_follow_each_other_and_may_not_overlap() -> None:
    assert together(listing(row(1)), listing(row(2, hour=8, minutes=15))).lengths == (15, 60)
    assert code_of(listing(row(1)), listing(row(2, minutes=15))) == "E-READ-011"


def test_files_with_and_without_account_names_do_not_mix() -> None:
    home = home_of()
    assert code_of(sce(home), mdm(home_of("2025-07-03"))) == "E-READ-023"


def test_a_file_that_names_nobody_joins_one_of_a_single_meter() -> None:
    both = together(sce(home_of()), pge_usage(home_of("2025-07-03")))
    assert (both.accounts, both.netted, both.gaps()) == ([], True, [])


def test_two_meters_of_a_utility_stay_apart() -> None:
    reads = together(pge_usage(home_of(account="1")), pge_usage(home_of(account="2")))
    assert reads.accounts == ["1", "2"]


@pytest.mark.parametrize("write", [lambda text: text, parquet], ids=["csv", "parquet"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("channel", "line"), "E-READ-003"), (("delivered", "exported"), "E-READ-027"),
        (("2025-07-02T07:00:00Z", "2025-07-02T07:00:00"), "E-READ-014"), (("60,10,", "20,10,"), "E-READ-012"),
        (("T07:00", "T07:30"), "E-READ-012"), (("60,10,", "60,-1,"), "E-READ-016"),
        (("10,,", "10,guess,"), "E-READ-027"), (("10,,", "10,none,"), "E-READ-016"), (("wh", "energy"), "E-READ-010"),
        (("known", "kwh"), "E-READ-010"), (("status", "netted"), "E-READ-027"),
    ],
)  # fmt: skip
def test_a_bad_listing_is_refused_with_a_code(
    write: Callable[[str], str | bytes], change: tuple[str, str], code: str
) -> None:
    text = listing(row(10)).replace(*change, 1)
    text = text.replace("10,,", {"netted": "10,perhaps,", "kwh": "10,,1"}.get(change[1], "10,,"))
    assert code_of(write(text)) == code


def test_a_column_that_stands_twice_is_refused() -> None:
    assert code_of(listing(row(10)).replace("status", "wh")) == "E-READ-010"


def test_an_empty_quantity_of_a_listing_is_no_reading() -> None:
    assert together(listing(row(""), row(5, hour=8))).wh.tolist() == [5]


def test_a_signed_mark_of_a_neutral_file_or_listing_is_kept() -> None:
    home = home_of()
    for text in (neutral(home), mdm(home)):
        head, *lines = text.splitlines()
        marked = "\n".join([f"{head},netted", *(f"{line},yes" for line in lines)])
        assert (together(marked).netted, together(marked.replace(",yes", ",no")).netted) == (True, False)
