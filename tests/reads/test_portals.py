"""The portals' CSV files in the forms they are found in: columns by name, clock changes, gas, bills, signed columns."""

import pytest

from tests.reads import made_files as made
from tests.reads.made_files import Home, home_of, local
from tests.reads.test_one_truth import intervals, read_bytes, truth
from trueup.errors import TrueupError

PGE = "TYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),COST,NOTES"
SDGE = "Meter Number,Date,Start Time,Duration,Consumption,Generation,Net"


def code_of(text: str) -> str:
    with pytest.raises(TrueupError) as caught:
        read_bytes(text)
    assert caught.value.todo
    return caught.value.code


def pge(*rows: str, heading: str = PGE) -> str:
    return "\n".join(["Name,SOMEBODY", "Account Number,123", "", heading, *rows]) + "\n"


def sdge(*rows: str, heading: str = SDGE) -> str:
    return "\r\n".join(["Name,SOMEBODY", "UOM,kWh", heading, *rows]) + "\r\n"


def sce_rows(*rows: str) -> str:
    return made.sce_rows(home_of()).split('\r\n"07')[0] + "\r\n" + "\r\n".join(rows) + "\r\n"


def newest_first(text: str, heading: str) -> str:
    """The rows under the heading in the other order."""
    head, rows = text.rstrip().split(heading)
    return head + heading + "\n" + "\n".join(reversed(rows.strip().splitlines())) + "\n"


@pytest.mark.parametrize("day", made.DAYS)
@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize(
    ("make", "heading"),
    [(made.pge, PGE), (made.sdge, SDGE), (made.sce_rows, "Delivered,Received")],
    ids=["pge", "sdge", "sce rows"],
)
def test_rows_from_new_to_old_are_the_same_intervals_also_when_the_clock_changes(
    make: "made.Callable[[Home], str]", heading: str, day: str, minutes: int
) -> None:
    home = home_of(day, 2, minutes)
    assert intervals(read_bytes(newest_first(make(home), heading))) == truth(home)


@pytest.mark.parametrize("make", [made.sce, made.sce_rows, made.pge, made.sdge])
def test_a_file_that_begins_and_ends_inside_the_repeated_hour_is_read(make: "made.Callable[[Home], str]") -> None:
    home = Home(1762070400, 15, (10,) * 8, (20,) * 8, "1")
    assert [f"{local(second):%H:%M %Z}" for second in home.seconds[::4]] == ["01:00 PDT", "01:00 PST"]
    assert intervals(read_bytes(make(home))) == truth(home)


@pytest.mark.parametrize(
    "text",
    [
        pge("Electric usage,2026-03-08,02:00,02:59,1,0,,"),
        sdge('"1","3/8/2026","2:00 AM","60","1.0000","0.0000","1.0000"'),
        sce_rows('"03/08/2026 ","03/08/2026 02:00AM ","03/08/2026 03:00AM ","1.000","0.000"'),
    ],
    ids=["pge", "sdge", "sce rows"],
)
def test_a_local_time_that_the_clock_skipped_is_refused(text: str) -> None:
    assert code_of(text) == "E-READ-013"


@pytest.mark.parametrize("heading", [
    "TYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),NOTES",
    "TYPE,DATE,START TIME,END TIME,COST,EXPORT (KWh),IMPORT (KWh)",
    "Type,Date,Start Time,End Time,Notes,Import (kWh),Export (kWh)",
])  # fmt: skip
def test_pge_columns_are_found_by_name_wherever_they_stand(heading: str) -> None:
    cells = {"import (kwh)": "0.25", "export (kwh)": "0.5"}
    row = [
        "Electric usage",
        "2025-07-02",
        "00:00",
        "00:14",
        *(cells.get(n, "") for n in heading.lower().split(",")[4:]),
    ]
    reads = read_bytes(pge(",".join(row), heading=heading))
    assert (reads.minutes, reads.total_wh("delivered"), reads.total_wh("received")) == (15, 250, 500)


def test_pge_dates_may_be_american_and_hours_of_one_digit() -> None:
    reads = read_bytes(pge("Electric usage,7/2/2025,0:00,0:59,0.38,0,$0.12 ,"))
    assert local(int(reads.start[0])).isoformat() == "2025-07-02T00:00:00-07:00"


def test_pge_estimates_are_told_by_their_notes() -> None:
    reads = read_bytes(pge("Electric usage,2025-07-02,00:00,00:59,1,0,$0.1,* This data was estimated",
                           "Electric usage,2025-07-02,01:00,01:59,1,0,$0.1,"))  # fmt: skip
    assert reads.quality == ("estimated", "", "estimated", "")


def test_pge_rows_of_gas_and_of_bills_are_left_out_and_counted() -> None:
    reads = read_bytes(pge("Natural gas usage,2025-07-02,00:00,23:59,1.2,,$2,", "Electric billing,2025-07-02,,,1,,,",
                           "Electric usage,2025-07-02,00:00,00:59,1,0,,"))  # fmt: skip
    assert (reads.total_wh("delivered"), reads.skipped) == (1000, {"gas readings": 1, "bills": 1})


def test_a_pge_download_of_bills_alone_holds_no_readings() -> None:
    bills = pge("Electric billing,2025-08-02,2025-08-25,241.47,$35.51,", heading="TYPE,START DATE,END DATE,USAGE (kWh)")
    assert code_of(bills) == "E-READ-004"


@pytest.mark.parametrize("heading", ["TYPE,DATE,START TIME,END TIME,USAGE (kWh),COST",
                                     "TYPE,DATE,START TIME,END TIME,USAGE,UNITS"])  # fmt: skip
def test_pges_one_column_is_signed_and_marked(heading: str) -> None:
    rows = [f"Electric usage,2025-07-02,0{hour}:00,0{hour}:59,{kwh},kWh" for hour, kwh in enumerate(("1.5", "-0.25"))]
    reads = read_bytes(pge(*rows, heading=heading))
    assert (reads.total_wh("delivered"), reads.total_wh("received"), reads.netted) == (1500, 250, True)


def test_an_empty_cell_is_a_missing_reading_not_zero() -> None:
    reads = read_bytes(
        pge("Electric usage,2025-07-02,00:00,00:59,,0.5,,", "Electric usage,2025-07-02,01:00,01:59,1,,,")
    )
    assert (reads.channel.tolist(), reads.wh.tolist()) == ([0, 1], [1000, 500])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("Electric usage,2025-07-02,00:00,00:59,-1,0,,", "E-READ-016"),
        ("Electric usage,2025-07-02,00:00,00:59,1.2345,0,,", "E-READ-016"),
        ("Electric usage,2025-07-02,00:00,00:59,one,0,,", "E-READ-016"),
        ("Electric usage,2025-07-02,00:00,00:19,1,0,,", "E-READ-012"),
        ("Electric usage,2025-07-02,00:00,23:59,1,0,,", "E-READ-012"),
        ("Electric usage,2025-07-02,00:10,00:24,1,0,,", "E-READ-012"),
        ("Electric usage,2025-13-02,00:00,00:59,1,0,,", "E-READ-010"),
        ("Electric usage,2025-07-02,25:00,25:59,1,0,,", "E-READ-010"),
        ("Electric usage,2025-07-02,00:00", "E-READ-010"),
        ("Water usage,2025-07-02,00:00,00:59,1,0,,", "E-READ-010"),
        (",,,,,sum of all", "E-READ-010"),
    ],
)
def test_a_bad_pge_row_is_refused_with_a_code(row: str, code: str) -> None:
    assert code_of(pge("Electric usage,2025-07-01,00:00,00:59,1,0,,", row)) == code


def test_pge_usage_in_another_unit_is_refused() -> None:
    heading = "TYPE,DATE,START TIME,END TIME,USAGE,UNITS"
    assert code_of(pge("Electric usage,2025-07-02,00:00,00:59,1,therms", heading=heading)) == "E-READ-010"


def test_sdges_empty_generation_follows_from_its_net() -> None:
    reads = read_bytes(sdge('"00000000","11/1/2022","12:00 AM","60","0.2200","","0.2200"',
                            '"00000000","11/1/2022","1:00 AM","60","0.0000","","-0.3000"'))  # fmt: skip
    assert (reads.total_wh("delivered"), reads.total_wh("received"), reads.netted) == (220, 300, False)


def test_sdges_half_watt_hours_are_taken_at_the_nearest_and_noted() -> None:
    reads = read_bytes(sdge('"1","11/1/2022","12:00 AM","15","0.0555","0.0000","0.0555"'))
    assert (reads.total_wh("delivered"), reads.rounded) == (56, True)


def test_sdge_meters_are_told_apart_also_in_the_repeated_hour() -> None:
    homes = [home_of("2025-11-02", 1, 60, seed, account=name) for seed, name in ((1, "A1"), (2, "B2"))]
    head, *rows = made.sdge(homes[0]).rstrip().split('\r\n"A1"')
    both = "".join(f'\r\n"A1"{a}\r\n"B2"{b}' for a, b in zip(rows, made.sdge(homes[1]).rstrip().split("\r\n\"B2\"")[1:],
                                                         strict=True))  # fmt: skip
    reads = read_bytes(head + both + "\r\n")
    for home in homes:
        assert intervals(reads.of(home.account)) == truth(home)


@pytest.mark.parametrize("duration", ["15", "0:15:00", "00:15:00"])
def test_sdge_durations_are_minutes_or_a_clock(duration: str) -> None:
    assert read_bytes(sdge(f"1,5/25/2024,12:00 AM,{duration},0.02,0,0.02")).minutes == 15


def test_sdges_newer_file_without_generation_but_with_net_only_is_signed() -> None:
    reads = read_bytes(sdge("1,5/25/2024,12:00 AM,15,-0.12", heading="Meter Number,Date,Start Time,Duration,Net"))
    assert (reads.total_wh("received"), reads.netted) == (120, True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (sdge("1,5/25/2024,12:00 AM,20,1,0,1"), "E-READ-012"),
        (sdge("1,5/25/2024,12:05 AM,15,1,0,1"), "E-READ-012"),
        (sdge("1,5/25/2024,13:00 AM,15,1,0,1"), "E-READ-010"),
        (sdge("1,5/25/2024,12:00 AM,15,-1,0,-1"), "E-READ-016"),
        (sdge("1,5/25/2024,12:00 AM,15,0,,1"), "E-READ-016"),
        (sdge("1,5/25/2024,12:00 AM,15,1", heading="Meter Number,Date,Start Time,Duration,Value"), "E-READ-010"),
        (sdge("1,5/25/2024,12:00 AM,15,1,0,1").replace("UOM,kWh", "UOM,therms"), "E-READ-010"),
        (sdge("1,5/25/2024,12:00 AM,15,1,0,1").replace("UOM,kWh", "Resource,Gas"), "E-READ-010"),
    ],
)
def test_a_bad_sdge_file_is_refused_with_a_code(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('"07/02/2025 ","07/02/2025 12:00AM ","07/02/2025 12:20AM ","1.000","0.000"', "E-READ-012"),
        ('"07/02/2025 ","07/02/2025 01:00AM ","07/02/2025 03:00AM ","1.000","0.000"', "E-READ-012"),
        ('"07/02/2025 ","07/02/2025 01:00AM ","07/02/2025 12:00AM ","1.000","0.000"', "E-READ-012"),
        ('"07/02/2025 ","07/02/2025 12:00AM ","07/02/2025 12:15AM ","-1.000","0.000"', "E-READ-016"),
        ('"07/02/2025 ","07/02/2025 12:00AM ","07/02/2025 12:15AM "', "E-READ-010"),
        ('"07/02/2025 ","yesterday","07/02/2025 12:15AM ","1.000","0.000"', "E-READ-010"),
    ],
)
def test_a_bad_row_of_sces_newer_form_is_refused_with_a_code(row: str, code: str) -> None:
    assert code_of(sce_rows(row)) == code


def sce_block(name: str, *rows: str) -> str:
    return "\r\n".join([f"Energy {name} time period,Usage(Real energy),Reading quality", *rows]) + "\r\n,,\r\n"


def sce_hour(day: str, start: str, end: str, kwh: str = "1", ends_on: str = "") -> str:
    return f"{day} {start}:00 to {ends_on or day} {end}:00,{kwh},"


def test_an_sce_file_may_be_hourly_first_and_of_quarters_later() -> None:
    text = "Energy Usage Information,,\r\n" + "".join(
        sce_block(name, *rows)
        for name in ("Delivered", "Received")
        for rows in (
            [sce_hour("2023-03-21", "22:00", "23:00"), sce_hour("2023-03-21", "23:00", "00:00", ends_on="2023-03-22")],
            [sce_hour("2023-03-22", "00:00", "00:15"), sce_hour("2023-03-22", "00:15", "00:30")],
        )
    )
    reads = read_bytes(text)
    assert (reads.lengths, len(reads.wh), reads.gaps()) == ((15, 60), 8, [])


def test_a_row_of_sce_that_ends_on_another_day_is_refused() -> None:
    row = sce_hour("2025-07-02", "22:00", "23:00", ends_on="2025-08-02")
    assert code_of("Energy Usage Information,,\r\n" + sce_block("Delivered", row)) == "E-READ-012"


def test_sces_consumption_of_a_home_without_solar_is_delivered() -> None:
    row = '"2017-09-01 23:00:00\u00a0to 2017-09-02 00:00:00","0.520",""'
    reads = read_bytes("\r\n" + sce_block("consumption", row))
    assert (reads.channel.tolist(), reads.wh.tolist(), reads.netted) == ([0], [520], False)


def test_sces_spaces_may_be_the_one_byte_of_latin_1() -> None:
    home = home_of("2025-11-02", 2, 15)
    data = made.sce(home).replace("\ufeff", "").encode("latin-1")
    assert b"\xa0to" in data
    assert intervals(read_bytes(data)) == truth(home)


def test_another_byte_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(TrueupError) as caught:
        read_bytes(made.sce(home_of()).encode().replace(b"somewhere", b"caf\xe9"))
    assert caught.value.code == "E-READ-002"
