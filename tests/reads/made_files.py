"""One made home's readings as files of every format that is read."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trueup.periods import PACIFIC, midnight_utc
from trueup.quantities import kwh_text

NBSP = "\u00a0"
DAYS = ("2025-11-02", "2026-03-08", "2025-07-02")
"""A day of 25 hours, one of 23, one of 24."""


@dataclass(frozen=True)
class Home:
    """What a home's meter counted: Wh of both channels from the first second on, without a gap."""

    start: int
    minutes: int
    delivered: tuple[int, ...]
    received: tuple[int, ...]
    account: str = "home"

    @property
    def seconds(self) -> list[int]:
        """UTC second of each interval."""
        return [self.start + 60 * self.minutes * n for n in range(len(self.delivered))]

    @property
    def net(self) -> list[int]:
        """Delivered less received."""
        return [d - r for d, r in zip(self.delivered, self.received, strict=True)]

    @property
    def rows(self) -> list[tuple[int, int, int]]:
        """(second, delivered, received)."""
        return list(zip(self.seconds, self.delivered, self.received, strict=True))


def home_of(day: str = "2025-07-02", days: int = 1, minutes: int = 60, seed: int = 1, account: str = "home") -> Home:
    """A made home; no interval has both import and export, so that a signed column holds the same."""
    first = date.fromisoformat(day).toordinal()
    start, end = midnight_utc(first), midnight_utc(first + days)
    net = np.random.default_rng(seed).integers(-300, 500, (end - start) // (60 * minutes)) * 10
    return Home(start, minutes, tuple(np.maximum(net, 0).tolist()), tuple(np.maximum(-net, 0).tolist()), account)


def local(second: int) -> datetime:
    """A UTC second on the Pacific clock."""
    return datetime.fromtimestamp(second, UTC).astimezone(PACIFIC)


def iso(second: int) -> str:
    """A UTC second as ISO text."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def sce(home: Home) -> str:
    """SCE's download."""
    lines = ["Energy Usage Information,,", "For location: somewhere,,", ",,", "Detailed Usage,,"]
    for day, found in groupby(home.rows, lambda row: local(row[0]).date()):
        rows = list(found)
        for number, name in enumerate(("Delivered", "Received")):
            lines.append(f"Data for period starting: {day} 00:00:00{NBSP} for 24 hours,,")
            lines.append(f"Energy {NBSP}{name} time period,Usage{NBSP}{name}(Real energy),Reading quality")
            for second, *wh in rows:
                start, end = local(second), local(second + 60 * home.minutes)
                text = f"{start:%Y-%m-%d %H:%M:%S}{NBSP}to {end:%Y-%m-%d %H:%M:%S}"
                lines.append(f"{text},{kwh_text(wh[number])},")
            lines.append(",,")
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def sce_quoted(home: Home) -> str:
    """SCE's download with quoted cells in the rows."""
    return re.sub(r"^(2[^,\n]*),([^,\n]*),\r$", r'"\1","\2",""\r', sce(home), flags=re.MULTILINE)


def sce_rows(home: Home) -> str:
    """SCE's newer download: one row with both channels, every cell quoted, some ending in a space."""
    heading = "Date,Energy Consumption time Period Start,Energy Consumption time Period End,Delivered,Received"
    lines = ["Energy Usage Information", '"For location: somewhere"', "", "Detailed Usage", heading]
    for second, *wh in home.rows:
        start, end = local(second), local(second + 60 * home.minutes)
        times = [f"{moment:%m/%d/%Y %I:%M%p} " for moment in (start, end)]
        lines.append(",".join(f'"{cell}"' for cell in (f"{start:%m/%d/%Y} ", *times, *map(kwh_text, wh))))
    return "\r\n".join(lines) + "\r\n"


def pge(home: Home, last_minute: bool = True, unit: str = "kWh", cost: bool = True, american: bool = False) -> str:
    """PG&E's download with import and export."""
    heading = f"TYPE,DATE,START TIME,END TIME,IMPORT ({unit}),EXPORT ({unit})" + (",COST,NOTES" if cost else "")
    lines = [
        "Name,SOMEBODY",
        'Address,"1 STREET, TOWN CA"',
        f"Account Number,{home.account}",
        "Service,Service 1",
        "",
        heading,
    ]
    for second, delivered, received in home.rows:
        start, end = local(second), local(second + 60 * home.minutes - (60 if last_minute else 0))
        day = f"{start.month}/{start.day}/{start.year}" if american else f"{start:%Y-%m-%d}"
        row = f"Electric usage,{day},{start:%H:%M},{end:%H:%M},{kwh_text(delivered)},{kwh_text(received)}"
        lines.append(row + (",$0.45," if cost else ""))
    return "\ufeff" + "\n".join(lines) + "\n"


def pge_usage(home: Home) -> str:
    """PG&E's older download with one signed column."""
    lines = [
        "Name,SOMEBODY",
        f"Account Number,{home.account}",
        "",
        "TYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES",
    ]
    for second, net in zip(home.seconds, home.net, strict=True):
        start, end = local(second), local(second + 60 * home.minutes - 60)
        lines.append(f"Electric usage,{start:%Y-%m-%d},{start:%H:%M},{end:%H:%M},{kwh_text(net)},kWh,$0.1,")
    return "\r\n".join(lines) + "\r\n"


def sdge_time(second: int) -> tuple[str, str]:
    """Day and time as SDG&E writes them."""
    moment = local(second)
    noon = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year}", f"{moment.hour % 12 or 12}:{moment.minute:02d} {noon}"


def sdge(home: Home) -> str:
    """SDG&E's newer download: consumption, generation and net, every cell quoted."""
    lines = ["Name,SOMEBODY", "Title,CSV Export Electric Meter(s)", "Resource,Electric", f"Meter Number,{home.account}",
             "UOM,kWh", "Meter Number,Date,Start Time,Duration,Consumption,Generation,Net"]  # fmt: skip
    for second, delivered, received in home.rows:
        cells = [home.account, *sdge_time(second), str(home.minutes)]
        cells += [
            kwh_text(wh) + ".0000"[5 * ("." in kwh_text(wh)) :] for wh in (delivered, received, delivered - received)
        ]
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\r\n".join(lines) + "\r\n"


def sdge_consumed(home: Home) -> str:
    """SDG&E's older download: one signed column."""
    lines = ["Meter Number,Date,Start Time,Duration,Consumed"]
    for second, net in zip(home.seconds, home.net, strict=True):
        lines.append(",".join([home.account, *sdge_time(second), str(home.minutes), kwh_text(net)]))
    return "\n".join(lines) + "\n"


def utilityapi(home: Home, net: bool = False) -> str:
    """UtilityAPI's intervals, newest first as it gives them."""
    readings = []
    for second, delivered, received in reversed(home.rows):
        values = {"net": delivered - received} | ({} if net else {"delivered": delivered, "received": received})
        points = [{"type": kind, "unit": "kwh", "value": f"#{kwh_text(wh)}#"} for kind, wh in values.items()]
        start, end = (
            local(moment).isoformat(timespec="microseconds") for moment in (second, second + 60 * home.minutes)
        )
        readings.append(
            {"start": start, "end": end, "kwh": f"#{kwh_text(delivered - received)}#", "datapoints": points}
        )
    base = {"service_identifier": home.account, "service_tariff": "E1", "meter_numbers": ["A1"]}
    text = json.dumps({"intervals": [{"uid": "1", "base": base, "readings": readings}], "next": None})
    return text.replace('"#', "").replace('#"', "")


def mdm(*homes: Home, kwh: bool = False, extra: str = "") -> str:
    """The meter data listing."""
    lines = [f"account,channel,start,minutes,{'kwh' if kwh else 'wh'}{',status,known' if extra else ''}"]
    for home in homes:
        for name, values in (("delivered", home.delivered), ("received", home.received)):
            for second, wh in zip(home.seconds, values, strict=True):
                value = kwh_text(wh) if kwh else wh
                lines.append(f"{home.account},{name},{iso(second)},{home.minutes},{value}{extra}")
    return "\n".join(lines) + "\n"


def neutral(*homes: Home) -> str:
    """The neutral CSV."""
    rows = [f"{home.account},{iso(second)},{d},{r}" for home in homes for second, d, r in home.rows]
    return "\n".join(["account,ts,delivered_wh,received_wh", *rows]) + "\n"


def parquet(text: str, instants: tuple[str, ...] = ()) -> bytes:
    """A CSV as Parquet: text, whole numbers, and instants in UTC."""
    heading, *lines = text.splitlines()
    cells = zip(*(line.split(",") for line in lines), strict=True)
    columns = dict(zip(heading.split(","), map(list, cells), strict=True))
    arrays = {name: pa.array(values) for name, values in columns.items()}
    for name, values in columns.items():
        if name == "minutes" or (name.endswith("wh") and "." not in "".join(values)):
            arrays[name] = pa.array([int(value) for value in values])
        if name in instants:
            times = [datetime.fromisoformat(value) for value in values]
            arrays[name] = pa.array(times, type=pa.timestamp("us", "UTC"))
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out)
    return out.getvalue()


def reading_type(flow: int, power: int = 0, uom: int = 72, minutes: int = 60, more: str = "") -> str:
    """A Green Button reading type."""
    return (
        f"<ReadingType><accumulationBehaviour>4</accumulationBehaviour><commodity>1</commodity>"
        f"<flowDirection>{flow}</flowDirection><intervalLength>{60 * minutes}</intervalLength>"
        f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom>{more}</ReadingType>"
    )


def block(rows: list[tuple[int, str]], minutes: int, more: str = "") -> str:
    """A Green Button interval block of (second, value)."""
    readings = (
        f"<IntervalReading>{more}<timePeriod><duration>{60 * minutes}</duration><start>{second}</start></timePeriod>"
        f"<value>{value}</value></IntervalReading>"
        for second, value in rows
    )
    first = rows[0][0] if rows else 0
    head = f"<interval><duration>{60 * minutes * len(rows)}</duration><start>{first}</start></interval>"
    return f"<IntervalBlock>{head}{''.join(readings)}</IntervalBlock>"


def entry(
    own: str, up: str, related: tuple[str, ...], content: str, base: str = "https://x.example/espi/1_1/resource"
) -> str:
    """An Atom entry with its links."""
    links = [("self", own), ("up", up), *(("related", path) for path in related)]
    text = "".join(f'<link rel="{kind}" href="{base}{path}"/>' for kind, path in links if path)
    return f"<entry><id>urn:uuid:{own}</id>{text}<title/><content>{content}</content></entry>\n"


def feed(*entries: str) -> str:
    """A Green Button feed."""
    head = '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">\n'
    return head + "".join(entries) + "</feed>\n"


SUMMARY = (
    "<ElectricPowerUsageSummary><overallConsumptionLastPeriod><powerOfTenMultiplier>0</powerOfTenMultiplier>"
    "<uom>72</uom><value>999999</value></overallConsumptionLastPeriod></ElectricPowerUsageSummary>"
)


def espi_entries(home: Home, power: int = 0) -> Iterator[str]:
    """Usage point, meter readings, types and daily blocks of a home in the usual order."""
    point = f"/UsagePoint/{home.account}"
    yield entry(point, "/UsagePoint", (f"{point}/MeterReading", f"{point}/UsageSummary"), "<UsagePoint/>")
    for number, values, flow in ((1, home.delivered, 1), (2, home.received, 19)):
        meter = f"{point}/MeterReading/{number}"
        yield entry(
            meter, f"{point}/MeterReading", (f"{meter}/IntervalBlock", f"/ReadingType/{number}"), "<MeterReading/>"
        )
        yield entry(f"/ReadingType/{number}", "/ReadingType", (), reading_type(flow, power, minutes=home.minutes))
        rows = [(second, decimal(wh, power)) for second, wh in zip(home.seconds, values, strict=True)]
        for at in range(0, len(rows), 24):
            text = block(rows[at : at + 24], home.minutes)
            yield entry(f"{meter}/IntervalBlock/{at}", f"{meter}/IntervalBlock", (), text)
    yield entry(f"{point}/UsageSummary/1", f"{point}/UsageSummary", (), SUMMARY)


def decimal(wh: int, power: int) -> str:
    """Wh as a value that is to be multiplied by 10^power."""
    return str(wh * 10**-power) if power <= 0 else kwh_text(wh) if power == 3 else str(wh // 10**power)


def espi(home: Home, power: int = 0, turned: bool = False) -> str:
    """Green Button XML; `turned` puts what describes the blocks after them."""
    entries = list(espi_entries(home, power))
    return feed(*(reversed(entries) if turned else entries))


def espi_prefixed(home: Home) -> str:
    """Green Button XML as PG&E's service gives it: prefixes for both namespaces, other attributes before `rel`."""
    text = espi(home).replace("<link rel=", '<link type="a" rel=')
    for name in ("UsagePoint", "MeterReading", "ReadingType", "IntervalBlock"):
        text = text.replace(f"<{name}", f"<ns0:{name}").replace(f"</{name}", f"</ns0:{name}")
    for name in ("feed", "entry", "link", "id", "title", "content"):
        text = text.replace(f"<{name}", f"<ns1:{name}").replace(f"</{name}", f"</ns1:{name}")
    return text.replace("xmlns:espi", "xmlns:ns0").replace("xmlns=", "xmlns:ns1=")


def espi_net(home: Home, flow: int = 4) -> str:
    """Green Button XML with one signed channel and no links at all."""
    rows = [(second, str(net)) for second, net in zip(home.seconds, home.net, strict=True)]
    contents = (reading_type(flow, minutes=home.minutes), block(rows, home.minutes))
    return feed(*(f"<entry><title/><content>{content}</content></entry>" for content in contents))


BOTH: dict[str, Callable[[Home], str | bytes]] = {
    "espi": espi,
    "espi in kWh": lambda home: espi(home, 3),
    "espi in mWh": lambda home: espi(home, -3),
    "espi, prefixes": espi_prefixed,
    "espi, types last": lambda home: espi(home, turned=True),
    "sce": sce,
    "sce, quoted": sce_quoted,
    "sce rows": sce_rows,
    "pge": pge,
    "pge, full end": lambda home: pge(home, last_minute=False, unit="KWh", cost=False, american=True),
    "sdge": sdge,
    "utilityapi": utilityapi,
    "mdm": mdm,
    "mdm in kWh": lambda home: mdm(home, kwh=True),
    "mdm parquet": lambda home: parquet(mdm(home)),
    "mdm parquet in kWh": lambda home: parquet(mdm(home, kwh=True), ("start",)),
    "neutral": neutral,
    "neutral parquet": lambda home: parquet(neutral(home), ("ts",)),
}
"""Makers of files with two positive channels."""
SIGNED: dict[str, Callable[[Home], str]] = {
    "espi net": espi_net,
    "espi forward, negative": lambda home: espi_net(home, 1),
    "espi without direction": lambda home: espi_net(home, 0),
    "pge usage": pge_usage,
    "sdge consumed": sdge_consumed,
    "utilityapi net": lambda home: utilityapi(home, net=True),
}
"""Makers of files with one signed column."""


def data_of(made: str | bytes) -> bytes:
    """A made file's bytes."""
    return made.encode() if isinstance(made, str) else made
