"""One fit for every PyTorch detector, on Lightning.

    built = frame_torch.build(network="slim", pretrained="none", seed=0)
    history = fit(built.module, train, val, loss=frame_torch.loss(), folder=folder,
                  epochs=10, learning_rate=1e-3, patience=4, seed=0)

The same arguments, loaders and history as fit_keras. A fit that was cut off goes on
after its last whole epoch, and bf16 is used where the processor has units for it (two
to three times faster here).
"""

import logging
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from dfstudy.frameworks import guard
from dfstudy.models import margin
from dfstudy.training.history import EpochLog, set_epoch
from dfstudy.training.schedule import constant

guard()
import lightning as L  # noqa: E402 - it imports torchvision
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint  # noqa: E402


def fit(
    module: nn.Module,
    train: DataLoader,
    val: DataLoader,
    *,
    loss: Callable[[Tensor, Tensor], Tensor],
    folder: str | Path,
    epochs: int,
    learning_rate: float,
    patience: int | None,
    seed: int = 0,
    optimizer: str = "adamw",
    weight_decay: float = 0.0,
    schedule: Callable[[int, int], float] = constant,
    monitor: str = "val_auroc",
    rates: Mapping[str, float] | None = None,
    thaw: Callable[[nn.Module, int], None] | None = None,
    precision: str | None = None,
    verbose: bool = True,
) -> pd.DataFrame:
    """Train; leaves `module` with the weights of the epoch it keeps.

    Args:
        module: uint8 batches of a loader to logits (N, 1) or (N, 2).
        train: batches (uint8 x, float32 y); one with `set_epoch` is told the epoch.
        val: the same; chooses the epoch where there is patience, nothing else.
        loss: of logits and labels.
        folder: of the fit's own files: checkpoints and history.csv.
        epochs: at most.
        learning_rate: of the optimizer.
        patience: epochs without a better validation score before it stops, and the
            best is kept; None: no stop, and the last is kept.
        seed: of everything random here.
        optimizer: "adam", "adamw" or "rmsprop".
        weight_decay: decoupled in AdamW; of the others, added to the gradient.
        schedule: (step, steps) to the factor of the learning rate (training.schedule).
        monitor: which score is better (history.MONITORS).
        rates: other learning rates, for parameters whose name begins so:
            {"encoder.": 1e-5}.
        thaw: called with `module` and the epoch's number as each begins; says what
            trains from here on (`requires_grad`).
        precision: Lightning's; None chooses bf16 where it pays.
        verbose: print a line an epoch.

    Returns:
        One row an epoch: history.COLUMNS, and kept.

    Raises:
        ValueError: an unknown optimizer or monitor, or a name in `rates` that no
            parameter has.
    """
    folder = Path(folder)
    last = folder / "last.ckpt"
    log = EpochLog(
        folder,
        "torch",
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
        rates=dict(rates or {}),
        seed=seed,
    )
    if not log.resumed:
        for file in folder.glob("*.ckpt"):
            file.unlink()
    L.seed_everything(seed, workers=True, verbose=False)
    groups = _groups(module, learning_rate, rates or {})
    steps = _optimizer(optimizer, groups, learning_rate, weight_decay)
    task = _Task(module, loss, steps, schedule, thaw, seed, log)
    best = ModelCheckpoint(folder, "best", monitor="score", mode="max")
    # Its own, and after it: save_last writes only where the score got better.
    latest = ModelCheckpoint(folder, last.stem, enable_version_counter=False)
    stop = []
    if patience is not None:
        stop = [EarlyStopping("score", mode="max", patience=patience)]
    with _quiet():
        trainer = L.Trainer(
            max_epochs=epochs,
            callbacks=[*stop, best, latest],
            precision=precision or _fast_precision(),
            devices=1,
            logger=False,  # history.csv is the log, the same in both frameworks
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(task, train, val, ckpt_path=last if last.is_file() else None)
    if trainer.interrupted:  # Lightning would go on as if the fit were whole
        raise KeyboardInterrupt
    kept = last if patience is None else best.best_model_path
    state = torch.load(kept, weights_only=True, map_location="cpu")
    task.load_state_dict(state["state_dict"])
    last.unlink(missing_ok=True)
    return log.finish()


class _Task(L.LightningModule):
    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: torch.optim.Optimizer,
        schedule: Callable[[int, int], float],
        thaw: Callable[[nn.Module, int], None] | None,
        seed: int,
        log: EpochLog,
    ):
        super().__init__()
        self.module = module
        self.loss = loss
        self._optimizer = optimizer
        self._schedule = schedule
        self._thaw = thaw
        self._seed = seed
        self._log = log

    def configure_optimizers(self) -> dict:
        steps = self.trainer.estimated_stepping_batches
        rate = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: self._schedule(step, steps)
        )
        every_step = {"scheduler": rate, "interval": "step"}
        return {"optimizer": self._optimizer, "lr_scheduler": every_step}

    def on_train_start(self) -> None:
        self._log.restore(self.current_epoch)  # after the checkpoint was

    def on_train_epoch_start(self) -> None:
        self._start = time.perf_counter()
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        if self._thaw is not None:
            self._thaw(self.module, self.current_epoch)
        set_epoch(self.trainer.train_dataloader, self.current_epoch)

    def on_train_batch_start(self, batch: object, index: int) -> None:
        if index == 0:  # the loader's start has drawn, too: once or twice
            # So dropout draws the same whether or not the fit was broken off before.
            torch.manual_seed(self._seed * 100_003 + self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        logits = self.module(x)
        loss = self.loss(logits, y)
        self._losses.append(loss.detach())
        called = margin(logits.detach().float()) >= 0
        self._right.append(called == (y == 1))
        return loss

    def on_validation_epoch_start(self) -> None:
        self._seen: list[tuple[Tensor, Tensor]] = []

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        x, y = batch
        self._seen.append((self.module(x).float(), y))

    def on_validation_epoch_end(self) -> None:
        logits, labels = (torch.cat(part) for part in zip(*self._seen, strict=True))
        score = self._log.add(
            labels.cpu(),
            margin(logits).cpu(),
            epoch=self.current_epoch,
            train_loss=float(torch.stack(self._losses).mean()),
            train_accuracy=float(torch.cat(self._right).float().mean()),
            val_loss=float(self.loss(logits, labels)),
            seconds=time.perf_counter() - self._start,
        )
        self.log("score", score)


_OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


def _optimizer(
    name: str, groups: list[dict], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    if name not in _OPTIMIZERS:
        raise ValueError(f"optimizer is one of {', '.join(_OPTIMIZERS)}: {name!r}")
    return _OPTIMIZERS[name](groups, lr=learning_rate, weight_decay=weight_decay)


def _groups(
    module: nn.Module, learning_rate: float, rates: Mapping[str, float]
) -> list[dict]:
    """The parameters by learning rate; the first name that fits a parameter counts."""
    groups = {begin: [] for begin in (*rates, "")}
    for name, parameter in module.named_parameters():
        groups[next(begin for begin in groups if name.startswith(begin))].append(
            parameter
        )
    if empty := [begin for begin in rates if not groups[begin]]:
        raise ValueError(f"no parameter's name begins with {', '.join(empty)}")
    every = {"": learning_rate} | dict(rates)
    return [{"params": groups[b], "lr": every[b]} for b in groups if groups[b]]


def _fast_precision() -> str:
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # Without AMX, bf16 on a CPU is slower than float32. macOS has no such query.
        fast = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()
    return "bf16-mixed" if fast else "32-true"


def autocast() -> torch.autocast:
    """bf16 arithmetic where `fit` would use it, for a loop of one's own."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    fast = _fast_precision() == "bf16-mixed"
    return torch.autocast(device, torch.bfloat16, enabled=fast)


@contextmanager
def _quiet():
    """Hush what Lightning says about every small fit; our own warnings still come."""
    logger = logging.getLogger("lightning.pytorch")
    fabric = logging.getLogger("lightning.fabric")
    levels = logger.level, fabric.level
    logger.setLevel(logging.ERROR)
    fabric.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for module in (r"lightning\.", r"torch\.", r"pytorch_lightning"):
                warnings.filterwarnings("ignore", module=module)
            yield
    finally:
        logger.setLevel(levels[0])
        fabric.setLevel(levels[1])
