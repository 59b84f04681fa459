"""Where a run's files stand: tables in Parquet by shard, a digest for each, nothing ever changed.

```
runs/000001/plan/00000.json        what shard 0 computes, and from which account files
runs/000001/lines/00000.parquet    entries/ segments/ waiting/ estimated/ trail/ likewise
runs/000001/done/00000.json        the digests of shard 0, written last: the shard is whole
runs/000001/plan.json, manifest.json
```
"""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from trueup.books import journal, lines, segments
from trueup.books.compute import WAITING, Outcome
from trueup.books.metering import ESTIMATED, TRAIL
from trueup.store.files import changed, read_checked, sha256_of, write_whole

TABLES = {"lines": lines.SCHEMA, "entries": journal.SCHEMA, "segments": segments.SCHEMA, "waiting": WAITING,
          "estimated": ESTIMATED, "trail": TRAIL}  # fmt: skip

ENTRIES, BATCH = "entries/00000.parquet", "payments.csv"


class Shelf:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_json(self, name: str, data: Any) -> str:
        """Write a file of plain data and return its digest."""
        return write_whole(self.folder / name, json.dumps(data, indent=1, ensure_ascii=False).encode())

    def read_json(self, name: str, sha256: str) -> Any:
        """A file of plain data, checked against its digest (E-STORE-001)."""
        return json.loads(read_checked(self.folder / name, sha256))

    def write_shard(self, shard: int, outcome: Outcome, plan: str) -> None:
        """Write the tables of a shard, and last the digests that say it is whole, and of which plan."""
        digests = {}
        for name, frame in outcome.frames().items():
            path = table_name(name, shard)
            digests[path] = write_whole(self.folder / path, parquet(frame.select(*TABLES[name])))
        self.write_json(done_name(shard), {"plan": plan, "files": digests})

    def write_entries(self, entries: pl.DataFrame, plan: str, text: str) -> str:
        """Write the entries and the batch file of a run that bills nothing, and return the digest of its manifest."""
        files = {"plan.json": plan}
        for name, data in ((ENTRIES, parquet(entries.select(*TABLES["entries"]))), (BATCH, text.encode())):
            files[name] = write_whole(self.folder / name, data)
        return self.write_json("manifest.json", {"files": files})

    def is_done(self, shard: int, plan: str) -> bool:
        """Whether a shard of a plan is whole: its digests are there, and its files are those."""
        try:
            told = json.loads((self.folder / done_name(shard)).read_bytes())
            whole = [sha256_of((self.folder / path).read_bytes()) == sha for path, sha in told["files"].items()]
            return bool(told["plan"] == plan and set(told["files"]) == shard_files(shard) and all(whole))
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            return False

    def seal(self, shards: int, plan: str) -> str:
        """Write the manifest of a computed run and return its digest."""
        files = {"plan.json": plan}
        for shard in range(shards):
            files |= json.loads((self.folder / done_name(shard)).read_bytes())["files"]
        return self.write_json("manifest.json", {"files": files})

    def table(self, name: str, manifest: str, shards: Sequence[int] | None = None) -> pl.DataFrame:
        """A table of a run, or of some of its shards, from bytes that are those of the manifest (E-STORE-001)."""
        files = self.read_json("manifest.json", manifest)["files"]
        wanted = None if shards is None else {table_name(name, shard) for shard in shards}
        found = [
            self._frame(path, sha, name)
            for path, sha in sorted(files.items())
            if path.startswith(f"{name}/") and (wanted is None or path in wanted)
        ]
        return pl.concat([pl.DataFrame(schema=TABLES[name]), *found])

    def shards(self, manifest: str) -> list[int]:
        """The shards of a run."""
        files = self.read_json("manifest.json", manifest)["files"]
        return sorted(int(path[len("lines/") : -len(".parquet")]) for path in files if path.startswith("lines/"))

    def check(self, manifest: str) -> Iterator[str]:
        """Read every file of a run against the manifest."""
        files = self.read_json("manifest.json", manifest)["files"]
        planned = self.read_json("plan.json", files["plan.json"]).get("shards", {})
        for path, sha in (files | planned).items():
            read_checked(self.folder / path, sha)
            yield path

    def _frame(self, path: str, sha256: str, name: str) -> pl.DataFrame:
        data = read_checked(self.folder / path, sha256)
        try:
            frame = pl.read_parquet(io.BytesIO(data))
        except pl.exceptions.PolarsError as error:
            raise changed(self.folder / path, f"is no table: {error}") from None
        return frame.select(*TABLES[name])


def parquet(frame: pl.DataFrame) -> bytes:
    """A table as Parquet."""
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()


def table_name(table: str, shard: int) -> str:
    """The file of a shard's table."""
    return f"{table}/{shard:05d}.parquet"


def shard_files(shard: int) -> set[str]:
    """The files of a whole shard."""
    return {table_name(table, shard) for table in TABLES}


def done_name(shard: int) -> str:
    """The file that says that a shard is whole."""
    return f"done/{shard:05d}.json"
