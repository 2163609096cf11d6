"""One fit for every Keras detector.

    built = frame_keras.build(network="slim", pretrained="none", seed=0)
    history = fit(built.module, train, val, loss=frame_keras.loss(), folder=folder,
                  epochs=10, learning_rate=1e-3, patience=4, seed=0)

The same arguments, loaders and history as fit_torch. A fit that was cut off goes on
after the last whole epoch that it has kept. float32: on a CPU TensorFlow gains nothing
from bfloat16 (measured with the slim network).
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from torch.utils.data import DataLoader

from dfstudy.data.loader import X
from dfstudy.frameworks import import_keras
from dfstudy.models import margin
from dfstudy.training.history import BACKUP_SECONDS, EpochLog, set_epoch
from dfstudy.training.schedule import constant

keras = import_keras()
_Draws = keras.random.SeedGenerator


def fit(
    module: keras.Model,
    train: DataLoader,
    val: DataLoader,
    *,
    loss: Callable,
    folder: str | Path,
    epochs: int,
    learning_rate: float,
    patience: int | None,
    seed: int = 0,
    optimizer: str = "adamw",
    weight_decay: float = 0.0,
    schedule: Callable[[int, int], float] = constant,
    monitor: str = "val_auroc",
    verbose: bool = True,
) -> pd.DataFrame:
    """Train; leaves `module` with the weights of the epoch it keeps.

    Args:
        module: uint8 batches of a loader to logits (N, 1).
        train: batches (uint8 x, float32 y); one with `set_epoch` is told the epoch.
        val: the same; chooses the epoch where there is patience, nothing else.
        loss: a Keras loss of labels (N, 1) and logits.
        folder: of the fit's own files: checkpoints and history.csv.
        epochs: at most.
        learning_rate: of the optimizer.
        patience: epochs without a better validation score before it stops, and the
            best is kept; None: no stop, and the last is kept.
        seed: of everything random here.
        optimizer: "adam", "adamw" or "rmsprop".
        weight_decay: decoupled, as in AdamW.
        schedule: (step, steps) to the factor of the learning rate (training.schedule).
        monitor: which score is better (history.MONITORS).
        verbose: print a line an epoch.

    Returns:
        One row an epoch: history.COLUMNS, and kept.

    Raises:
        ValueError: an unknown optimizer or monitor.
    """
    folder = Path(folder)
    log = EpochLog(
        folder,
        "keras",
        train,
        val,
        epochs=epochs,
        patience=patience,
        monitor=monitor,
        verbose=verbose,
        optimizer=optimizer,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        schedule=schedule.__name__,
        seed=seed,
    )
    backup = folder / "backup"
    if not log.resumed:
        shutil.rmtree(backup, ignore_errors=True)
    keras.utils.set_random_seed(seed)
    steps = _optimizer(optimizer, learning_rate, weight_decay)
    # Left to the first batch, TensorFlow traces the step twice, for 2 seconds each.
    steps.build(module.trainable_variables)
    right = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)  # of logits
    module.compile(steps, loss, metrics=[right])
    best = folder / "best.weights.h5"
    told = [
        _Rate(learning_rate, schedule, len(train), epochs),
        _Epoch(train, val, log, best if patience is not None else None, seed),
        # Last: an epoch is done when it is validated.
        _Backup(backup),
    ]
    _train(module, train, keras.callbacks.CallbackList(told, model=module), epochs)
    if patience is not None:
        module.load_weights(best)
    return log.finish()


def _train(
    module: keras.Model,
    train: DataLoader,
    told: keras.callbacks.CallbackList,
    epochs: int,
) -> None:
    """`module.fit`, but for how batches come to it.

    `fit` makes a new tf.data pipeline of the loader twice an epoch. In every other
    epoch, with a second process at work, it slept for four seconds over that (measured:
    epochs of 5 and of 10 seconds).
    """
    module.stop_training = False
    told.on_train_begin()
    for epoch in range(module._initial_epoch or 0, epochs):
        told.on_epoch_begin(epoch)
        batches, sizes = [], []
        for i, (x, y) in enumerate(train):
            told.on_train_batch_begin(i)
            logs = module.train_on_batch(_arrays(x), y.numpy(), return_dict=True)
            told.on_train_batch_end(i, logs)
            batches.append(logs)  # of this batch alone, unlike `fit`'s
            sizes.append(len(y))
        logs = pd.DataFrame(batches).mul(sizes, axis=0).sum() / sum(sizes)
        told.on_epoch_end(epoch, logs.to_dict())
        if module.stop_training:
            break
    told.on_train_end()


def _optimizer(
    name: str, learning_rate: float, weight_decay: float
) -> keras.optimizers.Optimizer:
    kinds = ("Adam", "AdamW", "RMSprop")
    by_name = {kind.lower(): getattr(keras.optimizers, kind) for kind in kinds}
    if name not in by_name:
        raise ValueError(f"optimizer is one of {', '.join(by_name)}: {name!r}")
    return by_name[name](learning_rate, weight_decay=weight_decay)


class _Rate(keras.callbacks.Callback):
    def __init__(
        self,
        highest: float,
        schedule: Callable[[int, int], float],
        batches: int,
        epochs: int,
    ):
        super().__init__()
        self._highest, self._schedule = highest, schedule
        self._batches, self._steps = batches, batches * epochs

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._before = epoch * self._batches

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        factor = self._schedule(self._before + batch, self._steps)
        self.model.optimizer.learning_rate = self._highest * factor


class _Backup(keras.callbacks.BackupAndRestore):
    """Not after every epoch: of a small network, a backup takes as long as one."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self._written = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if time.monotonic() - self._written >= BACKUP_SECONDS:
            super().on_epoch_end(epoch, logs)
            self._written = time.monotonic()


class _Epoch(keras.callbacks.Callback):
    def __init__(
        self,
        train: DataLoader,
        val: DataLoader,
        log: EpochLog,
        best: Path | None,
        seed: int,
    ):
        super().__init__()
        self._train, self._val = train, val
        self._log = log
        self._best, self._seed = best, seed
        self._first = True

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self._first:  # BackupAndRestore has found out which epoch it is
            self._log.restore(epoch)
            self._first = False
        self._start = time.perf_counter()
        set_epoch(self._train, epoch)
        # Dropout draws the same in an epoch whether or not the fit was broken off:
        # a backup does not hold the state of random layers.
        for i, layer in enumerate(self.model._flatten_layers()):
            if isinstance(draws := getattr(layer, "seed_generator", None), _Draws):
                state = np.random.SeedSequence([self._seed, epoch, i])
                draws.state.assign(state.generate_state(2) >> 1)  # 31 bits for torch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        parts = [(self.model.predict_on_batch(_arrays(x)), y) for x, y in self._val]
        logits = np.concatenate([part for part, _ in parts])
        labels = np.concatenate([y.numpy() for _, y in parts])
        loss = self.model.loss(labels[:, None], logits)
        before = self._log.best()
        score = self._log.add(
            labels,
            margin(logits),
            epoch=epoch,
            train_loss=float(logs["loss"]),
            train_accuracy=float(logs["accuracy"]),
            val_loss=float(keras.ops.convert_to_numpy(loss)),
            seconds=time.perf_counter() - self._start,
        )
        if self._best is not None and score > before:
            self.model.save_weights(self._best)
        if self._log.stale():
            self.model.stop_training = True


def _arrays(x: X) -> np.ndarray | list[np.ndarray]:
    return [part.numpy() for part in x] if isinstance(x, tuple) else x.numpy()
