"""One thing in a paper that does not fit."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """One thing that does not fit: `printed` there, `recomputed` here, and so what."""

    paper: str  # "S0"
    where: str
    printed: str
    recomputed: str
    meaning: str
