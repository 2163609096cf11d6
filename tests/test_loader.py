"""The loader: right pixels and labels, a known order, and both frameworks take it."""

import pickle

import numpy as np
import pytest
import s3_server
import torch

from dfstudy.data import manifest
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.order import EpochSampler
from dfstudy.data.prepare import prepare
from dfstudy.data.shards import Prepared
from dfstudy.data.store import filesystem
from dfstudy.data.view import View
from dfstudy.video.write import write_video

T, H, W = 4, 16, 24


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """10 clips, every second one fake and bright, and one broken."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(11):
        path = folder / f"clip-{i}.mp4"
        fake = i % 2
        if i < 10:
            low = 150 * fake
            frames = rng.integers(low, low + 90, (8, 32, 48, 3), np.uint8)
            write_video(path, frames, fps=12)
        else:
            path.write_bytes(b"broken")
        rows.append(
            {
                "video_id": f"clip-{i}",
                "path": str(path),
                "label": fake,
                "dataset": "test",
                "method": "blend" if fake else "real",
                "split": "train" if i < 7 else "val",
            }
        )
    return manifest.from_rows(rows)


@pytest.fixture(scope="module")
def prepared(table, tmp_path_factory):
    view = View(frames=T, height=H, width=W)
    out = tmp_path_factory.mktemp("prepared")
    return prepare(table, view, out=out, workers=0, progress=False, shard_videos=4)


def test_frames_and_videos_are_the_prepared_ones(prepared, table):
    frames = PreparedSet(prepared, table, by="frame")
    videos = PreparedSet(prepared, table, by="video")
    assert len(frames) == 10 * T and len(videos) == 10
    assert list(frames.dropped) == list(videos.dropped) == ["clip-10"]
    for i, video_id in enumerate(videos.video_ids):
        x, y = videos[i]
        assert x.dtype == torch.uint8 and y.dtype == torch.float32 and y.shape == ()
        assert np.array_equal(x.numpy(), prepared.array(video_id))
        assert y == int(video_id.split("-")[1]) % 2
        for t in range(T):
            one, label = frames[i * T + t]
            assert torch.equal(one, x[t]) and label == y
    with pytest.raises(IndexError):
        frames[len(frames)]


def test_items_say_what_each_item_is(prepared, table):
    rows = table[table["split"] == "val"].iloc[::-1]
    data = PreparedSet(prepared, rows, by="frame")
    items = data.items()
    assert items["video_id"].tolist() == [v for v in data.video_ids for _ in range(T)]
    assert items["frame_index"].tolist() == [*range(T)] * 3
    assert items["label"].tolist() == [int(data[i][1]) for i in range(len(data))]
    assert data.video_ids == ["clip-9", "clip-8", "clip-7"]  # the manifest's order
    videos = PreparedSet(prepared, rows, by="video").items()
    assert videos["frame_index"].isna().all() and len(videos) == 3


def test_rows_that_were_never_prepared_are_named(prepared, table):
    other = table.assign(video_id=table["video_id"] + "x")
    with pytest.raises(KeyError, match="clip-0x"):
        PreparedSet(prepared, other, by="frame")
    with pytest.raises(ValueError, match="dropped"):
        PreparedSet(prepared, table.tail(1), by="frame")
    with pytest.raises(ValueError, match="by must be"):
        PreparedSet(prepared, table, by="clip")


@pytest.mark.parametrize(
    ("by", "shape"), [("frame", (H, W, 3)), ("video", (T, H, W, 3))]
)
def test_batches(prepared, table, by, shape):
    data = PreparedSet(prepared, table, by=by)
    batches = list(loader(data, batch_size=8, shuffle=False))
    assert sum(len(x) for x, _ in batches) == len(data)
    for x, y in batches:
        assert x.dtype == torch.uint8 and x.shape[1:] == shape
        assert y.dtype == torch.float32 and y.shape == (len(x),)
    x = torch.cat([x for x, _ in batches])
    assert all(torch.equal(x[i], data[i][0]) for i in range(len(data)))


def order(batches):
    return [float(v) for x, _ in batches for v in x.float().mean(dim=(1, 2, 3))]


def test_the_order_depends_on_seed_and_epoch_alone(prepared, table):
    data = PreparedSet(prepared, table, by="frame")
    batches = loader(data, batch_size=8, shuffle=True, seed=1)
    first = order(batches)
    assert first == order(batches)  # looking twice does not move it
    batches.set_epoch(1)
    second = order(batches)
    assert second != first and sorted(second) == sorted(first)
    assert second != order(loader(data, batch_size=8, shuffle=False))
    again = loader(data, batch_size=16, shuffle=True, seed=1)
    again.set_epoch(1)
    assert order(again) == second
    assert order(loader(data, batch_size=8, shuffle=True, seed=2)) != first
    still = loader(data, batch_size=8, shuffle=False)
    still.set_epoch(3)
    assert order(still) == order(loader(data, batch_size=8, shuffle=False))


def test_augmentation_depends_on_seed_epoch_and_batch(prepared, table):
    data = PreparedSet(prepared, table, by="frame")

    def change(x, rng):
        return x + int(rng.integers(1, 100))

    def first(batches):
        return next(iter(batches))[0]

    options = {"batch_size": 4, "shuffle": False}
    plain = first(loader(data, **options))
    one = loader(data, **options, augment=change, seed=1)
    assert not torch.equal(first(one), plain)
    assert torch.equal(
        first(one), first(loader(data, **options, augment=change, seed=1))
    )
    before = first(one)
    one.set_epoch(1)
    assert not torch.equal(first(one), before)


def shift(x, rng):
    return x + int(rng.integers(1, 100))


def test_it_goes_on_in_the_middle_of_an_epoch(prepared, table):
    data = PreparedSet(prepared, table, by="frame")
    options = {"batch_size": 7, "shuffle": True, "seed": 3, "augment": shift}
    whole = loader(data, **options)
    whole.set_epoch(2)
    batches = list(whole)
    cut = loader(data, **options)
    cut.set_epoch(2)
    for _, _ in zip(range(2), cut, strict=False):
        state = cut.state_dict()
    rest = loader(data, **options)
    rest.load_state_dict(state)
    rest.set_epoch(2)  # as a fit says when it begins
    again = list(rest)
    assert len(again) == len(batches) - 2
    for (x, y), (want, label) in zip(again, batches[2:], strict=True):
        assert torch.equal(x, want) and torch.equal(y, label)
    assert len(list(rest)) == len(batches)  # only once
    rest.load_state_dict(state)
    rest.set_epoch(3)  # the epoch was over
    assert len(list(rest)) == len(batches)


def grid(data, workers, ranks_of):
    """What some ranks with so many workers see of an epoch, batch by batch."""
    batches = loader(data, batch_size=9, shuffle=True, seed=5, workers=workers)
    batches.set_epoch(1)
    for ranks in ranks_of:
        shares = []
        for rank in range(ranks):
            batches.deal(rank, ranks)
            shares.append(
                [
                    () if batches.is_filler(number) else tuple(order([batch]))
                    for number, batch in enumerate(batches)
                ]
            )
        yield [sorted(sum(parts, ())) for parts in zip(*shares, strict=True)]


@pytest.mark.parametrize(
    ("workers", "ranks_of"),
    [
        (0, [2, 3, 4, 5]),
        (2, [1, 3]),
        pytest.param(1, [1, 2, 3, 4, 5], marks=pytest.mark.slow),
        pytest.param(2, [2, 4, 5], marks=pytest.mark.slow),
        pytest.param(3, [1, 2, 3, 4, 5], marks=pytest.mark.slow),
    ],
)
def test_any_ranks_and_workers_see_what_one_sees(prepared, table, workers, ranks_of):
    data = PreparedSet(prepared, table, by="frame")  # 40 items: the last batch has 4
    (one,) = grid(data, 0, [1])
    assert len({item for batch in one for item in batch}) == len(data)
    for seen in grid(data, workers, ranks_of):
        assert seen == one


def test_a_set_can_be_sent_to_a_process(prepared, table):
    data = PreparedSet(prepared, table, by="frame")
    before = data[5][0].clone()
    text = pickle.dumps(data)
    assert len(text) < 20_000  # offsets go along, pixels do not
    assert torch.equal(pickle.loads(text)[5][0], before)


def test_a_change_of_a_batch_does_not_reach_the_shard(prepared, table):
    data = PreparedSet(prepared, table, by="frame")
    x, _ = next(iter(loader(data, batch_size=8, shuffle=False)))
    before = x.clone()
    x.zero_()
    again, _ = next(iter(loader(data, batch_size=8, shuffle=False)))
    assert torch.equal(again, before)


@pytest.fixture(scope="module")
def flowing(table, tmp_path_factory):
    view = View(frames=T, height=H, width=W, flow="sampled")
    out = tmp_path_factory.mktemp("flowing")
    return prepare(table, view, out=out, workers=0, progress=False, shard_videos=4)


@pytest.fixture
def far(flowing, monkeypatch):
    """The same shards on an S3 server, and the server."""
    import s3fs

    with s3_server.serve() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        address = f"s3://{s3_server.BUCKET}/flowing"
        fs, root = filesystem(address)
        fs.put(f"{flowing.folder}/", f"{root}/", recursive=True)
        yield Prepared.load(address), server


def test_shards_at_an_address_give_the_same_batches(far, flowing, table):
    away, server = far
    server.tell("faults 0.1")
    for by, flow, size in (("frame", True, 16), ("video", False, 4)):
        options = {"by": by, "flow": flow}
        there = PreparedSet(away, table, **options)
        here = PreparedSet(flowing, table, **options)
        both = (loader(d, batch_size=size, shuffle=True, seed=1) for d in (there, here))
        for (x, y), (want, label) in zip(*both, strict=True):
            parts = zip(x, want, strict=True) if flow else [(x, want)]
            assert all(torch.equal(part, other) for part, other in parts)
            assert torch.equal(y, label)
    assert server.tell("count")["faults"] > 0


def test_of_shards_at_an_address_only_a_batch_is_read(far, table):
    away, server = far
    data = PreparedSet(away, table, by="frame", flow=True)
    batches = iter(loader(data, batch_size=8, shuffle=True))
    next(batches)
    before = server.tell("count")["requests"]
    next(batches)
    assert server.tell("count")["requests"] - before == 8 * 2  # frame and flow
    held = sum(len(part) for part in data._maps._asked.values())
    assert held == 8 * H * W * (3 + 2 * 2)
    # A fit that goes on reads nothing of what it had.
    late = loader(data, batch_size=8, shuffle=True)
    late.load_state_dict({"epoch": 0, "given": 4})
    before = server.tell("count")["requests"]
    assert len(list(late)) == 1
    assert server.tell("count")["requests"] - before == 8 * 2


def test_keras_fits_shards_at_an_address(far, flowing, table, tmp_path):
    from dfstudy.models import family
    from dfstudy.training.fit_keras import fit

    lesson = family("frame_keras")
    histories = []
    for number, prepared in enumerate((far[0], flowing)):
        train, val = (
            PreparedSet(prepared, table[table["split"] == part], by="frame")
            for part in ("train", "val")
        )
        start = {"network": "slim", "pretrained": "none", "seed": 0}
        view = View(frames=T, height=H, width=W)
        module = lesson.build(view=view, **start).module
        history = fit(
            module,
            loader(train, batch_size=8, shuffle=True, seed=0),
            loader(val, batch_size=8, shuffle=False),
            loss=lesson.loss((1.0, 1.0)),
            folder=tmp_path / str(number),
            epochs=2,
            learning_rate=1e-3,
            patience=None,
            verbose=False,
        )
        histories.append(history[["train_loss", "val_loss"]].to_numpy())
    np.testing.assert_allclose(*histories, rtol=0, atol=1e-5)


def test_frames_come_with_their_flow(flowing, table):
    videos = PreparedSet(flowing, table, by="video", flow=True)
    frames = PreparedSet(flowing, table, by="frame", flow=True)
    assert len(videos) == 10 and len(frames) == 10 * T
    for i, video_id in enumerate(videos.video_ids):
        (x, flow), y = videos[i]
        assert np.array_equal(x.numpy(), flowing.array(video_id))
        assert flow.dtype == torch.float16 and flow.shape == (T, H, W, 2)
        assert np.array_equal(flow.numpy(), flowing.flow(video_id))
        for t in range(T):
            (one, motion), label = frames[i * T + t]
            assert torch.equal(one, x[t]) and torch.equal(motion, flow[t])
            assert label == y
    plain = PreparedSet(flowing, table, by="video")
    assert torch.equal(plain[3][0], videos[3][0][0])  # without asking: frames alone


def test_batches_of_pairs(flowing, table):
    data = PreparedSet(flowing, table, by="video", flow=True)
    seen = []

    def change(x, rng):
        seen.append([part.shape for part in x])
        return x[0], x[1] * 0

    batches = loader(data, batch_size=4, shuffle=True, augment=change)
    for (x, flow), y in batches:
        assert x.shape == (len(y), T, H, W, 3) and x.dtype == torch.uint8
        assert flow.shape == (len(y), T, H, W, 2) and not flow.any()
    assert len(seen) == 3


def test_flow_that_was_not_prepared_is_refused(prepared, table):
    with pytest.raises(ValueError, match="no flow"):
        PreparedSet(prepared, table, by="frame", flow=True)


def test_keras_takes_pairs(flowing, table):
    import keras

    data = PreparedSet(flowing, table, by="frame", flow=True)
    frame, flow = keras.Input((H, W, 3)), keras.Input((H, W, 2))
    pool = keras.layers.GlobalAveragePooling2D
    both = keras.layers.Concatenate()([pool()(frame), pool()(flow)])
    model = keras.Model([frame, flow], keras.layers.Dense(1)(both))
    model.compile("sgd", "mse")
    batches = loader(data, batch_size=8, shuffle=True, seed=0)
    model.fit(batches, epochs=1, shuffle=False, verbose=0)
    assert model.predict(
        loader(data, batch_size=8, shuffle=False), verbose=0
    ).shape == (len(data), 1)


def test_keras_fits_it_as_it_is(prepared, table):
    import keras

    keras.utils.set_random_seed(0)
    data = PreparedSet(prepared, table[table["split"] == "train"], by="frame")
    val = PreparedSet(prepared, table[table["split"] == "val"], by="frame")
    batches = loader(data, batch_size=8, shuffle=True, seed=0)
    model = keras.Sequential(
        [
            keras.layers.Input((H, W, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    epochs = []

    def tell(epoch, logs):
        batches.set_epoch(epoch)
        epochs.append(batches.batch_sampler.sampler.epoch)

    history = model.fit(
        batches,
        validation_data=loader(val, batch_size=8, shuffle=False),
        epochs=8,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=tell)],
    )
    assert epochs == list(range(8))
    assert history.history["val_binary_accuracy"][-1] == 1.0
    scores = model.predict(loader(val, batch_size=5, shuffle=False), verbose=0)
    assert scores.shape == (len(val), 1)


def test_keras_sees_the_order_of_its_epoch(prepared, table):
    import keras

    data = PreparedSet(prepared, table, by="frame")
    seen = []

    class Spy(PreparedSet):
        def __getitems__(self, items):
            seen.extend(items)
            return super().__getitems__(items)

    batches = loader(
        Spy(prepared, table, by="frame"), batch_size=8, shuffle=True, seed=4
    )
    model = keras.Sequential(
        [
            keras.layers.Input((H, W, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    last = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: batches.set_epoch(epoch)
    )
    model.fit(batches, epochs=3, shuffle=False, verbose=0, callbacks=[last])
    want = EpochSampler(len(data.video_ids), data.frames, seed=4)
    want.set_epoch(2)
    assert seen[-len(data) :] == list(want)


def test_lightning_fits_it_and_tells_the_epoch(prepared, table):
    import lightning

    class Linear(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def training_step(self, batch, _):
            x, y = batch
            logit = self.layer(x.float().mean(dim=(1, 2)) / 255)[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(logit, y)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    data = PreparedSet(prepared, table, by="frame")
    batches = loader(data, batch_size=8, shuffle=True, seed=0)
    trainer = lightning.Trainer(
        max_epochs=3,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Linear(), batches)
    assert batches.batch_sampler.sampler.epoch == 2
