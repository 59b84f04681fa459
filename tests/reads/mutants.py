"""Small valid files of every reader, and seeded ways to spoil them."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable

from tests.reads import made_files as made
from trueup.errors import TrueupError
from trueup.reads import Limits, open_meter_bytes
from trueup.reads.combine import combine, part_of

HOME = made.Home(1762066800, 60, (250, 0, 1230), (0, 410, 0), "A1")
"""Three hours around the repeated one of 2 November 2025."""
LIMITS = Limits(unpacked=1 << 22, ratio_from=1 << 16, members=20, line=1 << 14, held=1 << 20, readings=100_000)
WORDS = (
    b"-", b"1e999999999", b"9" * 400, b"NaN", b"Infinity", b"\x00", b"\xff", b"\"", b"\r", b"\n", b",", b"0001-01-01",
    b"9999-12-31", b"99999999999999999999", b"0x10", b"1_000", b"\xd9\xa3", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;",
    b"\xa0", b"<a>", b"[", b"{", b"null", b"true", b"2026-03-08", b"02:30", b"-1", b"", b"\xef\xbb\xbf", b"]]>",
    b"<!--",
)  # fmt: skip
COUNT = 10_000
"""Mutants of each reader in the ordinary tests."""


def packed() -> bytes:
    """A zip of two members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), made.neutral(HOME))
        archive.writestr(zipfile.ZipInfo("b.csv"), made.mdm(HOME))
    return out.getvalue()


SEEDS: dict[str, tuple[bytes, ...]] = {
    "espi": (made.espi(HOME).encode(), made.espi_net(HOME).encode(), made.espi_prefixed(HOME).encode()),
    "sce": (made.sce(HOME).encode(), made.sce_rows(HOME).encode()),
    "pge": (made.pge(HOME).encode(), made.pge_usage(HOME).encode()),
    "sdge": (made.sdge(HOME).encode(), made.sdge_consumed(HOME).encode()),
    "utilityapi": (made.utilityapi(HOME).encode(), made.utilityapi(HOME, net=True).encode()),
    "mdm": (made.mdm(HOME, extra=",actual,2025-11-03T00:00:00Z").encode(), made.mdm(HOME, kwh=True).encode()),
    "neutral": (made.neutral(HOME).encode(),),
    "parquet": (made.parquet(made.mdm(HOME), ("start",)), made.parquet(made.neutral(HOME))),
    "container": (gzip.compress(made.mdm(HOME).encode(), mtime=0), packed()),
}


def flip(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end missing."""
    return data[: chance.randrange(len(data))]


def lines(data: bytes, chance: random.Random) -> bytes:
    """A line repeated, deleted or moved."""
    found = data.split(b"\n")
    line = found.pop(chance.randrange(len(found)))
    for _ in range(chance.choice((0, 1, 2))):
        found.insert(chance.randint(0, len(found)), line)
    return b"\n".join(found)


def splice(data: bytes, chance: random.Random) -> bytes:
    """A stretch of the file set in elsewhere."""
    start, at = chance.randrange(len(data)), chance.randrange(len(data))
    return data[:at] + data[start : start + chance.randint(1, 60)] + data[at + chance.choice((0, 0, 7)) :]


def word(data: bytes, chance: random.Random) -> bytes:
    """An awkward word in place of some bytes."""
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(WORDS) + data[at + chance.randint(0, 12) :]


def number(data: bytes, chance: random.Random) -> bytes:
    """A digit that has become many."""
    digits = [n for n, byte in enumerate(data) if 48 <= byte <= 57]
    at = chance.choice(digits or [0])
    return data[:at] + chance.choice((b"9" * 30, b"-5", b"0.0001", b"1e5", b"00", b"7")) + data[at + 1 :]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, lines, splice, word, number)


def mutant(reader: str, seed: int) -> bytes:
    """One spoiled file."""
    chance = random.Random(seed)
    data = chance.choice(SEEDS[reader])
    for _ in range(chance.choice((1, 1, 2))):
        data = chance.choice(WAYS)(data, chance) or b" "
    return data


def survives(data: bytes) -> bool:
    """Whether a spoiled file still reads; a refusal that is no `TrueupError` is raised."""
    try:
        with open_meter_bytes(data, "mutant", limits=LIMITS) as file:
            reads = combine([part_of(file)])
    except TrueupError as error:
        if not error.code.startswith("E-READ-") or not error.todo or "mutant" not in error.what:
            raise AssertionError(f"a refusal without code, place or remedy: {error}") from error
        return False
    assert (reads.wh >= 0).all()
    assert ((reads.start % (60 * reads.length)) == 0).all()
    reads.gaps()
    return True
