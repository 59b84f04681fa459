"""Readings written for others and read back are the same readings."""

import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reads.made_files import DAYS, SIGNED, home_of, mdm
from tests.reads.test_one_truth import read_bytes
from trueup.errors import TrueupError
from trueup.reads import Reads
from trueup.reads.export import to_green_button, to_mdm_csv, to_neutral_csv, to_neutral_parquet

WRITERS: dict[str, Callable[[Reads], bytes]] = {
    "green button": lambda reads: "".join(to_green_button(reads)).encode(),
    "listing": lambda reads: "".join(to_mdm_csv(reads)).encode(),
    "neutral csv": lambda reads: "".join(to_neutral_csv(reads)).encode(),
    "neutral parquet": to_neutral_parquet,
}
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0\x85\u2028", exclude_categories=["Cc", "Cs"]),
                min_size=1, max_size=12).map(str.strip).filter(bool)  # fmt: skip


def rows(reads: Reads, *names: str) -> list[tuple[Any, ...]]:
    columns = [getattr(reads, name) for name in ("account", "channel", "start", "length", "wh", *names)]
    return list(
        zip(*(column.tolist() if isinstance(column, np.ndarray) else column for column in columns), strict=True)
    )


@settings(max_examples=40)
@given(
    accounts=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    day=st.sampled_from(DAYS),
    minutes=st.sampled_from([5, 15, 30, 60]),
    seed=st.integers(0, 2**32),
    keep=st.integers(1, 40),
)
@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_written_reads_back_the_same(
    writer: str, accounts: list[str], day: str, minutes: int, seed: int, keep: int
) -> None:
    homes = [home_of(day, 1, minutes, seed + n, f"A{n}") for n in range(len(accounts))]
    reads = read_bytes(mdm(*homes))
    order = sorted(accounts)
    chance = np.random.default_rng(seed)
    chosen = chance.permutation(len(reads.start))[: keep * len(accounts)]
    reads = reads.where(np.isin(np.arange(len(reads.start)), chosen))
    present = sorted({int(n) for n in reads.number})
    reads = Reads(**{**reads.__dict__, "names": tuple(order)})
    assert present
    assert rows(read_bytes(WRITERS[writer](reads))) == rows(reads)


def test_the_listing_keeps_states_and_the_age_of_values() -> None:
    text = "account,channel,start,minutes,wh,status,known\n" + "".join(
        f"a,{channel},2025-07-02T{hour:02d}:00:00Z,60,{hour},{word},{known}\n"
        for channel in ("delivered", "received", "generation")
        for hour, (word, known) in enumerate(
            [
                ("estimated", ""),
                ("edited", "2025-08-01T00:00:00Z"),
                ("corrected", "2025-08-02T00:00:00Z"),
                ("actual", ""),
            ]
        )
    )
    reads = read_bytes(text)
    again = read_bytes("".join(to_mdm_csv(reads)))
    assert rows(again, "status", "known") == rows(reads, "status", "known")


def test_green_button_keeps_what_is_estimated_and_edited_and_counts_a_correction_as_actual() -> None:
    text = "account,channel,start,minutes,wh,status\n" + "".join(
        f"a,delivered,2025-07-02T0{hour}:00:00Z,60,1,{word}\n"
        for hour, word in enumerate(("estimated", "edited", "corrected", "actual"))
    )
    assert read_bytes("".join(to_green_button(read_bytes(text)))).quality == ("estimated", "edited", "", "")


def test_a_generation_meter_and_readings_of_two_lengths_survive_green_button() -> None:
    text = "account,channel,start,minutes,wh\n" + "".join(
        f"a,{channel},2025-07-02T{time}Z,{minutes},7\n"
        for channel in ("delivered", "received", "generation")
        for time, minutes in (("00:00:00", 60), ("01:00:00", 15), ("01:15:00", 15))
    )
    reads = read_bytes(text)
    assert reads.lengths == (15, 60)
    assert rows(read_bytes("".join(to_green_button(reads)))) == rows(reads)
    assert rows(read_bytes("".join(to_neutral_csv(reads)))) == rows(reads)


def test_green_button_is_well_formed_with_a_type_and_links_for_each_channel() -> None:
    tree = ElementTree.parse(io.StringIO("".join(to_green_button(read_bytes(mdm(home_of("2025-11-02", 2)))))))
    espi = "{http://naesb.org/espi}"
    assert [flow.text for flow in tree.iter(f"{espi}flowDirection")] == ["1", "19"]
    assert len(list(tree.iter(f"{espi}IntervalBlock"))) == 4
    assert len(list(tree.iter(f"{espi}IntervalReading"))) == 2 * 49
    atom = "{http://www.w3.org/2005/Atom}"
    for entry in tree.iter(f"{atom}entry"):
        assert {link.get("rel") for link in entry.iter(f"{atom}link")} >= {"self", "up"}


def test_readings_without_an_account_stay_without_one() -> None:
    reads = read_bytes(mdm(home_of(account="")))
    for write in WRITERS.values():
        assert read_bytes(write(reads)).accounts == []


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("made", SIGNED)
def test_readings_of_a_signed_column_stay_marked(writer: str, made: str) -> None:
    reads = read_bytes(SIGNED[made](home_of("2025-11-02", 2)))
    again = read_bytes(WRITERS[writer](reads))
    assert (rows(again), again.netted, again.rounded) == (rows(reads), True, False)


def test_a_signed_column_among_two_channels_is_not_written_as_green_button() -> None:
    text = mdm(home_of()).replace(",0\n", ",7\n").splitlines()
    marked = "\n".join([f"{text[0]},netted", *(f"{line},yes" for line in text[1:])])
    reads = read_bytes(marked)
    with pytest.raises(TrueupError) as caught:
        list(to_green_button(reads))
    assert caught.value.code == "E-READ-034"
    assert rows(read_bytes(WRITERS["listing"](reads))) == rows(reads)
