"""UtilityAPI's intervals: which data points count, whose they are, and what is refused."""

import json
from typing import Any

import pytest

from tests.reads.made_files import home_of, utilityapi
from tests.reads.test_one_truth import intervals, read_bytes, truth
from trueup.errors import TrueupError


def reading(hour: int = 0, kwh: Any = None, **points: Any) -> dict[str, Any]:
    start, end = (f"2025-07-02T{hour + n:02d}:00:00.000000-07:00" for n in (0, 1))
    found = [{"type": kind, "unit": "kwh", "value": value} for kind, value in points.items()]
    return {"start": start, "end": end, "kwh": kwh, "datapoints": found}


def service(name: str, *readings: dict[str, Any], base_first: bool = True) -> dict[str, Any]:
    parts = [("base", {"service_identifier": name, "meter_numbers": ["M1", "M2"]}), ("readings", list(readings))]
    return dict(parts if base_first else reversed(parts))


def file(*services: dict[str, Any]) -> str:
    return json.dumps({"intervals": list(services), "next": None})


def code_of(text: str) -> str:
    with pytest.raises(TrueupError) as caught:
        read_bytes(text)
    return caught.value.code


def test_delivered_and_received_count_before_the_net() -> None:
    reads = read_bytes(file(service("S1", reading(0, 0.25, fwd=1.25, rev=1.0, net=0.25))))
    assert (reads.wh.tolist(), reads.netted) == ([1250, 1000], False)


def test_a_net_alone_is_split_and_marked() -> None:
    reads = read_bytes(file(service("S1", reading(0, net=-0.41), reading(1, -1.5))))
    assert (reads.total_wh("delivered"), reads.total_wh("received"), reads.netted) == (0, 1910, True)


def test_one_direction_alone_is_that_channel() -> None:
    reads = read_bytes(file(service("S1", reading(0, fwd=1.25), reading(1, rev=0.5))))
    assert (reads.channel.tolist(), reads.wh.tolist(), reads.netted) == ([0, 1], [1250, 500], False)


def test_a_reading_without_a_value_is_missing() -> None:
    reads = read_bytes(file(service("S1", reading(0), reading(1, 1))))
    assert len(reads.wh) == 2


def test_noise_behind_the_watt_hour_is_taken_at_the_nearest_and_noted() -> None:
    text = file(service("S1", reading(0, fwd=0.30000000000000004, rev=0.1922)))
    reads = read_bytes(text)
    assert (reads.wh.tolist(), reads.rounded) == ([300, 192], True)


@pytest.mark.parametrize("base_first", [True, False])
def test_readings_belong_to_the_service_beside_them(base_first: bool) -> None:
    services = [service(f"S{n}", reading(0, fwd=n, rev=0), base_first=base_first) for n in (1, 2, 3)]
    reads = read_bytes(file(*services))
    assert [(name, reads.of(name).total_wh("delivered")) for name in reads.accounts] == [
        ("S1", 1000), ("S2", 2000), ("S3", 3000),
    ]  # fmt: skip


def test_a_service_without_a_base_does_not_take_the_name_of_the_one_before() -> None:
    nameless = {"readings": [reading(0, fwd=2, rev=0)]}
    assert code_of(file(service("S1", reading(0, fwd=1, rev=0)), nameless)) == "E-READ-023"


def test_a_reading_that_is_said_to_be_estimated_is() -> None:
    entry = reading(0, fwd=1, rev=0) | {"quality": "ESTIMATED"}
    assert read_bytes(file(service("S1", entry))).quality == ("estimated", "estimated")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": "2025-07-02T00:00:00"}, "E-READ-014"),
        ({"start": None}, "E-READ-014"),
        ({"end": "2025-07-02T02:00:00-07:00"}, "E-READ-012"),
        ({"end": "2025-07-01T23:00:00-07:00"}, "E-READ-012"),
        ({"start": "2025-07-02T00:10:00-07:00", "end": "2025-07-02T01:10:00-07:00"}, "E-READ-012"),
        ({"datapoints": [{"type": "fwd", "unit": "kwh"}]}, "E-READ-010"),
        ({"datapoints": [{"type": "fwd", "unit": "kwh", "value": -1}]}, "E-READ-016"),
        ({"datapoints": [{"type": "fwd", "unit": "kwh", "value": True}]}, "E-READ-016"),
        ({"datapoints": [{"type": "net", "unit": "kwh", "value": "much"}]}, "E-READ-016"),
        ({"datapoints": [{"type": "fwd", "unit": "kwh", "value": 1}] * 500}, "E-READ-002"),
    ],
)
def test_a_bad_reading_is_refused_with_a_code(change: dict[str, Any], code: str) -> None:
    assert code_of(file(service("S1", reading(0, 1, fwd=1, rev=0) | change))) == code


@pytest.mark.parametrize("text", ['{"intervals": [', '{"intervals": [{"readings": [}]}', '{"readings": ' + "[" * 99])
def test_broken_json_is_refused(text: str) -> None:
    assert code_of(text) == "E-READ-002"


def test_a_year_newest_first_is_the_same_home() -> None:
    home = home_of("2025-10-30", 7, 15)
    assert intervals(read_bytes(utilityapi(home))) == truth(home)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert intervals(read_bytes("\ufeff" + utilityapi(home_of()))) == truth(home_of())
