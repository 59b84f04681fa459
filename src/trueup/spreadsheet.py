"""Values of CSV files that a spreadsheet shows and never runs."""


def cell(value: object) -> object:
    """A value of a CSV; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    text = plain(value)
    return f"'{text}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else text


def plain(value: object) -> object:
    """A value as text; words of a tuple one after the other, nothing and truth as they are."""
    if isinstance(value, tuple):
        return " ".join(value)
    return value if value is None or isinstance(value, bool) else str(value)
