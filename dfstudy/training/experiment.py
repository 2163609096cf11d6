"""Train one detector under the protocol: from prepared videos to a result file.

    trained = train("frame_torch", lesson="03", data=study.data, profile=study.profile,
                    seed=study.seed, rules=[MAJORITY])
    trained.result["metrics"]["test"]["blend"]["auroc"]

The order is the point. Training videos fit the weights; validation videos choose the
epoch (where the profile has patience), the rule from frames to a video, its threshold,
the temperature and the limits of "cannot tell"; then all of this is fixed, and only
then are the test videos read.
The detector's folder keeps every step. The same call again trains nothing, and reads
no test video: it returns what it had written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dfstudy import models, paths
from dfstudy.data.dataset import Dataset
from dfstudy.metrics import apply_temperature, conformal, fit_temperature
from dfstudy.metrics.conformal import Limits
from dfstudy.models.detector import Detector
from dfstudy.profiles import Profile
from dfstudy.training import card, costs, predictions, results, scored
from dfstudy.training.evaluation import of_families
from dfstudy.training.fitted import PLAIN, Variant, fitted, folder_of, history
from dfstudy.training.protocol import Protocol, checkpoint_sha
from dfstudy.training.rule import Rule, choose_rule
from dfstudy.training.scoring import score

# What a detector without the text can be asked to learn. A family of networks that can
# be asked for more says so in its own TRAIN_FAMILIES (lesson 10's, with the text).
TRAIN_FAMILIES = ("blend", "disorder", "flicker", "partial")


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

        `score` is what ranks it (Rule.ranking), `called` the rule's verdict, 0 or 1.
        """
        rows = manifest[manifest["split"] == split]
        return scored.judged(self.rule, self.predictions, rows)


def train(
    model: str,
    *,
    lesson: str,
    data: Dataset,
    profile: Profile,
    seed: int,
    rules: Sequence[Rule],
    start: str | None = None,
    variant: Variant = PLAIN,
    runs: Path | None = None,
) -> Trained:
    """Train the family `model` on `data`, or load it where just this was trained.

    Args:
        model: a name of models.FAMILIES.
        rules: the ways from scores to a verdict that validation may choose from.
        start: what the network starts from, a key of STARTS; the profile's by default.
        variant: what differs from the family's own settings; part of the name.
        runs: where models/, predictions/ and results/ are; the profile's by default.

    Raises:
        ValueError: training or validation videos of a class are missing.
    """
    start = start or profile.pretrained
    by_split = rows_of(model, data, variant)
    place = {"profile": profile, "seed": seed, "start": start, "variant": variant}
    runs = runs or paths.runs(profile.name)
    folder = folder_of(model, **place, runs=runs)
    name = folder.name.removesuffix(f"_{seed}")
    labels = data.manifest.set_index("video_id")["label"]
    report = result_file(model, lesson=lesson, runs=runs, **place)
    said = runs / "predictions" / f"{report.stem}.parquet"
    with paths.alone(folder):
        detector = fitted(model, data, by_split, folder=folder, **place)
        scored.keep(runs, data)
        there = said.exists() and report.exists()
        if not (there and _is_reported(detector, lesson, rules)):
            _new_rules(detector, rules)
            protocol, both = _judge(detector, data, by_split, labels, rules)
            predictions.write(both, said)
            about = {"lesson": lesson, "model": name, "seed": seed}
            rows = pd.concat(by_split.values()).sort_index()
            _report(detector, protocol, both, rows, data, profile, runs, about)
    both = predictions.read(said)
    val = both[both["video_id"].isin(by_split["val"]["video_id"])]
    rule, tried = choose_rule(val, labels, candidates=rules)
    result = json.loads(report.read_text())
    card.write(folder, result)  # also beside what an older version has trained
    return Trained(detector, history(detector), rule, tried, both, result)


def result_file(
    model: str,
    *,
    lesson: str,
    profile: Profile,
    seed: int,
    start: str,
    variant: Variant = PLAIN,
    runs: Path | None = None,
) -> Path:
    """Where `train`, asked the same, writes its result."""
    place = {"profile": profile, "seed": seed, "start": start, "variant": variant}
    name = folder_of(model, **place).name
    return (runs or paths.runs(profile.name)) / "results" / f"{lesson}_{name}.json"


def _judge(
    detector: Detector,
    data: Dataset,
    rows: Mapping[str, pd.DataFrame],
    labels: pd.Series,
    rules: Sequence[Rule],
) -> tuple[Protocol, pd.DataFrame]:
    """Choose on validation, fix it, read test; predictions of both."""
    prepared = data.prepared(detector.view)
    val = score(detector, prepared, rows["val"])
    rule, _ = choose_rule(val, labels, candidates=rules)
    protocol = _fix(detector, rule, *_calibrated(rule, val, labels))
    test = protocol.read_test(lambda: score(detector, prepared, rows["test"]))
    return protocol, pd.concat([val, test], ignore_index=True)


def _report(
    detector: Detector,
    protocol: Protocol,
    both: pd.DataFrame,
    rows: pd.DataFrame,
    data: Dataset,
    profile: Profile,
    runs: Path,
    about: Mapping[str, Any],
) -> None:
    """Write the result of these predictions; `about`: lesson, model and seed."""
    families = results.families(rows)
    options = {"train_families": families, "n_bootstrap": profile.bootstrap}
    options["seed"] = about["seed"]
    rule = Rule(**detector.info["rule"])
    metrics, frame_metrics = results.evaluate(
        both, rows, rule, detector.temperature, **options
    )
    read = [detector.info.get(part) for part in ("backbone", "text")]
    results.write_result(
        runs,
        **about,
        framework=detector.info["framework"],
        profile=profile.name,
        backbone=" + ".join(filter(None, read)),
        pretrained=detector.info["pretrained"],
        train_families=families,
        data=data.identity()
        | {"scored": results.scored_counts(both, rows), "proof": data.proof or None},
        protocol=protocol.block(),
        metrics=metrics,
        frame_metrics=frame_metrics,
        trivial=results.trivial_rows(rows, **options),
        cost=costs.measure(
            detector, rows[rows["split"] == "test"], train_s=detector.info["train_s"]
        ),
    )
    done = {*detector.info.get("reported", []), about["lesson"]}
    detector.info["reported"] = sorted(done)
    detector.save_card()


def trained_families(
    manifest: pd.DataFrame, wanted: Sequence[str] = TRAIN_FAMILIES
) -> list[str]:
    """Forgeries to train on: those `wanted`, or all of a set that has none of them."""
    there = results.families(manifest)
    return [name for name in there if name in wanted] or there


def rows_of(
    model: str, data: Dataset, variant: Variant = PLAIN
) -> dict[str, pd.DataFrame]:
    """The rows of `data` that `model` is trained and judged on, by split."""
    families = trained_families(data.manifest, variant.families or trained_on(model))
    rows = learned(data.manifest, families)
    return {part: rows[rows["split"] == part] for part in ("train", "val", "test")}


def trained_on(model: str) -> tuple[str, ...]:
    """The forgeries that the family `model` trains on unless a Variant says others."""
    return getattr(models.family(model), "TRAIN_FAMILIES", TRAIN_FAMILIES)


def learned(
    manifest: pd.DataFrame, wanted: Sequence[str] = TRAIN_FAMILIES
) -> pd.DataFrame:
    """Rows of the videos that detectors are trained, and judged, on."""
    families = trained_families(manifest, wanted)
    return manifest[of_families(manifest, families)]


def starts(profile: Profile) -> tuple[str, ...]:
    """What the networks of this profile can start from, the profile's own first."""
    others = ("synthetic-identity", "none") if profile.network == "slim" else ("none",)
    return (profile.pretrained, *others)


def _is_reported(detector: Detector, lesson: str, rules: Sequence[Rule]) -> bool:
    """Whether this lesson's result, of these very choices, was written already.

    A newly trained detector has a new card, which no lesson has reported on.
    """
    given = [asdict(rule) for rule in rules]
    done = lesson in detector.info.get("reported", [])
    same = detector.info.get("rules") == given
    return done and same and Protocol(detector.folder).is_unchanged()


def _new_rules(detector: Detector, rules: Sequence[Rule]) -> None:
    """Other rules to choose from make another detector: the count of looks goes on."""
    given = [asdict(rule) for rule in rules]
    if detector.info.get("rules", given) != given:
        Protocol(detector.folder).retrained()
        detector.info["reported"] = []
    detector.info["rules"] = given


def _fix(
    detector: Detector, rule: Rule, temperature: float, limits: Limits
) -> Protocol:
    """Write down what was chosen: from here on the test set may be read."""
    protocol = Protocol(detector.folder)
    protocol.fix(rule, temperature, checkpoint_sha(detector.folder))
    detector.info |= {"rule": asdict(rule), "temperature": temperature}
    detector.info["conformal"] = limits.to_dict()
    detector.save_card()
    return protocol


def _calibrated(
    rule: Rule, val: pd.DataFrame, labels: pd.Series
) -> tuple[float, Limits]:
    scores = rule.ranking.video_scores(val)
    y, s = labels[scores.index].to_numpy(), scores.to_numpy()
    temperature = fit_temperature(y, s)
    return temperature, conformal.calibrate(y, apply_temperature(s, temperature))
