"""One fit for every PyTorch detector, on Lightning.

    built = frame_torch.build(network="slim", pretrained="none", seed=0)
    history = fit(built.module, train, val, loss=frame_torch.loss(), folder=folder,
                  epochs=10, learning_rate=1e-3, patience=4, seed=0)

The same arguments, loaders and history as fit_keras. A fit that was cut off goes on
after the last whole epoch that it has kept, or inside of one (`checkpoint_every`), and
bf16 is used where the processor has units for it (two to three times faster here).

On many ranks (training.distributed) the loaders deal each batch to them: `batch_size`
is that of all together, and the fit is that of one rank, but for rounding and for what
is drawn by chance (dropout, augmentation). Every rank needs the same `folder`.
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
from dfstudy.training.history import BACKUP_SECONDS, EpochLog
from dfstudy.training.schedule import constant
from dfstudy.training.sync_norm import SyncNorm
from dfstudy.training.task import Task

guard()
import lightning as L  # noqa: E402 - it imports torchvision
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint  # noqa: E402
from lightning.pytorch.strategies import DDPStrategy  # noqa: E402


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
    checkpoint_every: int | None = None,
    devices: int = 1,
    nodes: int = 1,
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
        checkpoint_every: batches after which it can go on in the middle of an epoch.
        devices: ranks on this machine, and nodes: machines; others than 1 where
            torchrun or SLURM has started this process as one of them.
        verbose: print a line an epoch.

    Returns:
        One row an epoch: history.COLUMNS, and kept.

    Raises:
        ValueError: an unknown optimizer or monitor, or a name in `rates` that no
            parameter has.
    """
    folder = Path(folder)
    last = folder / "last.ckpt"
    more = []
    if patience is not None:
        more.append(EarlyStopping("score", mode="max", patience=patience))
        best = ModelCheckpoint(folder, "best", monitor="score", mode="max")
        more.append(best)
    if checkpoint_every is not None:
        more.append(_Within(last, checkpoint_every))
    # Its own, and after the best: save_last writes only where the score got better.
    # Who wants to go on inside of an epoch loses no whole one.
    apart = BACKUP_SECONDS if checkpoint_every is None else 0.0
    more.append(_Latest(last, apart))
    norm, spread = None, {}
    if devices * nodes > 1:
        norm = SyncNorm()
        ddp = DDPStrategy(find_unused_parameters=thaw is not None)
        spread = {"strategy": ddp, "num_nodes": nodes, "plugins": [norm]}
    with _quiet():
        trainer = L.Trainer(
            max_epochs=epochs,
            default_root_dir=folder,  # also of what Lightning keeps for SLURM
            callbacks=more,
            precision=precision or _fast_precision(),
            devices=devices,
            logger=False,  # history.csv is the log, the same in both frameworks
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,  # the loaders deal
            **spread,
        )
        ranks = trainer.strategy
        if norm is not None:
            ranks.setup_environment()  # they can speak to each other from here on
            for batches in (train, val):
                batches.deal(trainer.global_rank, trainer.world_size)
        log = EpochLog(
            folder,
            "torch",
            train,
            val,
            epochs=epochs,
            patience=patience,
            monitor=monitor,
            verbose=verbose,
            writes=trainer.is_global_zero,
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            schedule=schedule.__name__,
            rates=dict(rates or {}),
            seed=seed,
        )
        goes_on = ranks.broadcast(log.resumed and last.is_file())
        if trainer.is_global_zero and not goes_on:
            for file in folder.glob("*.ckpt"):
                file.unlink()
        L.seed_everything(seed, workers=True, verbose=False)
        groups = _groups(module, learning_rate, rates or {})
        steps = _optimizer(optimizer, groups, learning_rate, weight_decay)
        total = epochs * len(train)
        task = Task(
            module,
            loss,
            steps,
            lambda step: schedule(step, total),
            thaw,
            seed,
            log,
            checkpoint_every,
            norm,
        )
        trainer.fit(task, train, val, ckpt_path=last if goes_on else None)
    if trainer.interrupted:  # Lightning would go on as if the fit were whole
        raise KeyboardInterrupt
    kept = last if patience is None else best.best_model_path
    state = torch.load(kept, weights_only=True, map_location="cpu")
    task.load_state_dict(state["state_dict"])
    ranks.barrier()  # all have read it
    if trainer.is_global_zero:
        last.unlink(missing_ok=True)
    return log.finish()


class _Latest(ModelCheckpoint):
    """Of the last epoch; before it, at least so many seconds apart."""

    def __init__(self, path: Path, seconds: float):
        super().__init__(path.parent, path.stem, enable_version_counter=False)
        self._seconds = seconds

    def setup(self, trainer: L.Trainer, task: Task, stage: str) -> None:
        super().setup(trainer, task, stage)
        self._written = time.monotonic()

    def on_train_epoch_end(self, trainer: L.Trainer, task: Task) -> None:
        is_due = time.monotonic() - self._written >= self._seconds
        is_last = trainer.current_epoch + 1 == trainer.max_epochs
        # All ranks write, or none does.
        if is_last or trainer.strategy.broadcast(is_due):
            super().on_train_epoch_end(trainer, task)
            self._written = time.monotonic()


class _Within(L.Callback):
    """Keeps the latest checkpoint inside an epoch, too; its end has one of its own."""

    def __init__(self, path: Path, every: int):
        self._path, self._every = path, every

    def on_train_batch_end(
        self, trainer: L.Trainer, task: Task, outputs: object, batch: object, index: int
    ) -> None:
        if (index + 1) % self._every == 0 and not trainer.is_last_batch:
            trainer.save_checkpoint(self._path)


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
