"""What type hints say beyond their types: words, limits and units; and types that the schemas share."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Dict, Optional, Sequence


@dataclasses.dataclass(frozen=True)
class Field:
    """Words and limits of a param or of a member of a result.

    ``Annotated[int, Field("Neighbours that vote.", minimum=1)]``; a string alone is a description.
    """

    description: Optional[str] = None
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    above: Optional[float] = None
    below: Optional[float] = None
    multiple_of: Optional[float] = None
    min_length: Optional[int] = None
    max_length: Optional[int] = None
    pattern: Optional[str] = None
    min_items: Optional[int] = None
    max_items: Optional[int] = None
    unique: bool = False
    unit: Optional[str] = None
    examples: Optional[Sequence[Any]] = None

    def keywords(self) -> Dict[str, Any]:
        """As JSON Schema has it."""
        known = {
            "description": self.description,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "exclusiveMinimum": self.above,
            "exclusiveMaximum": self.below,
            "multipleOf": self.multiple_of,
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "pattern": self.pattern,
            "minItems": self.min_items,
            "maxItems": self.max_items,
            "uniqueItems": True if self.unique else None,
            "x-unit": self.unit,
            "examples": list(self.examples) if self.examples is not None else None,
        }
        return {keyword: value for keyword, value in known.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Shared:
    """A schema of the house: the file below ``quire:``."""

    reference: str


#: A number from 0 to 1.
Share = Annotated[float, Shared("quire:common/number.json#/$defs/share")]
#: A number that may be infinite or no number: JSON has none of these, so they travel as texts.
AnyNumber = Annotated[float, Shared("quire:common/number.json#/$defs/extended")]


@dataclasses.dataclass(frozen=True)
class Artifact:
    """A file that this run wrote, as a member of its result. ``Context.artifact`` and its kin make one."""

    reference: str

    def as_json(self) -> Dict[str, Any]:
        return {"$artifact": self.reference}
