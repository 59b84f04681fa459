"""How fast each format is read on one core, and that memory does not grow with the file.

Run `python -m bench.readers [days of the smaller file] [format...]`. Each file is a made home of 15-minute readings;
the smaller file fills a batch, the larger is 8 times as long. Every file is read by a process of its own; peak memory
is what it took above its start.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.reads import made_files as made
from trueup.reads import open_meter_file

TIMES = 8
MAKERS: dict[str, Callable[[made.Home], str | bytes]] = {
    "espi": made.espi,
    "sce": made.sce,
    "sce rows": made.sce_rows,
    "pge": made.pge,
    "sdge": made.sdge,
    "utilityapi": made.utilityapi,
    "mdm": made.mdm,
    "neutral": made.neutral,
    "mdm parquet": lambda home: made.parquet(made.mdm(home)),
}


def read_one(path: str) -> tuple[int, float, int]:
    """Readings, seconds of one core, and MB above the start, of one file."""
    before = peak_mb()
    start, count = time.process_time(), 0
    with open_meter_file(path) as file:
        for batch in file.batches():
            count += len(batch.start)
        assert file.sha256
    took = time.process_time() - start
    return count, took, peak_mb() - before


def peak_mb() -> int:
    """The most memory this process has held, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def measure(name: str, days: int, folder: Path) -> None:
    """Read a file and one 8 times as long, and print both."""
    found = []
    for size in (days, TIMES * days):
        path = folder / f"{size}"
        path.write_bytes(made.data_of(MAKERS[name](made.home_of("2020-01-01", size, 15))))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found.append((*pool.apply(read_one, (str(path),)), path.stat().st_size >> 20))
    (_, _, small, small_size), (count, took, large, large_size) = found
    print(
        f"{name:<12} {count:>9,} readings  {count / took:>9,.0f} a second  {small:>4} MB above the start for "
        f"{small_size} MB, {large:>4} MB for {large_size} MB",
        flush=True,
    )


def main(arguments: list[str]) -> None:
    """Measure every format, or those that are named."""
    days = int(arguments[0]) if arguments else 730
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments[1:] or MAKERS:
            measure(name, days, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
