"""What both fits share: the validation score, the epochs' table, one line an epoch.

    log = EpochLog(folder, "torch", train, val, epochs=10, seed=0, patience=4)
    score = log.add(labels, margins, epoch=0, train_loss=0.7, train_accuracy=0.6,
                    val_loss=0.6, seconds=3.1)

The score that chooses the checkpoint is the AUROC on validation, or what else the paper
watches (`MONITORS`); where validation has one class only there is no AUROC, and the
loss takes its place (and a warning says so). Without patience nothing is chosen: the
schedule ends, and its last epoch is kept.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.class_weight import compute_class_weight
from torch.utils.data import DataLoader

from dfstudy.metrics import scores

COLUMNS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "val_auroc",
    "seconds",
)
MONITORS = {"val_auroc": 1, "val_accuracy": 1, "val_loss": -1}  # -1: lower is better
# Between checkpoints of a fit, at least; each lies at the end of an epoch. For a small
# network, one takes as long as an epoch.
BACKUP_SECONDS = 20.0
_FILE = "history.csv"
_SETTINGS = "settings.json"


def class_weight(labels: ArrayLike) -> tuple[float, float]:
    """Weights of (real, fake): 1 / frequency, scaled so that the mean weight is 1.

    (1, 1) where one class is missing: there is nothing to balance.
    """
    labels = np.asarray(labels).astype(int)
    if len(np.unique(labels)) < 2:
        return 1.0, 1.0
    real, fake = compute_class_weight(
        "balanced", classes=np.array([0, 1]), y=labels
    ).tolist()
    return real, fake


def val_auroc(labels: ArrayLike, margins: ArrayLike) -> float:
    """AUROC of validation margins, NaN where one class is missing."""
    if len(np.unique(labels)) < 2 or not np.isfinite(margins).all():
        return math.nan
    return scores.auroc(labels, margins)


class EpochLog:
    """The rows of one fit, kept in `folder/history.csv` while it goes on.

    Args:
        folder: of the fit; made if missing.
        framework: "torch" or "keras"; with the sizes of `train` and `val`, `epochs`,
            `patience` and `settings` it must be the same for an interrupted fit to be
            continued.
        epochs: the cap.
        patience: epochs without a better score before `stale`; None: as many as wanted.
        monitor: what the score is, a key of MONITORS.
        settings: of the fit, as JSON can hold them.
        verbose: print a line an epoch.
        writes: the files and the lines; of several ranks one does.

    Raises:
        ValueError: an unknown monitor.
    """

    def __init__(
        self,
        folder: Path,
        framework: str,
        train: DataLoader,
        val: DataLoader,
        *,
        epochs: int,
        patience: int | None,
        monitor: str = "val_auroc",
        verbose: bool = True,
        writes: bool = True,
        **settings: object,
    ):
        if monitor not in MONITORS:
            raise ValueError(f"monitor is one of {', '.join(MONITORS)}: {monitor!r}")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.rows: list[dict[str, float]] = []
        self._epochs = epochs
        self._patience = patience
        self._monitor = monitor
        self._verbose = verbose and writes
        self._writes = writes
        self._warned = False
        card = folder / _SETTINGS
        items = len(train.dataset), len(val.dataset)
        same = [framework, items, epochs, patience, monitor, settings]
        text = json.dumps(same, sort_keys=True)
        self.resumed = card.is_file() and card.read_text() == text
        if not writes:
            return
        if not self.resumed:
            (folder / _FILE).unlink(missing_ok=True)
        card.write_text(text)

    def restore(self, epochs_done: int) -> None:
        """Take over the first rows of an interrupted fit."""
        file = self.folder / _FILE
        if epochs_done and file.is_file():
            self.rows = pd.read_csv(file).head(epochs_done).to_dict("records")

    def add(
        self,
        labels: ArrayLike,
        margins: ArrayLike,
        *,
        epoch: int,
        train_loss: float,
        train_accuracy: float,
        val_loss: float,
        seconds: float,
    ) -> float:
        """Keep and print one epoch; returns the score that chooses the checkpoint.

        Args:
            labels: (N,) of validation, 0 real, 1 fake.
            margins: (N,) log-odds of fake; called fake from 0 on.
            train_accuracy: in [0, 1], of the batches as they went by.
        """
        labels, margins = np.asarray(labels), np.asarray(margins)
        row = {
            "epoch": epoch,
            "train_loss": train_loss,
            "train_accuracy": train_accuracy,
            "val_loss": val_loss,
            "val_accuracy": float(((margins >= 0) == (labels == 1)).mean()),
            "val_auroc": val_auroc(labels, margins),
            "seconds": seconds,
        }
        no_auroc = math.isnan(row["val_auroc"])
        if no_auroc and self._monitor == "val_auroc" and not self._warned:
            self._warned = True
            warnings.warn(
                "validation has one class only: the loss chooses the checkpoint",
                stacklevel=2,
            )
        self.rows.append(row)
        if self._writes:
            self.frame().to_csv(self.folder / _FILE, index=False)
        if self._verbose:
            print(
                f"epoch {epoch + 1:2d}/{self._epochs}  loss {train_loss:.3f}"
                f"  val loss {val_loss:.3f}  val AUROC {row['val_auroc']:.3f}"
                f"  {seconds:.1f} s"
            )
        return float(self._scores()[-1])

    def best(self) -> float:
        """The best score so far, -inf before the first epoch."""
        return float(self._scores().max()) if self.rows else -math.inf

    def stale(self) -> bool:
        """Whether the best epoch lies `patience` epochs back."""
        since = len(self.rows) - 1 - int(self._scores().argmax())
        return self._patience is not None and since >= self._patience

    def _scores(self) -> np.ndarray:
        table = self.frame()
        watched = MONITORS[self._monitor] * table[self._monitor]
        return watched.fillna(-table["val_loss"]).to_numpy()

    def finish(self) -> pd.DataFrame:
        """The table of the whole fit, with `kept`; there is nothing left to resume."""
        if self._writes:
            (self.folder / _SETTINGS).unlink(missing_ok=True)
        epochs = np.arange(len(self.rows))
        best = epochs[-1] if self._patience is None else self._scores().argmax()
        return self.frame().assign(kept=epochs == best)

    def frame(self) -> pd.DataFrame:
        """One row an epoch: COLUMNS."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))


def set_epoch(loader: object, epoch: int) -> None:
    """Tell a loader, or its sampler, which epoch comes: it decides the order."""
    for part in (loader, getattr(loader, "sampler", None)):
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)
