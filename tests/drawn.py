"""What a drawing of ours says."""

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def words(fig: Figure) -> list[str]:
    """Its texts, drawn; nothing of ours stays in pyplot."""
    FigureCanvasAgg(fig).draw()
    assert not plt.get_fignums()
    return [text.get_text() for ax in fig.axes for text in ax.texts]
