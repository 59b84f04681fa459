"""Green Button XML as it is found: directions, multipliers, qualities, links, totals, gas, and what is refused."""

import pytest

from tests.reads.made_files import (
    SUMMARY,
    block,
    decimal,
    entry,
    espi,
    espi_entries,
    espi_net,
    feed,
    home_of,
    reading_type,
)
from tests.reads.test_one_truth import intervals, read_bytes, truth
from trueup.errors import TrueupError
from trueup.reads import Reads

START = 1751439600
HOUR = 3600


def hours(*values: str) -> list[tuple[int, str]]:
    return [(START + HOUR * n, value) for n, value in enumerate(values)]


def one(content: str, kind: str = reading_type(1), related: tuple[str, ...] = ()) -> str:
    """A feed of one usage point, meter reading and type, around some content of blocks."""
    meter = "/UsagePoint/1/MeterReading/1"
    return feed(
        entry("/UsagePoint/1", "/UsagePoint", ("/UsagePoint/1/MeterReading",), "<UsagePoint/>"),
        entry(meter, "/UsagePoint/1/MeterReading", (f"{meter}/IntervalBlock", "/ReadingType/1"), "<MeterReading/>"),
        entry("/ReadingType/1", "/ReadingType", (), kind),
        entry(f"{meter}/IntervalBlock/1", f"{meter}/IntervalBlock", related, content),
    )


def refused(text: str) -> TrueupError:
    with pytest.raises(TrueupError) as caught:
        read_bytes(text)
    return caught.value


@pytest.mark.parametrize("power", range(-3, 4))
def test_every_power_of_ten_gives_the_same_watt_hours(power: int) -> None:
    values = hours(*(decimal(wh, power) for wh in (0, 1000, 250_000)))
    assert read_bytes(one(block(values, 60), reading_type(1, power))).wh.tolist() == [0, 1000, 250_000]


@pytest.mark.parametrize("power", [-9, -6, 6, 9])
def test_a_far_power_of_ten_is_exact_too(power: int) -> None:
    value = str(5 * 10**5 * 10**-power) if power < 0 else "5e-6" if power == 6 else "5e-9"
    wh = 5 * 10**5 if power < 0 else 5
    assert read_bytes(one(block(hours(value), 60), reading_type(1, power))).wh.tolist() == [wh]


def test_tenths_of_a_watt_hour_are_taken_at_the_nearest_and_noted() -> None:
    # PG&E's service gives milliwatt-hours in steps of a tenth of a watt-hour.
    reads = read_bytes(one(block(hours("192200", "171500", "163500", "163499"), 60), reading_type(1, -3)))
    assert (reads.wh.tolist(), reads.rounded) == ([192, 172, 164, 163], True)


def test_whole_watt_hours_are_not_noted_as_rounded() -> None:
    assert not read_bytes(one(block(hours("192000"), 60), reading_type(1, -3))).rounded


@pytest.mark.parametrize(("flow", "channel"), [(0, 0), (1, 0), (19, 1)])
def test_the_direction_of_flow_tells_the_channel(flow: int, channel: int) -> None:
    assert read_bytes(one(block(hours("5"), 60), reading_type(flow))).channel.tolist() == [channel]


def test_net_readings_are_split_and_marked() -> None:
    reads = read_bytes(one(block(hours("5", "-7"), 60), reading_type(4)))
    assert (reads.channel.tolist(), reads.wh.tolist(), reads.netted) == ([0, 0, 1, 1], [5, 0, 0, 7], True)


def test_net_readings_beside_both_directions_are_left_out() -> None:
    home = home_of()
    meter, rows = "/UsagePoint/home/MeterReading/3", list(zip(home.seconds, map(str, home.net), strict=True))
    net = (
        entry(meter, "/UsagePoint/home/MeterReading", (f"{meter}/IntervalBlock", "/ReadingType/3"), "<MeterReading/>"),
        entry("/ReadingType/3", "/ReadingType", (), reading_type(4)),
        entry(f"{meter}/IntervalBlock/0", f"{meter}/IntervalBlock", (), block(rows, 60)),
    )
    for text in (feed(*espi_entries(home), *net), feed(*net, *espi_entries(home))):
        reads = read_bytes(text)
        assert (intervals(reads), reads.netted) == (truth(home), False)
        assert reads.skipped == {"net readings beside both directions": 24}


def test_a_negative_value_against_its_direction_is_refused_with_its_line() -> None:
    error = refused(one(block(hours("5", "-7"), 60), reading_type(19)))
    assert error.code == "E-READ-016"
    assert "line" in error.what


@pytest.mark.parametrize(
    ("code", "quality"),
    [("0", ""), ("14", ""), ("17", ""), ("18", ""), ("19", ""), ("7", "edited"), ("8", "estimated"), ("9", "estimated"),
     ("10", "estimated"), ("12", "estimated"), ("16", "estimated"), ("99", "estimated")],
)  # fmt: skip
def test_quality_codes_become_statuses(code: str, quality: str) -> None:
    more = f"<ReadingQuality><quality>{code}</quality></ReadingQuality>"
    assert read_bytes(one(block(hours("5"), 60, more))).quality == (quality,)


def test_of_several_qualities_the_lowest_rank_holds_and_the_default_where_there_is_none() -> None:
    two = "".join(f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" for code in (17, 8))
    assert read_bytes(one(block(hours("5"), 60, two))).quality == ("estimated",)
    kind = reading_type(1, more="<defaultQuality>8</defaultQuality>")
    assert read_bytes(one(block(hours("5"), 60), kind)).quality == ("estimated",)
    own = "<ReadingQuality><quality>17</quality></ReadingQuality>"
    assert read_bytes(one(block(hours("5"), 60, own), kind)).quality == ("",)


def test_cost_tou_and_tier_of_a_reading_are_no_energy() -> None:
    more = "<cost>4500</cost><tou>2</tou><cpp>1</cpp><consumptionTier>3</consumptionTier>"
    assert read_bytes(one(block(hours("5", "6"), 60, more))).wh.tolist() == [5, 6]


def test_summaries_of_either_name_are_never_readings() -> None:
    later = SUMMARY.replace("ElectricPowerUsageSummary", "UsageSummary").replace(
        "</UsageSummary>",
        "<costAdditionalDetailLastPeriod><amount>1</amount><measurement><value>77</value><uom>72</uom></measurement>"
        "</costAdditionalDetailLastPeriod></UsageSummary>",
    )
    text = one(block(hours("5"), 60)).replace("</feed>", f"<entry><content>{later}{SUMMARY}</content></entry></feed>")
    assert read_bytes(text).wh.tolist() == [5]


def test_blocks_of_different_lengths_stand_in_one_file() -> None:
    quarters = [(START + 2 * HOUR + 900 * n, str(n)) for n in range(8)]
    reads = read_bytes(one(block(hours("5", "6"), 60) + block(quarters, 15)))
    assert (reads.lengths, len(reads.wh), reads.gaps()[:0]) == ((15, 60), 10, [])


def test_a_reading_without_a_start_or_duration_follows_the_one_before_in_its_block() -> None:
    readings = "".join(f"<IntervalReading><value>{n}</value></IntervalReading>" for n in range(3))
    head = f"<interval><duration>10800</duration><start>{START}</start></interval>"
    reads = read_bytes(one(f"<IntervalBlock>{head}{readings}</IntervalBlock>"))
    assert (reads.start.tolist(), reads.wh.tolist()) == ([START, START + HOUR, START + 2 * HOUR], [0, 1, 2])


def test_a_block_that_stands_twice_is_left_for_duplicates_to_tell() -> None:
    reads = read_bytes(one(2 * block(hours("5", "6"), 60)))
    assert len(reads.duplicates) == 2


def test_totals_of_a_day_or_a_month_beside_the_hours_are_left_out_and_counted() -> None:
    day = f"<IntervalReading><timePeriod><duration>86400</duration><start>{START}</start></timePeriod><value>99</value>"
    reads = read_bytes(
        one(block(hours("5"), 60).replace("</IntervalBlock>", f"{day}</IntervalReading></IntervalBlock>"))
    )
    assert (reads.wh.tolist(), reads.skipped) == ([5], {"totals of a day or longer": 1})


@pytest.mark.parametrize(
    ("kind", "what"),
    [(reading_type(1, uom=38), "readings of power"), (reading_type(1, uom=73), "readings of reactive energy"),
     (reading_type(1, uom=119).replace("<commodity>1", "<commodity>7"), "gas readings")],
)  # fmt: skip
def test_what_is_no_energy_is_left_out_beside_it_and_refused_alone(kind: str, what: str) -> None:
    meter, home = "/UsagePoint/home/MeterReading/9", home_of()
    beside = (
        entry(meter, "/UsagePoint/home/MeterReading", (f"{meter}/IntervalBlock", "/ReadingType/9"), "<MeterReading/>"),
        entry("/ReadingType/9", "/ReadingType", (), kind),
        entry(f"{meter}/IntervalBlock/0", f"{meter}/IntervalBlock", (), block(hours("1", "2"), 60)),
    )
    reads = read_bytes(feed(*espi_entries(home), *beside))
    assert (intervals(reads), reads.skipped) == (truth(home), {what: 2})
    error = refused(one(block(hours("1"), 60), kind))
    assert (error.code, what in error.what) == ("E-READ-004", True)


@pytest.mark.parametrize(
    "kind",
    [reading_type(1, uom=42), reading_type(2), reading_type(20), reading_type(1).replace("<uom>72</uom>", ""),
     reading_type(1).replace("Behaviour>4", "Behaviour>3"), reading_type(1).replace("Behaviour>4", "Behaviour>9"),
     reading_type(1, power=10), reading_type(1).replace("Multiplier>0", "Multiplier>x")],
    ids=["unit", "lagging", "total", "no unit", "register", "sum", "power of ten", "no power"],
)  # fmt: skip
def test_what_may_be_no_energy_of_an_interval_is_refused(kind: str) -> None:
    assert refused(one(block(hours("5"), 60), kind)).code == "E-READ-026"


def turned_pair(ups: tuple[str, str], owns: tuple[str, str], related: tuple[str, str]) -> str:
    """Two meter readings of both directions, whose blocks are told by the links given."""
    parts = []
    for number, flow in ((0, 1), (1, 19)):
        meter = f"/M/{number}"
        parts.append(entry(meter, "/M", (related[number], f"/T/{number}"), "<MeterReading/>"))
        parts.append(entry(f"/T/{number}", "/T", (), reading_type(flow)))
    for number in (0, 1):
        parts.append(entry(owns[number], ups[number], (), block(hours(str(10 + number)), 60)))
    return feed(*parts)


@pytest.mark.parametrize(
    ("ups", "owns", "related"),
    [
        (("/M/0/B", "/M/1/B"), ("/M/0/B/7", "/M/1/B/7"), ("/M/0/B", "/M/1/B")),
        (("/B", "/B"), ("/B/0", "/B/1"), ("/B/0", "/B/1")),
        (("/B", "/B"), ("/M/0/B/1", "/M/1/B/1"), ("/B", "/B")),
        (("", ""), ("/B/0", "/B/1"), ("/B/0", "/B/1")),
        (("/M/0", "/M/1"), ("", ""), ("", "")),
    ],
    ids=["usual", "meters name blocks", "one common up", "no up", "up is the meter"],
)
def test_links_join_blocks_to_their_own_meter_reading(
    ups: tuple[str, str], owns: tuple[str, str], related: tuple[str, str]
) -> None:
    reads = read_bytes(turned_pair(ups, owns, related))
    assert (reads.total_wh("delivered"), reads.total_wh("received")) == (10, 11)


@pytest.mark.parametrize(
    "text",
    [
        turned_pair(("/B", "/B"), ("/B/0", "/B/1"), ("/B", "/B")),
        turned_pair(("", ""), ("", ""), ("/B/0", "/B/1")),
        feed(*(f"<entry><content>{part}</content></entry>" for part in
               (reading_type(1), block(hours("1"), 60), reading_type(19), block(hours("2"), 60)))),
        one(block(hours("1"), 60)).replace("</feed>", entry("/ReadingType/1", "/ReadingType", (), reading_type(19))
                                           + "</feed>").replace("urn:uuid:/UsagePoint/1/MeterReading/1<", "x<")
        .replace('href="https://x.example/espi/1_1/resource/ReadingType/1"', 'href="/R"', 1),
    ],
    ids=["both meters name both blocks", "no links", "no links and no ids", "two types of one name"],
)  # fmt: skip
def test_readings_whose_type_is_not_told_for_certain_are_refused(text: str) -> None:
    assert refused(text).code == "E-READ-026"


def test_relative_and_absolute_links_meet() -> None:
    text = one(block(hours("5"), 60)).replace('up" href="https://x.example', 'up" href="')
    assert read_bytes(text).wh.tolist() == [5]


def test_several_blocks_in_one_entry_and_a_file_that_is_no_feed_are_read() -> None:
    text = one(block(hours("5"), 60) + block([(START + HOUR, "6")], 60))
    assert read_bytes(text).wh.tolist() == [5, 6]
    bare = f'<x xmlns="http://naesb.org/espi">{reading_type(1)}{block(hours("5"), 60)}</x>'
    assert read_bytes(bare).wh.tolist() == [5]


def test_homes_are_told_apart_by_their_usage_points() -> None:
    homes = [home_of(account="A"), home_of(seed=2, account="B")]
    shared_types = list(dict.fromkeys(text for home in homes for text in espi_entries(home)))
    reads = read_bytes(feed(*shared_types))
    assert [name.rpartition("/")[2] for name in reads.accounts] == ["A", "B"]
    for name, home in zip(reads.accounts, homes, strict=True):
        assert intervals(reads.of(name)) == truth(home)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE feed [<!ENTITY a "b">]><feed/>', "E-READ-029"),
        ('<!DOCTYPE feed SYSTEM "http://x.example/a.dtd"><feed/>', "E-READ-029"),
        ("<feed>" + "<a>" * 64, "E-READ-025"),
        (one(block(hours("5"), 60)).replace("</feed>", ""), "E-READ-002"),
        (one(block(hours("5"), 60)).replace("<value>5", "<value>" + "5" * 5000), "E-READ-025"),
        (one(block(hours("5"), 60)).replace("<value>5", "<value>five"), "E-READ-016"),
        (one(block(hours("5"), 60)).replace("<value>5", "<value>1e9999999"), "E-READ-016"),
        (one(block(hours("5"), 7)), "E-READ-012"),
        (one(block([(START + 60, "5")], 60)), "E-READ-012"),
        (one(block([(12, "5")], 60)), "E-READ-014"),
        (one(SUMMARY), "E-READ-004"),
    ],
    ids=["entity", "external dtd", "deep", "cut", "long text", "no number", "huge number", "7 minutes", "off its mark",
         "1970", "summary only"],
)  # fmt: skip
def test_a_bad_green_button_file_is_refused_with_a_code(text: str, code: str) -> None:
    assert refused(text).code == code


def test_64_levels_are_read_and_65_are_not() -> None:
    def nested(levels: int) -> str:
        filler = "<a>" * (levels - 1) + "</a>" * (levels - 1)
        return one(block(hours("5"), 60)).replace("</feed>", f"{filler}</feed>")

    assert read_bytes(nested(64)).wh.tolist() == [5]
    assert refused(nested(65)).code == "E-READ-025"


def test_a_whole_year_of_net_readings_without_links_is_one_home() -> None:
    home = home_of("2025-01-01", 40)
    reads: Reads = read_bytes(espi_net(home))
    assert (intervals(reads), reads.accounts) == (truth(home), [])


def test_the_order_of_entries_does_not_matter() -> None:
    home = home_of("2025-11-02", 2, 15)
    assert intervals(read_bytes(espi(home, turned=True))) == intervals(read_bytes(espi(home))) == truth(home)


def test_readings_that_no_link_gives_to_one_of_two_homes_are_refused() -> None:
    points = [entry(f"/UsagePoint/{n}", "/UsagePoint", (), "<UsagePoint/>") for n in (1, 2)]
    unlinked = [f"<entry><content>{part}</content></entry>" for part in (reading_type(1), block(hours("5"), 60))]
    assert refused(feed(*points, *unlinked)).code == "E-READ-026"
    assert read_bytes(feed(points[0], *unlinked)).wh.tolist() == [5]
