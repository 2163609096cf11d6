"""The synthetic set: deterministic, true to its own table, and without shortcuts."""

import json
from collections import Counter
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from dfstudy.data import synth
from dfstudy.data.synth import dataset, motion, scene
from dfstudy.metrics import group_bootstrap

COMPOSITES = ("blend", "flicker", "partial")
SMALL = {"frames": 8, "size": (108, 192), "progress": False}


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)])


def path_of(root: Path, video_id: str) -> Path:
    return next(root.glob(f"dfdc_train_part_*/{video_id}.mp4"))


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return synth.make(tmp_path_factory.mktemp("synth"), pairs=2, workers=1, **SMALL)


@pytest.fixture(scope="module")
def truth(small) -> pd.DataFrame:
    return pd.read_parquet(small / "truth.parquet")


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """300 real clips and 750 fakes, short and small."""
    root = tmp_path_factory.mktemp("many")
    return synth.make(root, pairs=150, frames=4, size=(72, 128), progress=False)


# On disk


def test_layout_is_that_of_dfdc(small, truth):
    metadata = json.loads((small / "dfdc_train_part_0" / "metadata.json").read_text())
    files = {p.name for p in (small / "dfdc_train_part_0").glob("*.mp4")}
    assert set(metadata) == files and len(files) == 15 == len(truth)
    for name, entry in metadata.items():
        row = truth[truth.video_id == Path(name).stem].iloc[0]
        assert entry["split"] == "train"
        assert entry["label"] == ("REAL" if row.family == "real" else "FAKE")
        if row.family == "real":
            assert entry["original"] is None
        else:  # another clip of the same person, whether made from it or not
            original = truth[truth.video_id == Path(entry["original"]).stem].iloc[0]
            assert original.family == "real"
            assert original.target_identity == row.target_identity
            assert (original.video_id == row.source_id) == (row.family in COMPOSITES)
    # Which clip of a pair was written first tells nothing.
    assert len({path_of(small, v).stat().st_mtime for v in truth.video_id}) == 2
    assert not (small / "parts").exists()


def test_same_seed_same_frames_whatever_the_workers(small, truth, tmp_path):
    again = synth.make(tmp_path, pairs=2, workers=2, **SMALL)
    pd.testing.assert_frame_equal(truth, pd.read_parquet(again / "truth.parquet"))
    for video_id in truth.video_id:
        one = decoded(path_of(small, video_id))
        assert one.shape == (8, 108, 192, 3)
        assert np.array_equal(one, decoded(path_of(again, video_id)))


def test_a_made_set_is_left_alone_and_another_order_refused(small, monkeypatch):
    monkeypatch.setattr(dataset, "make_pair", None)  # would raise if it were called
    assert synth.make(small, pairs=2, **SMALL) == small
    with pytest.raises(ValueError, match="another folder"):
        synth.make(small, pairs=2, seed=1, **SMALL)


def test_a_broken_run_goes_on_where_it_stopped(small, truth, tmp_path, monkeypatch):
    real, done = dataset.make_pair, []

    def breaks(root, order, pair):
        if pair == 1 and not done.count(1):
            done.append(1)
            raise KeyboardInterrupt
        done.append(pair)
        real(root, order, pair)

    monkeypatch.setattr(dataset, "make_pair", breaks)
    with pytest.raises(KeyboardInterrupt):
        synth.make(tmp_path, pairs=2, workers=1, **SMALL)
    assert not (tmp_path / "truth.parquet").exists()
    synth.make(tmp_path, pairs=2, workers=1, **SMALL)
    assert done == [0, 1, 1]
    pd.testing.assert_frame_equal(truth, pd.read_parquet(tmp_path / "truth.parquet"))


def test_a_family_more_changes_no_other_clip(small, truth, tmp_path):
    chosen = ("disorder", "partial")
    few = synth.make(tmp_path, pairs=2, workers=1, families=chosen, **SMALL)
    rows = pd.read_parquet(few / "truth.parquet").set_index("video_id")
    assert len(rows) == 9
    pd.testing.assert_frame_equal(rows, truth.set_index("video_id").loc[rows.index])
    for video_id in rows.index:
        assert path_of(few, video_id).read_bytes() == (
            path_of(small, video_id).read_bytes()
        )


@pytest.mark.parametrize("wrong", [{"pairs": 0}, {"families": ("swap",)}])
def test_impossible_orders_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="pairs"):
        synth.make(tmp_path, **({"pairs": 1} | SMALL | wrong))


# Truth


def test_masks_lie_where_the_file_differs(small, truth):
    for row in truth[truth.family.isin(COMPOSITES)].itertuples():
        mask = synth.read_mask(small, row.video_id)
        assert mask.shape == (8, 54, 96) and mask.dtype == bool
        fake = decoded(path_of(small, row.video_id)).astype(int)
        real = decoded(path_of(small, row.source_id)).astype(int)
        change = np.abs(fake - real).mean(-1)
        assert np.array_equal(mask.any((1, 2)), np.array(row.manipulated))
        for k in np.flatnonzero(row.manipulated):
            whole = cv2.resize(np.uint8(mask[k]), (192, 108))
            near = cv2.dilate(whole, np.ones((17, 17))) > 0
            assert change[k][whole > 0].mean() > 2 * change[k][~near].mean() + 1
            assert change[k][~near].mean() < 0.5
            y, x = np.nonzero(whole)
            box = [getattr(row, f"box_{c}")[k] for c in ("x0", "y0", "x1", "y1")]
            grown = 0.25 * (box[2] - box[0])
            assert box[0] - grown < x.mean() < box[2] + grown
            assert box[1] < y.mean() < box[3]
        same = [np.array_equal(a, b) for a, b in zip(fake, real, strict=True)]
        assert np.array_equal(same, ~np.array(row.manipulated))


def test_only_composites_have_masks(small, truth):
    saved = {p.stem for p in (small / "masks").glob("*.npz")}
    assert saved == set(truth[truth.family.isin(COMPOSITES)].video_id)
    with pytest.raises(FileNotFoundError):
        synth.read_mask(small, truth[truth.family == "disorder"].video_id.iloc[0])


def test_truth_follows_the_order_of_the_frames(small, truth):
    for row in truth.itertuples():
        order = np.array(row.frame_order)
        assert (row.family == "disorder") != np.array_equal(order, np.arange(8))
        moved = order != np.arange(8)
        manipulated = np.array(row.manipulated)
        if row.family == "partial":
            assert 1 <= manipulated.sum() <= 4
        else:
            steady = row.family in ("blend", "flicker")
            assert np.array_equal(manipulated, moved | steady)
        yaw = np.array(row.yaw)
        # In natural order the head turns smoothly.
        assert np.abs(np.diff(yaw[np.argsort(order)])).max() < 6


# No shortcut, no bias


def test_people_come_in_closed_pairs_and_are_real_and_fake_equally_often(many):
    truth = pd.read_parquet(many / "truth.parquet")
    real, fake = truth[truth.family == "real"], truth[truth.family != "real"]
    assert set(Counter(real.target_identity).values()) == {1}
    assert set(fake.target_identity) == set(real.target_identity)
    composites = fake[fake.family.isin(COMPOSITES)]
    donors = zip(composites.target_identity, composites.donor_identity, strict=True)
    assert all(a[:-1] == b[:-1] and a != b for a, b in donors)
    assert truth[~truth.family.isin(COMPOSITES)].donor_identity.isna().all()
    for column in ("skin", "hair", "age", "accessories"):
        assert real[column].nunique() >= 3
        share = real[column].value_counts(normalize=True)
        for rows in (fake, *(fake[fake.family == f] for f in synth.FAMILIES)):
            others = rows[column].value_counts(normalize=True)
            assert np.abs(others.sub(share, fill_value=0)).max() < 0.1
    # Each pair has a fast disorder, each third one of the same clip a slow one.
    by_clip = truth[truth.family == "disorder"].groupby("source_id")
    scales = by_clip.scale.agg(sorted).map(tuple).value_counts()
    pairs = len(real) // 2
    assert scales[("fast", "slow")] == -(-pairs // 3)
    assert scales.sum() == pairs and scales[("fast",)] == pairs - -(-pairs // 3)
    for frames in by_clip["yaw"].agg(list):
        assert len({tuple(sorted(yaw)) for yaw in frames}) == 1


def test_only_a_mismatch_is_told_untruly_and_all_are_told_alike(many):
    truth = pd.read_parquet(many / "truth.parquet")
    untrue = truth.description != truth.true_description
    assert np.array_equal(untrue, truth.family == "mismatch")
    real = truth[truth.family == "real"].set_index("target_identity").description
    for row in truth[truth.family != "real"].itertuples():
        if row.family != "disorder":  # told as the real clip of the same person
            assert row.description == real[row.target_identity]


def facts_of(root: Path, truth: pd.DataFrame) -> np.ndarray:
    """What a file's entry and header tell: size, rates, times, name, place in a folder.

    Not the bytes of single frames: they are content, and jump where a `partial` begins.
    """
    rows = []
    for video_id in truth.video_id:
        path = path_of(root, video_id)
        with av.open(str(path)) as file:
            stream = file.streams.video[0]
            facts = [
                path.stat().st_size,
                file.bit_rate,
                path.stat().st_mtime,
                stream.frames,
                float(stream.average_rate),
                float(stream.duration * stream.time_base),
                stream.height * stream.width,
                int(path.parent.name.split("_")[-1]),
                sorted(p.name for p in path.parent.iterdir()).index(path.name),
            ]
        rows.append(facts + [ord(c) for c in path.stem])
    return np.array(rows, float)


def shortcut(root: Path, family: str | None = None) -> dict:
    """AUROC of a forest that sees files, not pictures; family None: all of them."""
    truth = pd.read_parquet(root / "truth.parquet")
    truth = truth[truth.family.isin(["real", family])] if family else truth
    x, y = facts_of(root, truth), (truth.family != "real").to_numpy()
    groups = truth.target_identity.str[:-1].to_numpy()
    assert min(y.sum(), (~y).sum()) >= 300
    forest = RandomForestClassifier(200, min_samples_leaf=5, random_state=0)
    options = {"groups": groups, "cv": GroupKFold(5), "method": "predict_proba"}
    score = cross_val_predict(forest, x, y, **options)[:, 1]
    return group_bootstrap(y.astype(int), score, groups, threshold=0.5)["auroc"]


def test_metadata_and_file_names_tell_nothing(many):
    auroc = shortcut(many)
    assert auroc["low"] >= 0.40 and auroc["high"] <= 0.60, auroc


@pytest.mark.slow
def test_metadata_and_file_names_tell_nothing_of_any_family(tmp_path_factory):
    """At the course's own picture size, where a composite changes the most bits."""
    root = synth.make(tmp_path_factory.mktemp("wide"), pairs=300, frames=16)
    found = {family: shortcut(root, family) for family in (*synth.FAMILIES, None)}
    for auroc in found.values():
        assert auroc["low"] >= 0.40 and auroc["high"] <= 0.60, found


# Looks


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    wide, tall = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    if min(wide, tall) <= 0:
        return 0.0
    both = wide * tall
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


def test_mtcnn_finds_the_right_face():
    from facenet_pytorch import MTCNN

    detector, found, asked = MTCNN(keep_all=True, min_face_size=40), 0, 0
    for seed in range(14):
        person = synth.Person.random(np.random.default_rng((8, seed)))
        shot = synth.Shot(person, seed, frames=48, size=(216, 384), fps=24)
        boxes = shot.boxes()
        for k in (4, 21, 40):
            if abs(shot.tracks["yaw"][k]) > 45:
                continue
            asked += 1
            seen, confidence = detector.detect(shot.frame(k))
            if seen is not None:
                hits = [
                    c
                    for b, c in zip(seen, confidence, strict=True)
                    if overlap(b, boxes[k]) >= 0.5
                ]
                found += max(hits, default=0) >= 0.9
    assert asked >= 38
    assert found / asked >= 0.95


def test_people_can_be_told_apart():
    people, clips = 12, 7
    crops, who, clip = [], [], []
    made = synth.strangers(people, clips_each=clips, frames=24, size=(108, 192), seed=5)
    for n, (person, shot) in enumerate(made):
        for k in (2, 12, 22):
            x0, y0, x1, y1 = np.round(shot.boxes[k]).astype(int)
            grown = (y1 - y0) // 4
            part = shot.frames[k][max(y0 - grown, 0) : y1, max(x0, 0) : x1]
            crops.append(cv2.resize(part, (20, 24), interpolation=cv2.INTER_AREA))
            who.append(person)
            clip.append(n % clips)
    x = np.stack(crops).reshape(len(crops), -1) / 255.0
    x = x - x.mean(1, keepdims=True)
    who, held_out = np.array(who), np.array(clip) >= clips - 2
    model = make_pipeline(PCA(60), LinearDiscriminantAnalysis(shrinkage=None))
    model.fit(x[~held_out], who[~held_out])
    assert model.score(x[held_out], who[held_out]) >= 0.9


def test_every_word_can_be_read_from_the_tracks():
    seen = Counter()
    for seed in range(400):
        tracks, words = motion.draw(np.random.default_rng(seed), frames=48, fps=24)
        seen.update(words)
        span = {k: np.ptp(v) for k, v in tracks.items()}
        smile, mouth = tracks["smile"].mean(), tracks["mouth"]
        laughs = mouth.min() >= 0.25  # whoever laughs never closes the mouth
        assert words == (
            "talking" if span["mouth"] > 0.25 else "listening",
            "pan"
            if span["camera_x"] > 0.15
            else "zoom"
            if span["camera_zoom"] > 0.05
            else "handheld"
            if span["camera_y"] > 0
            else "still",
            "laughing" if laughs else "smiling" if smile > 0.3 else "serious",
        )
        assert not laughs or smile > 0.6
        assert np.abs(tracks["yaw"]).max() <= 50
        for name in ("mouth", "blink"):
            assert tracks[name].min() >= 0 and tracks[name].max() <= 1
    for kind in (motion.ACTIONS, motion.CAMERAS, motion.MOODS):
        counts = [seen[word] for word in kind]  # evenly: see synth.script
        assert sum(counts) == 400 and chisquare(counts).pvalue > 0.01


def test_places_are_drawn_evenly():
    places = [scene.Scene.random(np.random.default_rng(k)).place for k in range(400)]
    counts = [places.count(place) for place in scene.PLACES]
    assert sum(counts) == 400 and chisquare(counts).pvalue > 0.01


def test_description_names_the_place_and_size_scales_the_picture():
    person = synth.Person.random(np.random.default_rng(1))
    low = synth.render_clip(person, 5, frames=2, size=(216, 384), fps=24)
    high = synth.render_clip(person, 5, frames=2, size=(720, 1280), fps=24)
    assert low.description == high.description
    assert low.description.split()[0] in scene.PLACES
    assert high.frames.shape == (2, 720, 1280, 3) and high.frames.dtype == np.uint8
    assert np.allclose(high.boxes * 216 / 720, low.boxes, atol=1.0)
    shrunk = cv2.resize(high.frames[0], (384, 216), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - low.frames[0]).mean() < 6


def test_strangers_are_in_no_set():
    known = {p.vector().tobytes() for k in range(30) for p in synth.people_of(0, k)}
    for index in range(30):
        rng = np.random.default_rng((1, 0, index))
        assert synth.Person.random(rng).vector().tobytes() not in known
    again = [clip for _, clip in synth.strangers(1, clips_each=2, frames=2, seed=3)]
    assert not np.array_equal(again[0].frames, again[1].frames)
