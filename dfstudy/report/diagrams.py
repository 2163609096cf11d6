"""Drawings of how a network reads a clip: recurrence, and a filter that is inflated.

diagrams.recurrence(frames)          # frames, a 2D network, a cell with a memory
diagrams.inflation(kernel, depth=3)  # a 2D filter, and the 3D one it becomes
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.boxes import GREY, PLAIN, arrow, box, canvas
from dfstudy.report.style import INK, MUTED


def recurrence(frames: Sequence[np.ndarray]) -> Figure:
    """A recurrent network unrolled in time, over the frames (H, W, 3) that it reads."""
    n = len(frames)
    fig = style.figure(11, 5)
    ax = canvas(fig, (-0.95, n + 0.55), (-0.5, 2.75))
    for t, frame in enumerate(frames):
        height = 0.86 * frame.shape[0] / frame.shape[1]
        ax.imshow(frame, extent=(t - 0.43, t + 0.43, -height / 2, height / 2), zorder=2)
        box(ax, t, 0.95, "2D network", colour=GREY)
        box(ax, t, 1.9, "cell", colour=style.SHADES(0.9))
        arrow(ax, (t, height / 2), (t, 0.73))
        arrow(ax, (t, 1.17), (t, 1.68), "features" if t == 0 else "")
        arrow(ax, (t - 0.62, 1.9), (t - 0.38, 1.9))
        ax.text(t, 2.3, f"$h_{{{t + 1}}}$", ha="center", color=INK)
    ax.text(-0.66, 1.9, "$h_0 = 0$", ha="right", va="center", color=INK)
    arrow(ax, (n - 0.62, 1.9), (n - 0.38, 1.9))
    box(ax, n, 1.9, "P(fake)", colour=PLAIN)
    ax.text(-0.66, 0.95, "the same\nfor all", ha="right", va="center", color=MUTED)
    ax.set_title("One cell, used again and again: its state $h$ is its memory")
    ax.set(xlim=(-1.35, n + 0.5), ylim=(-0.4, 2.6), aspect="equal")
    return fig


def inflation(kernel: np.ndarray, *, depth: int) -> Figure:
    """A 2D filter (k, k), and the `depth` slices of the 3D filter that it becomes."""
    fig = style.figure(11, 3.4)
    axes = fig.subplots(1, depth + 2, width_ratios=[1, 0.7, *[1] * depth])
    most = float(np.abs(kernel).max()) or 1.0
    slices = [kernel] + [kernel / depth] * depth
    names = ["2D filter, for a frame"]
    middle = (depth - 1) // 2
    for i in range(depth):
        when = "" if i == middle else f" {'−+'[i > middle]} {abs(i - middle)}"
        names.append(f"for frame t{when}")
    for ax, values, name in zip([axes[0], *axes[2:]], slices, names, strict=True):
        ax.imshow(values, cmap="PuOr", vmin=-1.6 * most, vmax=1.6 * most)
        for (i, j), value in np.ndenumerate(values):
            ax.text(j, i, f"{value:.2g}", ha="center", va="center", color=INK)
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, size=12, weight="normal")
        ax.grid(visible=False)
    axes[1].set_axis_off()
    axes[1].text(0.5, 0.5, f"repeat,\ndivide by {depth}\n→", ha="center", va="center")
    return fig


def over_time(
    lines: Mapping[str, np.ndarray], *, ylabel: str, xlabel: str, title: str = ""
) -> Figure:
    """The mean of each kind over time, and the middle half of its videos.

    Args:
        lines: kind -> (videos, T); a kind "real" is blue and comes first to the eye.
    """
    fig = style.figure(10, 4.4)
    ax = fig.subplots()
    others = [name for name in lines if name != "real"]
    looks = {name: style.line(i) for i, name in enumerate(others, start=1)}
    looks["real"] = {"color": style.REAL, "linestyle": "-"}
    for name, values in lines.items():
        at = np.arange(1, values.shape[1] + 1)
        low, high = np.quantile(values, [0.25, 0.75], axis=0)
        ax.fill_between(
            at, low, high, color=looks[name]["color"], alpha=0.12, linewidth=0
        )
        width = 4 if name == "real" else 2
        label = f"{name} (n = {len(values)})"
        ax.plot(at, values.mean(axis=0), **looks[name], linewidth=width, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None), title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def heat_over(
    frame: np.ndarray, heat: np.ndarray, *, most: float, least: float = 0.0
) -> np.ndarray:
    """A frame in grey with its heat (H, W) in colour over it, uint8 (H, W, 3).

    Black is `least` or less, yellow `most` or more: give what is compared the same.
    """
    span = most - least
    share = np.clip((heat - least) / span, 0, 1) if span > 0 else np.zeros_like(heat)
    colours = colormaps["inferno"](share)[..., :3] * 255
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None]
    return np.rint(0.4 * grey + 0.6 * colours).astype(np.uint8)
