"""The arrangement file: accounts that share one generator. `docs/arrangements.md` explains every field."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from trueup.account import SAID, Account, Power
from trueup.errors import TrueupError
from trueup.quantities import decimal_text, scaled
from trueup.rulebook.load import TextLoader

WHOLE = 1_000_000
"""All of the output, in ten-thousandths of a percent: the unit of every share."""
PERCENT_DIGITS = 4


def _percent(value: object) -> int:
    share = scaled(str(value), PERCENT_DIGITS)
    if not 0 <= share <= WHOLE:
        raise ValueError("a share is between 0 and 100 percent")
    return share


Percent = Annotated[
    int,
    BeforeValidator(_percent),
    PlainSerializer(lambda share: decimal_text(share, PERCENT_DIGITS), when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]*\.?[0-9]+$", "examples": ["33.33"]}),
]


class Part(BaseModel):
    """A part of an arrangement file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(Part):
    """An account of the arrangement."""

    account: str = Field(description="Id of the account.")
    file: str | None = Field(None, description="Its account file, beside this one; where left out, <account>.yaml.")
    joins: date | None = Field(None, description="First day, a read date, where it was not there from the beginning.")
    leaves: date | None = Field(None, description="Day, a read date, from which it is not there any more.")
    customer: str | None = Field(None, description="Customer of record (aggregation: the same of all).")
    parcel: str | None = Field(None, description="Parcel on which its meter stands (aggregation).")
    delivery_point: str | None = Field(None, description="Point of service delivery (virtual metering).")


class Shares(Part):
    """What percent of the output each account gets from a day on; the rest goes to the designated account."""

    from_: date = Field(alias="from", description="First day.")
    percent: dict[str, Percent] = Field(description="By account, in quotes: {unit-1: '33.33'}.")


class Parcel(Part):
    """A parcel of the property."""

    tenure: Literal["owned", "leased", "rented"] = Field(description="How the customer alone holds it.")
    solely: bool = Field(True, description="Whether the customer holds it alone.")
    next_to: list[str] = Field([], description="Parcels that it adjoins.")
    across_road: list[str] = Field([], description="Parcels from which only a street or highway divides it.")


class Generator(Part):
    """What is asked of the generator."""

    kw: Power = Field(default=None, description="Rating in kW, in quotes.")
    joint_load_kw: Power = Field(default=None, description="Largest load of all accounts at one time in kW, in quotes.")
    metered_minutes: int | None = Field(default=None, description="Interval of the generating account's meter.")


class Notice(Part):
    """A notice of a change of accounts."""

    on: date = Field(description="Day of the change.")
    given: date = Field(description="Day on which the utility was told.")


class Arrangement(Part):
    """Accounts that share the output or the exports of one generator."""

    arrangement: str = Field(description="Id of the arrangement.")
    accounts: list[Member] = Field(min_length=1, description="Its accounts.")
    designated: str = Field(description="Account that takes what rounding and percentages leave.")
    generating: str | None = Field(None, description="Aggregation: the account whose exports are shared.")
    generators: list[str] = Field([], description="Virtual metering: meters whose output is allotted.")
    shares: list[Shares] = Field([], description="Virtual metering: percentages, each set from a day on.")
    fee_billing: Literal["automated", "manual"] = Field("automated", description="How the utility bills it.")
    generator: Generator = Field(default=Generator(), description="What is asked of the generator.")
    parcels: dict[str, Parcel] = Field({}, description="Aggregation: the property.")
    notices: list[Notice] = Field([], description="Notices of changes of accounts.")

    @model_validator(mode="after")
    def _names_agree(self) -> "Arrangement":
        names = [member.account for member in self.accounts]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"accounts: {twice[0]} stands twice")
        staying = {member.account for member in self.accounts if member.joins is None and member.leaves is None}
        for field in ("designated", "generating"):
            name = getattr(self, field)
            if name is not None and name not in staying:
                raise ValueError(f"{field}: {name} must be one of the accounts, there from the beginning to the end")
        doubled = [meter for meter, count in Counter(self.generators).items() if count > 1]
        if doubled:
            raise ValueError(f"generators: {doubled[0]} stands twice, so its output would be counted twice")
        if bool(self.generators) == (self.generating is not None):
            raise ValueError("either generating (aggregation) or generators (virtual metering) must be named")
        if bool(self.shares) != bool(self.generators):
            raise ValueError("shares belong to generators, the meters whose output they divide")
        return self

    @model_validator(mode="after")
    def _shares_agree(self) -> "Arrangement":
        names = {member.account for member in self.accounts}
        days = [one.from_ for one in self.shares]
        if days != sorted(set(days)):
            raise ValueError("shares must be in order, each from a day of its own")
        for one in self.shares:
            stranger = next((name for name in one.percent if name not in names), None)
            if stranger is not None:
                raise ValueError(f"shares: {stranger} is none of the accounts")
            if sum(one.percent.values()) > WHOLE:
                raise ValueError(f"shares: those from {one.from_} add up to more than 100 percent (VIRT-01)")
        if any(member.joins and member.leaves and member.leaves <= member.joins for member in self.accounts):
            raise ValueError("leaves must come after joins")
        return self

    @property
    def aggregates(self) -> bool:
        """Whether exports of one account are shared, not a generator's output."""
        return self.generating is not None

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Arrangement":
        """Read an arrangement file.

        Raises
        ------
        TrueupError
            E-ARR-001 if the file cannot be read, or a field is missing, unknown or wrong.
        """
        path = Path(path)
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise _wrong(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
        if not isinstance(data, dict):
            raise _wrong(f"{path}: it holds no fields")
        return cls.from_fields(data, path.name)

    @classmethod
    def from_fields(cls, data: dict[str, Any], where: str = "arrangement") -> "Arrangement":
        """An arrangement from plain fields; errors as for `from_yaml`."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "accounts"
            said = SAID.get(first["type"], first["msg"].removeprefix("Value error, "))
            raise _wrong(f"{where}: {field}: {said}") from None

    def accounts_beside(self, path: str | Path) -> list[Account]:
        """The account files of the arrangement, beside its own; each holds the account that it is named for."""
        found = []
        for member in self.accounts:
            file = member.file or f"{member.account}.yaml"
            account = Account.from_yaml(Path(path).parent.joinpath(file))
            if account.account != member.account:
                raise _wrong(f"{file} holds account {account.account}, not {member.account}")
            found.append(account)
        return found


def _wrong(what: str) -> TrueupError:
    return TrueupError(
        "E-ARR-001",
        what,
        "The arrangement file says who shares a generator, so it decides every bill of its accounts.",
        "Correct it; docs/arrangements.md lists every field.",
    )
