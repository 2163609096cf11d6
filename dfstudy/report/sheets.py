"""Contact sheets: many frames or crops at a glance, real framed blue, fake vermilion.

figures.contact_sheet(crops, labels=labels, titles=["0.97", "0.03"])
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.style import CLASS_COLOURS, CLASS_LINES, CLASS_NAMES


def contact_sheet(
    images: Sequence[np.ndarray],
    labels: Sequence[int] | None = None,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 8,
    title: str = "",
) -> Figure:
    """Frames or crops side by side, framed in the colour of their class.

    Args:
        images: N times (H, W, 3) uint8 RGB; sizes may differ.
        labels: (N,) 0 real, 1 fake. titles: (N,) one short line each.

    Raises:
        ValueError: no images, or labels or titles for another number of them.
    """
    n = len(images)
    if not n:
        raise ValueError("no images for the contact sheet")
    for what in (labels, titles):
        if what is not None and len(what) != n:
            raise ValueError(f"{n} images, but {len(what)} labels or titles")
    columns = min(columns, n)
    rows = -(-n // columns)
    ratio = float(np.median([image.shape[0] / image.shape[1] for image in images]))
    width = 12 / max(columns, 4)
    line = 0.28 if titles else 0.0
    head = 0.45 if title or labels is not None else 0.0
    height = rows * (width * ratio + line) + head
    fig = style.figure(columns * width, height)
    # The line of title and key is kept free: neither has a place in the layout.
    fig.get_layout_engine().set(rect=(0, 0, 1, 1 - head / height))
    top = 1 - 0.08 / height
    axes = np.ravel(fig.subplots(rows, columns, squeeze=False))
    for ax in axes[n:]:
        ax.set_axis_off()
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.imshow(image, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(labels is not None)
            if labels is not None:
                label = int(labels[i])
                spine.set(color=CLASS_COLOURS[label], linestyle=CLASS_LINES[label])
                spine.set_linewidth(4)
        if titles:
            ax.set_title(titles[i], size=11, weight="normal", loc="center", pad=3)
    if labels is not None:
        _class_key(fig, top)
    if title:
        fig.suptitle(title, x=0.01, y=top, ha="left", va="top", weight="bold")
    return fig


def _class_key(fig: Figure, top: float) -> None:
    looks = zip(CLASS_NAMES, CLASS_COLOURS, ("━", "╍"), strict=True)  # as CLASS_LINES
    for i, (name, colour, frame) in enumerate(looks):
        key = {"color": colour, "weight": "bold", "va": "top", "ha": "right"}
        right = 1 - (0.08 + 0.95 * (1 - i)) / fig.get_figwidth()  # inches
        fig.text(right, top, f"{frame} {name}", **key)
