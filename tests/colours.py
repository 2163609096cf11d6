"""Can a figure be read without its colours? Greyscale, and the three deficiencies.

    confused(figure)     # ["Two: 'a' and 'b' look alike in greyscale", ...]

Matrices: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation
of Color Vision Deficiency" (2009), severity 1.0, on linear RGB.
"""

from itertools import combinations

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
SEEN = {
    "greyscale": np.tile(LUMINANCE, (3, 1)),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
LEAST = 20  # of CIE L* (0 to 100): told apart at a glance, on paper too


def lightness(colour, seen: str = "greyscale") -> float:
    """CIE L* of a colour, as somebody with that vision, or a grey printer, has it."""
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    y = LUMINANCE @ np.clip(SEEN[seen] @ linear, 0, 1)
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


def confused(figure: Figure) -> list[str]:
    """Pairs of a legend that differ by nothing but hue; empty where all can be read."""
    found = []
    legends = [*figure.legends]
    legends += [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    for legend in legends:
        names = [text.get_text() for text in legend.get_texts()]
        looks = [_look(handle) for handle in legend.legend_handles]
        for (one, a), (two, b) in combinations(zip(names, looks, strict=True), 2):
            if a[1:] != b[1:] or a[0] is None or b[0] is None:
                continue  # another marker, line or hatch
            for seen in SEEN:
                apart = abs(lightness(a[0], seen) - lightness(b[0], seen))
                if apart < LEAST:
                    found.append(f"{one!r} and {two!r} look alike in {seen}")
                    break
    return found


def _look(handle) -> tuple:
    """(colour, and all else by which it can be told)."""
    if isinstance(handle, Container):
        handle = handle[0]
    if isinstance(handle, Line2D):
        marker = handle.get_marker()
        filled = to_rgba(handle.get_markerfacecolor())[3] > 0 if marker else None
        line = handle.get_linestyle(), _dashes(handle)
        return handle.get_color(), "line", marker, line, filled
    if isinstance(handle, PathCollection):
        face = handle.get_facecolor()
        filled = len(face) > 0 and face[0][3] > 0
        colour = face[0] if filled else handle.get_edgecolor()[0]
        return colour[:3], "marker", len(handle.get_paths()[0]), filled
    if isinstance(handle, Patch):
        face = handle.get_facecolor()
        filled = handle.get_fill() and face[3] > 0
        # Over white paper; an outline counts by its line.
        colour = 1 - face[3] + np.array(face[:3]) * face[3]
        colour = colour if filled else handle.get_edgecolor()[:3]
        return tuple(colour), "area", filled, handle.get_hatch(), _dashes(handle)
    return None, type(handle).__name__


def _dashes(handle) -> tuple | None:
    """The dashes that are drawn: `get_linestyle` tells a name, and not of all."""
    return handle._unscaled_dash_pattern[1]
