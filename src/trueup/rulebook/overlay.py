"""Rule files of one's own, laid over those that ship: prices that no source gives, a schedule, a factor table."""

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trueup.errors import TrueupError

SOURCES = "sources.yaml"


def laid_over(base: Path, folders: Sequence[Path]) -> Path:
    """A rules folder with the files of `base` and those of `folders` over them; later ones win, sources add up.

    It is a temporary folder of links that goes when the process ends.

    Raises
    ------
    TrueupError
        E-RULE-001 for a folder that is none, or holds no rule file.
    """
    merged = Path(tempfile.mkdtemp(prefix="trueup-rules-"))
    atexit.register(shutil.rmtree, merged, ignore_errors=True)
    for folder in (base, *folders):
        files = [path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml", ".csv"}]
        if not files:
            raise TrueupError(
                "E-RULE-001",
                f"{folder} holds no rule files",
                "Rules to lay over the others are YAML and CSV files, placed as in src/trueup/rules.",
                "Name a folder such as one with tariffs/<utility>/<schedule>.yaml.",
            )
        for path in files:
            place = path.relative_to(folder)
            if folder != base and not _is_known(place, base):
                raise _misplaced(folder, place)
            _place(path, merged.joinpath(place))
    return merged


def _is_known(place: Path, base: Path) -> bool:
    """Whether a file stands where rule files stand."""
    top = base.joinpath(place.parts[0])
    return place.suffix != ".yml" and (top.is_file() if len(place.parts) == 1 else top.is_dir())


def _misplaced(folder: Path, place: Path) -> TrueupError:
    return TrueupError(
        "E-RULE-001",
        f"{folder.joinpath(place)} stands where no rule file is looked for",
        "A file that is not read would leave the shipped rule in force, unnoticed.",
        "Place it as under src/trueup/rules, such as tariffs/<utility>/<schedule>.yaml.",
    )


def _place(path: Path, target: Path) -> None:
    """Link a file; sources are added to those already there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.name == SOURCES and target.exists():
        text = target.read_text(encoding="utf-8") + "\n" + path.read_text(encoding="utf-8")
        target.unlink()
        target.write_text(text, encoding="utf-8")
        return
    target.unlink(missing_ok=True)
    target.symlink_to(path.resolve())
