"""The temporal battery: who must stay, who must move, and what the command says."""

import json

import numpy as np
import pytest
from clips import number, numbered

from dfstudy import cli, models
from dfstudy.data import manifest
from dfstudy.models import detector as detectors
from dfstudy.study import controls, temporal

CLIP = numbered(7)


def order(control):
    clip, _ = controls.spoil(CLIP, None, control, np.random.default_rng(0))
    return [number(frame) for frame in clip]


def test_what_each_control_shows():
    assert order("reversed") == [6, 5, 4, 3, 2, 1, 0]
    assert order("neighbours swapped") == [1, 0, 3, 2, 5, 4, 6]
    assert order("half the frame rate") == [0, 0, 2, 2, 4, 4, 6]
    assert order("frozen") == [3] * 7


@pytest.mark.parametrize("control", controls.REORDERED)
def test_a_new_order_keeps_every_frame(control):
    assert sorted(order(control)) == list(range(7)) != order(control)


def built(tiny_model, recurrence):
    """A ReLSTM with random weights, on the frames that the tiny frame detector sees."""
    view = tiny_model.detector.view
    family = models.family("resnext_lstm")
    options = {"network": "slim", "pretrained": "none", "seed": 0}
    made = family.build(view=view, recurrence=recurrence, **options)
    for weight in made.head.parameters():
        weight.data.mul_(10)  # a trained one says more than a new one
    shape = {"recurrence": recurrence}
    return detectors.new(made, view=view, shape=shape, data_kind="synthetic", seed=0)


def asked(detector, data, **options):
    table = temporal.battery(detector, data, n_bootstrap=20, **options)
    return table.set_index("name")


def test_a_frame_detector_must_not_notice_the_order(tiny_model, tiny_data):
    table = asked(tiny_model.detector, tiny_data)
    judged = [*controls.REORDERED, "neighbours in the batch exchanged", "scored alone"]
    assert table["passed"].dropna().index.tolist() == [
        name for name in table.index if name in judged
    ]
    assert table["passed"].dropna().all()
    assert table.loc["frozen", "noticed"]
    assert not table.loc["as it is", "noticed"]
    # What stays has the same AUROC; what is only asked of some videos has none.
    values = table.loc[["as it is", *controls.REORDERED], "value"]
    assert values.nunique() == 1
    assert table.loc["scored alone", "reason"] == "asked of a few videos"


def test_a_memory_moves_and_its_twin_does_not(tiny_model, tiny_data):
    memory = asked(built(tiny_model, "time"), tiny_data, reads_order=True)
    assert memory["passed"].dropna().all()
    twin = asked(built(tiny_model, "none"), tiny_data, reads_order=True)
    assert not twin.loc[list(controls.REORDERED), "passed"].any()
    unknown = asked(built(tiny_model, "none"), tiny_data)
    assert unknown.loc[list(controls.REORDERED), "must"].eq("-").all()


def test_a_recurrence_over_the_batch_is_caught(tiny_model, tiny_data):
    table = asked(built(tiny_model, "batch"), tiny_data)
    assert not table.loc["neighbours in the batch exchanged", "passed"]
    assert table.loc["neighbours in the batch exchanged", "noticed"]


def test_the_gain_over_a_twin_is_a_paired_difference(tiny_model, tiny_data):
    one = tiny_model.detector
    same = temporal.gain(one, one, tiny_data, n_bootstrap=20).set_index("name")
    assert same.loc["gain", ["value", "low", "high"]].eq(0).all()
    other = temporal.gain(one, built(tiny_model, "none"), tiny_data, n_bootstrap=20)
    value = other.set_index("name")["value"]
    assert value["gain"] == pytest.approx(value["detector"] - value["twin"])


def test_the_command(tiny_model, tiny_data, tmp_path, capfd):
    path = manifest.write(tiny_data.manifest, tmp_path / "mine.csv")
    folder = str(tiny_model.detector.folder)
    options = [folder, "--manifest", str(path), "--twin", folder]
    capfd.readouterr()
    assert cli.main(["temporal", *options, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["kind"] == "synthetic" and found["data"] == "mine"
    assert [row["name"] for row in found["battery"]][:3] == list(controls.CONTROLS)
    assert found["twin"][2]["value"] == 0
    assert cli.main(["temporal", *options]) == 0
    out = capfd.readouterr().out
    assert "synthetic data: mine" in out and "half the frame rate" in out

    bare = tiny_data.manifest.assign(split=None)
    manifest.write(bare, path)
    assert cli.main(["temporal", *options]) == 1
    assert "is not split" in capfd.readouterr().err
    mixed = tiny_data.manifest.copy()
    mixed.loc[0, "dataset"] = "mine"
    manifest.write(mixed, path)
    assert cli.main(["temporal", *options]) == 1
    assert "mixes synthetic and real" in capfd.readouterr().err
    assert cli.main(["temporal", str(tmp_path)]) == 1


def test_a_folder_of_no_run_asks_for_videos(tiny_model, tmp_path, capfd):
    folder = tiny_model.detector.save(tmp_path / "mine")
    assert cli.main(["temporal", str(folder)]) == 1
    assert "--manifest" in capfd.readouterr().err
