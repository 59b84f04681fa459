"""The account file: what is known of one home. `docs/account.md` explains every field."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from trueup.errors import TrueupError
from trueup.quantities import PPM, ppm_from_text, price_from_text
from trueup.rulebook.load import TextLoader


def _text_to_ppm(value: object) -> int:
    share = value if isinstance(value, int) else ppm_from_text(str(value))
    if not 0 <= share <= PPM:
        raise ValueError("a share of the bill is between 0 and 1: 4.75 percent is '0.0475'")
    return share


def _text_to_price(value: object) -> int | None:
    price = value if value is None or isinstance(value, int) else price_from_text(str(value))
    if price is not None and price < 0:
        raise ValueError("a charge per day is not negative")
    return price


DECIMAL = r"^[0-9]*\.?[0-9]+$"
Share = Annotated[
    int,
    BeforeValidator(_text_to_ppm),
    WithJsonSchema({"type": "string", "pattern": DECIMAL, "examples": ["0.0475"]}),
]
PricePerDay = Annotated[
    int | None,
    BeforeValidator(_text_to_price),
    WithJsonSchema({"type": ["string", "null"], "pattern": DECIMAL, "examples": ["0.76862"]}),
]


class Account(BaseModel):
    """One service account and its dated facts. Days are local; a program is the id of a rule file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(description="Id of the service account, as the utility prints it.")
    schedule: str = Field(description="Rate schedule, such as tou-d-prime.")
    program: str = Field(description="Program: standard, sbp or nem-st.")
    read_dates: list[date] = Field(
        min_length=2, description="Scheduled meter read dates in order; a cycle runs from one (included) to the next."
    )
    utility: Literal["sce"] = Field("sce", description="The utility that delivers.")
    provider: Literal["bundled"] = Field("bundled", description="Who supplies generation: bundled is the utility.")
    customer_class: Literal["residential"] = Field("residential", description="Customer class.")
    pto: date | None = Field(None, description="Day of permission to operate. Needed by sbp and nem-st.")
    application: date | None = Field(
        None, description="Day of the interconnection request. Decides the vintage where PTO came after 2024-06-30."
    )
    relevant_period_start: date | None = Field(
        None, description="First day of a running relevant period, where read_dates do not reach back to PTO."
    )
    service_end: date | None = Field(
        None, description="Day on which service ends (itself excluded): the running period is settled on it."
    )
    billing_option: Literal["annual", "monthly"] = Field("annual", description="NEM: when energy is billed.")
    settlement_rule: str | None = Field(
        None, description="Which published generation of the settlement holds; where left out, the program's default."
    )
    credit_pool: Literal["combined", "split"] | None = Field(
        None, description="One pool of export credits or two; where left out, as the settlement rule says."
    )
    nsc_election: Literal["none", "on_bill", "check", "opt_out"] = Field(
        "none", description="Choice for net surplus compensation; none: it is held until a form arrives."
    )
    acc_plus: Literal["residential", "equity", "none"] = Field(
        "none", description="Segment of the ACC Plus adder, none where the home is not eligible."
    )
    income_tier: Literal["none", "care", "fera", "medical_baseline"] = Field(
        "none", description="Discount; its figures are unknown so far, so any but none is refused."
    )
    local_tax: Share = Field(
        "0", validate_default=True, description="Local utility tax as a share, in quotes: '0.0475'."
    )
    base_services_charge_per_day: PricePerDay = Field(
        None, description="The account's own base services charge in $/day, in quotes, where a bill shows another."
    )
    transfers_recs: bool = Field(
        False, description="WREGIS registration, certification and transfer of the surplus RECs are documented."
    )
    storage: bool = Field(
        False, description="A battery that may export at night; switches off the swapped-channel check."
    )
    exports_limited_by: Literal["nothing", "generation_meter"] = Field(
        "nothing",
        description="Whether credited export is capped by a generation meter's recording (storage over 10 kW).",
    )

    @model_validator(mode="after")
    def _dates_agree(self) -> "Account":
        if self.read_dates != sorted(set(self.read_dates)):
            raise ValueError("read_dates must be in order, each once")
        if self.program != "standard" and self.pto is None:
            raise ValueError(f"program {self.program} needs pto, the day of permission to operate")
        if self.program == "sbp" and self.application is None:
            raise ValueError("program sbp needs application, the day of the interconnection request")
        if self.pto is not None and self.application is not None and self.application > self.pto:
            raise ValueError("application, the interconnection request, cannot come after pto")
        start = self.relevant_period_start
        if start is not None and (start not in self.read_dates or (self.pto is not None and start < self.pto)):
            raise ValueError("relevant_period_start must be one of the read_dates, on or after pto")
        end = self.service_end
        if end is not None and not self.read_dates[0] < end <= self.read_dates[-1]:
            raise ValueError("service_end must lie after the first of the read_dates, at the latest on the last")
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Account":
        """Read an account file.

        Raises
        ------
        TrueupError
            E-ACCT-001 if the file cannot be read, E-ACCT-002 if a field is missing, unknown or wrong.
        """
        path = Path(path)
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise _unreadable(path, error) from None
        if not isinstance(data, dict):
            raise _unreadable(path, "it holds no fields")
        return cls.from_fields(data, str(path.name))

    @classmethod
    def from_fields(cls, data: dict[str, Any], where: str = "account") -> "Account":
        """An account from plain fields; errors as for `from_yaml`."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "dates"
            raise TrueupError(
                "E-ACCT-002",
                f"{where}: {field}: {first['msg'].removeprefix('Value error, ')}",
                "The account file holds the facts that decide the bill.",
                "Correct the field; docs/account.md lists every field and its values.",
            ) from None

    def with_program(self, program: str, **changes: Any) -> "Account":
        """The same home under another program, for comparison."""
        return Account.model_validate(self.model_dump() | {"program": program} | changes)


def _unreadable(path: Path, reason: object) -> TrueupError:
    return TrueupError(
        "E-ACCT-001",
        f"{path}: cannot be read as an account file ({str(reason).splitlines()[0]})",
        "Without the account's facts there is nothing to bill.",
        "Give a YAML file as docs/account.md describes it.",
    )
