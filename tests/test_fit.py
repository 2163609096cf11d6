"""Both fits: they learn, choose on validation, repeat themselves and go on."""

import importlib
import logging
import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from dfstudy.data import loader
from dfstudy.frameworks import import_keras
from dfstudy.models import FAMILIES, detector, family, forward, margin
from dfstudy.models.text import SIZE
from dfstudy.training import fit_keras, fit_torch
from dfstudy.training.history import COLUMNS, EpochLog, class_weight, val_auroc
from dfstudy.training.schedule import one_cycle

FITS = ("frame_keras", "frame_torch")  # one of each framework


@pytest.fixture(autouse=True)
def kept_every_epoch(monkeypatch):
    """A toy's epochs are shorter than what lies between two checkpoints of a fit."""
    for module in (fit_keras, fit_torch):
        monkeypatch.setattr(module, "BACKUP_SECONDS", 0)


def toy_view(name: str):
    lesson = family(name)
    frames = 1 if lesson.LEVEL == "frame" else 4
    return lesson.view(**(getattr(lesson, "SLIM_LOOK", {}) | {"frames": frames}))


class Toys(torch.utils.data.Dataset):
    """Noise, and noise for a flow or a text; a fake has a bright patch somewhere.

    Where a network takes away what stays (resnext_lstm), the patch comes and goes.
    """

    def __init__(self, name: str, n: int, seed: int, labels: int | None = None):
        view = toy_view(name)
        rng = np.random.default_rng(seed)
        self.y = rng.integers(0, 2, n) if labels is None else np.full(n, labels)
        time = () if family(name).LEVEL == "frame" else (view.frames,)
        shape = (n, *time, view.height, view.width)
        self.x = rng.integers(60, 120, (*shape, 3), dtype=np.uint8)
        for i in np.flatnonzero(self.y):
            row, column = rng.integers(0, 60, 2)
            clip = self.x[i, ::2] if name == "resnext_lstm" else self.x[i]
            clip[..., row : row + 40, column : column + 40, :] += 120
        self.flow = None
        if view.flow != "none":
            self.flow = rng.normal(0, 0.1, (*shape, 2)).astype(np.float16)
        self.text = None
        if view.text:
            self.text = rng.normal(size=(n, SIZE)).astype(np.float32)

    def parts(self) -> list[np.ndarray]:
        """All that an item has beside its label."""
        return [part for part in (self.x, self.flow, self.text) if part is not None]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int):
        x = tuple(torch.from_numpy(np.asarray(part[i])) for part in self.parts())
        return x if len(x) > 1 else x[0], torch.tensor(float(self.y[i]))


class Loader(loader.Loader):
    """The course's own loader; can break off, between epochs or inside of one."""

    breaks_at: float | None = None

    def set_epoch(self, epoch: int) -> None:
        if epoch == self.breaks_at:
            raise RuntimeError("power cut")
        super().set_epoch(epoch)
        self.batch_sampler.sampler.epoch = epoch

    def __iter__(self):
        for i, batch in enumerate(super().__iter__()):
            if self.breaks_at is not None and self.epoch + i / len(self) > (
                self.breaks_at
            ):
                raise RuntimeError("power cut")
            yield batch


class Order(torch.utils.data.Sampler):
    def __init__(self, n: int):
        self.n, self.epoch = n, 0

    def __len__(self) -> int:
        return self.n

    def __iter__(self):
        rng = np.random.default_rng(self.epoch)
        return iter(rng.permutation(self.n).tolist())


def run(name, folder, *, n=40, epochs=3, val=None, breaks_at=None, **options):
    """One fit of the slim network; returns its module and its history."""
    lesson = family(name)
    train = Toys(name, n, 0)
    batches = Loader(train, batch_size=8, sampler=Order(n))
    batches.breaks_at = breaks_at
    options = {"learning_rate": 2e-3, "patience": 9, "verbose": False} | options
    view, start = toy_view(name), {"network": "slim", "pretrained": "none"}
    built = lesson.build(view=view, **start, seed=0)
    fit = importlib.import_module(f"dfstudy.training.fit_{lesson.FRAMEWORK}").fit
    history = fit(
        built.module,
        batches,
        loader.Loader(val or Toys(name, 30, 1), batch_size=16),
        loss=lesson.loss(class_weight(train.y)),
        folder=folder,
        epochs=epochs,
        seed=0,
        **options,
    )
    return built, history


def losses(history) -> np.ndarray:
    return history[["train_loss", "val_loss"]].to_numpy()


def test_a_keras_epoch_is_told_of_all_its_samples(tmp_path):
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(20, 3)).astype(np.float32))
    y = torch.from_numpy(rng.integers(0, 2, 20).astype(np.float32))
    batches = loader.Loader(torch.utils.data.TensorDataset(x, y), batch_size=8)
    keras = import_keras()
    module = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    history = fit_keras.fit(
        module,
        batches,
        batches,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        folder=tmp_path,
        epochs=2,
        learning_rate=0.0,
        patience=None,
        seed=0,
        verbose=False,
    )
    logits = torch.from_numpy(np.array(module.predict_on_batch(x.numpy())))[:, 0]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
    np.testing.assert_allclose(history["train_loss"], loss, rtol=1e-5)
    right = ((logits > 0) == (y > 0)).float().mean()
    np.testing.assert_allclose(history["train_accuracy"], right, rtol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_it_learns_and_keeps_the_best_epoch(name, tmp_path, capsys):
    built, history = run(
        name, tmp_path, n=64, epochs=5, schedule=one_cycle, verbose=True
    )
    assert tuple(history.columns) == (*COLUMNS, "kept")
    assert history["kept"].sum() == 1
    assert history["kept"].argmax() == history["val_auroc"].argmax()
    assert history["epoch"].tolist() == [0, 1, 2, 3, 4]
    assert (history["seconds"] > 0).all()
    assert history["train_accuracy"].max() > 0.7
    assert history["val_accuracy"].between(0, 1).all()
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert history["val_auroc"].max() > 0.9
    assert capsys.readouterr().out.count("val AUROC") == 5
    val = Toys(name, 30, 1)
    model = detector.new(built, view=toy_view(name), data_kind="synthetic", seed=0)
    x, *others = val.parts()
    if model.level == "frame":
        x, *others = (part[:, None] for part in (x, *others))
    options = {} if val.text is None else {"text": others.pop()}
    scores = model.score(x, *others, **options).reshape(-1)
    # bf16 in training, float32 here: not to the last digit
    assert roc_auc_score(val.y, scores) == pytest.approx(
        history["val_auroc"].max(), abs=0.03
    )


@pytest.mark.parametrize(
    ("name", "seconds"), [(name, 0) for name in FAMILIES] + [(n, 1000) for n in FITS]
)
def test_broken_off_it_goes_on_and_ends_the_same(name, seconds, tmp_path, monkeypatch):
    """After its last whole epoch, or, where that was not kept yet, from the start."""
    for module in (fit_keras, fit_torch):
        monkeypatch.setattr(module, "BACKUP_SECONDS", seconds)
    options = {"schedule": one_cycle}
    if family(name).FRAMEWORK == "torch":  # bf16 differs by more than is asked here
        options["precision"] = "32-true"
    _, whole = run(name, tmp_path / "whole", **options)
    with pytest.raises(Exception, match="power cut"):  # TensorFlow wraps it
        run(name, tmp_path / "cut", breaks_at=1.5, **options)
    _, rest = run(name, tmp_path / "cut", **options)
    assert rest["epoch"].tolist() == [0, 1, 2]
    # The epoch that was broken off is replayed as it was, dropout and all.
    np.testing.assert_allclose(losses(rest), losses(whole), rtol=0, atol=1e-4)
    # A whole fit leaves nothing to go on from: the next one begins anew.
    _, again = run(name, tmp_path / "cut", epochs=1, schedule=one_cycle)
    assert len(again) == 1


@pytest.mark.parametrize("name", ["frame_torch", "resnext_lstm"])
def test_broken_off_it_goes_on_in_the_middle_of_the_epoch(name, tmp_path):
    options = {"schedule": one_cycle, "precision": "32-true", "checkpoint_every": 2}
    built, whole = run(name, tmp_path / "whole", **options)
    with pytest.raises(RuntimeError, match="power cut"):
        run(name, tmp_path / "cut", breaks_at=1.5, **options)
    state = torch.load(tmp_path / "cut" / "last.ckpt", weights_only=True)
    assert state["global_step"] == 5 + 2  # not at the end of an epoch
    rest, again = run(name, tmp_path / "cut", **options)
    # Losses of the epoch are of all its batches, dropout is what it would have been.
    columns = [column for column in COLUMNS if column != "seconds"]
    np.testing.assert_allclose(again[columns], whole[columns], rtol=0, atol=1e-6)
    weights = built.module.state_dict()
    for key, value in rest.module.state_dict().items():
        torch.testing.assert_close(value, weights[key], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [*FITS, "two_stream_video"])
def test_the_best_so_far_survives_a_break(name, tmp_path):
    """Keras' BackupAndRestore forgets what ModelCheckpoint held for the best."""
    val = Toys(name, 30, 1)
    val.y = 1 - val.y  # the better it learns, the worse it gets here
    options = {"n": 64, "epochs": 5, "val": val}
    whole, history = run(name, tmp_path / "whole", **options)
    best = int(history["kept"].argmax())
    assert best < 2  # it lies before the break
    with pytest.raises(Exception, match="power cut"):
        run(name, tmp_path / "cut", breaks_at=2.5, **options)
    rest, again = run(name, tmp_path / "cut", **options)
    assert again["kept"].argmax() == best
    x = [part[:4] for part in val.parts()]
    models = [
        detector.new(one, view=toy_view(name), data_kind="synthetic", seed=0)
        for one in (whole, rest)
    ]
    logits = [forward(model.module, x if len(x) > 1 else x[0]) for model in models]
    np.testing.assert_allclose(*logits, rtol=0.02, atol=2e-3)


@pytest.mark.parametrize("name", FITS)
def test_other_settings_do_not_go_on_from_an_old_fit(name, tmp_path):
    with pytest.raises(RuntimeError, match="power cut"):
        run(name, tmp_path, breaks_at=1)
    _, history = run(name, tmp_path, epochs=1, learning_rate=1e-3)
    _, fresh = run(name, tmp_path / "fresh", epochs=1, learning_rate=1e-3)
    np.testing.assert_allclose(losses(history), losses(fresh), rtol=2e-3)


@pytest.mark.parametrize("name", FITS)
def test_it_stops_when_nothing_gets_better(name, tmp_path):
    val = Toys(name, 30, 1)
    val.y = 1 - val.y  # the better it learns, the worse it gets here
    _, history = run(name, tmp_path, n=64, epochs=9, val=val, patience=2)
    assert len(history) < 9
    assert history["val_auroc"].idxmax() == len(history) - 3


@pytest.mark.parametrize("name", FITS)
def test_without_patience_it_goes_on_and_keeps_the_last_epoch(name, tmp_path):
    val = Toys(name, 30, 1)
    val.y = np.random.default_rng(2).integers(0, 2, 30)  # no epoch is really better
    # Without bf16, so that the scores below are those of the last epoch to the digit.
    exact = {"precision": "32-true"} if family(name).FRAMEWORK == "torch" else {}
    options = {"n": 64, "epochs": 5, "val": val, "patience": None} | exact
    built, history = run(name, tmp_path, **options)
    assert len(history) == 5
    assert history["val_auroc"].iloc[-1] < history["val_auroc"].max() - 0.01
    view = family(name).view(1)
    model = detector.new(built, view=view, data_kind="synthetic", seed=0)
    # Not probabilities: near 1 they would tie.
    margins = margin(forward(model.module, val.x).astype(float))
    assert history["kept"].tolist() == [False] * 4 + [True]
    last = history["val_auroc"].iloc[-1]
    assert roc_auc_score(val.y, margins) == pytest.approx(last, abs=1e-3)


@pytest.mark.parametrize("name", FITS)
def test_validation_of_one_class_falls_back_to_the_loss_and_says_so(name, tmp_path):
    with pytest.warns(UserWarning, match="one class only") as caught:
        _, history = run(name, tmp_path, epochs=2, val=Toys(name, 8, 1, labels=0))
    assert sum("one class only" in str(w.message) for w in caught) == 1
    assert history["val_auroc"].isna().all()


@pytest.mark.parametrize("name", FITS)
def test_it_is_quiet_and_leaves_nothing_in_the_working_folder(
    name, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    level = logging.getLogger("lightning.pytorch").level
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        run(name, tmp_path / "fit", epochs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["fit"]
    assert capfd.readouterr().out == ""
    assert logging.getLogger("lightning.pytorch").level == level


def test_class_weights_are_one_by_frequency():
    labels = np.array([0] * 6 + [1] * 2)
    real, fake = class_weight(labels)
    assert fake / real == pytest.approx(6 / 2)
    assert np.where(labels == 1, fake, real).mean() == pytest.approx(1)
    assert class_weight([1, 1]) == (1.0, 1.0)


def test_validation_auroc_is_scikit_learns_or_nothing():
    rng = np.random.default_rng(0)
    labels, margins = rng.integers(0, 2, 50), rng.normal(size=50)
    assert val_auroc(labels, margins) == pytest.approx(roc_auc_score(labels, margins))
    assert math.isnan(val_auroc([1, 1], [0.2, 0.3]))
    assert math.isnan(val_auroc([0, 1], [math.nan, 0.3]))


def ranked(auroc: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and margins of ten reals and one fake with this AUROC."""
    return np.array([0] * 10 + [1]), np.append(np.arange(10.0), 10 * auroc - 0.5)


def log_of(tmp_path, **options) -> EpochLog:
    batches = torch.utils.data.DataLoader([0, 1])
    options = {"epochs": 3, "patience": 1, "verbose": False} | options
    return EpochLog(tmp_path, "torch", batches, batches, **options)


def test_the_log_knows_its_best_epoch(tmp_path):
    log = log_of(tmp_path)
    assert log.best() == -math.inf
    for epoch, auroc in enumerate([0.6, 0.8, 0.7]):
        numbers = {"train_loss": 1, "train_accuracy": 0.5, "val_loss": 1, "seconds": 1}
        assert log.add(*ranked(auroc), epoch=epoch, **numbers) == pytest.approx(auroc)
        assert log.stale() == (epoch == 2)
    assert log.best() == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("monitor", "best"), [("val_auroc", 1), ("val_loss", 2), ("val_accuracy", 0)]
)
def test_the_log_watches_what_the_paper_watches(monitor, best, tmp_path):
    log = log_of(tmp_path, monitor=monitor, patience=9)
    # (AUROC, shift of all margins, loss): accuracy is 10/11, then 1/11 twice.
    for epoch, (auroc, shift, loss) in enumerate(
        [(0.6, -20, 0.5), (0.9, 20, 0.5), (0.5, 20, 0.1)]
    ):
        labels, margins = ranked(auroc)
        numbers = {"train_loss": 1, "train_accuracy": 0.5, "seconds": 1}
        log.add(labels, margins + shift, epoch=epoch, val_loss=loss, **numbers)
    table = log.finish()
    log = log_of(tmp_path, monitor=monitor, patience=9)
    np.testing.assert_allclose(table["val_accuracy"], [10 / 11, 1 / 11, 1 / 11])
    assert table["kept"].argmax() == best


def test_an_unknown_monitor_is_refused(tmp_path):
    with pytest.raises(ValueError, match="val_f1"):
        log_of(tmp_path, monitor="val_f1")


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_other_optimizers_train_too(name, optimizer, tmp_path):
    _, history = run(name, tmp_path, n=64, epochs=3, optimizer=optimizer)
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert history["train_accuracy"].between(0.3, 1).all()
    with pytest.raises(ValueError, match="sgdx"):
        run(name, tmp_path / "none", optimizer="sgdx")


def test_parts_of_a_network_have_rates_of_their_own(tmp_path):
    start = family("frame_torch").build(network="slim", pretrained="none", seed=0)
    before = {k: v.clone() for k, v in start.module.state_dict().items()}
    rates = {"backbone.blocks": 0.0}
    built, _ = run("frame_torch", tmp_path, epochs=1, rates=rates)
    moved = {
        name: not torch.equal(value, before[name])
        for name, value in built.module.named_parameters()
    }
    assert {name for name in moved if not moved[name]} == {
        name for name in moved if name.startswith("backbone.blocks")
    }
    with pytest.raises(ValueError, match="encoder"):
        run("frame_torch", tmp_path / "none", rates={"encoder": 0.0})


def test_layers_thaw_when_their_epoch_comes(tmp_path):
    seen = {}

    def thaw(module, epoch):
        module.backbone.requires_grad_(epoch >= 2)
        seen[epoch] = module.backbone.stem.conv.weight.detach().clone()

    run("frame_torch", tmp_path, epochs=4, thaw=thaw)
    assert torch.equal(seen[0], seen[1]) and torch.equal(seen[1], seen[2])
    assert not torch.equal(seen[2], seen[3])
