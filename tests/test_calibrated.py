"""Before and after the temperature, promised and kept coverage; figures of both."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from dfstudy.metrics import calibration, conformal
from dfstudy.report import calibration as figures
from dfstudy.study import calibrated


def videos(seed=0, groups=48, sharp=4.0, shift=0.0):
    """Two reals and two fakes of each group; scores too sure by a factor `sharp`."""
    rng = np.random.default_rng(seed)
    label = np.tile([0, 0, 1, 1], groups)
    # With a variance of twice the mean these are the log-odds of the label themselves.
    odds = 1.5 * (2 * label - 1) + rng.normal(0, 3**0.5, label.size) + shift
    return pd.DataFrame(
        {
            "label": label,
            "group": np.repeat([f"g{i}" for i in range(groups)], 4),
            "score": expit(sharp * odds),
            "probability": expit(odds),
        }
    )


def test_quality_is_each_metric_before_and_after():
    table = videos()
    got = calibrated.quality({"test": table}, n_bootstrap=200, seed=1)
    at = got.set_index(["metric", "temperature"])
    for column, when in (("score", "before"), ("probability", "after")):
        y, p = table["label"], table[column]
        assert at.loc[("ece", when), "value"] == pytest.approx(calibration.ece(y, p))
        assert at.loc[("brier", when), "value"] == pytest.approx(
            calibration.brier(y, p)
        )
        losses = calibration.log_losses(y.to_numpy(), p.to_numpy())
        assert at.loc[("log_loss", when), "value"] == pytest.approx(losses.mean())
    assert (at["low"] < at["high"]).all() and (got["n"] == 192).all()
    for metric in ("ece", "brier", "log_loss"):  # too sure is worse by each
        assert at.loc[(metric, "before"), "value"] > at.loc[(metric, "after"), "value"]


def test_coverage_is_kept_and_lost():
    val, test = videos(seed=1, groups=24), videos(seed=2)
    limits = conformal.calibrate(val["label"], val["probability"], alpha=0.1)
    tables = {"test": test, "shifted": videos(seed=3, shift=2.5)}
    got = calibrated.coverage(tables, limits, n_bootstrap=200)
    at = got.set_index(["of", "class", "metric"])["value"]
    for name in ("real", "fake"):
        assert at["test", name, "coverage"] > 0.8
        shares = [at["test", name, said] for said in conformal.VERDICTS]
        assert sum(shares) == pytest.approx(1)
    keeps = at["test", "real", "real"] + at["test", "real", "cannot tell"]
    assert at["test", "real", "coverage"] == pytest.approx(keeps)
    assert at["shifted", "real", "coverage"] < 0.6  # reals that look like fakes
    row = got.query("of == 'test' and metric == 'coverage'").iloc[0]
    assert row["low"] < row["value"] < row["high"] and row["n"] == 96


def test_one_class_is_no_error():
    reals = videos().query("label == 0")
    limits = conformal.Limits(alpha=0.1, real_up_to=0.8, fake_from=0.3)
    got = calibrated.coverage({"reals": reals}, limits, n_bootstrap=20)
    fakes = got.query("`class` == 'fake'")
    assert fakes["value"].isna().all() and (fakes["n"] == 0).all()
    assert set(fakes["reason"]) == {"there are no such videos"}


def test_the_diagram_shows_counts_and_shares():
    table = videos()
    given = {w: (table["label"], table[c]) for c, w in calibrated.WHEN.items()}
    fig = figures.reliability(given, title="test")
    before, after, counts, _ = fig.get_axes()
    bins = calibration.reliability(table["label"], table["score"])
    np.testing.assert_allclose(before.get_lines()[-1].get_ydata(), bins["fake_share"])
    assert sum(int(t.get_text()) for t in counts.texts) == len(table)
    ece = calibration.ece(table["label"], table["probability"])
    assert f"ECE {ece:.2f}" in after.get_title()


def test_bars_of_verdicts_fill_the_whole():
    test = videos(seed=2)
    limits = conformal.calibrate(test["label"], test["probability"])
    table = calibrated.coverage({"test": test}, limits, n_bootstrap=50)
    fig = figures.verdicts(table, promised=0.9)
    (ax,) = fig.get_axes()
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["test, reals", "test, fakes"]
    widths = {}
    for bar in ax.patches:
        y = round(bar.get_y() + bar.get_height() / 2)
        widths[y] = widths.get(y, 0) + bar.get_width()
    assert list(widths.values()) == pytest.approx([1, 1])
    assert "90%" in (ax.get_title() + ax.get_title(loc="left")).replace(" ", "")
