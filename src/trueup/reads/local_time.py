"""Local clock times without a zone, in the order of a file: the repeated autumn hour is told by order of occurrence."""

from datetime import date

from trueup.periods import HOUR, local_hours, midnight_utc


class LocalClock:
    """Turns Pacific clock times into UTC seconds (spec decisions 36).

    On the day of 25 hours a clock time that comes a second time in the same lane is the second pass, and the first
    pass in a file that runs from new to old; a lane is whatever counts apart, such as a channel or a meter. Only days
    on which the clock changes are remembered by clock time, so memory does not grow with the file.
    """

    def __init__(self) -> None:
        self._midnights: dict[int, int] = {}
        self._changed: dict[int, dict[int, list[int]]] = {}
        self._seen: dict[tuple[int, int, object], int] = {}
        self._latest: dict[tuple[int, object], int] = {}

    def second(self, day: int, minute: int, lane: object = None) -> int:
        """UTC second of a minute of a Pacific day.

        Raises
        ------
        ValueError
            For a time that the clock skipped.
        """
        start = self.plain(day)
        return start + 60 * minute if start else self._on_changed_day(day, minute, lane)

    def plain(self, day: int) -> int:
        """UTC second at which a day of 24 hours starts; 0 for a day on which the clock changes."""
        found = self._midnights.get(day)
        return self._look_up(day) if found is None else found

    def _look_up(self, day: int) -> int:
        hours = local_hours(day)
        start = midnight_utc(day)
        if len(hours) != 24:
            passes: dict[int, list[int]] = {}
            for index, hour in enumerate(hours):
                passes.setdefault(hour, []).append(start + index * HOUR)
            self._changed[day], start = passes, 0
        self._midnights[day] = start
        return start

    def _on_changed_day(self, day: int, minute: int, lane: object) -> int:
        hour, past = divmod(minute, 60)
        passes = self._changed[day].get(hour)
        if passes is None:
            raise ValueError(f"{date.fromordinal(day)} {hour:02d}:{past:02d} does not exist: the clock skipped it")
        key = (day, minute, lane)
        seen = self._seen.get(key, 0)
        self._seen[key] = seen + 1
        if len(passes) == 1:
            self._latest[day, lane] = max(minute, self._latest.get((day, lane), 0))
        elif self._latest.get((day, lane), 0) > minute:
            seen = len(passes) - 1 - seen
        return passes[min(max(seen, 0), len(passes) - 1)] + 60 * past
