"""The order of an epoch, dealt to ranks: nothing twice, nothing lost, all in step."""

import numpy as np
import pytest
from torch.utils.data import SequentialSampler

from dfstudy.data.order import EpochSampler, GlobalBatches


def dealt(sampler, size: int, rank: int, ranks: int) -> GlobalBatches:
    batches = GlobalBatches(sampler, size)
    batches.deal(rank, ranks)
    return batches


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("items", "size"), [(45, 11), (44, 8), (3, 8), (9, 3)])
def test_ranks_share_every_batch_of_one(items, size, ranks):
    order = EpochSampler(items, 1, seed=3)
    whole = list(GlobalBatches(order, size))
    assert sorted(i for batch in whole for i in batch) == list(range(items))
    shares = [dealt(order, size, rank, ranks) for rank in range(ranks)]
    assert {len(share) for share in shares} == {len(whole)}
    seen = []
    for share in shares:
        own = list(share)
        assert len(own) == len(whole)  # as many steps, each with something in it
        filler = [share.is_filler(number) for number in range(len(own))]
        assert all(len(batch) == 1 for batch, f in zip(own, filler, strict=True) if f)
        seen.append([[] if f else b for b, f in zip(own, filler, strict=True)])
    for number, batch in enumerate(whole):
        parts = [own[number] for own in seen]
        assert sorted(i for part in parts for i in part) == sorted(batch)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_it_begins_at_any_batch_on_any_number_of_ranks():
    order = EpochSampler(9, 5, seed=0, draw=3)
    whole = list(GlobalBatches(order, 4))
    late = [dealt(order, 4, rank, 3) for rank in range(3)]
    for share in late:
        share.start = 5
    for batch, *parts in zip(whole[5:], *late, strict=True):
        assert sorted(i for part in parts for i in part) == sorted(batch)


def test_an_order_that_is_none_is_dealt_too():
    share = dealt(SequentialSampler(range(10)), 4, 1, 2)
    assert list(share) == [[1, 3], [5, 7], [9]]


def test_every_epoch_is_a_permutation():
    sampler = EpochSampler(10, 10, seed=0)
    orders = []
    for epoch in range(5):
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
        assert sorted(orders[-1]) == list(range(100))
    assert len({tuple(o) for o in orders}) == 5


def test_an_epoch_draws_some_frames_of_every_video():
    sampler = EpochSampler(10, 16, seed=0, draw=3)
    seen = set()
    for epoch in range(40):
        sampler.set_epoch(epoch)
        items = np.array(list(sampler))
        assert len(items) == len(sampler) == 30
        assert len(set(items.tolist())) == 30
        assert np.bincount(items // 16, minlength=10).tolist() == [3] * 10
        seen |= set(items.tolist())
    assert len(seen) == 160  # others each time: in the end all
