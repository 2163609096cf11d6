"""Several runs of one detector: means, bests, their intervals, and how much is luck."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dfstudy.report import repeats as figures
from dfstudy.study import repeats
from dfstudy.study.repeats import Spread


def videos(shift, *, groups=20, noise=0, seed=0, common=0):
    """One run's videos: per group two reals and three fakes, whose mean score is higher
    by `shift`; `common` is what all runs share, `noise` is a run's own."""
    shared = np.random.default_rng(common)
    own = np.random.default_rng([seed, 7])
    n = 5 * groups
    labels = np.tile([0, 0, 1, 1, 1], groups)
    logits = shift * labels + shared.normal(size=n) + noise * own.normal(size=n)
    return pd.DataFrame(
        {
            "video_id": [f"v{i:03d}" for i in range(n)],
            "label": labels,
            "group": np.repeat([f"g{i}" for i in range(groups)], 5),
            "score": 1 / (1 + np.exp(-logits)),
            "called": (logits > shift / 2).astype(int),
        }
    )


def auroc(run):
    return roc_auc_score(run["label"], run["score"])


def test_the_value_is_the_mean_of_the_runs_and_the_interval_holds_it():
    runs = [videos(1.0, noise=0.5, seed=s) for s in range(3)]
    entry = repeats.interval(runs, n_bootstrap=300)
    assert entry["value"] == pytest.approx(np.mean([auroc(run) for run in runs]))
    assert entry["low"] < entry["value"] < entry["high"]


def test_the_order_of_the_rows_does_not_matter():
    runs = [videos(1.0, noise=0.5, seed=s) for s in range(3)]
    mixed = [run.sample(frac=1, random_state=1) for run in runs]
    assert repeats.interval(runs, n_bootstrap=50) == repeats.interval(
        mixed, n_bootstrap=50
    )


def test_runs_that_differ_have_a_wider_interval():
    def width(shifts):
        runs = [videos(shift) for shift in shifts]
        entry = repeats.interval(runs, n_bootstrap=500)
        return entry["high"] - entry["low"]

    assert width([0.2, 1.0, 2.4]) > 1.5 * width([1.0, 1.0, 1.0])


def test_of_equal_runs_it_is_the_group_bootstrap():
    from dfstudy.metrics.intervals import group_bootstrap

    run = videos(1.0)
    theirs = group_bootstrap(
        run["label"], run["score"], run["group"], threshold=0.5, n=400, seed=3
    )["auroc"]
    ours = repeats.interval([run, run, run], n_bootstrap=400, seed=3)
    assert ours == pytest.approx(theirs, abs=0.02)


def test_few_runs_scatter_as_much_as_they_do():
    """Variance over seeds alone is that of a mean of R runs: s^2 / R, not less."""
    values = [0.6, 0.7, 0.8, 0.95]
    picks = np.array(list(itertools.product(values, repeat=3)))  # R - 1 = 3 of 4
    assert picks.mean(axis=1).var() == pytest.approx(np.var(values, ddof=1) / 4)


def test_what_cannot_be_told_has_a_reason():
    few = [videos(1.0, groups=3) for _ in range(2)]
    entry = repeats.interval(few)
    assert entry["value"] is not None and entry["low"] is None
    assert "groups" in entry["reason"]
    reals = [run[run["label"] == 0] for run in few]
    assert repeats.interval(reals)["value"] is None
    assert repeats.interval_of_best(reals)["value"] is None
    with pytest.raises(ValueError, match="no runs"):
        repeats.interval([])
    with pytest.raises(ValueError, match="different videos"):
        repeats.interval([few[0], few[0].iloc[:-1]])


def test_the_best_is_the_best_and_its_interval_knows_no_other_seed():
    runs = [videos(shift) for shift in (0.3, 1.5, 0.6)]
    entry = repeats.interval_of_best(runs, n_bootstrap=300)
    assert entry["value"] == pytest.approx(max(auroc(run) for run in runs))
    assert entry == repeats.interval_of_best(runs[1:2], n_bootstrap=300)


def test_a_summary_has_a_row_an_experiment():
    table = repeats.summary(
        {
            "far": [videos(shift, groups=60) for shift in (0.1, 0.2, 3.0)],
            "near": [videos(1.0, noise=0.1, seed=s) for s in range(3)],
            "one": [videos(1.0)],
        },
        n_bootstrap=200,
    ).set_index("name")
    assert table["outside"].tolist() == [True, False, False]
    assert np.isnan(table.loc["one", "sd"]) and table.loc["far", "sd"] > 0.1
    assert (table["best"] >= table["mean"]).all()
    assert table["runs"].tolist() == [3, 3, 1]


def test_a_summary_without_fakes_says_so():
    run = videos(1.0)
    table = repeats.summary({"none": [run[run["label"] == 0]] * 2}, n_bootstrap=20)
    assert table["mean"].isna().all() and table["reason"].notna().all()
    assert not table["outside"].any()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_best_of_n_is_the_mean_over_all_choices(n):
    values = [0.8, 0.91, 0.85, 0.7, 0.88]
    every = [max(some) for some in itertools.combinations(values, n)]
    assert repeats.best_of(values, n) == pytest.approx(np.mean(every))
    for wrong in (0, 6):
        with pytest.raises(ValueError, match="best of"):
            repeats.best_of(values, wrong)


def test_the_best_of_five_normals_is_known():
    assert repeats.best_of_normals(1) == pytest.approx(0, abs=0.01)
    assert repeats.best_of_normals(5) == pytest.approx(1.16296, abs=0.01)


def test_runs_that_only_guess_differently_are_luck():
    """Noise of a run's own on few people; on others it would be another."""
    runs = {
        s: [videos(1.0, noise=1.5, seed=10 * s + r) for r in range(3)] for s in range(6)
    }
    why = repeats.spread(runs, n_bootstrap=300)
    assert why.luck > 0.02 and why.skill < why.luck


def test_runs_that_are_better_are_skill():
    runs = {0: [videos(shift, groups=80) for shift in (0.2, 1.0, 2.5)]}
    why = repeats.spread(runs, n_bootstrap=300)
    assert why.skill > 3 * why.luck


def test_a_spread_needs_two_runs_of_one_experiment():
    with pytest.warns(UserWarning, match="two runs"):
        why = repeats.spread({"a": [videos(1.0)], "b": [videos(1.0, groups=2)] * 2})
    assert np.isnan(why.skill) and np.isnan(why.luck)
    assert repeats.simulate(3, why)["claimed"].isna().all()


def test_choosing_on_test_claims_more_than_is_true():
    table = repeats.simulate(6, Spread(skill=0.02, luck=0.03)).set_index("n")
    assert table.loc[1].abs().max() < 0.002
    assert (np.diff(table["claimed"]) > 0).all()
    assert (table["claimed"] > table["true"]).loc[2:].all()
    # The claim grows as the highest of n normals of the whole spread.
    whole = np.hypot(0.02, 0.03)
    assert table.loc[5, "claimed"] == pytest.approx(1.163 * whole, rel=0.03)
    # What validation chose is measured without a bias, and is as good as test's choice.
    assert table["honest"].loc[5] == pytest.approx(table["true"].loc[5], abs=0.002)


def test_all_luck_leaves_nothing_true():
    table = repeats.simulate(5, Spread(skill=0.0, luck=0.03))
    assert table["true"].abs().max() == 0 and table["honest"].abs().max() < 0.002


def test_who_chooses_what():
    told = repeats.chosen_by([0.9, 0.8, 0.7], [0.6, 0.9, 0.75])
    assert list(told.values()) == pytest.approx([0.75, 0.9, 0.6])


def test_s3s_table_leaves_out_its_own_means():
    table = repeats.s3_table().set_index(["metric", "name"])
    aurocs = table.loc["AUROC"]
    assert aurocs["outside"].sum() == 3
    assert not aurocs.loc[["E2 + JPEG", "E4 EfficientNet-B3"], "outside"].any()
    assert len(table) == 20 and table["low"].notna().sum() == 15
    assert aurocs.loc["E1 Xception", "sd"] == pytest.approx(0.07 / 1.163, rel=0.02)
    # The focal loss is said to have a lower EER than EfficientNet-B3.
    eer = table.loc["EER"]["mean"]
    assert eer["E3 + focal loss"] > eer["E4 EfficientNet-B3"]


def test_every_run_is_in_the_figures():
    runs = {name: [videos(1.0, noise=1, seed=s) for s in range(2)] for name in "ab"}
    table = repeats.summary(runs, n_bootstrap=50)
    aurocs = {name: [auroc(run) for run in some] for name, some in runs.items()}
    fig = figures.strips(table, aurocs)
    dots = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    assert (
        sum(len(line.get_xdata()) for line in dots if len(line.get_xdata()) == 2) == 4
    )
    history = pd.DataFrame(
        {
            "epoch": [0, 1],
            **{
                name: [0.5, 0.6]
                for name in (
                    "train_loss",
                    "val_loss",
                    "train_accuracy",
                    "val_accuracy",
                    "val_auroc",
                )
            },
        }
    )
    fig = figures.curves({name: [history, history] for name in "ab"}, title="All")
    assert len(fig.axes) == 6
    assert sum(len(line.get_xdata()) == 2 for line in fig.axes[0].lines) == 4
    fig = figures.confusions({"a": runs["a"], "b": runs["b"][:1]}, title="All")
    texts = [text.get_text() for ax in fig.axes for text in ax.texts]
    assert sum(map(int, texts)) == 300
