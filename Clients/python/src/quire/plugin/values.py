"""The values of a call: from JSON to what the hints of a method ask for, and back."""

from __future__ import annotations

import dataclasses
import enum
import math
import re
from typing import Any, Dict, Literal, get_args, get_origin

from .errors import ParameterError
from .fields import Artifact, Field
from .hints import UNIONS, Hint, default_of, hints_of, member_name
from .inputs import Input


def decode(value: Any, hint: Any, pointer: str, told: Any = None) -> Any:
    """A param as its hint wants it. ``told`` is what the host says of the files in it.

    Raises ``ParameterError`` where the value does not fit.
    """
    known = Hint.of(hint)
    if value is None and known.optional:
        return None
    kind = known.type
    if isinstance(kind, type) and issubclass(kind, Input):
        return kind(pointer, value, told)
    found = _decoded(value, kind, pointer, told)
    _check(found, known.field, pointer)
    return found


def _decoded(value: Any, kind: Any, pointer: str, told: Any) -> Any:
    if kind is Any:
        return value
    if kind is float:
        if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        raise ParameterError(pointer, f"a number, found {_shown(value)}")
    if kind is int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ParameterError(pointer, f"a whole number, found {_shown(value)}")
    if kind in (str, bool):
        if isinstance(value, kind):
            return value
        raise ParameterError(pointer, f"{'a text' if kind is str else 'true or false'}, found {_shown(value)}")
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return decode_object(value, kind, pointer, told)
    return _decoded_composed(value, kind, pointer, told)


def _decoded_composed(value: Any, kind: Any, pointer: str, told: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if not any(value == one and type(value) is type(one) for one in arguments):
            raise ParameterError(pointer, f"one of {', '.join(map(_shown, arguments))}, found {_shown(value)}")
        return value
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(_shown(one.value) for one in kind)
            raise ParameterError(pointer, f"one of {known}, found {_shown(value)}") from None
    if origin is dict or getattr(origin, "__name__", "") == "Mapping":
        if not isinstance(value, dict):
            raise ParameterError(pointer, f"an object, found {_shown(value)}")
        inner = arguments[1] if arguments else Any
        return {k: decode(v, inner, f"{pointer}/{_escaped(k)}", _part(told, k)) for k, v in value.items()}
    if origin in UNIONS:
        reasons = []
        for one in arguments:
            try:
                return decode(value, one, pointer, told)
            except ParameterError as error:
                reasons.append(error.message.split(": ", 1)[-1].split(", found")[0])
        raise ParameterError(pointer, f"{' or '.join(reasons)}, found {_shown(value)}")
    if not isinstance(value, list):
        raise ParameterError(pointer, f"a list, found {_shown(value)}")
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        if len(value) != len(arguments):
            raise ParameterError(pointer, f"{len(arguments)} elements, found {len(value)}")
        hints = list(arguments)
    else:
        hints = [arguments[0] if arguments else Any] * len(value)
    found = [decode(v, h, f"{pointer}/{i}", _part(told, i)) for i, (v, h) in enumerate(zip(value, hints))]
    return tuple(found) if origin is tuple else found


def decode_object(value: Any, kind: Any, pointer: str, told: Any = None) -> Any:
    """A dataclass from an object; a member that it does not know is refused."""
    if not isinstance(value, dict):
        raise ParameterError(pointer, f"an object, found {_shown(value)}")
    hints = hints_of(kind)
    names = {member_name(one.name): one for one in dataclasses.fields(kind)}
    given = decode_members(value, {name: hints[one.name] for name, one in names.items()}, pointer, told)
    for name, one in names.items():
        if name not in given and default_of(one) is dataclasses.MISSING:
            if not Hint.of(hints[one.name]).optional:
                raise ParameterError(pointer, f"'{name}' is missing")
            given[name] = None
    return kind(**{names[name].name: one for name, one in given.items()})


def decode_members(value: Dict[str, Any], hints: Dict[str, Any], pointer: str, told: Any) -> Dict[str, Any]:
    for name in value:
        if name not in hints:
            raise ParameterError(f"{pointer}/{_escaped(name)}", f"no such member; there is {', '.join(hints)}")
    return {
        name: decode(one, hints[name], f"{pointer}/{_escaped(name)}", _part(told, name)) for name, one in value.items()
    }


def _check(value: Any, field: Field, pointer: str) -> None:
    """Holds a value against its limits; the host did so before, a test without a host did not."""

    def refuse(expected: str) -> None:
        raise ParameterError(pointer, f"{expected}, found {_shown(value)}")

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            refuse(f"at least {field.minimum}")
        if field.maximum is not None and value > field.maximum:
            refuse(f"at most {field.maximum}")
        if field.above is not None and value <= field.above:
            refuse(f"more than {field.above}")
        if field.below is not None and value >= field.below:
            refuse(f"less than {field.below}")
        if field.multiple_of is not None and math.remainder(value, field.multiple_of) != 0:
            refuse(f"a multiple of {field.multiple_of}")
    elif isinstance(value, str):
        if field.min_length is not None and len(value) < field.min_length:
            refuse(f"at least {field.min_length} characters")
        if field.max_length is not None and len(value) > field.max_length:
            refuse(f"at most {field.max_length} characters")
        if field.pattern is not None and not re.search(field.pattern, value):
            refuse(f"a text that matches {field.pattern}")
    elif isinstance(value, (list, tuple)):
        if field.min_items is not None and len(value) < field.min_items:
            refuse(f"at least {field.min_items} elements")
        if field.max_items is not None and len(value) > field.max_items:
            refuse(f"at most {field.max_items} elements")
        if field.unique and any(one in value[:place] for place, one in enumerate(value)):
            refuse("no element twice")


class ResultError(TypeError):
    """A result that does not fit the type that its method returns."""


def encode(value: Any, hint: Any, pointer: str) -> Any:
    """A value as JSON; members that are ``None`` are left out. NumPy's numbers and arrays are taken as well."""
    known = Hint.of(hint)
    if value is None:
        return None
    if isinstance(value, Artifact):
        return value.as_json()
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = hints_of(type(value))
        members = [(one.name, getattr(value, one.name)) for one in dataclasses.fields(value)]
        return {
            member_name(name): encode(one, hints[name], f"{pointer}/{member_name(name)}")
            for name, one in members
            if one is not None
        }
    if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        inner = get_args(known.type)[1] if get_origin(known.type) is dict else Any
        return {str(k): encode(v, inner, f"{pointer}/{_escaped(str(k))}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        arguments = [one for one in get_args(known.type) if one is not Ellipsis] or [Any]
        inner_hints = arguments if len(arguments) == len(value) else [arguments[0]] * len(value)
        return [encode(v, h, f"{pointer}/{i}") for i, (v, h) in enumerate(zip(value, inner_hints))]
    if isinstance(value, (bool, int, str)):
        return float(value) if known.type is float and isinstance(value, int) and type(value) is not bool else value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        if known.shared is not None and known.shared.reference.endswith("extended"):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        raise ResultError(f"result{pointer} is {value}, which JSON has not: declare it as AnyNumber, or leave it out")
    raise ResultError(f"result{pointer} is a {type(value).__name__}, which is no JSON")


def _part(told: Any, key: Any) -> Any:
    # A param may itself be called "path": what is told of a file has a text there.
    if isinstance(told, dict) and not isinstance(told.get("path"), str):
        return told.get(key)
    if isinstance(told, list) and isinstance(key, int) and key < len(told):
        return told[key]
    return None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
