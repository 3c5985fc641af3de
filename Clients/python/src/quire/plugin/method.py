"""A function with type hints as a method: its schema, its arguments from params, its result as a value."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Optional

from . import hints, schema, values
from .context import Context
from .errors import ParameterError


class Method:
    """One method of a plugin."""

    def __init__(self, name: str, function: Callable[..., Any], title: Optional[str], facts: Dict[str, Any]) -> None:
        self.name = name
        self.function = function
        params, self._context, self._result = hints.signature(function)
        #: By the name in JSON: the name in Python, the hint and the default.
        self._params = {hints.member_name(one): (one, hint, default) for one, (hint, default) in params.items()}
        if "seed" in self._params:
            raise hints.HintError(f"{name}: the host adds the param 'seed'; say uses_seed=True and read Context.seed")
        self._title = title or name.partition(".")[2].replace("_", " ").capitalize()
        self._facts = facts
        words = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        self._summary = " ".join(words[0].split())
        self._description = _unwrapped(words[2].strip()) or self._summary
        if not self._summary:
            raise hints.HintError(f"{name}: its function needs a docstring, whose first line is the summary")
        # A hint without a schema is told when the plugin starts, not at the first call.
        self.schema()

    def schema(self) -> Dict[str, Any]:
        """What the method's schema file holds."""
        facts = self._facts
        found: Dict[str, Any] = {
            "name": self.name,
            "title": self._title,
            "summary": self._summary,
            "description": self._description,
            "references": facts["references"],
            "effects": facts["effects"],
            "reads": facts["reads"],
            "usesSeed": facts["usesSeed"],
            "determinism": facts["determinism"],
        }
        if facts["primary"] is not None:
            found["primary"] = facts["primary"]
        found["progress"] = facts["progress"]
        found["params"] = self._params_schema()
        found["result"] = schema.result_schema(self._result, f"{self.name}: the result")
        found["examples"] = facts["examples"]
        found["errors"] = facts["errors"]
        return found

    def _params_schema(self) -> Dict[str, Any]:
        properties: Dict[str, Any] = {}
        required = []
        for name, (_, hint, default) in self._params.items():
            properties[name] = schema.schema(hint, f"{self.name}: the param '{name}'")
            if default is inspect.Parameter.empty:
                required.append(name)
            elif default is not None:
                properties[name]["default"] = values.encode(default, hint, f"/{name}")
        found: Dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            found["required"] = required
        found["additionalProperties"] = False
        return found

    def arguments(self, params: Dict[str, Any], told: Any, context: Context) -> Dict[str, Any]:
        """The function's arguments.

        Raises ``ParameterError`` where a param does not fit its hint.
        """
        given = {name: value for name, value in params.items() if name != "seed"}
        found = values.decode_members(given, {name: hint for name, (_, hint, _) in self._params.items()}, "", told)
        for name, (_, _, default) in self._params.items():
            if name not in found and default is inspect.Parameter.empty:
                raise ParameterError("", f"'{name}' is missing")
        arguments = {self._params[name][0]: value for name, value in found.items()}
        if self._context is not None:
            arguments[self._context] = context
        return arguments

    def value(self, returned: Any, context: Context) -> Dict[str, Any]:
        """What the method returned as JSON, with the run's warnings."""
        if not isinstance(returned, self._result):
            expected = self._result.__name__
            raise values.ResultError(f"{self.name} returns {expected}, found {type(returned).__name__}")
        value = values.encode(returned, self._result, "")
        value["warnings"] = context.warnings
        return dict(value)


def _unwrapped(text: str) -> str:
    """Each paragraph on one line; lists, tables and code stay as they are."""
    paragraphs = text.split("\n\n")
    kept = ("-", "*", "|", " ", "#", ">", "`" * 3, "1.")
    return "\n\n".join(
        one if any(line.startswith(kept) for line in one.split("\n")) else one.replace("\n", " ") for one in paragraphs
    )
