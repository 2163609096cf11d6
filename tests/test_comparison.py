"""Comparison from result files alone: who is compared, on what, and how surely."""

import numpy as np
import pytest
from compared import FAMILIES, manifest, write
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from dfstudy.study import comparison
from dfstudy.study.comparison import chance, front, headline, pairing
from dfstudy.training.schema import ResultError


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three families; one of them as variants alone, one with seeds, and twins."""
    folder = tmp_path_factory.mktemp("runs")
    write(folder, "frame_keras", skill=0.0)
    write(folder, "frame_keras-scratch", skill=2.0, pretrained="none")
    write(folder, "cnn_rnn-lstm", skill=0.3, lesson="06")
    write(folder, "cnn_rnn-gru", skill=2.5, lesson="06")
    for seed in range(3):
        skill = {"blend": 3.0, "disorder, fast": 0.0}
        write(folder, "xception", skill=skill, seed=seed, lesson="09")
    write(
        folder,
        "fusion",
        skill=1.0,
        lesson="10",
        train_families=[*FAMILIES, "mismatch"],
        cost={"parameters": 10, "infer_ms_per_video": 9.0, "device": "cpu"},
    )
    write(folder, "fusion-on-blend", skill=1.0, lesson="10", train_families=["blend"])
    return folder


@pytest.fixture(scope="module")
def one(runs):
    (found,) = comparison.compare(runs, n_bootstrap=200)
    return found


def test_the_headline_has_one_of_each_family(runs, one):
    tested = headline.entries(runs)
    on_val = {entry.model: entry.on_validation for entry in tested}
    best = max(("cnn_rnn-lstm", "cnn_rnn-gru"), key=on_val.get)
    assert set(one.chosen) == {"frame_keras", best, "xception", "fusion"}
    assert set(one.others["name"]) | set(one.chosen) == set(on_val)
    assert one.about["families"] == FAMILIES  # not mismatch: the others never saw it


def test_seeds_of_a_detector_are_one_row(one):
    row = one.quality.set_index("name").loc["xception"]
    assert row["seeds"] == 3
    videos = one.videos
    each = [
        roc_auc_score(videos["label"], s)
        for s in one.chosen["xception"].values(videos["video_id"])
    ]
    assert row["auroc"] == pytest.approx(np.mean(each))
    assert row["auroc_low"] < row["auroc"] < row["auroc_high"]


def test_other_metrics_are_those_of_the_verdicts(one):
    for name in ("frame_keras", "fusion"):
        (table,) = one.chosen[name].split("test")
        right = balanced_accuracy_score(table["label"], table["called"])
        row = one.quality.set_index("name").loc[name]
        assert row["balanced_accuracy"] == pytest.approx(right)
        assert row["balanced_accuracy_low"] <= right <= row["balanced_accuracy_high"]


def test_trivial_rows_are_in_the_table(one):
    trivial = one.quality[one.quality["trivial"]].set_index("name")
    assert set(trivial.index) == {"all fake", "all real", "prior coin"}
    assert trivial["auroc"].tolist() == [0.5] * 3
    assert trivial.loc["all fake", "accuracy"] == pytest.approx(4 / 6)


def test_differences_are_of_the_table_and_can_be_found_after_holm(one):
    auroc = one.quality.set_index("name")["auroc"]
    assert len(one.differences) == 6
    for row in one.differences.itertuples():
        assert row.value == pytest.approx(auroc[row.first] - auroc[row.second])
        assert row.p_holm >= row.p
    pair = one.differences.set_index(["first", "second"])
    (gap,) = [
        row
        for key, row in pair.iterrows()
        if set(key) == {"frame_keras", "cnn_rnn-gru"}
    ]
    assert gap["p_holm"] < 0.05


def test_the_matrix_is_a_kind_against_all_reals(one):
    cell = one.matrix.set_index(["name", "kind"]).loc[("frame_keras", "blend")]
    (table,) = one.chosen["frame_keras"].split("test")
    some = table[table["kind"].isin(["real", "blend"])]
    assert cell["value"] == pytest.approx(roc_auc_score(some["label"], some["score"]))
    assert cell["n"] == (some["label"] == 1).sum()
    seen = one.matrix.set_index(["name", "kind"])["value"]
    assert seen["xception", "blend"] > 0.9 > seen["xception", "disorder, fast"]


def test_a_kind_that_one_alone_has_scored_is_in_the_matrix(tmp_path):
    kinds = ("blend", "mismatch")
    videos = manifest(30, kinds)
    without = tuple(videos.loc[videos["kind"] == "mismatch", "video_id"])
    common = {"videos": videos, "skill": {"blend": 1.0, "mismatch": 2.0}}
    write(tmp_path, "frame_keras", without=without, train_families=["blend"], **common)
    write(tmp_path, "fusion", train_families=list(kinds), **common)
    (one,) = comparison.compare(tmp_path, n_bootstrap=50)
    cells = one.matrix.set_index(["name", "kind"])
    assert cells["value"]["fusion", "mismatch"] > 0.7
    assert np.isnan(cells["value"]["frame_keras", "mismatch"])
    assert "not scored" in cells["reason"]["frame_keras", "mismatch"]
    assert not cells["learned"]["frame_keras", "mismatch"]
    assert one.about["videos"] == one.about["scored"] == 30  # the headline: blend


def test_who_has_learned_nothing_that_others_have_does_not_empty_the_table(tmp_path):
    """As fusion, while lesson 10 has trained it on mismatches alone."""
    kinds = ("blend", "flicker", "mismatch")
    videos = manifest(30, kinds)
    skill = {"blend": 1.0, "flicker": 0.0, "mismatch": 2.0}
    two = {"train_families": ["blend", "flicker"]}
    write(tmp_path, "fusion", videos=videos, skill=skill, train_families=["mismatch"])
    write(tmp_path, "frame_keras", videos=videos, skill=skill, **two)
    write(tmp_path, "xception", videos=videos, skill=skill, train_families=["blend"])
    (one,) = comparison.compare(tmp_path, n_bootstrap=50)
    assert set(one.chosen) == {"frame_keras", "xception"}
    assert one.about["families"] == ["blend"]
    assert one.quality["auroc"].notna().all()
    assert one.others["name"].tolist() == ["fusion"]
    cells = one.matrix.set_index(["name", "kind"])["value"]
    assert cells["fusion", "mismatch"] > 0.7  # what it sees is in the matrix


def test_only_videos_that_all_have_scored(tmp_path):
    gone = ("p02_0", "p05_3")
    write(tmp_path, "frame_keras")
    write(tmp_path, "xception", without=gone)
    (found,) = comparison.compare(tmp_path, n_bootstrap=50)
    assert not set(gone) & set(found.videos["video_id"])
    assert found.about["scored"] - found.about["videos"] == 2


def test_synthetic_and_real_are_never_in_one_table(tmp_path):
    write(tmp_path, "frame_keras")
    write(tmp_path, "xception")
    write(tmp_path, "cnn_3d", split="two", kind="real")
    both = comparison.compare(tmp_path, n_bootstrap=50)
    assert [c.about["kind"] for c in both] == ["synthetic", "real"]
    names = [set(c.quality.query("not trivial")["name"]) for c in both]
    assert names == [{"frame_keras", "xception"}, {"cnn_3d"}]
    assert all(c.about["kind"] in c.stamp and c.about["date"] in c.stamp for c in both)


def test_another_split_is_another_table(tmp_path):
    write(tmp_path, "frame_keras")
    write(tmp_path, "frame_torch", split="two", videos=manifest(24))
    assert [len(c.chosen) for c in comparison.compare(tmp_path)] == [1, 1]


def test_too_few_groups_have_values_without_intervals(tmp_path):
    few = manifest(9)
    write(tmp_path, "frame_keras", videos=few)
    write(tmp_path, "xception", videos=few)
    (found,) = comparison.compare(tmp_path)
    rows = found.quality.query("not trivial")
    assert rows["auroc"].notna().all() and rows["auroc_low"].isna().all()
    assert rows["reason"].str.contains("3 groups").all()
    assert found.differences["p_holm"].isna().all()


def test_one_class_has_no_auroc_and_says_so(tmp_path):
    reals = manifest(30, kinds=())
    write(
        tmp_path, "frame_keras", videos=reals, kind="real", train_families=["unknown"]
    )
    (found,) = comparison.compare(tmp_path)
    assert found.chosen == {} and "missing" in found.others["reason"].iloc[0]
    assert found.differences.empty and found.matrix.empty


def test_a_run_without_results_has_nothing_to_compare(tmp_path):
    (tmp_path / "split_proof.json").write_text("{}")  # what every run has, is no result
    assert comparison.compare(tmp_path) == []


def test_missing_predictions_are_named(tmp_path):
    write(tmp_path, "frame_keras")
    next((tmp_path / "predictions").iterdir()).unlink()
    with pytest.raises(ResultError, match="run lesson 03 again"):
        comparison.compare(tmp_path)


def test_pareto():
    cost, quality = [1, 2, 3, 2, np.nan], [0.6, 0.8, 0.7, 0.8, 0.9]
    assert front.pareto(cost, quality).tolist() == [True, True, False, True, False]
    assert front.pareto([], []).size == 0


def test_costs_and_their_front(one):
    cost = one.cost.set_index("name")
    assert cost["parameters"]["fusion"] == 10 and cost["front_parameters"]["fusion"]
    assert not cost["front_parameters"]["frame_keras"]
    assert np.isnan(cost["macs"]).all() and not cost["front_macs"].any()


def test_equal_detectors_are_told_apart_by_chance_alone():
    table = chance.by_chance(reals=60, fakes=60, detectors=7, repeats=300, seed=1)
    assert (table["pairs"] == 21).all()
    # Each pair alone errs in 5 %; of many, one or the other mostly does; Holm repairs.
    assert table["found"].mean() / 21 == pytest.approx(0.05, abs=0.02)
    assert (table["found"] > 0).mean() > 0.25
    assert (table["found_holm"] > 0).mean() < 0.08


def test_pairing_is_worth_something(tmp_path):
    """Two that find the same people hard: their difference is known better."""
    videos = manifest(60)
    luck = np.random.default_rng(0).normal(size=60)
    hard = dict(zip(sorted(videos["group"].unique()), luck, strict=True))
    for model, skill in (("frame_keras", 1.0), ("xception", 1.2)):
        write(tmp_path, model, videos=videos, skill=skill, hard=hard)
    (one,) = comparison.compare(tmp_path, n_bootstrap=100)
    rows = pairing.paired_and_not(one)
    width = (rows["high"] - rows["low"]).to_numpy()
    assert width[0] < 0.8 * width[1]
    whole = one.quality.set_index("name")["auroc"]
    gap = abs(whole["xception"] - whole["frame_keras"])
    assert rows["value"].tolist() == pytest.approx([gap, gap])
    assert rows["low"][0] <= gap <= rows["high"][0]


def test_one_detector_has_no_pair(tmp_path):
    write(tmp_path, "frame_keras")
    (one,) = comparison.compare(tmp_path, n_bootstrap=20)
    rows = pairing.paired_and_not(one)
    assert rows["value"].isna().all()
    assert (rows["reason"] == "fewer than two detectors").all()
