"""How the parts of this field are built: drawn once, where a lesson first needs them.

schemes.cascade(frame)            # MTCNN: a pyramid and three networks (lesson 02)
schemes.residual_block()          # ResNet (03)
schemes.lstm_cell()               # a memory and its gates (06)
schemes.fusion()                  # text and video (10)
schemes.pairs(labels, scores)     # what an AUROC counts (00)
schemes.machines()                # from videos to one network, on many machines (16)
"""

import cv2
import numpy as np
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.boxes import GREY, PLAIN, arrow, box, canvas
from dfstudy.report.style import INK, MUTED

_SHRINKS = 0.709  # from one step of MTCNN's pyramid to the next: half of the area


def cascade(frame: np.ndarray, *, steps: int = 4) -> Figure:
    """MTCNN over a frame (H, W, 3): ever smaller copies, then three networks in a row.

    Zhang et al. 2016. Sizes are those of the pictures that each network looks at.
    """
    fig = style.figure(12, 3)
    ax = canvas(fig, (0, 10.6), (-1.3, 0.8))
    left = 0.0
    for i in range(steps):
        share = _SHRINKS**i
        small = cv2.resize(frame, None, fx=share, fy=share)
        width = 1.7 * share
        height = width * small.shape[0] / small.shape[1]
        at = (left, left + width, -height / 2, height / 2)
        ax.imshow(small, extent=at, interpolation="nearest", zorder=2)
        left += width + 0.12
    ax.text(left / 2, -0.85, "the same frame, smaller and smaller", **_note())
    stages = {
        "P-Net\n12 × 12": "every place of\nevery copy: many boxes",
        "R-Net\n24 × 24": "throws most\nof them out",
        "O-Net\n48 × 48": "the last word:\nbox and confidence",
    }
    x = left + 0.75
    arrow(ax, (left, 0), (x - 0.45, 0))
    for i, (name, does) in enumerate(stages.items()):
        here = x + 1.75 * i
        box(ax, here, 0, name, colour=style.SHADES(0.9), width=0.84, height=0.9)
        ax.text(here, -0.85, does, **_note())
        if i:
            arrow(ax, (here - 1.33, 0), (here - 0.45, 0))
    ax.set_title("Three networks in a row: the first is quick, the last is sure")
    ax.set_aspect("equal")
    return fig


def residual_block() -> Figure:
    """Two convolutions, and a way around them (He et al. 2016)."""
    fig = style.figure(11, 2.9)
    ax = canvas(fig, (-0.5, 9.2), (-0.6, 1.5))
    blue = style.SHADES(0.9)
    parts = {"$x$": PLAIN, "3 × 3": blue, "norm, ReLU": GREY, "3 × 3 ": blue}
    parts |= {"norm": GREY, "$F(x) + x$": PLAIN, "ReLU": GREY, "next block": PLAIN}
    for i, (text, colour) in enumerate(parts.items()):
        box(ax, 1.2 * i, 0, text, colour=colour, width=0.86)
        if i:
            arrow(ax, (1.2 * i - 0.76, 0), (1.2 * i - 0.44, 0))
    arrow(ax, (0, 0.22), (6, 0.22), bend=-0.16)
    ax.text(3, 1.12, "around: as it is, or through 1 × 1 where sizes change", **_note())
    ax.text(2.4, -0.45, "what has to be learned: the difference $F(x)$", **_note())
    ax.set_title("A residual block")
    return fig


def lstm_cell() -> Figure:
    """The memory goes straight through; gates decide what stays and what is added.

    Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    fig = style.figure(11, 4.2)
    ax = canvas(fig, (-0.9, 7.3), (-1.35, 2.1))
    for x, text in ((-0.3, "$c_{t-1}$"), (1.3, "×"), (3.3, "+"), (6.7, "$c_t$")):
        box(ax, x, 1.5, text, colour=PLAIN, width=0.62)
    for start, end in ((0.04, 0.96), (1.64, 2.96), (3.64, 6.36)):
        arrow(ax, (start, 1.5), (end, 1.5))
    gates = {
        1.3: "$f$: stays?",
        2.6: "$i$: added?",
        4.0: "$g$: news",
        5.4: "$o$: shown?",
    }
    for x, text in gates.items():
        box(ax, x, 0.2, text, colour=style.SHADES(0.9), width=1.1)
        arrow(ax, (x, -0.7), (x, -0.04))
    arrow(ax, (1.3, 0.44), (1.3, 1.26))
    arrow(ax, (2.6, 0.44), (3.2, 1.26))
    arrow(ax, (4.0, 0.44), (3.4, 1.26))
    ax.text(3.3, 0.8, "$i × g$", **_note())
    box(ax, 6.7, 0.2, "$h_t$", colour=PLAIN, width=0.62)
    arrow(ax, (6.7, 1.26), (6.7, 0.44))
    arrow(ax, (5.99, 0.2), (6.36, 0.2))
    ax.text(6.78, 0.85, "tanh", ha="left", va="center", color=MUTED, size=11)
    ax.plot([-0.3, 5.4], [-0.7, -0.7], color=MUTED, linewidth=1.8)
    words = "features $x_t$ of this frame and the last output $h_{t-1}$: all see them"
    ax.text(2.6, -1.05, words, **_note())
    ax.set_title("An LSTM: the memory $c$ goes straight through, and is never squeezed")
    return fig


def fusion() -> Figure:
    """S0's two streams: each alone becomes 512 numbers, and both together a verdict."""
    fig = style.figure(12, 3.2)
    ax = canvas(fig, (-0.9, 11), (-0.9, 1.6))
    streams = {
        1.0: ("clip", "R3D-18", "512"),
        -0.3: ("description", "MiniLM, 384", "512"),
    }
    for y, (given, reader, size) in streams.items():
        box(ax, 0, y, given, colour=PLAIN, width=1.4)
        box(ax, 2.2, y, reader, colour=style.SHADES(0.9), width=1.6)
        box(ax, 4.1, y, size, colour=GREY)
        arrow(ax, (0.76, y), (1.34, y))
        arrow(ax, (3.06, y), (3.68, y))
        arrow(ax, (4.52, y), (5.2, 0.35 + 0.08 * np.sign(y)))
    rest = {5.7: "1024", 7.0: "1024", 8.3: "512", 9.6: "real, fake"}
    for x, text in rest.items():
        box(ax, x, 0.35, text, colour=GREY if x < 9 else PLAIN, width=0.92)
        if x > 5.7:
            arrow(ax, (x - 0.8, 0.35), (x - 0.52, 0.35))
    ax.text(5.7, -0.1, "side by side", **_note())
    ax.text(7.65, -0.1, "ReLU, dropout", **_note())
    ax.set_title("Fusion: what is seen and what is said meet in one vector")
    return fig


def machines() -> Figure:
    """Workers make shards of videos, ranks read them and train one network."""
    fig = style.figure(12, 3.8)
    ax = canvas(fig, (-0.9, 11.2), (-1.9, 1.9))
    blue = style.SHADES(0.9)
    rows = (1.1, 0.0, -1.1)
    box(ax, 0, 0, "videos", colour=PLAIN, width=1.3)
    box(ax, 5.2, 0, "shards\nand index", colour=PLAIN, width=1.5, height=0.9)
    for i, y in enumerate(rows):
        box(ax, 2.5, y, f"worker {i}", colour=GREY, width=1.5)
        arrow(ax, (0.7, 0.1 * y), (1.7, y))
        arrow(ax, (3.3, y), (4.4, 0.2 * y))
        box(ax, 8.0, y, f"rank {i}", colour=blue, width=1.3)
        arrow(ax, (6.0, 0.2 * y), (7.3, y))
        arrow(ax, (8.7, y), (9.55, 0.2 * y))
    box(ax, 10.3, 0, "one\nnetwork", colour=PLAIN, width=1.4, height=0.9)
    notes = {
        0: "on disks,\nor at an address",
        2.5: "decode, find faces:\na shard is a task (Dask)",
        5.2: "at an address:\nwritten once, read often",
        8.0: "each a part of every\nbatch (DDP)",
        10.3: "the mean of\ntheir gradients",
    }
    for x, text in notes.items():
        ax.text(x, -1.7 if x in (2.5, 8.0) else -0.85, text, **_note())
    ax.set_title("A thousand hours of video: prepared by many, trained on by many")
    return fig


def pairs(labels: np.ndarray, scores: np.ndarray) -> Figure:
    """Every fake against every real video: the share of wins is the AUROC.

    Args:
        labels: (N,), 1 fake; scores: (N,), higher for fake.

    Raises:
        ValueError: a class is missing.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, float)
    real, fake = np.sort(scores[labels == 0]), np.sort(scores[labels == 1])
    if not len(real) or not len(fake):
        raise ValueError("pairs need a real and a fake video")
    wins = np.sign(fake[:, None] - real) / 2 + 0.5  # a tie is half a win
    fig = style.figure(6.4, 5)
    ax = fig.subplots()
    ax.imshow(wins, cmap="Blues", vmin=-0.4, vmax=1.4, origin="lower", aspect="auto")
    ax.set(xlabel="real videos, lowest score first", ylabel="fakes, lowest score first")
    ax.grid(visible=False)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set_title(f"dark: the fake wins, {wins.mean():.2f} of the pairs")
    return fig


def _note() -> dict[str, object]:
    return {"ha": "center", "va": "center", "color": MUTED, "size": 11}


def recurrences(*, clips: int = 3, frames: int = 5) -> Figure:
    """A batch of clips, read along time as meant, and along the batch by mistake."""
    fig = style.figure(12, 3.2)
    wide = frames + 1.2
    ax = canvas(fig, (-1.5, 2 * wide + 0.2), (-0.95, clips * 0.8 + 0.2))
    readings = {"over time": (1, 0), "over the batch": (0, 1)}
    for i, (name, (right, down)) in enumerate(readings.items()):
        left = i * (wide + 0.6)
        for row in range(clips):
            y = (clips - 1 - row) * 0.8
            colour = style.SHADES(0.95 - 0.25 * row)
            for column in range(frames):
                x = left + column
                box(ax, x, y, f"{column + 1}", colour=colour, width=0.5, height=0.36)
                if column + right < frames and row + down < clips:
                    end = (x + 0.72 * right, y - 0.58 * down)
                    arrow(ax, (x + 0.27 * right, y - 0.2 * down), end)
            if not i:
                ax.text(-0.5, y, f"clip {row + 1}", **(_note() | {"ha": "right"}))
        ax.text(left + (frames - 1) / 2, -0.65, f"memory {name}", **_note())
    ax.set_title("What the memory passes on, and to whom")
    return fig


def best_of(versions: int, runs: int, *, seed: int = 0) -> Figure:
    """Scores of versions that are all equally good, each trained `runs` times.

    One bell curve deals them all; the best of each version is marked. The picture does
    not say so: that is for the reader to find out.
    """
    scores = np.random.default_rng(seed).normal(0.9, 0.01, (versions, runs))
    fig = style.figure(8, 3.4)
    ax = fig.subplots()
    rows = np.arange(versions)
    ax.plot(scores, rows, "o", color=MUTED, alpha=0.6, markersize=7)
    ax.plot(scores.max(1), rows, "D", color=INK, markersize=9, label="best run")
    ax.set_yticks(rows, [f"version {i + 1}" for i in rows])
    ax.invert_yaxis()
    ax.xaxis.get_major_locator().set_params(nbins=6)
    ax.set(xlabel="AUROC", title="Each dot is one training")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return fig
