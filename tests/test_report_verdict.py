"""The page of verdicts: complete, self-contained, upright, and honest about gaps."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dfstudy.data.view import FaceClip, Sample
from dfstudy.detect.verdict import (
    CANNOT_TELL,
    SYNTHETIC,
    Evidence,
    FaceVerdict,
    Opinion,
    Verdict,
)
from dfstudy.report import timelines
from dfstudy.report import verdict as page
from dfstudy.training import card

T, SIZE = 6, 32
SECONDS = [0.5 * i for i in range(T)]
RED, GREEN = (200, 30, 30), (30, 200, 30)


def opinion(values, verdict="fake", detector="xception_0", **more):
    known = [v for v in values if v is not None]
    given = {"probability": float(np.mean(known)), "threshold": 0.55, "reason": None}
    given |= {"seconds": SECONDS, "over_time": list(values)} | more
    return Opinion(detector=detector, verdict=verdict, **given)


def face(i, values, verdict="fake", reason=None, opinions=None):
    present = [v is not None for v in values]
    said = [opinion(values, verdict)] if opinions is None else opinions
    return FaceVerdict(
        face_id=i,
        verdict=verdict,
        probability=said[0].probability if said else None,
        reason=reason,
        opinions=said,
        boxes=[[1.0, 2.0, 30.0, 40.0] if here else None for here in present],
        confidences=[0.99 if here else None for here in present],
    )


def crops(colour, present=(True,) * T):
    """Faces of one colour whose upper half is brighter: what is up can be seen."""
    clip = np.zeros((T, SIZE, SIZE, 3), np.uint8)
    clip[:, : SIZE // 2] = colour
    here = np.array(present)
    return FaceClip(
        face_id=0,
        crops=clip,
        boxes=np.tile([1.0, 2.0, 30.0, 40.0], (T, 1)),
        confidences=here * 0.99,
        present=here,
        detected=here,
    )


def sample(faces, frames=None):
    return Sample(
        frames=frames,
        faces=faces,
        indices=np.arange(T) * 12,
        n_frames=72,
        repeated=0,
        dropped=None,
        seconds=np.array(SECONDS),
        size=(64, 96),
        fps=24.0,
    )


def frames(**more):
    given = {"decoded": 72, "sampled": [12 * i for i in range(T)], "seconds": SECONDS}
    given |= {"repeated": 0, "with_face": T, "width": 96, "height": 64, "fps": 24.0}
    return given | more


def detector(name="xception_0", crop="face", level="frame", **more):
    given = {"name": name.rsplit("_", 1)[0], "folder": f"/nowhere/{name}"}
    given |= {"data_kind": "synthetic", "level": level, "crop": crop, "reason": None}
    return given | more


HIGH = [0.9, 0.8, None, 0.95, 0.7, 0.6]
LOW = [0.1, 0.2, 0.15, 0.1, 0.05, 0.1]


def two_faces():
    """One forged face, one real, one that was not scored; heat at the lower right."""
    faces = [
        face(0, LOW, "real"),
        face(1, HIGH, "fake"),
        face(2, [None] * 5 + [0.1], None, "in 1 of 6 sampled frames only", []),
    ]
    heat = np.zeros((2, T, SIZE, SIZE), np.float32)
    heat[1, :, 24:, 24:] = 1
    heat[0, :, :6, :6] = 0.5
    verdict = Verdict(
        file="/videos/two.mp4",
        verdict="fake",
        probability=faces[1].probability,
        opinions=[opinion(HIGH)],
        faces=faces,
        frames=frames(),
        seconds={"read": 0.41, "faces": 0.92, "network": 0.2},
        detectors=[detector()],
        warning=SYNTHETIC,
    )
    seen = [crops(GREEN), crops(RED, [v is not None for v in HIGH])]
    evidence = Evidence(
        detector="xception_0", sample=sample(seen), people=[0, 1], heat=heat
    )
    return verdict, [evidence]


def whole():
    """A detector of whole frames, whose frames vote."""
    said = opinion(LOW, "real", "frame_torch_0", threshold=None)
    pictures = np.zeros((T, 20, 20, 3), np.uint8) + 90
    heat = np.zeros((1, T, 20, 20), np.float32)
    heat[0, :, 8:12, 8:12] = 1
    verdict = Verdict(
        file="whole.mp4",
        verdict="real",
        probability=said.probability,
        opinions=[said],
        faces=[face(0, LOW, None, "not scored by itself", [])],
        frames=frames(repeated=2),
        seconds={"read": 0.1},
        detectors=[detector("frame_torch_0", crop="frame")],
    )
    evidence = Evidence(
        detector="frame_torch_0",
        sample=sample([crops(RED)], pictures),
        people=[0],
        heat=heat,
    )
    return verdict, [evidence]


def html(tmp_path, *items):
    return page.write(items, tmp_path / "report.html").read_text(encoding="utf-8")


def pictures(text):
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
    data = [np.frombuffer(base64.b64decode(code), np.uint8) for code in found]
    return [cv2.imdecode(one, cv2.IMREAD_COLOR)[..., ::-1] for one in data]


def words(text):
    return " ".join(re.sub(r"<[^>]+>", " ", re.split("<main[^>]*>", text)[1]).split())


def test_the_page_needs_nothing_beside_it(tmp_path):
    text = html(tmp_path, two_faces(), whole())
    assert not re.findall(r"<(?:link|script|iframe)", text)
    sources = re.findall(r'<img[^>]* src="([^"]{0,18})', text)
    assert sources and all(source.startswith("data:image/") for source in sources)
    assert len(re.findall(r'<img[^>]* alt="[^"]+"', text)) == len(sources)
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", text)
    assert len(text) < 1_000_000


def test_the_most_suspicious_face_comes_first_and_nobody_is_missing(tmp_path):
    text = words(html(tmp_path, two_faces()))
    order = [
        text.index(part)
        for part in (
            "Called fake P(fake) 0.79",
            "Face 1: called fake, P(fake) 0.79",
            "Face 0: called real, P(fake) 0.12",
            "Face 2: not scored",
        )
    ]
    assert order == sorted(order)
    assert "in 1 of 6 sampled frames only" in text
    assert SYNTHETIC in text
    assert "96 x 64 pixels, upright, 24 frames a second" in text
    assert "faces found, scored 3, 2" in text
    assert "reading the video 0.41 s" in text and "in all 1.53 s" in text


def test_faces_are_upright_and_gaps_are_shown(tmp_path):
    text = html(tmp_path, two_faces())
    strip = re.findall(r'class="strip">(.*?)</div>', text, re.DOTALL)
    first, second = strip[:2]  # face 1, then face 0
    assert first.count("<img") == 5 and first.count("absent") == 1
    assert second.count("<img") == 6
    shown = pictures(first)[0].astype(int)
    assert shown.shape[:2] == (128, 128)
    assert shown[10:50, :, 0].mean() > 150 > 60 > shown[80:].mean()
    assert re.findall(r"<b>([\d.]+)</b>", first) == [
        "0.90",
        "0.80",
        "0.95",
        "0.70",
        "0.60",
    ]


def test_heat_is_of_the_most_suspicious_frames_and_says_where(tmp_path):
    text = html(tmp_path, two_faces())
    blocks = re.findall(r'class="heat">(.*?)</div>', text, re.DOTALL)
    assert len(blocks) == 2  # of the two faces that were scored
    assert "strongest in the lower right" in blocks[0]
    assert "strongest in the upper left" in blocks[1]
    assert re.findall(r"([\d.]+) s ·", blocks[0]) == ["0.0", "0.5", "1.5"]
    plain, hot = pictures(blocks[0])[:2]
    assert np.ptp(hot[230, 230].astype(int)) > 60  # vermilion
    assert np.ptp(hot[20, 20].astype(int)) < 20 < np.ptp(plain[20, 20].astype(int))


def test_whole_frames_have_their_own_line_and_proportions(tmp_path):
    text = html(tmp_path, whole())
    assert "P(fake) of the video over time" in text
    assert "P(fake) of the face over time" not in text
    (block,) = re.findall(r'class="heat">(.*?)</div>', text, re.DOTALL)
    assert "strongest in the middle" in block
    height, width = pictures(block)[0].shape[:2]
    assert width / height == pytest.approx(96 / 64, abs=0.02)
    assert "2 of them repeat" in text


def test_several_detectors_stand_beside_each_other(tmp_path):
    verdict, evidence = two_faces()
    other = opinion(LOW, "real", "cnn_rnn_0")
    reason = "xception_0 says fake, cnn_rnn_0 says real"
    both = replace(
        verdict,
        verdict=CANNOT_TELL,
        reason=reason,
        opinions=[*verdict.opinions, other],
        detectors=[*verdict.detectors, detector("cnn_rnn_0")],
        faces=[replace(f, opinions=[*f.opinions, other]) for f in verdict.faces[:2]],
    )
    text = html(tmp_path, (both, evidence))
    assert reason in text and "What each detector says" in text
    assert words(text).count("cnn_rnn_0 Called real 0.12 0.55") == 3
    silent = replace(both, opinions=verdict.opinions)
    silent = replace(
        silent,
        detectors=[verdict.detectors[0], detector("cnn_rnn_0", reason="too small")],
    )
    assert "cnn_rnn_0 has no opinion: too small" in html(tmp_path, (silent, evidence))


def test_a_clip_has_one_point_and_heat_chooses_its_frames(tmp_path):
    verdict, (evidence,) = two_faces()
    one = [opinion([0.9], seconds=[1.25])]
    faces = [replace(verdict.faces[0], opinions=one, verdict="fake", probability=0.9)]
    heat = np.zeros((2, T, SIZE, SIZE), np.float32)
    heat[0, 4, :6, -6:] = 1
    heat[0, 2, :6, -6:] = 0.5
    clip = replace(
        verdict, faces=faces, opinions=one, detectors=[detector(level="video")]
    )
    text = html(tmp_path, (clip, [replace(evidence, heat=heat)]))
    (block,) = re.findall(r'class="heat">(.*?)</div>', text, re.DOTALL)
    assert "2.0 s" in block and "1.0 s" in block
    assert "strongest in the upper right" in block
    assert "from 0.90 to 0.90 (at 1.2 s)" in text


def test_files_that_failed_stand_beside_the_others(tmp_path):
    bad = Verdict(file="/x/<b>bad.mp4", error="bad.mp4: not a video <script>")
    nobody = Verdict(
        file="empty.mp4",
        verdict=CANNOT_TELL,
        reason="no face was found in the sampled frames",
        frames=frames(with_face=0),
        detectors=[detector()],
    )
    text = html(tmp_path, two_faces(), (bad, []), (nobody, []))
    assert "<script>" not in text and "not a video &lt;script&gt;" in text
    assert "no face was found" in text
    assert "3 videos" in text and text.count('href="#file-') == 3
    with pytest.raises(ValueError, match="no verdicts"):
        page.write([], tmp_path / "none.html")


def test_a_detector_without_a_card_says_so(tmp_path):
    assert card.MISSING in html(tmp_path, two_faces())


def test_a_probability_is_never_certain():
    assert [page.share(p) for p in (None, 0.0, 0.005, 0.5, 0.999, 1.0)] == [
        None,
        "< 0.01",
        "< 0.01",
        "0.50",
        "> 0.99",
        "> 0.99",
    ]


def test_the_line_stops_where_nothing_was_scored():
    ax = timelines.over_time([opinion(HIGH)], until=3.0).axes[0]
    (line,) = (one for one in ax.lines if len(one.get_xdata()) == T)
    np.testing.assert_equal(
        line.get_ydata(), [np.nan if v is None else v for v in HIGH]
    )
    (gap,) = ax.patches
    assert gap.get_x() == pytest.approx(0.75) and gap.get_width() == pytest.approx(0.5)
    assert ax.get_xlim() == (0, 3.0)
    threshold = [one for one in ax.lines if set(one.get_ydata()) == {0.55}]
    assert len(threshold) == 1
    with pytest.raises(ValueError, match="no line"):
        timelines.over_time([])


def test_detectors_are_told_apart_without_colour():
    ax = timelines.over_time([opinion(HIGH), opinion(LOW, detector="b")]).axes[0]
    lines = [one for one in ax.lines if len(one.get_xdata()) == T]
    assert len({one.get_linestyle() for one in lines}) == 2
    assert len({one.get_marker() for one in lines}) == 2


def test_the_folder_is_made(tmp_path):
    out = tmp_path / "new" / "report.html"
    assert page.write([whole()], out) == out and Path(out).exists()
