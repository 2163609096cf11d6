"""The benchmarks run and say what they measured. How fast is not tested."""

import json
import math
import re
import time

import pandas as pd
import pytest

from benchmarks import command, measure, profile
from benchmarks.measure import ALL, Scale, benchmark, in_turns, peak_memory, seconds

QUICK = ("frames_vs_decode", "flow_dis_vs_farneback")  # seconds each
ASKED = {  # issue 9
    "frames_vs_decode": "<= 1.15",
    "faces_vs_full_mtcnn": "<= 0.333333",
    "prepare_two_workers": ">= 1.7",
    "prepare_vs_fastest_single": ">= 1.2",
    "memory_200_vs_20": "<= 1.1",
    "time_200_vs_20": ">= 0.9, <= 1.1",
    "loader_vs_read": ">= 0.5",
    "loader_vs_memory_slim": ">= 0.95",
}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def is_sound(entry: dict) -> bool:
    """Whether it has the schema: finite positive numbers, and what they mean."""
    numbers = [entry[name] for name in ("ratio", "ours_s", "baseline_s")]
    words = [entry[name] for name in ("ours", "baseline", "ratio_is")]
    return (
        all(isinstance(n, float) and math.isfinite(n) and n > 0 for n in numbers)
        and all(words)
        and entry["ratio_is"] in ("time", "memory", "speed-up")
        and (entry["met"] in (True, False)) == bool(entry["target"])
        and entry["machine"]["cores"] > 0
        and {"python", "numpy", "torch"} <= entry["versions"].keys()
    )


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in ALL
    ],
)
def test_it_runs_and_is_kept_beside_the_others(runs, capsys, name):
    runs.mkdir()
    (runs / "benchmarks.json").write_text('{"older": {"ratio": 2.0}}')
    assert command.main([name, "--quick"]) == 0
    kept = json.loads((runs / "benchmarks.json").read_text())
    assert kept["older"] == {"ratio": 2.0} and set(kept) == {"older", name}
    assert is_sound(kept[name]) and kept[name]["quick"]
    (line,) = [x for x in capsys.readouterr().out.splitlines() if f"| {name} |" in x]
    assert f"{kept[name]['ratio']:.4g}" in line
    assert ALL[name].baseline in line and ALL[name].target in line


def test_the_targets_are_those_of_the_issue(capsys):
    assert {name: ALL[name].target for name in ASKED} == ASKED
    assert command.main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"| {name}" in listed for name in ALL)


def test_an_unknown_name_is_refused_with_those_there_are(runs, capsys):
    assert command.main(["frames_vs_decode", "faster"]) == 2
    said = capsys.readouterr().out
    assert "no benchmark faster" in said and "loader_vs_read" in said
    assert not (runs / "benchmarks.json").exists()


@pytest.mark.parametrize(
    ("ratio", "limits", "found", "expected"),
    [
        ("time", {"at_most": 0.4}, {}, (0.5, False)),
        ("time", {"at_most": 0.6}, {}, (0.5, True)),
        ("speed-up", {"at_least": 2.0}, {}, (2.0, True)),
        ("speed-up", {"at_least": 2.1}, {}, (2.0, False)),
        ("memory", {"at_most": 1.1}, {"ratio": 1.05}, (1.05, True)),
        ("time", {"at_most": 1.0}, {"checks": {"same": False}}, (0.5, False)),
        ("time", {}, {}, (0.5, None)),
    ],
)
def test_ratio_and_target(monkeypatch, tmp_path, ratio, limits, found, expected):
    monkeypatch.setattr(measure, "ALL", {})

    @benchmark("ours", "theirs", ratio=ratio, **limits)
    def half_the_time(scale):
        return {"ours_s": 1.0, "baseline_s": 2.0} | found

    entry = measure.ALL["half_the_time"].measured(Scale(True, tmp_path))
    assert (entry["ratio"], entry["met"]) == expected


def test_ways_take_turns_and_the_median_counts(monkeypatch):
    done, waits = [], iter([0, 0, 5, 10, 1, 20, 3, 30])  # the first two: warming
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    clock = [0.0]

    def way(name):
        done.append(name)
        clock[0] += next(waits)

    taken = in_turns(lambda: way("a"), lambda: way("b"), repeats=3)
    assert "".join(done) == "abababab"
    assert (taken["ours_s"], taken["baseline_s"]) == (3, 20)


def test_processor_seconds_are_of_work_not_of_waiting():
    wall, processor = seconds(lambda: time.sleep(0.2))
    assert wall >= 0.2 and processor < 0.15


def test_peak_memory_sees_what_was_held_and_given_back():
    import os

    with peak_memory(os.getpid(), every_s=0.01) as peak:
        time.sleep(0.1)
        before = peak()
        held = bytearray(b"x" * (200 * 2**20))
        time.sleep(0.2)
        del held
    assert 150 < peak() - before < 450


def test_profile_of_a_course_says_how_long_a_lane_was_idle(tmp_path, capsys):
    pd.DataFrame(
        {
            "lesson": ["02_b", "03_c", "05_e"],
            "status": "ok",
            "seconds": [60.0, 120.0, 60.0],
            "started": [f"2026-01-01T00:{m:02}:00+00:00" for m in (0, 0, 30)],
        }
    ).to_csv(tmp_path / "timings.csv", index=False)
    rows = profile.of_course(tmp_path)
    assert [row["minutes"] for row in rows] == [2, 1, 3]
    assert [row["idle of two lanes"] for row in rows] == [
        0.25,
        0.5,
        pytest.approx(1 / 3),
    ]
    assert profile.main(["course", str(tmp_path)]) == 0
    assert "03_c (2.0)" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("what", ["prepare", "epoch"])
def test_profiles_name_functions_and_stages(runs, capsys, what):
    assert profile.main([what, "--quick"]) == 0
    said = capsys.readouterr().out
    named = {"prepare": ("decoding", "S3: faces", "decode"), "epoch": ("Keras", "slim")}
    assert all(word in said for word in named[what])
    assert re.search(r"\| [1-9]\d*(\.\d+)? \|", said)
