"""A class hands in its guesses; they stand beside detectors of the same forgeries."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import planted
import pytest

from dfstudy.course import classroom
from dfstudy.metrics.readers import readers_auroc
from dfstudy.report import classes


@pytest.fixture
def study(tmp_path):
    data = SimpleNamespace(name="tiny-set", kind="synthetic")
    return SimpleNamespace(runs=tmp_path / "laptop", seed=0, data=data)


@pytest.fixture
def clips():
    methods = ["real"] * 6 + ["blend"] * 3 + ["disorder"] * 3
    return pd.DataFrame(
        {
            "video_id": [f"v{i:02}" for i in range(12)],
            "group": [f"g{i:02}" for i in range(12)],
            "method": methods,
            "label": [int(method != "real") for method in methods],
            "path": "/somewhere/with/a/name.mp4",
        }
    )


def detector(families, values):
    """What `compared` reads of an entry of lesson 11."""
    rows = {
        name: {"auroc": {"value": value, "low": value - 0.1, "high": value + 0.1}}
        for name, value in values.items()
    }
    first = {
        "metrics": {"test": rows},
        "profile": "laptop",
        "seed": 0,
        "data": {"kind": "synthetic"},
        "finished_at": "2026-01-02T03:04:05+00:00",
    }
    return SimpleNamespace(trained_on=families, first=first)


def test_the_clips_have_all_kinds_and_as_many_people_as_they_can():
    videos = pd.DataFrame(
        [
            {"video_id": f"{g}{kind}", "group": f"g{g}", "method": kind}
            | {"label": int(kind != "real")}
            for g in range(12)
            for kind in ("real", "blend", "disorder", "flicker", "partial", "mismatch")
        ]
    )
    for seed in range(5):
        picked = classroom.pick(videos, each=6, seed=seed)
        fakes = picked[picked["label"] == 1]
        assert list(picked["label"].value_counts()) == [6, 6]
        assert sorted(fakes["method"].value_counts()) == [1, 1, 1, 1, 2]
        assert picked["group"].nunique() == 12
        assert picked["video_id"].is_unique
        assert picked.equals(classroom.pick(videos, each=6, seed=seed))
    orders = {tuple(classroom.pick(videos, each=6, seed=s)["label"]) for s in range(5)}
    assert len(orders) > 1


def test_of_few_clips_all_are_picked(clips):
    few = clips[clips["group"].isin(["g00", "g07", "g08"])]
    picked = classroom.pick(few, each=6, seed=0)
    assert sorted(picked["video_id"]) == ["v00", "v07", "v08"]
    unknown = classroom.pick(few.assign(method=None), each=6, seed=0)
    assert len(unknown) == 3 and unknown["method"].isna().all()


def test_what_is_handed_in_comes_back_without_a_name_or_a_path(study, clips):
    guesses = np.linspace(0, 1, 12)
    path = classroom.hand_in(clips, guesses, study)
    assert path.parent == classroom.folder(study)
    table = classroom.collect(path.parent)
    assert list(table.columns) == list(classroom.COLUMNS)
    assert np.allclose(table["guess"], guesses)
    assert list(table["video_id"]) == list(clips["video_id"])
    assert table["student"].nunique() == 1
    assert "/somewhere" not in path.read_text(encoding="utf-8")


def test_guessing_again_replaces_and_other_clips_add(study, clips):
    classroom.hand_in(clips, [0.1] * 12, study)
    path = classroom.hand_in(clips, [0.9] * 12, study)
    assert set(classroom.collect(path.parent)["guess"]) == {0.9}
    study.seed = 1
    classroom.hand_in(clips.assign(video_id="w" + clips["video_id"]), [0.5] * 12, study)
    table = classroom.collect(path.parent)
    assert len(table) == 24 and table["student"].nunique() == 1


def test_a_folder_of_many_students(study, clips, tmp_path):
    folder = tmp_path / "collected"
    folder.mkdir()
    for name in ("a", "b", "c"):
        one = classroom.guessed(clips, [0.3] * 12, study).assign(student=name)
        one.to_csv(folder / f"{name}.csv", index=False)
    assert classroom.collect(folder)["student"].nunique() == 3
    (folder / "a copy.csv").write_bytes((folder / "a.csv").read_bytes())
    assert len(classroom.collect(folder)) == 36


def test_an_empty_folder_is_an_empty_class(tmp_path):
    assert classroom.collect(tmp_path / "none").empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="guess"), "lacks"),
        (lambda t: t.assign(guess=7.0), "guesses are in"),
        (lambda t: t.assign(guess=np.nan), "guesses are in"),
        (lambda t: t.assign(label=2), "labels are"),
        (lambda t: t.assign(kind="real", data="ffpp"), "one folder for each"),
    ],
)
def test_what_is_no_hand_in_is_named(study, clips, change, message):
    path = classroom.hand_in(clips, [0.5] * 12, study)
    table = pd.read_csv(path)
    change(table).to_csv(path.parent / "z.csv", index=False)
    with pytest.raises(ValueError, match=message):
        classroom.collect(path.parent)


def test_simulated_students_who_see_are_better_than_dice(study, clips):
    values = {}
    for able in (True, False):
        table = classroom.simulated(clips, study, students=200, able=able)
        assert table["guess"].between(0, 1).all()
        assert table["student"].str.startswith("simulated").all()
        columns = (table[name] for name in ("label", "guess", "group", "student"))
        values[able] = readers_auroc(*columns, n=10)["value"]
    assert values[True] > 0.6 and abs(values[False] - 0.5) < 0.05


def test_a_class_stands_beside_detectors_of_the_same_kinds_only(study, clips):
    seen = {"class": classroom.simulated(clips, study, students=9, able=True)}
    both = ["blend", "disorder"]
    values = {"all": 0.7, "blend": 0.9, "disorder": 0.5}
    detectors = {
        "frame": detector(both, values),
        "wide": detector([*both, "mismatch"], {**values, "mismatch": 0.6}),
    }
    rows = classroom.compared(seen, detectors, n_bootstrap=100, seed=0)
    assert set(rows["forgery"]) == {"all", "blend", "disorder"}
    of_all = rows[rows["forgery"] == "all"]
    assert set(of_all["who"]) == {"class", "frame"}  # the wide one's "all" is wider
    assert set(rows[rows["forgery"] == "blend"]["who"]) == {"class", "frame", "wide"}
    judged = seen["class"]
    blends = judged[judged["method"].isin(["real", "blend"])]
    columns = (blends[name] for name in ("label", "guess", "group", "student"))
    expected = readers_auroc(*columns, n=100, seed=0)
    row = rows[(rows["forgery"] == "blend") & (rows["judge"] == "simulated")].iloc[0]
    assert row["value"] == expected["value"]
    assert "3 groups" in row["reason"]
    assert of_all[of_all["judge"] == "simulated"]["low"].notna().all()
    stamp = rows[rows["who"] == "frame"]["stamp"].iloc[0]
    assert all(part in stamp for part in ("laptop", "test", "synthetic", "2026-01-02"))
    assert "9 people" in row["stamp"] and "synthetic" in row["stamp"]


def test_detectors_are_those_with_results_on_the_same_videos(study, tmp_path):
    facts = planted.videos()
    mine = {
        ("03", "frame_torch", 0): planted.scores(facts),
        ("03", "frame_torch-scratch", 0): planted.scores(facts, seed=1),
        ("06", "cnn_rnn", 0): planted.scores(facts, seed=2),
    }
    planted.write(study.runs, facts, mine)
    others = {("07", "cnn_3d", 0): planted.scores(facts, seed=3)}
    planted.write(study.runs, facts, others, split="elsewhere")
    study.data.identity = lambda: {"split_sha256": planted.SPLIT}
    found = classroom.detectors(study)
    assert set(found) == {"frame_torch", "cnn_rnn"}
    clips = classroom.pick(facts[facts["split"] == "val"], each=6, seed=0)
    seen = {"class": classroom.simulated(clips, study, students=9, able=True)}
    rows = classroom.compared(seen, found, n_bootstrap=20, seed=0)
    row = rows[(rows["forgery"] == "blend") & (rows["who"] == "cnn_rnn")].iloc[0]
    known = found["cnn_rnn"].first["metrics"]["test"]["blend"]["auroc"]
    assert (row["value"], row["low"]) == (known["value"], known["low"])
    study.data.identity = lambda: {"split_sha256": "nobody's"}
    (study.runs / "videos" / "nobody's.parquet").touch()  # known already
    assert classroom.detectors(study) == {}


def test_without_detectors_there_is_still_a_class(study, clips):
    seen = {"you": classroom.guessed(clips, np.linspace(0, 1, 12), study)}
    rows = classroom.compared(seen, {}, n_bootstrap=50, seed=0)
    assert len(rows) == 3 and set(rows["judge"]) == {"people"}


def test_the_figure_has_a_panel_a_forgery_and_marks_what_has_no_interval(study, clips):
    seen = {"class": classroom.simulated(clips, study, students=9, able=True)}
    families = ["blend", "disorder"]
    some = {"frame": detector(families, {"all": 0.7, "blend": 0.9})}
    rows = classroom.compared(seen, some, n_bootstrap=50, seed=0)
    fig = classes.beside(rows)
    assert [ax.get_title(loc="left") or ax.get_title() for ax in fig.axes] == [
        "all",
        "blend",
        "disorder",
    ]
    names = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert names[0].startswith("class\n9 people") and names[1].startswith("frame\n")
    marks = [
        [line.get_fillstyle() for line in ax.lines if line.get_marker() in "Do"]
        for ax in fig.axes
    ]
    assert marks == [["full", "full"], ["none", "full"], ["none"]]
