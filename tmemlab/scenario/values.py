"""What a setting may hold: sizes, times and numbers, each with a check that says the way out."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from tmemlab.units import parse_size, parse_time, write_size, write_time


class Settings(BaseModel):
    """A table of settings: its values never change, and a name it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _above_zero(value: int) -> int:
    if value == 0:
        raise ValueError("is zero; write more than 0")
    return value


Size = Annotated[int, BeforeValidator(parse_size), PlainSerializer(write_size)]  # real pages, 0 or more
SomeSize = Annotated[Size, AfterValidator(_above_zero)]  # real pages, 1 or more
Time = Annotated[int, BeforeValidator(parse_time), PlainSerializer(write_time)]  # nanoseconds, 0 or more
SomeTime = Annotated[Time, AfterValidator(_above_zero)]  # nanoseconds, 1 or more
Count = Annotated[int, Field(strict=True, ge=1, le=1 << 40)]
Number = Annotated[int, Field(strict=True, ge=0, le=1 << 60)]
Switch = Annotated[bool, Field(strict=True)]
Factor = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]  # no dot or star, which paths need


def _as_times(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Times = Annotated[tuple[Time, ...], BeforeValidator(_as_times)]  # one time, or a list of them
