"""From type hints to JSON Schema."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Dict, List, Literal, get_args, get_origin

from ..estimate import Estimate
from .fields import Artifact
from .hints import UNIONS, Hint, HintError, default_of, hints_of, member_name
from .inputs import Input, Matrix, Model
from .values import encode

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema(hint: Any, place: str) -> Dict[str, Any]:
    """The schema of a type hint; ``place`` is what a fault of it is told with."""
    known = Hint.of(hint)
    words = {**known.field.keywords(), **dict(known.extra)}
    if known.shared is not None:
        return {"$ref": known.shared.reference, **words}
    kind = known.type
    if isinstance(kind, type) and issubclass(kind, Input):
        usual: Dict[str, Any] = {"x-dtype": "any", "x-rank": 2} if issubclass(kind, Matrix) else {}
        if issubclass(kind, Model) and "x-kind" not in words:
            raise HintError(f'{place}: say of which kind the model is: Annotated[Model, {{"x-kind": "…"}}]')
        return {"$ref": kind.reference, **usual, **words}
    if kind is Artifact:
        return {"$ref": "quire:common/artifact.json", **words}
    if kind is Estimate:
        return {"$ref": "quire:common/estimate.json", **words}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind], **words}
    if kind is Any:
        return words
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return {**object_schema(kind, place), **words}
    return {**_composed(kind, place), **words}


def _composed(kind: Any, place: str) -> Dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"enum": [one.value for one in kind]}
    if origin in (list, tuple) or getattr(origin, "__name__", "") in ("Sequence", "Iterable"):
        if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
            items = [schema(one, place) for one in arguments]
            return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
        return {"type": "array", "items": schema(arguments[0] if arguments else Any, place)}
    if origin is dict or getattr(origin, "__name__", "") == "Mapping":
        if arguments and arguments[0] is not str:
            raise HintError(f"{place}: the names of a JSON object are texts: Dict[str, …]")
        return {"type": "object", "additionalProperties": schema(arguments[1] if arguments else Any, place)}
    if origin in UNIONS:
        return {"anyOf": [schema(one, place) for one in arguments]}
    raise HintError(
        f"{place}: no schema for {kind!r}; take bool, int, float, str, Literal, Optional, Union, List, Dict, "
        "a dataclass, or a type of quire.plugin"
    )


def object_schema(kind: Any, place: str) -> Dict[str, Any]:
    """The schema of a dataclass: a member without a default must be there."""
    hints = hints_of(kind)
    properties: Dict[str, Any] = {}
    required: List[str] = []
    for one in dataclasses.fields(kind):
        name = member_name(one.name)
        properties[name] = schema(hints[one.name], f"{place}.{one.name}")
        default = default_of(one)
        if default is dataclasses.MISSING:
            if not Hint.of(hints[one.name]).optional:
                required.append(name)
        elif default is not None:
            properties[name]["default"] = encode(default, hints[one.name], "")
    found: Dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        found["required"] = required
    found["additionalProperties"] = False
    return found


def result_schema(kind: Any, place: str) -> Dict[str, Any]:
    """The schema of what a method returns: all members but optional ones are there, and ``warnings`` with them."""
    if not (dataclasses.is_dataclass(kind) and isinstance(kind, type)):
        raise HintError(f"{place}: a method returns a dataclass, found {kind!r}")
    found = _without_defaults(object_schema(kind, place), kind)
    if "warnings" in found["properties"]:
        raise HintError(f"{place}: 'warnings' is added to every result; say them by Context.warn")
    found["properties"]["warnings"] = {"$ref": "quire:common/warnings.json"}
    found["required"] = [*found.get("required", []), "warnings"]
    return found


def _without_defaults(found: Dict[str, Any], kind: Any) -> Dict[str, Any]:
    hints = hints_of(kind)
    required = []
    for one in dataclasses.fields(kind):
        found["properties"][member_name(one.name)].pop("default", None)
        known = Hint.of(hints[one.name])
        if not known.optional and known.type is not Any:
            required.append(member_name(one.name))
    found["required"] = required
    return found
