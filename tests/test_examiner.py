"""What the worker does with a video, with a network that was trained: see `tiny_model`.

In a process of its own, as the page has it; the page itself is in test_page.
"""

import re
import time
from functools import partial
from pathlib import Path

import pytest

from dfstudy.app.examiner import Examiner, _readable
from dfstudy.app.limits import Limits, Refused
from dfstudy.app.worker import Worker


@pytest.fixture
def ask(tiny_model, tiny_data, tmp_path):
    """Ask a worker whose one detector is `tiny_model`."""
    clips = tiny_data.manifest.query("method == 'blend'")["path"]
    folder = tiny_model.detector.folder
    factory = partial(
        Examiner, {"tiny": str(folder)}, {"blend": clips.iloc[0]}, Limits()
    )
    worker = Worker(factory, limits=Limits(memory_mb=6000), scratch=tmp_path)
    stages = []

    def asked(**request):
        with worker.job({"detectors": ["tiny"], "text": None} | request) as job:
            while (reply := job.poll()) is None:
                stages.append(job.stage)
                time.sleep(0.01)
        return reply, stages

    yield asked
    worker.close()


def test_a_trained_detector_answers_with_heat_and_report(ask, tiny_data, tmp_path):
    reply, stages = ask(example="blend")
    assert re.search("Called (fake|real)|Cannot tell", reply["said"])
    assert "example: blend (rendered)" in reply["said"]
    walk = reply["walk"]
    assert walk.count('class="df-frame"') == 4 and walk.count("df-heat") >= 4
    assert 'id="df-slider"' in walk and "network" in walk
    assert "<!doctype html>" in reply["report"]
    assert len(reply["verdict"]["opinions"][0]["over_time"]) == 4
    assert "loading the detectors" in stages
    # A video that nobody can read is refused, and the same process goes on.
    junk = tmp_path / "f00d"
    junk.write_bytes(b"PK\x03\x04 no video")
    with pytest.raises(Refused, match=r"^Not a video file"):
        ask(path=str(junk), name="holiday.mp4")
    clip = tiny_data.manifest["path"].iloc[0]
    reply, _ = ask(path=clip, name="../holiday <b>.mp4")
    assert "holiday &lt;b&gt;.mp4" in reply["said"]
    assert reply["verdict"]["file"] == "holiday <b>.mp4"
    assert Path(clip).exists()  # deleting is for who has uploaded it


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a.mov", "a.mov"),
        ("a\nb\x1b[31m.mp4", "ab[31m.mp4"),
        ("x" * 200, "x" * 80),
        ("", "your video"),
        (None, "your video"),
    ],
)
def test_a_visitors_file_name_is_only_read(name, shown):
    assert _readable(name) == shown
