"""What tests of the clock share: days are worked out anew, before and after."""

from collections.abc import Iterator

import pytest

from trueup import periods


@pytest.fixture
def fresh_days() -> Iterator[None]:
    """Forget the days that were worked out, so that a planted zone is seen and leaves nothing behind."""
    forget_days()
    yield
    forget_days()


def forget_days() -> None:
    """Work out days anew from here on."""
    periods.local_hours.cache_clear()
    periods.runs.cache_clear()
