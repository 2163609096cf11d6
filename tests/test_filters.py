"""The papers' selections, on manifests whose answer is known."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from clips import speech, with_sound

from dfstudy.data import filters, manifest


def row(video_id, method="real", **more):
    return {
        "video_id": video_id,
        "path": f"/v/{video_id}.mp4",
        "label": int(method != "real"),
        "dataset": "d",
        "method": method,
        "source_id": video_id,
    } | more


def ffpp(n_pairs):
    """Pairs of people: two originals, two fakes of each of two methods."""
    rows = []
    for i in range(n_pairs):
        for a, b in ((f"{i}a", f"{i}b"), (f"{i}b", f"{i}a")):
            rows.append(row(a, target_identity=a))
            for method in ("Deepfakes", "FaceSwap"):
                ids = {"source_id": a, "target_identity": a, "donor_identity": b}
                rows.append(row(f"{method}-{a}-{b}", method, **ids))
    return manifest.from_rows(rows)


def ids(table):
    return table["video_id"].tolist()


def test_orientation_by_upright_size():
    sizes = {"a": (16, 9), "b": (9, 16), "c": (9, 9), "d": (None, 9), "e": (17, 9)}
    table = manifest.from_rows(
        row(name, width=w, height=h) for name, (w, h) in sizes.items()
    )
    assert ids(filters.oriented(table, "landscape")) == ["a", "e"]
    assert ids(filters.oriented(table, "portrait")) == ["b"]
    assert ids(filters.oriented(table, "square")) == ["c"]
    assert len(table) == 5
    with pytest.raises(ValueError, match="upside"):
        filters.oriented(table, "upside")


def test_altered_audio_is_found_and_unknown_stays(tmp_path):
    with_sound(tmp_path / "o.mp4", speech(0))
    with_sound(tmp_path / "same.mp4", speech(0), rate=22050, bit_rate=32000)
    with_sound(tmp_path / "other.mp4", speech(1))
    with_sound(tmp_path / "mute.mp4", None)
    (tmp_path / "broken.mp4").write_bytes(b"no video")

    def fake(name, source="o", file=None):
        return row(
            name, "f", source_id=source, path=str(tmp_path / f"{file or name}.mp4")
        )

    table = manifest.from_rows(
        [
            fake("other"),
            row("o", path=str(tmp_path / "o.mp4")),
            *(fake("same"), fake("mute"), fake("broken"), fake("gone")),
            fake("nobody", "not-there", "other"),
            fake("ofafake", "other", "other"),
            fake("unsaid", None, "other"),
        ]
    )
    marked = filters.mark_altered_audio(table, progress=False)
    assert table["audio_altered"].isna().all()  # the one given is as it was
    flags = marked.set_index("video_id")["audio_altered"]
    assert flags.dropna().to_dict() == {"other": True, "o": False, "same": False}
    pd.testing.assert_frame_equal(
        marked.drop(columns="audio_altered"), table.drop(columns="audio_altered")
    )
    left, told = filters.select(table, exclude_altered_audio=True)
    assert ids(left) == ids(table)[1:] and left["audio_altered"].notna().sum() == 2
    assert told[0] == "audio altered: 1 of 9 videos left out"
    assert "unknown of 6 fakes" in told[1]


@pytest.mark.parametrize("n", [6, 60, 95, 333])
def test_a_limit_keeps_groups_whole_and_shares(n):
    table = ffpp(100)
    some = filters.limited(table, n, seed=0)
    assert n - 6 < len(some) <= n
    assert some["target_identity"].str[:-1].value_counts().eq(6).all()
    assert some["method"].value_counts().nunique() == 1
    order = table["video_id"].tolist()
    assert all(order.index(a) < order.index(b) for a, b in pairwise(ids(some)))


def test_a_limit_is_stratified_where_groups_differ():
    rng = np.random.default_rng(0)
    rows = []
    for i in range(300):  # as in DFDC: an original, some fakes, of one method each
        rows.append(row(f"r{i}"))
        method = "ab"[i % 4 == 0]
        rows += [
            row(f"f{i}-{j}", method, source_id=f"r{i}") for j in range(rng.integers(9))
        ]
    table = manifest.from_rows(rows)
    some = filters.limited_to_fraction(table, 0.3, seed=1)
    assert len(some) == pytest.approx(0.3 * len(table), rel=0.02)
    assert set(some["source_id"]) <= set(some["video_id"])
    for method, count in table["method"].value_counts().items():
        share = (some["method"] == method).sum() / count
        assert share == pytest.approx(0.3, abs=0.02)


def test_the_same_seed_chooses_the_same_videos_in_any_order():
    table = ffpp(40)
    mixed = table.sample(frac=1, random_state=3)
    for select in (
        lambda t, seed: filters.limited(t, 60, seed=seed),
        lambda t, seed: filters.balanced(t, seed=seed),
    ):
        chosen = set(select(table, 0)["video_id"])
        assert chosen == set(select(mixed, 0)["video_id"])
        assert chosen != set(select(table, 1)["video_id"])


def test_one_group_of_all_is_taken_by_source():
    actors = [
        f"{i:02d}" for i in range(28)
    ]  # as in DFD: everybody swaps with everybody
    rows = [row(f"{a}__s", target_identity=a) for a in actors]
    rows += [
        row(
            f"{a}_{b}__s", "f", source_id=f"{a}__s", target_identity=a, donor_identity=b
        )
        for a in actors
        for b in actors
        if a != b
    ]
    some = filters.limited(manifest.from_rows(rows), 100, seed=0)
    assert len(some) == 84 and (some["label"] == 0).sum() == 3
    assert some["source_id"].value_counts().tolist() == [28, 28, 28]
    with pytest.raises(ValueError, match="smallest group has 28"):
        filters.limited(manifest.from_rows(rows), 27, seed=0)


def test_limits_that_cannot_be():
    table = ffpp(2)
    assert len(filters.limited(table, 99, seed=0)) == len(table)
    assert len(filters.limited_to_fraction(table, 1.0, seed=0)) == len(table)
    for call in (
        lambda: filters.limited(table, 0, seed=0),
        lambda: filters.limited_to_fraction(table, 0.0, seed=0),
        lambda: filters.limited_to_fraction(table, 30, seed=0),
    ):
        with pytest.raises(ValueError, match="must be"):
            call()


def test_balance_inside_each_data_set():
    rows = [row(f"a-r{i}", dataset="a") for i in range(10)]
    rows += [row(f"a-x{i}", "x", dataset="a") for i in range(30)]
    rows += [row(f"a-y{i}", "y", dataset="a") for i in range(10)]
    rows += [row(f"b-r{i}", dataset="b") for i in range(9)]
    rows += [row(f"b-x{i}", "x", dataset="b") for i in range(4)]
    rows += [row(f"c-x{i}", "x", dataset="c") for i in range(5)]
    rows += [row("n-r0", dataset=None), row("n-x0", "x", dataset=None)]
    table = manifest.from_rows(rows)
    even = filters.balanced(table, seed=0)
    counts = even.groupby(["dataset", "method"], dropna=False).size()
    assert counts.loc["a"].sum() == 20 and counts["a", "real"] == 10
    assert counts["a", "x"] in (7, 8) and counts["a", "y"] in (2, 3)
    assert counts["b", "real"] == counts["b", "x"] == 4
    assert "c" not in counts.index.get_level_values(0)
    assert even["dataset"].isna().sum() == 2
    assert even["video_id"].tolist() == [n for n in ids(table) if n in set(ids(even))]
    with pytest.raises(ValueError, match="both"):
        filters.balanced(table[table["label"] == 1], seed=0)


def test_select_applies_what_is_asked_for_in_order():
    rows = [row(f"r{i}", width=16 + i % 2, height=16) for i in range(40)]
    rows += [row(f"f{i}", "f", width=17, height=16) for i in range(60)]
    table = manifest.from_rows(rows)
    left, told = filters.select(
        table, orientation="landscape", fraction=0.5, balance=True, seed=0
    )
    assert [line.split(":")[0] for line in told] == [
        *("not landscape", "over the fraction", "one class has more"),
    ]
    assert "20 of 100" in told[0] and "40 of 80" in told[1]
    assert left["label"].value_counts().to_dict() == {0: 10, 1: 10}
    same, told = filters.select(table)
    assert told == []
    pd.testing.assert_frame_equal(same, table)
    with pytest.raises(ValueError, match="no video is left"):
        filters.select(table, orientation="portrait")
