"""Train one detector under the protocol: from prepared videos to a result file.

    trained = train("frame_torch", lesson="03", data=study.data, profile=study.profile,
                    seed=study.seed, rules=[MAJORITY])
    trained.result["metrics"]["test"]["blend"]["auroc"]

The order is the point. Training videos fit the weights; validation videos choose the
epoch, the rule from frames to a video, its threshold and the temperature; then all of
this is fixed, and only then are the test videos read. The detector's folder keeps
every step, so the same call again trains nothing and makes the same choices.
"""

import hashlib
import importlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch.utils.data import Subset

from dfstudy import models, paths
from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import Prepared
from dfstudy.metrics.calibration import fit_temperature
from dfstudy.models import detector as detectors
from dfstudy.models.detector import Detector
from dfstudy.models.slim_torch import SLIM
from dfstudy.profiles import Profile
from dfstudy.training import costs, predictions, pretrain, results
from dfstudy.training.augment import augment
from dfstudy.training.history import class_weight
from dfstudy.training.protocol import Protocol, checkpoint_sha
from dfstudy.training.rule import Rule, choose_rule, evidence
from dfstudy.training.schedule import one_cycle
from dfstudy.video.sample import even_indices

# What a detector of faces alone can be asked to learn; lesson 10 adds the text.
TRAIN_FAMILIES = ("blend", "disorder", "flicker", "partial")
STARTS = {
    "none": "scratch",
    "synthetic-identity": "identity",
    "synthetic-tracks": "tracks",
    "imagenet": "imagenet",
}


@dataclass(frozen=True)
class Trained:
    """A detector with everything that led to it and came of it.

    `tried` has one row a rule on validation (training.rule.choose_rule); `predictions`
    those of validation and test; `result` is the content of the result file.
    """

    detector: Detector
    history: pd.DataFrame
    rule: Rule
    tried: pd.DataFrame
    predictions: pd.DataFrame
    result: dict

    def videos(self, manifest: pd.DataFrame, split: str) -> pd.DataFrame:
        """One row a scored video: video_id, label, method, group, score, called.

        `score` is the mean P(fake) of its frames, `called` the rule's verdict, 0 or 1.
        """
        rows = manifest[manifest["split"] == split].set_index("video_id")
        scores = evidence(self.predictions)
        table = rows[["label", "method", "group"]].join(scores, how="inner")
        judged = self.rule.video_scores(self.predictions)[table.index]
        table["called"] = self.rule.is_fake(judged).astype(int)
        return table.reset_index()


def train(
    model: str,
    *,
    lesson: str,
    data: Dataset,
    profile: Profile,
    seed: int,
    rules: Sequence[Rule],
    start: str | None = None,
) -> Trained:
    """Train the family `model` on `data`, or load it where just this was trained.

    Args:
        model: a name of models.FAMILIES.
        rules: the ways from scores to a verdict that validation may choose from.
        start: what the network starts from, a key of STARTS; the profile's by default.

    Raises:
        ValueError: training or validation videos of a class are missing.
    """
    start = start or profile.pretrained
    family = models.family(model)
    name = model if start == profile.pretrained else f"{model}-{STARTS[start]}"
    folder = paths.runs(profile.name) / "models" / f"{name}_{seed}"
    families = trained_families(data.manifest)
    rows = data.manifest[
        (data.manifest["label"] == 0)
        | data.manifest["method"].fillna("unknown").isin(families)
    ]
    prepared = data.prepared(family.view(profile.frames))
    settings = {
        "profile": asdict(profile),
        "start": start,
        "seed": seed,
        "rules": [asdict(rule) for rule in rules],
        "data": data.identity(),
        "code": paths.code_sha256(),
    }
    inputs = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    by_split = {
        split: rows[rows["split"] == split] for split in ("train", "val", "test")
    }
    if not _is_trained(folder, inputs):
        _train(folder, family, prepared, by_split, data, profile, seed, start, inputs)
    detector = detectors.load(folder)
    protocol = Protocol(folder)
    val = _predict(detector, prepared, by_split["val"])
    labels = data.manifest.set_index("video_id")["label"]
    rule, tried = choose_rule(val, labels, candidates=rules)
    temperature = _temperature(val, labels)
    protocol.fix(rule, temperature, checkpoint_sha(folder))
    detector.info |= {"rule": asdict(rule), "temperature": temperature}
    detector.save_card()
    test = protocol.read_test(lambda: _predict(detector, prepared, by_split["test"]))
    both = pd.concat([val, test], ignore_index=True)
    runs = paths.runs(profile.name)
    predictions.write(both, runs / "predictions" / f"{lesson}_{name}_{seed}.parquet")
    bootstrap = {"n_bootstrap": profile.bootstrap, "seed": seed}
    options = {"train_families": families, **bootstrap}
    metrics, frame_metrics = results.evaluate(both, rows, rule, temperature, **options)
    path = results.write_result(
        runs,
        lesson=lesson,
        model=name,
        framework=detector.info["framework"],
        profile=profile.name,
        seed=seed,
        backbone=detector.info["backbone"],
        pretrained=detector.info["pretrained"],
        train_families=families,
        data=data.identity() | {"scored": results.scored_counts(both, rows)},
        protocol=protocol.block(),
        metrics=metrics,
        frame_metrics=frame_metrics,
        trivial=results.trivial_rows(rows, **options),
        cost=costs.measure(
            detector, by_split["test"], train_s=detector.info["train_s"]
        ),
    )
    return Trained(
        detector=detector,
        history=pd.read_csv(folder / "history.csv"),
        rule=rule,
        tried=tried,
        predictions=both,
        result=json.loads(path.read_text()),
    )


def trained_families(manifest: pd.DataFrame) -> list[str]:
    """Families to train on: those of TRAIN_FAMILIES, or all of a set without them."""
    there = results.families(manifest)
    return [name for name in there if name in TRAIN_FAMILIES] or there


def starts(profile: Profile) -> tuple[str, ...]:
    """What the networks of this profile can start from, the profile's own first."""
    others = ("synthetic-identity", "none") if profile.network == "slim" else ("none",)
    return (profile.pretrained, *others)


def _is_trained(folder: Path, inputs: str) -> bool:
    try:
        return detectors.load(folder).info.get("inputs") == inputs
    except detectors.DetectorError:
        return False


def _train(
    folder: Path,
    family,
    prepared: Prepared,
    rows: dict[str, pd.DataFrame],
    data: Dataset,
    profile: Profile,
    seed: int,
    start: str,
    inputs: str,
) -> None:
    """Fit, and leave weights, card and history in `folder`."""
    by = family.LEVEL
    parts = {s: PreparedSet(prepared, rows[s], by=by) for s in ("train", "val")}
    if len(parts["train"].labels.unique()) < 2:
        raise ValueError(f"{data.name}: the training videos are all of one class")
    pretrained = start
    if start.startswith("synthetic-"):
        pretrained = pretrain.backbone(start, profile=profile)
    built = family.build(network=profile.network, pretrained=pretrained, seed=seed)
    recipe, options = family.PAPER, {}
    draw, change = None, None
    if profile.network == "slim":
        recipe = SLIM
        options = {"weight_decay": SLIM.weight_decay, "schedule": one_cycle}
        draw, change = profile.draw, augment
    batches = loader(
        parts["train"],
        batch_size=recipe.batch_size,
        shuffle=True,
        seed=seed,
        draw=draw,
        augment=change,
    )
    fit = importlib.import_module(f"dfstudy.training.fit_{family.FRAMEWORK}").fit
    history = fit(
        built.module,
        batches,
        loader(_thinned(parts["val"], draw), batch_size=64, shuffle=False),
        loss=family.loss(class_weight(parts["train"].labels)),
        folder=folder / "fit",
        epochs=profile.epochs,
        learning_rate=recipe.learning_rate,
        patience=profile.patience,
        seed=seed,
        **options,
    )
    detector = detectors.new(
        built,
        view=prepared.view,
        data_kind=data.kind,
        seed=seed,
        inputs=inputs,
        train_s=float(history["seconds"].sum()),
    )
    Protocol(folder).retrained()
    history.to_csv(folder / "history.csv", index=False)
    detector.save(folder)
    shutil.rmtree(folder / "fit")  # checkpoints of single epochs have done their work


def _thinned(videos: PreparedSet, draw: int | None) -> PreparedSet | Subset:
    """`draw` of the frames of each video, evenly: enough to choose an epoch by."""
    frames = videos.frames
    if draw is None or draw >= frames:
        return videos
    some = even_indices(frames, draw)
    starts = frames * np.arange(len(videos.video_ids))
    return Subset(videos, (starts[:, None] + some).ravel().tolist())


def _predict(
    detector: Detector, prepared: Prepared, rows: pd.DataFrame
) -> pd.DataFrame:
    """The predictions on these videos; those that were dropped are not in it."""
    videos = PreparedSet(prepared, rows, by="video")
    tables, done = [], 0
    for clips, _ in loader(videos, batch_size=8, shuffle=False):
        ids = videos.video_ids[done : done + len(clips)]
        tables.append(predictions.table(ids, detector.score(clips.numpy())))
        done += len(clips)
    return pd.concat(tables, ignore_index=True)


def _temperature(val: pd.DataFrame, labels: pd.Series) -> float:
    scores = evidence(val)
    return fit_temperature(labels[scores.index].to_numpy(), scores.to_numpy())
