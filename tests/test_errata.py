"""The errata: computed from the papers' numbers, and equal to what seeds.md found."""

import numpy as np
import pytest

from dfstudy.study import papers
from dfstudy.study.errata import errata, s0, s1, s3, s4


@pytest.fixture(scope="module")
def by_place():
    found = errata()
    table = {(one.paper, one.where): one for one in found}
    assert len(table) == len(found)
    return table


@pytest.mark.parametrize(
    ("paper", "where", "figures"),
    [
        ("S0", "table 3, test", ["36 real and 307", "8 fakes missed and 6 false"]),
        ("S0", "tables 4 and 5, baseline", ["0.5417"]),
        ("S0", "table 1 against table 2", ["0.9737", "0.9062", "0.8657"]),
        ("S0", "accuracy of the baseline, and of the final model", ["94.0%", "89.5%"]),
        ("S0", "data", ["3431", "3423", "8 are"]),
        ("S0", "table 4 against table 1", ["20.5", "0.002"]),
        ("S0", "descriptions taken from file names", ["tells 100%"]),
        ("S0", "section 3.3.1, Adam's step", ["0.0001", "1e-08"]),
        ("S1", "tables 2 and 4", ["4 x 6"]),
        ("S1", "table 4, temporal stream", ["25 x 46 and 73600"]),
        ("S1", "learning rate", ["0.01"]),
        ("S1", "accuracy of videos", ["0.11"]),
        ("S1", 'section 5.2, "a significant drop" from frames to videos', ["0.94"]),
        ("S1", "section 3.1, optical flow", ["0.62 s", "19 frames"]),
        ("S1", "section 5.2, class split", ["84%"]),
        ("S2", '"real-time"; confidence', ["0.9 frames"]),
        ("S2", "figure 7", ["conv1 56 x 56", "conv5 4 x 4"]),
        ("S2", "section 3.6, ReLU; figures", ["9 comes twice, figure 8"]),
        ("S3", "table 1", ["3 of 5", "0.86", "0.85", "0.92"]),
        ("S3", "discussion of table 4", ["0.25 against 0.21"]),
        ("S3", "section 2.4.4, focal loss", ["91%", "61%"]),
        ("S3", "section 2.4.5, least variance", ["least in E4"]),
        ("S4", "test results", ["0.00%"]),
        ("S4", "test results, accuracy", ["1157.5", "89.70%"]),
        ("S4", "abstract against results", ["89.77%"]),
        ("S4", "random split by video", ["99.8%"]),
        ("S4", "section 4.4, size", ["56.55 million", "33.57"]),
        ("S4", "data", ["6451"]),
    ],
)
def test_recomputed_figures(by_place, paper, where, figures):
    text = by_place[paper, where].recomputed
    assert all(figure in text for figure in figures), text


def test_every_paper_has_some(by_place):
    assert {paper for paper, _ in by_place} == {"S0", "S1", "S2", "S3", "S4"}
    assert all(one.printed and one.meaning for one in by_place.values())


def test_another_number_in_a_paper_makes_another_erratum(monkeypatch):
    monkeypatch.setitem(papers.S0_PARTS, "test", 351)
    assert "0 are" in s0._counts().recomputed
    monkeypatch.setattr(papers, "S1_INPUT", (224, 224))
    assert "7 x 7" in s1._map().recomputed


def test_the_augmentation_of_s3_degrades_frames():
    losses = [s3.jpeg_error(quality) for quality in (10, 50, 95)]
    assert np.all(np.diff(losses) < 0)


def test_the_share_of_fakes_holds_the_one_that_made_the_numbers():
    rng = np.random.default_rng(0)
    for _ in range(50):
        fakes, reals = rng.integers(20, 500, 2)
        tp, fp = rng.integers(10, fakes + 1), rng.integers(0, reals // 2)
        shown = (
            round((tp + reals - fp) / (fakes + reals), 2),
            round(tp / (tp + fp), 2),
            round(tp / fakes, 2),
        )
        low, high = s1.fakes_share(*shown)
        # Where hardly anything errs, the printed digits allow any share.
        if shown[0] < 0.99:
            assert low <= fakes / (fakes + reals) <= high


def test_a_vote_cannot_fall_as_far_as_s1_says():
    """The worst that frames that err can do: half of a video, and no more."""
    frames, videos = 16, 100
    wrong = round(0.03 * frames * videos)
    spoiled = wrong // (frames // 2)
    assert 1 - spoiled / videos == pytest.approx(1 - 0.03 / 0.5)


def test_the_networks_size_and_work_are_those_of_the_real_one():
    torchvision = pytest.importorskip("torchvision")
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        net = torchvision.models.resnext50_32x4d(weights=None)
    own = sum(p.numel() for p in net.parameters())
    own -= sum(p.numel() for p in net.fc.parameters())
    assert s4._resnext_parameters() == own
    # 4.23 giga at 224 (torchvision's card), a quarter of it at 112, but for a last map
    # of 4 by 4 where 3.5 would be.
    assert 4.23e9 / 4 < s4.macs_of_a_frame() < 1.1 * 4.23e9 / 4
    error = s3.auroc_error(0.9, 40, 60)
    rng = np.random.default_rng(0)
    gap = 1.2816 * np.sqrt(2)  # two normals of deviation 1 with an AUROC of 0.9
    areas = [
        (rng.normal(gap, 1, (40, 1)) > rng.normal(0, 1, (1, 60))).mean()
        for _ in range(500)
    ]
    assert error == pytest.approx(np.std(areas), rel=0.2)
