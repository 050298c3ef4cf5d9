"""What is wrong with a scenario, as sentences: one line a fault, with its path, the value and the way out."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tmemlab.errors import ScenarioError, meant

AnyModel = TypeVar("AnyModel", bound=BaseModel)


class Fault(NamedTuple):
    """One thing that is wrong."""

    path: str
    sentence: str


def refuse(where: str, faults: Sequence[Fault]) -> ScenarioError:
    """Return the error that tells all ``faults`` of the scenario called ``where``."""
    lines = [": ".join(part for part in (where, fault.path, fault.sentence) if part) for fault in faults]
    return ScenarioError("\n".join(_one_line(line) for line in lines))


def _one_line(text: str) -> str:
    """Return ``text`` with what cannot be printed, such as a line's end within a name, as Python writes it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


class Faulty(ValueError):
    """Several faults that one check found, with paths from where it looked."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def complain(faults: Iterable[Fault]) -> None:
    """Raise what a check found, if it found anything; for validators."""
    found = list(faults)
    if found:
        raise Faulty(found)


def checked(model: type[AnyModel], data: object, where: str, known: Sequence[Fault] = ()) -> AnyModel:
    """Return ``data`` as a ``model``, or raise all its faults at once, after those already ``known``."""
    try:
        value = model.model_validate(data)
    except ValidationError as error:
        raise refuse(where, [*known, *_faults(error, data, model)]) from None
    if known:
        raise refuse(where, known)
    return value


def _faults(error: ValidationError, data: object, model: type[BaseModel]) -> Iterator[Fault]:
    for detail in error.errors(include_url=False):
        cause, path = detail.get("ctx", {}).get("error"), _path(detail["loc"], data)
        if isinstance(cause, Faulty):
            yield from (Fault(".".join(filter(None, (path, fault.path))), fault.sentence) for fault in cause.faults)
        elif detail["type"] != "default_factory_not_called":  # the setting it depends on is a fault already
            yield Fault(path, _sentence(detail, model))


_SENTENCES = {
    "missing": "is missing; write {example}",
    "literal_error": "is not one of {expected}; write one of them, in quotes",
    "bool_type": "is neither true nor false; write one of them",
    "string_type": "is not a text; write it in quotes",
    "string_pattern_mismatch": "is not a name; use letters, digits, - and _, beginning with a letter",
    "int_type": "is not a whole number; write one",
    "int_from_float": "is not a whole number; write one",
    "float_type": "is not a number; write one",
    "finite_number": "is not a number that can be used; write one",
    "greater_than_equal": "is too small; write {ge} or more",
    "less_than_equal": "is too large; write {le} or less",
    "greater_than": "is too small; write more than {gt}",
    "less_than": "is too large; write less than {lt}",
}
_A_TABLE = "is not a table of settings; write one, as reference.toml does"
_A_LIST = "is not a list; write one, as reference.toml does"


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is no setting; {meant(str(detail['loc'][-1]), _model_at(detail['loc'], model).model_fields)}"
    if kind == "missing":
        return _SENTENCES[kind].format(example=_example(detail["loc"], model))
    if kind == "value_error":
        text = str(context["error"])
    elif kind in _SENTENCES:
        text = _SENTENCES[kind].format_map(context)
    elif kind in ("tuple_type", "list_type"):
        text = _A_LIST
    else:  # model_type, dict_type
        text = _A_TABLE
    return f"{_shown(detail['input'])} {text}".lstrip()


def _shown(value: object) -> str:
    """Return a value as it stands in the file; tables and lists are named by their path only."""
    if isinstance(value, Mapping | list | tuple | BaseModel):
        return ""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _path(location: Sequence[int | str], data: object) -> str:
    """Return a location as users write it, with a guest's name in place of its number."""
    parts = []
    for part in location:
        data = _inside(data, part)
        name = data.get("name") if isinstance(data, Mapping) and isinstance(part, int) else None
        parts.append(name if isinstance(name, str) else str(part))
    return ".".join(parts)


def _inside(data: Any, part: int | str) -> object:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _model_at(location: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """Return the table of settings that the last part of ``location`` stands in."""
    for part in location[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        model = _model_in(field.annotation) or model if field else model
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the table of settings that a field's type speaks of: itself, in a list, in a table, or none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _example(location: Sequence[int | str], model: type[BaseModel]) -> str:
    name = str(location[-1])
    examples = _model_at(location, model).model_fields[name].examples
    return f"{name} = {examples[0]}" if examples else f"[{name}]"
