"""What PyTorch does in a step and in an epoch of a fit, on one rank or on many.

Each rank has its share of every batch (data.order), and DDP takes the mean of their
gradients. A rank's loss is therefore weighed by its share: the mean over ranks is the
loss of the whole batch, however it divides, and of its gradients as well. Validation
is gathered, each video once, so that all ranks know the same score.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from dfstudy.data.loader import X
from dfstudy.frameworks import guard
from dfstudy.models import margin
from dfstudy.training.history import EpochLog, set_epoch
from dfstudy.training.sync_norm import SyncNorm

guard()
import lightning as L  # noqa: E402 - it imports torchvision


class Task(L.LightningModule):
    """A network, its loss and its optimizer, as Lightning calls them: for `fit` alone.

    Args:
        rate: of the learning rate a factor, by step.
        reseed_every: batches after which what is drawn by chance begins anew, so that
            it is the same where a fit goes on there; None: with each epoch.
        norm: on many ranks, what sums batch normalisation over them.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: torch.optim.Optimizer,
        rate: Callable[[int], float],
        thaw: Callable[[nn.Module, int], None] | None,
        seed: int,
        log: EpochLog,
        reseed_every: int | None,
        norm: SyncNorm | None,
    ):
        super().__init__()
        self.module = module
        self.loss = loss
        self._optimizer = optimizer
        self._rate = rate
        self._thaw = thaw
        self._seed = seed
        self._log = log
        self._reseed_every = reseed_every
        self._norm = norm
        self._frozen: list[nn.Parameter] = []
        self._before = torch.empty(0, 3)  # `_steps` of an epoch that goes on

    def setup(self, stage: str) -> None:
        """DDP shares what can learn when it begins: so, too, what thaws later."""
        if self._norm is not None and self._thaw is not None:
            parameters = self.module.parameters()
            self._frozen = [p for p in parameters if not p.requires_grad]
            self.module.requires_grad_(True)

    def configure_optimizers(self) -> dict:
        """The optimizer, and its rate by step."""
        # Nothing here may ask for `estimated_stepping_batches`: Lightning would set up
        # the loader before it has read where the epoch goes on, and begin it anew.
        rate = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)
        every_step = {"scheduler": rate, "interval": "step"}
        return {"optimizer": self._optimizer, "lr_scheduler": every_step}

    def on_train_start(self) -> None:
        """After the checkpoint was loaded, where there is one."""
        self._log.restore(self.current_epoch)
        for parameter in self._frozen:
            parameter.requires_grad_(False)
        self._begin()  # Lightning does not call the next hook where an epoch goes on

    def on_train_epoch_start(self) -> None:
        """Of every epoch that begins at its first batch."""
        self._before = self._before[:0]
        self._begin()

    def _begin(self) -> None:
        self._start = time.perf_counter()
        # A row a batch: loss (weighed by this rank's share), right answers, items.
        self._steps: list[Tensor] = []
        if self._thaw is not None:
            self._thaw(self.module, self.current_epoch)
        set_epoch(self.trainer.train_dataloader, self.current_epoch)

    def on_train_batch_start(self, batch: object, index: int) -> None:
        """Draw the same, dropout and all, whether or not the fit was broken off."""
        # At 0 also because the loader's start has drawn: once or twice.
        if index == 0 or (self._reseed_every and index % self._reseed_every == 0):
            seed = self._seed * 100_003 + self.current_epoch
            torch.manual_seed(seed + (index << 32) + (self.global_rank << 52))

    def training_step(self, batch: tuple[X, Tensor], index: int) -> Tensor:
        """The loss; on many ranks, times this rank's share of the batch."""
        x, y = batch
        is_filler = self._is_filler(self.trainer.train_dataloader, index)
        if self._norm is not None:
            self._norm.filler = is_filler
        logits = self.module(x)
        loss = self.loss(logits, y)
        if self._norm is not None:
            loss = loss * self._share(y, is_filler)
        called = margin(logits.detach().float()) >= 0
        right = (called == (y == 1)).sum() * (not is_filler)
        items = right.new_tensor(0 if is_filler else len(y))
        self._steps.append(torch.stack([loss.detach().float(), right, items]))
        return loss

    def _share(self, y: Tensor, is_filler: bool) -> Tensor:
        mass = self.loss.mass(y) if hasattr(self.loss, "mass") else y.new_tensor(len(y))
        mass = mass * (not is_filler)
        whole = self.trainer.strategy.reduce(mass.clone(), reduce_op="sum")
        return self.trainer.world_size * mass / whole

    def _is_filler(self, batches: object, index: int) -> bool:
        return self._norm is not None and batches.is_filler(index)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        """Every rank comes by here."""
        checkpoint["steps"] = self._epoch_so_far()

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        """The state of `on_save_checkpoint`."""
        self._before = checkpoint["steps"]

    def _epoch_so_far(self) -> Tensor:
        """(batches, 3) over all ranks: loss, right answers, items."""
        steps = torch.stack(self._steps).cpu() if self._steps else self._before[:0]
        ranks = torch.stack(self._gathered(steps))
        loss, counts = ranks[..., :1].mean(0), ranks[..., 1:].sum(0)
        return torch.cat([self._before, torch.cat([loss, counts], 1)])

    def _gathered(self, mine: Tensor) -> list[Tensor]:
        """Of every rank; their lengths may differ."""
        if self._norm is None:
            return [mine]
        ranks = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(ranks, mine)
        return ranks

    def on_validation_epoch_start(self) -> None:
        """Nothing is seen yet."""
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def validation_step(self, batch: tuple[X, Tensor], index: int) -> None:
        """Keep what the network says."""
        x, y = batch
        logits = self.module(x).float()
        if not self._is_filler(self.trainer.val_dataloaders, index):
            self._logits.append(logits)
            self._labels.append(y)

    def on_validation_epoch_end(self) -> None:
        """The epoch's row, and the score that chooses."""
        logits, labels = (self._all(part) for part in (self._logits, self._labels))
        steps = self._epoch_so_far()
        score = self._log.add(
            labels,
            margin(logits),
            epoch=self.current_epoch,
            train_loss=float(steps[:, 0].contiguous().mean()),
            train_accuracy=float(steps[:, 1].sum() / steps[:, 2].sum()),
            val_loss=float(self.loss(logits.to(self.device), labels.to(self.device))),
            seconds=time.perf_counter() - self._start,
        )
        self.log("score", score)

    def _all(self, parts: list[Tensor]) -> Tensor:
        """Of all ranks, on the CPU. A rank may have seen nothing."""
        mine = torch.cat(parts).cpu() if parts else torch.empty(0)
        return torch.cat([part for part in self._gathered(mine) if len(part)])
