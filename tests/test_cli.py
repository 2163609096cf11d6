"""The `dfstudy` command, as a user calls it."""

import json
import shutil
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from manifests import pairs, swaps

from dfstudy import cli, paths
from dfstudy.commands import videos as commands
from dfstudy.data import manifest
from dfstudy.data.shards import Prepared
from dfstudy.data.view import View
from dfstudy.detect import predict as detect
from dfstudy.metrics import apply_temperature
from dfstudy.video.write import write_video


@pytest.fixture(scope="session")
def noise(tmp_path_factory):
    """A video without a face."""
    path = tmp_path_factory.mktemp("noise") / "noise.mp4"
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (6, 96, 128, 3), dtype=np.uint8)
    write_video(path, frames, fps=12)
    return path


def predict(capfd, model, *arguments):
    capfd.readouterr()  # what making the detector has printed
    code = cli.main(["predict", "--model", str(model.detector.folder), *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_help_loads_nothing_heavy():
    code = "import sys; from dfstudy import cli; cli._parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    heavy = {"torch", "tensorflow", "keras", "pandas", "cv2", "matplotlib"}
    assert not heavy & set(done.stdout.split())


def test_predict_one_file_is_one_object(capfd, tiny_model, tiny_data):
    clip = tiny_data.manifest["path"].iloc[0]
    code, out, _ = predict(capfd, tiny_model, clip, "--json")
    verdict = json.loads(out)
    assert code == 0
    # One pair of people validated it: too few to rule "real" or "fake" out.
    assert verdict["verdict"] == "cannot tell" and "9 reals" in verdict["reason"]
    assert 0 <= verdict["probability"] <= 1
    over_time = verdict["opinions"][0]["over_time"]
    assert len(over_time) == len(verdict["frames"]["sampled"]) == 4
    assert verdict["frames"]["with_face"] == 4
    assert len(verdict["faces"][0]["boxes"]) == 4


def test_predict_scores_a_file_named_twice_twice(capfd, tiny_model, tiny_data):
    clip = tiny_data.manifest["path"].iloc[0]
    code, out, _ = predict(capfd, tiny_model, clip, clip, "--json", "--workers", "0")
    one, two = json.loads(out)
    assert code == 0
    assert one["probability"] == two["probability"]


def test_no_face_is_cannot_tell_and_no_failure(capfd, tiny_model, noise):
    code, out, _ = predict(capfd, tiny_model, str(noise), "--json")
    verdict = json.loads(out)
    assert code == 0
    assert verdict["verdict"] == "cannot tell"
    assert verdict["probability"] is None
    assert "face" in verdict["reason"]


def test_one_bad_file_fails_the_call_but_not_the_rest(
    capfd, tiny_model, tiny_data, tmp_path
):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"this is no video")
    clip = tiny_data.manifest["path"].iloc[1]
    # By processes of its own: it is several files.
    code, out, _ = predict(capfd, tiny_model, str(bad), clip, "--json")
    failed, fine = json.loads(out)
    assert code == 1
    assert "bad.mp4" in failed["error"]
    assert failed["verdict"] is None
    assert fine["verdict"] is not None
    assert fine["error"] is None


def test_synthetic_model_warns_on_stderr_and_in_the_document(
    capfd, tiny_model, tiny_data
):
    clip = tiny_data.manifest["path"].iloc[0]
    _, out, err = predict(capfd, tiny_model, clip)
    assert "means nothing" in err
    assert clip in out
    _, out, err = predict(capfd, tiny_model, clip, "--json")
    assert "means nothing" in json.loads(out)["warning"]


def test_newest_model_is_the_default(capfd, tiny_model, tiny_data):
    capfd.readouterr()
    code = cli.main(["predict", tiny_data.manifest["path"].iloc[0], "--json"])
    out, _ = capfd.readouterr()
    assert code == 0
    assert json.loads(out)["detectors"][0]["folder"] == str(paths.detectors()[0])


def test_without_a_model_it_says_how_to_get_one(capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path))
    code = cli.main(["predict", "clip.mp4"])
    _, err = capfd.readouterr()
    assert code == 1
    assert "run_all.sh" in err


def test_verdict_follows_scores(tiny_model, tiny_data):
    """The command gives what the detector's own table of predictions has."""
    videos = tiny_model.videos(tiny_data.manifest, "test")
    row = videos.iloc[0]
    path = tiny_data.manifest.set_index("video_id").loc[row["video_id"], "path"]
    # Without the limits of "cannot tell", which so small a validation cannot set.
    info = {k: v for k, v in tiny_model.detector.info.items() if k != "conformal"}
    detector = replace(tiny_model.detector, info=info)
    verdict = detect.predict(path, [detector])
    mine = tiny_model.predictions.query("video_id == @row.video_id")["score"]
    said = apply_temperature(mine, detector.temperature)
    assert np.allclose(verdict.opinions[0].over_time, said, atol=1e-5)
    assert verdict.verdict == ("fake" if row["called"] else "real")


def test_index_split_prepare(tiny_data, tmp_path, capsys):
    table = tmp_path / "manifest.csv"
    assert cli.main(["index", str(tiny_data.root), "--out", str(table)]) == 0
    assert "12 real, 32 fake" in capsys.readouterr().out
    call = ["split", str(table), "--fractions", "0.5", "0.25", "0.25"]
    assert cli.main(call) == 0
    assert (tmp_path / "split_proof.json").exists()
    assert set(pd.read_csv(table)["split"]) == {"train", "val", "test"}
    call = ["prepare", str(table), "--frames", "2", "--size", "54", "96"]
    assert cli.main([*call, "--out", str(tmp_path / "shards"), "--workers", "1"]) == 0
    assert list((tmp_path / "shards").rglob("*.tar"))
    assert "faceless_share" in capsys.readouterr().out


def test_prepare_takes_every_setting_of_a_view(tiny_data, tmp_path, capsys):
    table = tmp_path / "manifest.csv"
    manifest.write(tiny_data.manifest.head(2), table)
    call = ["prepare", str(table), "--out", str(tmp_path), "--workers", "1"]
    call += ["--frames", "3", "--size", "48", "48", "--crop", "face"]
    call += ["--sampling", "best", "--every", "2", "--follow", "3"]
    call += ["--margin", "0.6"]
    call += ["--detector", "haar", "--drop", "frame", "--flow", "apart"]
    call += ["--apart", "0.2"]
    assert cli.main(call) == 0
    folder = capsys.readouterr().out.splitlines()[-1]
    assert Prepared.load(folder).view == View(
        height=48,
        width=48,
        frames=3,
        sampling="best",
        every=2,
        follow=3,
        crop="face",
        margin=0.6,
        detector="haar",
        drop="frame",
        flow="apart",
        apart_s=0.2,
    )
    call = [*call[: call.index("--sampling")], "--sampling", "first", "--search", "4"]
    assert cli.main(call) == 0
    view = Prepared.load(capsys.readouterr().out.splitlines()[-1]).view
    assert (view.sampling, view.frames, view.search) == ("first", 3, 4)
    # Descriptions come from the manifest: with text or without, the same is prepared.
    assert {field.name for field in fields(View)} == {
        *commands._VIEW,
        "height",
        "width",
        "text",
    }


def test_split_takes_two_fractions_people_and_folds(tmp_path, capsys):
    table = tmp_path / "dfd.parquet"
    manifest.write(manifest.from_rows(swaps("dfd", 28, 56, 300)), table)
    out = tmp_path / "out" / "split.csv"
    call = ["split", str(table), "--out", str(out), "--fractions"]
    assert cli.main([*call, "0.7", "0.3"]) == 0
    text = capsys.readouterr().out
    proof = json.loads((tmp_path / "out" / "split_proof.json").read_text())
    assert proof["kind"] == "people" and abs(proof["fractions"]["val"] - 0.14) < 1e-9
    dropped = proof["dropped"]["videos"]["fake"]
    assert f"{dropped} fake (swap {dropped})" in text and str(out) in text
    assert manifest.read(out)["split"].isna().sum() == dropped > 0
    assert cli.main([*call, "0.7", "0.1", "0.1", "0.1"]) == 1
    assert "two or three fractions" in capsys.readouterr().err

    call = ["split", str(table), "--out", str(tmp_path / "cv.csv"), "--folds", "3"]
    assert cli.main(call) == 0
    for i in (1, 2, 3):
        fold = json.loads((tmp_path / f"split_proof-fold-{i}.json").read_text())
        done = manifest.read(tmp_path / f"cv-fold-{i}.csv")
        tested = done[done["split"] == "test"]
        assert fold["fold"] == i
        assert fold["videos"]["test"]["real"] == (tested["label"] == 0).sum() > 0
    assert manifest.read(table)["split"].isna().all()
    with pytest.raises(SystemExit) as stop:
        cli.main([*call, "--fractions", "0.7", "0.3"])
    assert stop.value.code == 2


def test_split_says_what_it_cannot_do(tmp_path, capsys):
    table = manifest.write(pairs(6), tmp_path / "pairs.csv")
    assert cli.main(["split", str(table), "--kind", "official"]) == 1
    assert "no official split" in capsys.readouterr().err
    assert cli.main(["split", str(table), "--folds", "9"]) == 1
    assert "9 folds" in capsys.readouterr().err
    assert manifest.read(table)["split"].isna().all()
    assert not (tmp_path / "split_proof.json").exists()


def test_index_selects_as_the_papers_do(noise, tmp_path, capsys):
    for name in ("real/a", "fake/b", "fake/c", "fake/d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(noise, tmp_path / f"{name}.mp4")
    table = tmp_path / "manifest.csv"
    call = ["index", str(tmp_path), "--out", str(table)]
    options = ["--orientation", "landscape", "--exclude-altered-audio", "--balance"]
    assert cli.main([*call, *options, "--compression", "c23"]) == 0
    out = capsys.readouterr().out
    assert "not landscape: 0 of 4" in out and "one class has more: 2 of 4" in out
    assert "unknown of 1 fakes" in out and "1 real, 1 fake" in out
    assert cli.main([*call, "--limit", "2", "--seed", "3"]) == 0
    assert len(pd.read_csv(table)) == 2
    table.unlink()
    assert cli.main([*call, "--fraction", "0.5", "--orientation", "portrait"]) == 1
    assert "no video is left" in capsys.readouterr().err and not table.exists()
    with pytest.raises(SystemExit):
        cli.main([*call, "--fraction", "0.5", "--limit", "2"])


def test_synth_renders_a_set(tmp_path, capsys):
    call = ["synth", str(tmp_path / "set"), "--pairs", "1", "--frames", "4"]
    assert cli.main([*call, "--size", "108", "192", "--workers", "1"]) == 0
    assert len(list((tmp_path / "set").rglob("*.mp4"))) == 8


def test_bad_calls(capsys, tmp_path):
    assert cli.main(["index", str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        cli.main(["prepare", "m.parquet", "--frames", "0"])
    assert stop.value.code == 2
