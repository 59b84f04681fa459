"""SDG&E's portal CSV: a preamble, then a row per interval in local time with its meter number and duration.

The older portal gives one signed column, `Consumed`, in which export is negative; the newer one `Consumption`,
`Generation` and `Net`, every cell quoted, clock times with AM and PM. kWh have four decimals; what is finer than a
watt-hour is taken at the nearest one, which is noted.
"""

from collections.abc import Iterator, Sequence

from trueup.reads import words
from trueup.reads.batch import ACTUAL, Batch
from trueup.reads.glimpse import Glimpse
from trueup.reads.portal import Portal
from trueup.reads.source import Source
from trueup.reads.words import NOTHING

NAME, TITLE, IDS = "sdge", "SDG&E download", "utility"
HEADING = ("meter number", "date", "start time", "duration")
DURATIONS = {"0:05:00": 5, "0:15:00": 15, "0:30:00": 30, "1:00:00": 60}


def recognises(glimpse: Glimpse) -> bool:
    """Whether a text is an SDG&E download."""
    return glimpse.heading(*HEADING)


def batches(source: Source) -> Iterator[Batch]:
    """Readings of an SDG&E download.

    Raises
    ------
    TrueupError
        E-READ-010 for a row or column that is not understood, E-READ-012 for an interval length, E-READ-013 for a
        local time that does not exist, E-READ-016 for a quantity.
    """
    return _Sdge(source).batches()


class _Sdge(Portal):
    """Rows of an SDG&E download."""

    AGAIN = "Download the electric interval data (CSV) again from SDG&E without editing it."
    HEADING = frozenset(HEADING)

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.kwh = words.Nearest(3)
        self._clock_words, self._durations = words.Memo(words.clock), words.Memo(_duration)
        self._fixed: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._values: tuple[int, int, int] = (-1, -1, -1)

    def preamble(self, number: int, cells: Sequence[str]) -> None:
        """The preamble may say that the file is of gas, or counts another unit."""
        words_of = [cell.strip().lower() for cell in cells[:2]]
        if words_of[:1] == ["resource"] and words_of[1:] not in ([], ["electric"]):
            raise ValueError(f"the file is of {words_of[1][:20]}, not of electricity")
        if words_of[:1] == ["uom"] and words_of[1:] not in ([], ["kwh"]):
            raise ValueError(f"the unit is {words_of[1][:20]}, not kWh")

    def heading(self, number: int) -> None:
        """One signed column, or consumption and generation."""
        delivered, received, net = (self.at.get(name, -1) for name in ("consumption", "generation", "net"))
        signed = self.at.get("consumed", net if delivered < 0 else -1)
        if signed < 0 and (delivered < 0 or max(received, net) < 0):
            raise ValueError("there is neither a column Consumed nor Consumption with Generation or Net")
        self.signed = signed >= 0
        self._values = (signed, -1, -1) if signed >= 0 else (delivered, received, net)
        meter, day, start, duration = (self.at[name] for name in HEADING)
        self._fixed = (meter, day, start, duration)

    def row(self, number: int, cells: Sequence[str]) -> None:
        """One interval."""
        meter, day, start, duration = self._fixed
        if len(cells) <= max(*self._fixed, *self._values):
            raise ValueError(f"a row of {len(cells)} cells")
        try:
            length = self._durations[cells[duration]]
        except ValueError as error:
            raise self.error("E-READ-012", number, str(error)) from None
        name = cells[meter].strip()
        minute = self._clock_words[cells[start]]
        second = self.second(number, self.days[cells[day]], minute, length, name)
        self.add(name, length, second, self._both(number, cells), ACTUAL)

    def _both(self, number: int, cells: Sequence[str]) -> tuple[int, int]:
        """Delivered and received Wh; an empty cell of either follows from the net column."""
        delivered, received, net = (
            self.value(number, cells[index]) if index >= 0 else NOTHING for index in self._values
        )
        if self.signed:
            return delivered, NOTHING
        if received == NOTHING != net and delivered != NOTHING:
            received = delivered - net
        return self.positive(number, (delivered, received))


def _duration(text: str) -> int:
    """Minutes of ``15`` or ``01:00:00``."""
    word = text.strip()
    return DURATIONS.get(word.removeprefix("0") if word[:1] == "0" and word[1:2] != ":" else word) or words.length(word)
