"""What stands at a place of a cell's text: completion, inspection, whether it is complete."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Tuple

from ..errors import Error
from .book import Book
from .cells import read

_KEYS = ("method", "params", "after", "title")


class Words:
    """Answers that never fail: without a kernel there is nothing to say."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._methods: Optional[List[str]] = None
        self._pages: Dict[str, Dict[str, Any]] = {}

    # MARK: - Completion

    def completion(self, code: str, cursor: int) -> Tuple[int, List[str]]:
        """Where the word at the cursor begins, and what it may become."""
        begin = code.rfind("\n", 0, cursor) + 1
        before = code[begin:cursor]
        word = re.search(r"[$\w.-]*$", before)
        typed = word.group() if word else ""
        try:
            found = self._candidates(before, typed, code)
        except Error as error:
            self._book.forget(error)
            found = []
        return cursor - len(typed), sorted(one for one in found if one.startswith(typed))

    def _candidates(self, before: str, typed: str, code: str) -> List[str]:
        rest = before[: len(before) - len(typed)]
        if typed.startswith("$"):
            return self._references(typed)
        if re.fullmatch(r"method:\s*", rest):
            return self._names()
        if rest == "":
            return [f"{key}:" for key in _KEYS]
        params = self._params(code)
        named = re.fullmatch(r"\s+([\w-]+):\s*", rest)
        if named:
            return [json.dumps(one) if not isinstance(one, str) else one for one in _values(params.get(named.group(1)))]
        if rest.isspace():
            return [f"{name}:" for name in params]
        return []

    def _references(self, typed: str) -> List[str]:
        cell, dot, _ = typed[1:].partition(".")
        if not dot:
            return ["$file:", *(f"${name}" for name in self._book.cells)]
        method = self._book.method(cell)
        result = self._page(method).get("result", {}) if method else {}
        return [f"${cell}.{name}" for name in result.get("properties", {})]

    def _names(self) -> List[str]:
        if self._methods is None:
            self._methods = self._book.workspace.methods()
        return self._methods

    def _page(self, method: str) -> Dict[str, Any]:
        if method not in self._pages:
            self._pages[method] = self._book.ask("plugin/describe", {"name": method})
        return self._pages[method]

    def _params(self, code: str) -> Dict[str, Any]:
        named = re.search(r"^method:\s*([\w.]+)", code, re.MULTILINE)
        if named is None or named.group(1) not in self._names():
            return {}
        found: Dict[str, Any] = self._page(named.group(1)).get("params", {}).get("properties", {})
        return found

    # MARK: - Inspection

    def inspection(self, code: str, cursor: int) -> Optional[str]:
        """Markdown on the word at the cursor."""
        word = next((one for one in re.finditer(r"\$?[\w.-]+", code) if one.start() <= cursor <= one.end()), None)
        if word is None:
            return None
        try:
            return self._told(word.group(), code)
        except Error as error:
            self._book.forget(error)
            return None

    def _told(self, word: str, code: str) -> Optional[str]:
        if word.startswith("$"):
            cell = word[1:].partition(".")[0]
            if cell not in self._book.cells:
                return None
            value = json.dumps(self._book.value(cell), ensure_ascii=False)
            return f"**{cell}** · {self._book.method(cell)}\n\n    {value[:2000]}"
        if word in self._names():
            return _method_page(self._page(word))
        schema = self._params(code).get(word)
        return _param_line(word, schema) if schema is not None else None

    # MARK: - Completeness

    def completeness(self, code: str) -> str:
        """``complete``, ``incomplete`` or ``invalid``."""
        body = read(code).body
        if not body.strip():
            return "incomplete"
        try:
            faults = self._book.ask("cell/check", {"text": body})["diagnostics"]
        except Error as error:
            self._book.forget(error)
            return "unknown"
        if not faults:
            # A console goes on until an empty line, since params may follow.
            return "complete" if "params:" in body or code.endswith("\n") else "incomplete"
        last = body.rstrip().count("\n") + 1
        unfinished = body.rstrip().endswith(":") or any("expected an object with" in one["message"] for one in faults)
        return "incomplete" if unfinished or all(one["line"] > last for one in faults) else "invalid"


def _values(schema: Any) -> List[Any]:
    if not isinstance(schema, dict):
        return []
    found = list(schema.get("enum", []))
    if schema.get("type") == "boolean":
        found += [True, False]
    for other in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        found += _values(other)
    return found


def _param_line(name: str, schema: Dict[str, Any]) -> str:
    default = f" Default `{json.dumps(schema['default'])}`." if "default" in schema else ""
    return f"**{name}** {schema.get('description', '')}{default}"


def _method_page(page: Dict[str, Any]) -> str:
    params = page.get("params", {}).get("properties", {})
    lines = [f"**{page['name']}** {page.get('summary', '')}", "", str(page.get("description", "")), ""]
    return "\n".join(lines + [f"- {_param_line(name, schema)}" for name, schema in params.items()])
