"""A measured value with its interval."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measured value with its interval: at which level, by which method, over how many rows."""

    value: float
    low: float
    high: float
    level: float
    method: str
    n: int

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g}–{self.high:.4g})"

    @classmethod
    def wilson(cls, successes: int, n: int) -> Estimate:
        """A share with its score interval at 95 % (Wilson 1927)."""
        if not 0 <= successes <= n or n == 0:
            raise ValueError(f"{successes} of {n} is no share")
        z = 1.959963984540054
        share = successes / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half: float = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
        low = 0.0 if successes == 0 else max(0.0, middle - half)
        high = 1.0 if successes == n else min(1.0, middle + half)
        return cls(share, low, high, 0.95, "wilson", n)
