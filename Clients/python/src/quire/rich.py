"""Results and pictures as HTML for notebooks; nothing in them runs, and nothing is fetched."""

from __future__ import annotations

import base64
import html
import html.parser
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Tuple

if TYPE_CHECKING:
    from .result import Result


def headline(value: Mapping[str, Any], limit: int = 6) -> List[Tuple[str, str]]:
    """The numbers that a person wants first: estimates, plain numbers and truth values, in their order."""
    found: List[Tuple[str, str]] = []
    for name, member in value.items():
        text = _number(member)
        if text is not None:
            found.append((name, text))
    return found[:limit]


def _number(value: Any) -> Optional[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict) and {"value", "low", "high"} <= set(value):
        return f"{value['value']:.4g} ({value['low']:.4g}–{value['high']:.4g})"
    return None


def result(found: Result) -> str:
    """A result: its method, its numbers, its warnings, its pictures."""
    title = html.escape(found.method) + (" · cached" if found.cached else "")
    parts = [f'<p style="margin:0 0 .4em"><strong>{title}</strong></p>']
    cells = headline(found.json())
    if cells:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(text)}</td></tr>'
            for name, text in cells
        )
        parts.append(f"<table>{rows}</table>")
    for warning in found.warnings:
        words = f"<strong>{html.escape(warning.code)}</strong>: {html.escape(warning.message)}"
        parts.append(f'<p style="margin:.3em 0;border-left:3px solid #c77700;padding-left:.6em">{words}</p>')
    parts += [display(one.title, one.data) for one in found.displays]
    return f"<div>{''.join(parts)}</div>"


def display(title: str, data: Mapping[str, Any]) -> str:
    """A picture: SVG as an image, in which no script runs; else its table; else its text."""
    svg = data.get("image/svg+xml")
    if isinstance(svg, str):
        encoded = base64.b64encode(svg.encode()).decode()
        style = "max-width:100%;width:640px"
        return f'<img alt="{html.escape(title)}" style="{style}" src="data:image/svg+xml;base64,{encoded}">'
    caption = f'<p style="margin:.6em 0 .2em">{html.escape(title)}</p>'
    markup = data.get("text/html")
    if isinstance(markup, str):
        return caption + sanitised(markup)
    return f"{caption}<pre>{html.escape(str(data.get('text/plain', '')))}</pre>"


_WORDS = ("p", "b", "i", "em", "strong", "code", "pre", "br", "span", "div", "sub", "sup", "small", "mark")
_LISTS = ("table", "thead", "tbody", "tr", "th", "td", "caption", "ul", "ol", "li")
_ALLOWED = frozenset(_WORDS + _LISTS)
_ATTRIBUTES = frozenset(("scope", "colspan", "rowspan"))
_SILENT = frozenset(("script", "style", "template", "iframe", "object", "textarea", "title"))


def sanitised(markup: str) -> str:
    """A fragment with nothing but words, lists and tables left in it."""
    reader = _Sanitiser()
    reader.feed(markup)
    reader.close()
    return reader.finished()


class _Sanitiser(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: List[str] = []
        self._open: List[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _ALLOWED and not self._silent:
            kept = "".join(f' {k}="{html.escape(v or "")}"' for k, v in attrs if k in _ATTRIBUTES)
            self._parts.append(f"<{tag}{kept}>")
            if tag != "br":
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in self._open and not self._silent:
            # What was left open inside it ends with it.
            while self._open:
                last = self._open.pop()
                self._parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(html.escape(data))

    def finished(self) -> str:
        return "".join(self._parts) + "".join(f"</{tag}>" for tag in reversed(self._open))
