"""A cell as Jupyter shows it: ``# quire id=fit seed=7``, and the body."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

_HEADER = re.compile(r"# (quire(?:[ \t][^\n`]*)?)(?:\n|$)")
_ID = re.compile(r"(?:^|\s)id=([A-Za-z][A-Za-z0-9_-]{0,63})(?=\s|$)")
_GOOD_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class Cell(NamedTuple):
    """The text of a cell, taken apart."""

    #: What ``id=`` says.
    id: Optional[str]
    #: The words of the fence, ``quire id=fit seed=7``.
    info: str
    body: str
    #: Lines of the text that stand before the body.
    lines_before: int

    def named(self, name: str) -> Cell:
        """The cell with this id, unless it says another."""
        return self if self.id is not None else self._replace(id=name, info=f"{self.info} id={name}")

    @property
    def text(self) -> str:
        """The cell with its fences, in a notebook of Quire's."""
        longest = max((len(run) for run in re.findall("`+", self.body)), default=0)
        fence = "`" * max(3, longest + 1)
        body = self.body if not self.body or self.body.endswith("\n") else self.body + "\n"
        return f"{fence}{self.info}\n{body}{fence}\n"


def read(text: str) -> Cell:
    """Takes the text of a cell apart; the comment may be missing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    header = _HEADER.match(text)
    if header is None:
        return Cell(None, "quire", text, 0)
    info = header.group(1).rstrip()
    named = _ID.search(info)
    return Cell(named.group(1) if named else None, info, text[header.end() :], 1)


def is_id(name: Optional[str]) -> bool:
    """Whether Quire takes this as the id of a cell."""
    return name is not None and _GOOD_ID.fullmatch(name) is not None
