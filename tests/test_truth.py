"""What the renderer knows: by video, and nothing where there is no table."""

from dataclasses import replace

import pandas as pd

from dfstudy.data import truth


def test_a_disorder_has_a_scale_and_nothing_else_has(tiny_data):
    scales = truth.scales(tiny_data)
    methods = tiny_data.manifest.set_index("video_id")["method"]
    assert scales.index.equals(methods.index)
    assert set(scales[methods == "disorder"]) == {"fast", "slow"}
    assert scales[methods != "disorder"].isna().all()


def test_kinds_are_methods_with_their_scale(tiny_data):
    kinds = truth.kinds(tiny_data)
    assert {"real", "blend", "disorder fast", "disorder slow"} <= set(kinds)
    assert "disorder" not in set(kinds)


def test_without_a_table_nothing_is_known(tiny_data, tmp_path):
    bare = replace(
        tiny_data, root=tmp_path, manifest=tiny_data.manifest.assign(method=None)
    )
    scales = truth.scales(bare)
    assert len(scales) == len(bare.manifest) and scales.isna().all()
    assert (truth.kinds(bare) == "unknown").all()
    assert isinstance(scales, pd.Series)
