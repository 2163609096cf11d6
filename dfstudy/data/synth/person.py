"""A person is a vector: skin, shape, hair, eyes, brows, nose, lips, age, accessories.

    person = Person.random(np.random.default_rng(7))

Numbers are relative to the head: its half height is 1, angles are degrees, colours are
RGB in 0..255. Lengths of features are in directions from the middle of the head (see
`head`), so 0.4 is where an eye sits on the unit sphere.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

Colour = tuple[float, float, float]

# Skin from light to dark; a tone in 0..1 reads between them.
_SKIN = np.array(
    [(241, 208, 188), (226, 184, 152), (198, 146, 110), (150, 101, 72), (98, 64, 47)]
)
_HAIR = {
    "black": (34, 29, 30),
    "brown": (78, 51, 34),
    "auburn": (122, 62, 34),
    "blond": (190, 150, 92),
    "grey": (150, 148, 146),
    "white": (216, 212, 206),
}
_IRIS = ((70, 42, 24), (96, 66, 34), (74, 110, 150), (86, 116, 82), (110, 124, 132))
CUTS = (
    "bald",
    "buzz",
    "short",
    "side",
    "fringe",
    "curly",
    "afro",
    "bob",
    "long",
    "tied",
)
_BEARDS = ("stubble", "moustache", "goatee", "full")
AGES = ("young", "middle", "old")


@dataclass(frozen=True, kw_only=True)
class Person:
    """One invented person; equal vectors look equal in every clip."""

    tone: float  # 0 light .. 1 dark
    flush: float  # redness of cheeks, nose and ears, 0..1
    width: float  # of the head, about 1
    taper: float  # how much the jaw narrows, 0..0.3
    jaw: float  # squareness of the jaw, 0..1
    chin: float  # how far the chin stands out, 0..0.1
    cheek: float  # cheekbones, 0..0.06
    ears: float  # how far the ears stand out, 0.1..0.2
    cut: str  # one of CUTS
    hair: str  # name of the hair colour
    hair_shift: float  # of the hairline, positive is lower
    part: float  # where the hair parts, -1 left .. 1 right
    volume: float  # of the hair, about 1
    iris: int  # index into the iris colours
    eye_size: float
    eye_gap: float  # half the distance of the eyes, about 0.4
    eye_tilt: float  # degrees, outer corner up
    brow_size: float
    brow_tilt: float  # degrees
    brow_height: float
    nose_width: float
    nose_length: float
    nose_height: float
    lip_size: float
    lip_width: float
    lip_red: float  # 0..1
    age: str  # one of AGES
    freckles: bool
    beard: str  # "none" or one of stubble, moustache, goatee, full
    glasses: str  # "none", "round" or "square"
    frame_dark: bool
    hat: bool
    clothes: int  # seed of wardrobe: colours and cut, chosen anew per clip from here
    grain: int  # seed of everything small: pores, strands, wrinkles

    @classmethod
    def random(cls, rng: np.random.Generator, *, tone: float | None = None) -> Self:
        """Draw a person; `tone` fixes the skin (a donor is cast to resemble)."""
        u, pick = rng.uniform, rng.choice
        heavy = u()  # brow, jaw and beard go together, or none of it does
        age = str(pick(AGES, p=(0.45, 0.35, 0.2)))
        drawn_tone = u() ** 1.2
        tone = drawn_tone if tone is None else float(np.clip(tone, 0, 1))
        colours = ["black", "brown", "auburn", "blond"]
        weights = np.array([0.2 + 3 * tone, 0.5 + tone, 0.35 * (1 - tone), 1.1 - tone])
        hair = str(pick(colours, p=weights / weights.sum()))
        if age == "old" or (age == "middle" and u() < 0.2):
            hair = str(
                pick(["grey", "white"], p=(0.6, 0.4) if age == "old" else (1, 0))
            )
        cut = str(pick(CUTS, p=_cut_chances(heavy, age, tone)))
        return cls(
            tone=tone,
            flush=u(0.1, 1.0),
            width=u(0.93, 1.13),
            taper=u(0.06, 0.24) - 0.05 * heavy,
            jaw=float(np.clip(heavy + u(-0.3, 0.3), 0, 1)),
            chin=u(0.0, 0.09),
            cheek=u(0.0, 0.05),
            ears=u(0.08, 0.17),
            cut=cut,
            hair=hair,
            hair_shift=u(-0.08, 0.08) - (0.1 if age == "old" else 0),
            part=float(pick([-1, 1])) * u(0.2, 0.6),
            volume=u(0.7, 1.35),
            iris=int(
                pick(5, p=(0.4, 0.25, 0.15, 0.1, 0.1) if tone < 0.6 else _DARK_EYES)
            ),
            eye_size=u(1.05, 1.4),
            eye_gap=u(0.39, 0.46),
            eye_tilt=u(-5, 8),
            brow_size=0.6 + 0.7 * heavy + u(-0.15, 0.25),
            brow_tilt=u(-10, 10),
            brow_height=u(0.22, 0.3),
            nose_width=u(0.8, 1.25) + 0.15 * tone,
            nose_length=u(0.33, 0.43),
            nose_height=u(0.17, 0.28),
            lip_size=u(0.7, 1.2) + 0.35 * tone,
            lip_width=u(0.28, 0.38),
            lip_red=u(0.1, 1.0) * (1 - 0.5 * heavy),
            age=age,
            freckles=bool(u() < 0.12 * (tone < 0.35) * 2),
            beard=str(pick(_BEARDS)) if heavy > 0.5 and u() < 0.6 else "none",
            glasses=str(pick(["round", "square"])) if u() < 0.25 else "none",
            frame_dark=bool(u() < 0.7),
            hat=bool(u() < 0.06),
            clothes=int(rng.integers(2**31)),
            grain=int(rng.integers(2**31)),
        )

    @property
    def skin_rgb(self) -> np.ndarray:
        """Mean skin colour, float (3,)."""
        at = np.linspace(0, 1, len(_SKIN))
        return np.stack([np.interp(self.tone, at, _SKIN[:, k]) for k in range(3)])

    @property
    def hair_rgb(self) -> np.ndarray:
        """Mean hair colour, float (3,)."""
        return np.array(_HAIR[self.hair], float)

    @property
    def iris_rgb(self) -> np.ndarray:
        """Colour of the iris, float (3,)."""
        return np.array(_IRIS[self.iris], float)

    @property
    def subgroup(self) -> dict[str, str]:
        """What a fairness table groups by: skin, hair, age, accessories."""
        worn = {
            "glasses": self.glasses != "none",
            "beard": self.beard != "none",
            "hat": self.hat,
        }
        return {
            "skin": ("light", "medium", "dark")[
                int(self.tone > 0.3) + int(self.tone > 0.65)
            ],
            "hair": "bald" if self.cut == "bald" else self.hair,
            "age": self.age,
            "accessories": "+".join(k for k, v in worn.items() if v) or "none",
        }

    def vector(self) -> np.ndarray:
        """The numeric fields in order, float (n,)."""
        values = (getattr(self, field.name) for field in fields(self))
        return np.array([v for v in values if isinstance(v, (int, float))], float)


_DARK_EYES = (0.75, 0.2, 0.0, 0.03, 0.02)


def _cut_chances(heavy: float, age: str, tone: float) -> np.ndarray:
    """How likely each of CUTS is, float (10,) summing to 1."""
    short, long = 0.15 + heavy, 1.15 - heavy
    chance = {
        "bald": 0.35 * short * (2 if age == "old" else 0.7),
        "buzz": 0.6 * short,
        "short": 1.0 * short,
        "side": 0.9 * short,
        "fringe": 0.6,
        "curly": 0.6,
        "afro": 0.1 + 0.7 * (tone > 0.6),
        "bob": 0.9 * long,
        "long": 1.2 * long,
        "tied": 0.8 * long,
    }
    weights = np.array([chance[cut] for cut in CUTS])
    return weights / weights.sum()
