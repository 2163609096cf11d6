"""How a fit is run: on which ranks, with how many readers, how often it is kept.

    launch = Launch.here(workers=2, checkpoint_every=100)
    launch.ranks                    # 8 under `torchrun --nnodes 2 --nproc-per-node 4`

None of it is part of what is trained: a detector is the same wherever it was.
"""

import os
from dataclasses import dataclass
from typing import Any

from dfstudy.frameworks import guard


@dataclass(frozen=True, kw_only=True)
class Launch:
    """This process among those of one fit; alone by default.

    `devices` is the number of ranks on this machine, `nodes` that of machines.
    """

    rank: int = 0
    devices: int = 1
    nodes: int = 1
    workers: int = 0  # processes of each rank that read ahead (data.loader)
    checkpoint_every: int | None = None  # batches; None: with each epoch

    @property
    def ranks(self) -> int:
        """Processes in all."""
        return self.devices * self.nodes

    @classmethod
    def here(cls, **options: Any) -> "Launch":
        """As torchrun or srun has started this process; alone where neither has.

        RuntimeError where torchrun may start ranks again, but would give the new ones
        the addresses of the dead (see `_refuse_stale_addresses`).
        """
        guard()
        from lightning.pytorch.plugins.environments import (
            SLURMEnvironment,
            TorchElasticEnvironment,
        )

        # In this order, as Lightning: torchrun can be started by srun.
        for kind, of_node in (
            (TorchElasticEnvironment, "LOCAL_WORLD_SIZE"),
            (SLURMEnvironment, "SLURM_NTASKS_PER_NODE"),
        ):
            if kind.detect():
                if kind is TorchElasticEnvironment:
                    _refuse_stale_addresses()
                there = kind()
                devices = int(os.environ.get(of_node, 1))
                nodes = there.world_size() // devices
                rank = there.global_rank()
                return cls(rank=rank, devices=devices, nodes=nodes, **options)
        return cls(**options)


def _refuse_stale_addresses() -> None:
    """Ranks find each other in a store, by default one that outlives a restart.

    Whether a new rank reads there where another is or where it was before it died is
    chance (pytorch/pytorch issue 135712); so this is said before hours are trained.
    """
    kept = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    if kept and int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", 0)) > 0:
        raise RuntimeError(
            "torchrun would start dead ranks again with a store of old addresses: give "
            "each start its own, TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 torchrun "
            "--rdzv-backend c10d ... (on one machine, --standalone)"
        )


ALONE = Launch()
