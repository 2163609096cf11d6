"""dfstudy.data.misquote: other videos' words, chosen because they are untrue."""

import pandas as pd
import pytest

from dfstudy.data.misquote import METHOD, misquoted, untrue

SAID = ["outside talking pan laughing", "kitchen talking still serious", "wall still"]


def rows(**more) -> pd.DataFrame:
    table = {"video_id": list("abc"), "label": 0, "method": "real", "description": SAID}
    return pd.DataFrame(table | more)


def test_untrue_is_a_share_of_what_is_said():
    assert untrue(SAID[0], SAID[0]) == 0
    assert untrue("laughing pan", SAID[0]) == 0
    assert untrue(SAID[1], SAID[0]) == 0.75
    assert untrue("", SAID[0]) == 0


def test_every_real_video_gets_words_of_others_that_are_untrue():
    wrong = misquoted(rows(), times=5, seed=0)
    true = dict(zip("abc", SAID, strict=True))
    assert set(wrong["video_id"]) == set("abc")
    assert (wrong["label"] == 1).all() and (wrong["method"] == METHOD).all()
    for row in wrong.itertuples():
        assert row.description in SAID
        assert untrue(row.description, true[row.video_id]) >= 0.5
    assert not wrong.duplicated(["video_id", "description"]).any()


def test_times_is_the_most_and_the_seed_chooses():
    one = misquoted(rows(), times=1, seed=0)
    assert one["video_id"].tolist() == list("abc")
    pd.testing.assert_frame_equal(one, misquoted(rows(), times=1, seed=0))
    draws = {tuple(misquoted(rows(), times=1, seed=s)["description"]) for s in range(9)}
    assert len(draws) > 1
    assert misquoted(rows(), times=0, seed=0).empty


@pytest.mark.parametrize("more", [{"label": 1}, {"description": None}])
def test_without_a_described_real_video_there_is_nothing_to_misquote(more):
    wrong = misquoted(rows(**more), times=3, seed=0)
    assert wrong.empty and list(wrong) == list(rows())
