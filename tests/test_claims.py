"""The scorecard: planted differences are found, nothing is made up."""

from dataclasses import replace

import numpy as np
import planted
import pytest

from dfstudy.study.claims import CLAIMS, printed_table, scorecard
from dfstudy.study.claims.claim import Claim, Detector, Difference, Reaches

GOOD, BAD = Detector("09", "good"), Detector("09", "bad")
COLUMNS = ["claim", "paper", "source", "printed", "ours", "about", "verdict", "why"]


def claim(test, *, about="laboratory", paper="S3", name="a claim"):
    return Claim(
        claim=name, paper=paper, source="here", printed="-", about=about, test=test
    )


@pytest.fixture(scope="module")
def facts():
    return planted.videos(groups=60)


@pytest.fixture(scope="module")
def runs(facts, tmp_path_factory):
    made = {("09", "bad", 0): planted.scores(facts, apart=0.3)}
    for seed in range(3):
        made["09", "good", seed] = planted.scores(facts, apart=1.6, seed=seed)
        made["09", "twin", seed] = planted.scores(facts, apart=1.6, seed=seed + 10)
        # Sure of the person, and of nothing else.
        person = np.random.default_rng(seed).random(60)
        own = np.random.default_rng(seed + 9).random(len(facts)) / 100
        made["09", "none", seed] = (
            person[facts["group"].str[1:].astype(int)] * 0.9 + own
        )
    made["08", "long-4", 0] = planted.scores(facts, apart=0.2)
    made["08", "long-16", 0] = planted.scores(facts, apart=1.6)
    return planted.write(tmp_path_factory.mktemp("runs"), facts, made)


def verdict(runs, test, **more):
    (row,) = scorecard(runs, claims=[claim(test, **more)]).to_dict("records")
    return row["verdict"], row["why"], row["ours"]


def test_a_planted_difference_is_supported_in_the_laboratory(runs):
    told, why, ours = verdict(runs, Difference(first=GOOD, second=BAD, least=0.1))
    assert told == "supported in the laboratory"
    assert "after Holm" in why and ours.startswith("AUROC 0.7")


def test_the_other_direction_is_not(runs):
    told, why, _ = verdict(runs, Difference(first=BAD, second=GOOD))
    assert told == "not supported in the laboratory" and "other way" in why
    told, *_ = verdict(runs, Difference(first=BAD, second=GOOD, sign=-1))
    assert told == "supported in the laboratory"


def test_a_small_difference_is_not_the_large_one_that_is_claimed(runs):
    twins = Difference(first=GOOD, second=Detector("09", "twin"), least=0.2)
    told, why, _ = verdict(runs, twins)
    assert told == "not supported in the laboratory" and "leaves out 0.2" in why
    told, why, _ = verdict(runs, replace(twins, least=0.001))
    assert told == "cannot be told here" and "too few" in why


def test_the_same_as_chance(runs):
    nothing = Detector("09", "none")
    told, why, ours = verdict(runs, Difference(first=nothing, second=None, sign=0))
    assert told == "supported in the laboratory", why
    assert "against chance" in ours
    told, why, _ = verdict(runs, Difference(first=GOOD, second=None, sign=0))
    assert told == "not supported in the laboratory" and "differ" in why


def test_few_videos_tell_nothing(facts, tmp_path):
    few = facts[facts["group"] < "g012"]
    made = {
        ("09", name, 0): planted.scores(few, apart=apart, seed=i)
        for i, (name, apart) in enumerate({"good": 0.5, "bad": 0.4}.items())
    }
    runs = planted.write(tmp_path, few, made)
    told, why, _ = verdict(runs, Difference(first=GOOD, second=BAD))
    assert told == "cannot be told here" and "too few videos" in why
    told, why, _ = verdict(runs, Difference(first=GOOD, second=None, kinds=("gone",)))
    assert told == "cannot be told here" and "gone come from 0 groups" in why


def test_longest_and_shortest_clips(runs):
    long = Detector("08", r"long-(\d+)")
    test = Difference(first=long, second=replace(long, most=False))
    told, _, ours = verdict(runs, test)
    assert told == "supported in the laboratory" and "AUROC 0.7" in ours
    told, why, _ = verdict(runs, replace(test, second=replace(long)))
    assert told == "cannot be told here" and "only one length" in why


def test_a_missing_result_names_its_lesson(runs):
    told, why, _ = verdict(runs, Difference(first=Detector("07", "x"), second=BAD))
    assert told == "cannot be told here" and "no result of x: run lesson 07" in why


def test_verdicts_are_metrics_of_verdicts(runs, facts):
    """A share of reals called real, at a threshold, against counting it."""
    test = Difference(first=GOOD, second=BAD, metric="recall_real", threshold=0.6)
    *_, ours = verdict(runs, test)
    reals = (facts["label"] == 0) & (facts["split"] == "test")
    shares = [
        np.mean([(planted.scores(facts, **kw)[reals] < 0.6).mean() for kw in some])
        for some in (
            [{"apart": 1.6, "seed": s} for s in range(3)],
            [{"apart": 0.3}],
        )
    ]
    assert f"{shares[0]:.2f} against {shares[1]:.2f}" in ours


def test_holm_counts_all_claims(runs):
    """What one test finds, eight tests together must not."""
    test = Difference(first=Detector("09", "twin"), second=GOOD, sign=1)
    alone = scorecard(runs, claims=[claim(test)])["why"][0]
    among = scorecard(runs, claims=[claim(test)] * 8)["why"][0]
    p = [float(why.split("p = ")[1].split(" ")[0]) for why in (alone, among)]
    assert p[1] == pytest.approx(min(1, 8 * p[0]), rel=0.05)


@pytest.mark.parametrize(
    ("about", "more", "lacks"),
    [
        ("architecture", {"backbone": "slim"}, "slim stand-in"),
        ("architecture", {"backbone": "xception"}, "paper's pretraining"),
        ("architecture", {"backbone": "xception", "pretrained": "imagenet"}, "real"),
        (
            "world",
            {"backbone": "x", "pretrained": "imagenet", "kind": "real"},
            "paper's data",
        ),
    ],
)
def test_architecture_and_world_need_the_papers_own(
    facts, tmp_path, about, more, lacks
):
    made = {
        ("09", "good", 0): planted.scores(facts),
        ("09", "bad", 0): 0.5 * facts["label"],
    }
    runs = planted.write(tmp_path, facts, made, **more)
    told, why, _ = verdict(runs, Difference(first=GOOD, second=None), about=about)
    assert told == "cannot be told here" and lacks in why


def test_with_the_papers_own_the_world_is_asked(facts, tmp_path):
    real = facts.assign(dataset="dfdc")
    made = {("09", "good", 0): planted.scores(facts, apart=3.0)}
    more = {"backbone": "xception", "pretrained": "imagenet", "kind": "real"}
    runs = planted.write(tmp_path, real, made, **more)
    for value, expected in ((0.9, "supported"), (0.999, "not supported")):
        test = Reaches(detector=GOOD, field="auroc", value=value)
        assert verdict(runs, test, about="world")[0] == expected
    test = Reaches(detector=GOOD, field="real_time_factor", value=1.0, at_most=True)
    assert verdict(runs, test, about="architecture")[0] == "supported"
    test = replace(test, value=0.1)
    assert verdict(runs, test, about="architecture")[0] == "not supported"


def test_all_claims_are_told_of_an_empty_run(tmp_path):
    (tmp_path / "results").mkdir()
    table = scorecard(tmp_path)
    assert table.columns.tolist() == COLUMNS and len(table) == len(CLAIMS) >= 15
    assert set(table["verdict"]) == {"cannot be told here"}
    assert set(table["paper"]) == {"S0", "S1", "S2", "S3", "S4"}
    assert table["why"].str.len().min() > 0 and table["source"].str.len().min() > 0


def test_two_data_sets_are_not_mixed(runs, facts, tmp_path):
    import shutil

    both = shutil.copytree(runs, tmp_path / "runs")
    for path in (both / "results").glob("09_bad*"):
        path.write_text(path.read_text().replace('"planted"', '"another"'))
    with pytest.raises(ValueError, match="another, planted"):
        scorecard(both)
    test = claim(Difference(first=GOOD, second=BAD))
    table = scorecard(both, split_sha256="planted", claims=[test])
    assert "no result of bad" in table["why"][0]


def test_a_part_of_a_data_set_is_no_other_one(facts, tmp_path):
    """Lesson 10 trains one detector on some of the kinds only."""
    some = facts[facts["kind"].isin(["real", "blend"])]
    planted.write(tmp_path, facts, {("09", "bad", 0): planted.scores(facts, apart=0)})
    good = {("09", "good", 0): planted.scores(some, apart=3.0)}
    planted.write(tmp_path, some, good, split="part")
    told, *_ = verdict(tmp_path, Difference(first=GOOD, second=BAD))
    assert told == "supported in the laboratory"
    moved = some.assign(split=some["split"].map({"val": "test", "test": "val"}))
    planted.write(tmp_path, moved, good, split="part")
    with pytest.raises(ValueError, match="say which"):
        scorecard(tmp_path)


def test_names_in_the_claims_are_names_of_results():
    """A renamed variant would make a claim silent for ever."""
    from dfstudy.models import resnext_lstm
    from dfstudy.training.fitted import Variant

    wanted = {
        detector
        for one in CLAIMS
        for detector in (
            getattr(one.test, name, None) for name in ("first", "second", "detector")
        )
        if detector is not None
    }
    names = {
        "03": ["frame_keras", "frame_torch"],
        "04": [f"two_stream_frame-{Variant(look={'flow': 'apart'}).name}"],
        "05": [
            "two_stream_video",
            f"two_stream_video-{Variant(loss={'alpha': 0.0, 'beta': 1.0}).name}",
        ],
        "06": [f"cnn_rnn-{Variant(shape={'cell': 'lstm'}).name}"],
        "07": ["cnn_3d"],
        "08": [
            f"resnext_lstm-{Variant(look={'frames': 16}, shape=shape).name}"
            for shape in resnext_lstm.ABLATION.values()
        ],
        "09": [
            "xception",
            f"xception-{Variant(augmentation='s3_jpeg').name}",
            f"xception-{Variant(loss={'gamma': 2.0}).name}",
            "xception-"
            + Variant(shape={"backbone": "efficientnet_b3", "gradual": True}).name,
            "xception_lstm",
            f"xception_lstm-{Variant(shape={'reader': 'mean'}).name}",
        ],
        "10": [
            "fusion",
            *(
                f"fusion-{variant.name}"
                for variant in (
                    Variant(misquoted=0, families=("mismatch",)),
                    Variant(shape={"inputs": "video"}, families=("mismatch",)),
                    Variant(look={"clip": "guided"}, families=("blend", "mismatch")),
                    Variant(families=("blend", "mismatch")),
                )
            ),
        ],
    }
    import re

    for detector in wanted:
        assert any(re.fullmatch(detector.model, n) for n in names[detector.lesson]), (
            detector
        )


def test_the_printed_table_keeps_levels_and_splits_apart():
    table = printed_table()
    assert set(table["level"]) == {"frame", "video"}
    assert set(table["split"]) == {"val", "test", "validation = test"}
    assert table["value"].between(0, 1).all()
    s4 = table[table["paper"] == "S4"]
    assert set(s4["split"]) == {"validation = test"}
    best = table[table["note"].str.startswith("best of five")]
    assert len(best) == 20 and set(best["split"]) == {"validation = test"}
    assert not table.duplicated(["paper", "detector", "level", "split", "metric"]).any()
