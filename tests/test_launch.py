"""How a process learns that it is one of many."""

import pytest

from dfstudy.training.launch import Launch

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "x",
    "LOCAL_WORLD_SIZE": "4",
    "WORLD_SIZE": "8",
    "RANK": "5",
    "LOCAL_RANK": "1",
    "GROUP_RANK": "1",
}
RESTARTS = {"TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_MAX_RESTARTS": "3"}
SLURM = {
    "SLURM_JOB_NAME": "train",
    "SLURM_JOB_ID": "12345",
    "SLURM_NTASKS": "6",
    "SLURM_NTASKS_PER_NODE": "3",
    "SLURM_NNODES": "2",
    "SLURM_PROCID": "4",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
}


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    for name in (*TORCHRUN, *RESTARTS, *SLURM):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "rank", "devices", "nodes"),
    [
        ({}, 0, 1, 1),
        (TORCHRUN, 5, 4, 2),
        (SLURM, 4, 3, 2),
        (SLURM | TORCHRUN, 5, 4, 2),  # srun starts torchrun, torchrun the ranks
        (SLURM | {"SLURM_JOB_NAME": "interactive"}, 0, 1, 1),  # a shell, not a rank
    ],
)
def test_ranks_are_counted(environment, rank, devices, nodes, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    launch = Launch.here(workers=2, checkpoint_every=7)
    assert (launch.rank, launch.devices, launch.nodes) == (rank, devices, nodes)
    assert launch.ranks == devices * nodes
    assert (launch.workers, launch.checkpoint_every) == (2, 7)


def test_tasks_without_a_number_a_node_are_refused(monkeypatch):
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    with pytest.raises(RuntimeError, match="ntasks-per-node"):
        Launch.here()


@pytest.mark.parametrize("name", [None, *RESTARTS])
def test_restarts_from_a_store_of_old_addresses_are_refused(name, monkeypatch):
    for key, value in (TORCHRUN | RESTARTS).items():
        monkeypatch.setenv(key, value)
    if name is None:
        with pytest.raises(RuntimeError, match="TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"):
            Launch.here()
    else:  # either is harmless without the other
        monkeypatch.setenv(name, {"True": "False", "3": "0"}[RESTARTS[name]])
        assert Launch.here().rank == 5
