"""Type hints, taken apart."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from typing import Annotated, Any, Dict, Optional, Tuple, Union, get_args, get_origin, get_type_hints

from .context import Context
from .fields import Field, Shared

UNIONS = (Union, getattr(types, "UnionType", Union))


class HintError(TypeError):
    """A type hint that no schema can be made of."""


@dataclasses.dataclass(frozen=True)
class Hint:
    """A type hint taken apart: the type itself, what ``Annotated`` says of it, and whether it may be absent."""

    type: Any
    field: Field = dataclasses.field(default_factory=Field)
    shared: Optional[Shared] = None
    #: Other keywords of the schema, such as ``x-dtype``.
    extra: Tuple[Tuple[str, Any], ...] = ()
    optional: bool = False

    @classmethod
    def of(cls, hint: Any) -> Hint:
        field, shared, optional = Field(), None, False
        extra: Dict[str, Any] = {}
        while True:
            origin = get_origin(hint)
            if origin is Annotated:
                inner, *notes = get_args(hint)
                for note in notes:
                    if isinstance(note, str):
                        field = dataclasses.replace(field, description=note)
                    elif isinstance(note, Field):
                        said = {k: v for k, v in vars(note).items() if v is not None and v is not False}
                        field = dataclasses.replace(field, **said)
                    elif isinstance(note, Shared):
                        shared = note
                    elif isinstance(note, dict):
                        extra.update(note)
                hint = inner
            elif origin in UNIONS and type(None) in get_args(hint):
                optional = True
                rest = tuple(one for one in get_args(hint) if one is not type(None))
                hint = rest[0] if len(rest) == 1 else Union[rest]
            else:
                return cls(hint, field, shared, tuple(extra.items()), optional)


def signature(function: Any) -> Tuple[Dict[str, Tuple[Any, Any]], Optional[str], Any]:
    """The params of a method (name to hint and default), the name of its ``Context`` and what it returns."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except TypeError as error:
        advice = "before Python 3.10 write Optional[int], not int | None"
        raise HintError(f"{function.__name__}: {error}; {advice}") from None
    except NameError as error:
        raise HintError(f"{function.__name__}: {error}; types in hints stand at the top of their module") from None
    params: Dict[str, Tuple[Any, Any]] = {}
    context = None
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise HintError(f"{function.__name__}: params have names, so no *args, **kwargs or positional ones")
        if name not in hints:
            raise HintError(f"{function.__name__}: the param '{name}' needs a type hint")
        if hints[name] is Context:
            context = name
        else:
            params[name] = (hints[name], parameter.default)
    return params, context, hints.get("return")


@functools.cache
def hints_of(kind: Any) -> Dict[str, Any]:
    """The hints of a dataclass's members; they are asked for with every value."""
    return get_type_hints(kind, include_extras=True)


def member_name(name: str) -> str:
    """``max_iter`` in Python is ``maxIter`` in JSON; a trailing underscore avoids Python's keywords."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def default_of(one: dataclasses.Field[Any]) -> Any:
    return one.default_factory() if one.default_factory is not dataclasses.MISSING else one.default
