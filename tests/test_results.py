"""Results: families, trivial rows, the file's shape, and honest nulls."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from dfstudy import paths
from dfstudy.metrics import METRICS, apply_temperature
from dfstudy.training import predictions as tables
from dfstudy.training import results
from dfstudy.training.rule import MAJORITY, Rule

DATA = {
    "name": "synthetic-12",
    "kind": "synthetic",
    "manifest_sha256": "ab",
    "split_sha256": "cd",
    "counts": {"train": {"real": 2, "fake": 2}},
}
PROTOCOL = {
    "aggregation": "mean",
    "threshold": 0.5,
    "strict": False,
    "temperature": 1.0,
    "checkpoint": "ef",
    "test_reads": 1,
}


def manifest_of(n_pairs=10, methods=("blend", "disorder")):
    """Per pair two reals and a fake of each method; splits in turn."""
    rows = [
        {"video_id": f"p{pair}_{i}", "label": int(i > 1), "method": method}
        | {"group": f"g{pair}", "split": ("train", "val", "test")[pair % 3]}
        for pair in range(n_pairs)
        for i, method in enumerate(("real", "real", *methods))
    ]
    return pd.DataFrame(rows)


def predict(manifest, *, frames=4, seed=0):
    """Scores that know blend and nothing of disorder."""
    rng = np.random.default_rng(seed)
    known = (manifest["method"] == "blend").to_numpy()[:, None]
    z = rng.normal(size=(len(manifest), frames)) + 1.5 * known - 0.5
    return tables.table(manifest["video_id"], 1 / (1 + np.exp(-z)))


@pytest.fixture(scope="module")
def scored():
    manifest = manifest_of(24)
    rows = manifest[manifest["split"] != "train"]
    return manifest, predict(rows)


OPTIONS = {"train_families": ["blend"], "n_bootstrap": 100, "seed": 0}


def result_of(manifest, predictions, **more):
    metrics, frame_metrics = results.evaluate(
        predictions, manifest, Rule("mean", 0.5), 2.0, **OPTIONS
    )
    trivial = results.trivial_rows(manifest, **OPTIONS)
    given = {
        "lesson": "03",
        "model": "frame_torch",
        "framework": "torch",
        "profile": "smoke",
        "seed": 0,
        "backbone": "slim",
        "pretrained": "none",
        "train_families": ["blend"],
        "data": DATA,
        "protocol": PROTOCOL,
        "metrics": metrics,
        "frame_metrics": frame_metrics,
        "trivial": trivial,
        "cost": {"parameters": 10, "device": "cpu"},
    }
    return given | more


def test_a_family_row_is_its_fakes_against_all_reals(scored):
    manifest, predictions = scored
    metrics, _ = results.evaluate(
        predictions, manifest, Rule("mean", 0.5), 2.0, **OPTIONS
    )
    assert set(metrics) == {"val", "test"}
    videos = predictions.groupby("video_id")["score"].mean()
    test = manifest[manifest["split"] == "test"]
    for family in ("blend", "disorder"):
        rows = test[test["method"].isin(["real", family])]
        y, s = rows["label"], videos[rows["video_id"]]
        got = metrics["test"][family]
        assert got["auroc"]["value"] == pytest.approx(roc_auc_score(y, s))
        assert got["auprc_fake"]["value"] == pytest.approx(
            average_precision_score(y, s)
        )
        want = log_loss(y, apply_temperature(s, 2.0))
        assert got["log_loss"]["value"] == pytest.approx(want)
    assert metrics["test"]["all"] == metrics["test"]["blend"]
    assert set(metrics["test"]) == {"all", "blend", "disorder"}


def test_all_is_the_families_trained_on(scored):
    manifest, predictions = scored
    both, _ = results.evaluate(
        predictions,
        manifest,
        Rule("mean", 0.5),
        1.0,
        train_families=["blend", "disorder"],
        n_bootstrap=50,
        seed=0,
    )
    test = manifest[manifest["split"] == "test"]
    videos = predictions.groupby("video_id")["score"].mean()[test["video_id"]]
    want = roc_auc_score(test["label"], videos)
    assert both["test"]["all"]["auroc"]["value"] == pytest.approx(want)


def test_frames_are_judged_one_by_one(scored):
    manifest, predictions = scored
    _, frames = results.evaluate(predictions, manifest, MAJORITY, 3.0, **OPTIONS)
    label = manifest.set_index("video_id")["label"]
    rows = predictions.merge(
        manifest[(manifest["split"] == "test") & (manifest["method"] != "disorder")]
    )
    want = roc_auc_score(label[rows["video_id"]], rows["score"])
    assert frames["test"]["all"]["auroc"]["value"] == pytest.approx(want)
    want = log_loss(rows["label"], rows["score"])  # the raw score, not the video's T
    assert frames["test"]["all"]["log_loss"]["value"] == pytest.approx(want)


def test_a_video_model_has_no_frame_metrics(scored):
    manifest, _ = scored
    ids = manifest["video_id"]
    whole = tables.table(ids, np.random.default_rng(0).random(len(ids)))
    _, frames = results.evaluate(whole, manifest, Rule("mean", 0.5), 1.0, **OPTIONS)
    assert frames is None


def test_an_impossible_stratum_is_null_with_a_reason():
    manifest = manifest_of(24)
    lost = (manifest["split"] == "test") & (manifest["method"] == "disorder")
    manifest = manifest[~lost]
    metrics, _ = results.evaluate(
        predict(manifest), manifest, Rule("mean", 0.5), 1.0, **OPTIONS
    )
    assert metrics["test"]["disorder"]["auroc"] == {"value": None, "reason": "no fakes"}
    few = manifest_of(6)
    metrics, _ = results.evaluate(predict(few), few, MAJORITY, 1.0, **OPTIONS)
    entry = metrics["test"]["all"]["accuracy"]
    assert entry["value"] is not None and entry["low"] is None
    assert "2 groups" in entry["reason"]


def test_a_video_outside_the_manifest_is_refused(scored):
    manifest, predictions = scored
    with pytest.raises(ValueError, match="not in the manifest"):
        results.evaluate(
            predictions, manifest.iloc[:-30], Rule("mean", 0.5), 1.0, **OPTIONS
        )


def test_trivial_classifiers_by_hand():
    manifest = manifest_of(30, methods=("blend",) * 4)  # four fakes for two reals
    rows = results.trivial_rows(manifest, **OPTIONS)
    fake, real, coin = (rows[name]["test"]["all"] for name in rows)
    assert tuple(rows) == ("all fake", "all real", "prior coin")
    assert fake["accuracy"]["value"] == pytest.approx(4 / 6)
    assert fake["f1"]["value"] == pytest.approx(0.8)  # a good F1 for never looking
    assert real["accuracy"]["value"] == pytest.approx(2 / 6)
    assert real["precision"] == {"value": None, "reason": "nothing was called fake"}
    for row in (fake, real, coin):
        assert row["auroc"]["value"] == 0.5
        assert row["auprc_fake"]["value"] == pytest.approx(4 / 6)
        assert not any("note" in entry for entry in row.values())
    assert fake["balanced_accuracy"]["value"] == 0.5
    assert 0.3 < coin["accuracy"]["value"] < 0.8  # 4/9 + 1/9 expected
    assert coin["ece"]["value"] == pytest.approx(0)  # it knows the prior exactly
    shuffled = manifest.sample(frac=1, random_state=0)
    assert results.trivial_rows(shuffled, **OPTIONS) == rows


def test_counts_of_scored_videos_show_what_was_dropped(scored):
    manifest, predictions = scored
    kept = predictions[predictions["video_id"] != "p1_2"]  # one fake of val
    before = results.scored_counts(predictions, manifest)
    after = results.scored_counts(kept, manifest)
    assert before["val"]["fake"] - after["val"]["fake"] == 1
    assert before["test"] == after["test"] and "train" not in after


# ---- files


def test_a_result_round_trips(scored, tmp_path):
    given = result_of(*scored)
    path = results.write_result(tmp_path, **given)
    assert path == tmp_path / "results" / "03_frame_torch_0.json"
    (got,) = results.read_results(tmp_path)
    assert json.loads(path.read_text()) == got
    for key in ("metrics", "frame_metrics", "trivial", "data", "protocol"):
        assert got[key] == given[key]
    assert set(got["metrics"]["test"]["all"]) == set(METRICS)
    assert got["cost"]["parameters"] == 10 and got["cost"]["macs"] is None
    assert got["versions"]["python"] and got["finished_at"].endswith("+00:00")
    assert results.read_results(tmp_path / "results") == [got]
    assert "NaN" not in path.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pretrained": "yes"}, "pretrained is not one of"),
        ({"data": DATA | {"kind": "both"}}, "synthetic or real"),
        ({"data": {"kind": "real"}}, "data.name is missing"),
        ({"protocol": PROTOCOL | {"threshold": None}}, "protocol.threshold is None"),
        ({"cost": {"seconds": 3}}, "unknown cost"),
        ({"trivial": {}}, "no trivial classifiers"),
        ({"seed": "0"}, "seed is '0'"),
        ({"metrics": {"train": {"all": {}}}}, "not val or test"),
        ({"metrics": {"val": {"all": {}}}}, "other metrics"),
    ],
)
def test_what_is_not_a_result_is_not_written(scored, tmp_path, change, message):
    with pytest.raises(results.ResultError, match=message):
        results.write_result(tmp_path, **result_of(*scored, **change))
    assert not list(tmp_path.glob("**/*.json"))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"value": None}, "null without a reason"),
        ({"value": 0.5, "low": None, "high": None}, "null without a reason"),
        ({"value": float("nan"), "low": 0, "high": 1}, "not finite"),
    ],
)
def test_a_null_needs_a_reason_and_nan_is_refused(scored, tmp_path, entry, message):
    given = result_of(*scored)
    given["metrics"]["test"]["all"]["auroc"] = entry
    with pytest.raises(results.ResultError, match=message):
        results.write_result(tmp_path, **given)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "bad.json").write_text("{}")
    with pytest.raises(results.ResultError, match=r"bad\.json.*lesson is missing"):
        results.read_results(tmp_path)


def test_table_has_the_trivial_rows_once_and_keeps_kinds_apart(scored):
    one = result_of(*scored) | {"commit": None, "versions": {}, "finished_at": ""}
    two = one | {"seed": 1}
    real = one | {"data": DATA | {"kind": "real", "name": "mine", "split_sha256": "x"}}
    table = results.table([one, two, real])
    assert len(table) == 3 + 2 * 3  # the trivial three for each data set
    assert table.groupby(["kind", "model"]).size()["real", "all fake"] == 1
    assert set(table["kind"]) == {"real", "synthetic"}
    cell = table.query("model == 'frame_torch' and seed == 1")["auroc"].item()
    entry = one["metrics"]["test"]["all"]["auroc"]
    assert cell == f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"
    frames = results.table([one], level="frame", metrics=["precision"])
    assert frames.query("model == 'all real'")["precision"].item() == "n/a"
    numbers = results.tidy([one])
    assert (numbers["value"].isna() <= numbers["reason"].notna()).all()
    assert results.table([]).empty and results.tidy([]).empty


def test_commit_is_null_without_git(tmp_path, monkeypatch):
    from dfstudy.training.results import commit

    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    assert commit() is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    (tmp_path / "file").write_text("1")
    for command in (["init", "-q"], ["add", "file"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    clean = commit()
    assert len(clean) == 40
    (tmp_path / "file").write_text("2")
    assert commit() == f"{clean}-dirty"
