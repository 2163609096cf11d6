"""The page as its visitors use it, good ones and bad ones; see `app_work` for the work.

One server for all; where a browser drives it, what it does is tested without one, too.
"""

import json
import shutil
import struct
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from app_work import planted
from asked import LEFT, RIGHT, squares
from clips import audio_only, encode, encode_at, numbered
from page_client import Visitor

pytest.importorskip("gradio", reason="needs the extra app")

from dfstudy.app import server
from dfstudy.app.limits import Limits
from dfstudy.app.shelf import Shelved

LIMITS = Limits(max_mb=1, max_seconds=20, job_seconds=120, memory_mb=3000, queue=24)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    squares(folder / "real.mp4", (*LEFT, 30))
    return folder


@pytest.fixture(scope="module")
def page(folder):
    card = "# planted_0\n\nIt knows red squares and nothing else."
    known = {"folder": folder, "synthetic": True, "card": card}
    shelf = {
        name: Shelved(name=name, text=name == "reads_0", **known)
        for name in ("planted_0", "whole_0", "reads_0")
    }
    options = server.Options(
        detectors=shelf,
        examples={"real": folder / "real.mp4"},
        port=0,
        limits=LIMITS,
        factory=partial(planted, folder, LIMITS, warm=True),
    )
    with server.running(options) as page:
        yield page
    assert not page.uploads.folder.exists()
    assert not psutil.pid_exists(page.worker.pid)


@pytest.fixture(scope="module")
def two(folder):
    """A video of two "faces", one of them called fake."""
    return squares(folder / "two.mp4", (*LEFT, 220), (*RIGHT, 30)).read_bytes()


@pytest.fixture
def visitor(page):
    return Visitor(page.url)


def left(page):
    """Files of visitors that are still there; reports stay until they leave."""
    files = [path for path in page.uploads.folder.rglob("*") if path.is_file()]
    return [path for path in files if not path.parent.name.startswith("out-")]


def until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def said(answer):
    """The error of an answer, and that it is one sentence, and no traceback."""
    text = answer[1]
    assert 'role="alert"' in text and "Traceback" not in text and "/tmp" not in text
    assert answer[0]["value"] is None and not answer[2]["visible"]
    return text


def test_a_video_gives_a_verdict_with_all_that_it_rests_on(page, visitor, two):
    video, verdict, report, document, walk = visitor.examine(two, "two people.mp4")
    assert "two people.mp4" in verdict and "Called fake" in verdict
    assert "trained on synthetic data" in verdict
    assert walk.count('type="range"') == 1 and walk.count("df-cursor") == 2
    assert walk.count('class="df-frame"') == 8 and walk.count("df-box") == 16
    assert "finding faces" in walk and "frames looked at" in walk
    assert "http://" not in walk.replace("http://www.w3.org", "")
    assert video["value"] is None and left(page) == []
    text = visitor.http.get(report["value"]["url"])
    assert "two people.mp4" in text.text and "Called fake" in text.text
    assert "attachment" in text.headers["content-disposition"]
    values = visitor.http.get(document["value"]["url"]).json()
    assert values["verdict"] == "fake" and len(values["faces"]) == 2
    assert values["file"] == "two people.mp4"


def test_several_detectors_can_be_asked_and_frames_looked_at(visitor, two):
    _, verdict, *_, walk = visitor.examine(two, chosen=("whole_0", "planted_0"))
    assert "whole_0" in verdict and "planted_0" in verdict
    assert "whole frame" in walk


def test_a_video_without_a_face_cannot_be_told(visitor, folder):
    path = squares(folder / "none.mp4")
    _, verdict, *_ = visitor.examine(path.read_bytes())
    assert "Cannot tell" in verdict and "no face was found" in verdict


def test_an_example_is_examined_and_stays(visitor, folder):
    joined = visitor.join("try_real", ["planted_0"], "")
    joined.raise_for_status()
    _, verdict, *_ = visitor.answer()
    assert "Called real" in verdict and "example: real (rendered)" in verdict
    assert (folder / "real.mp4").exists()


def test_the_banner_and_the_card_follow_the_detector(visitor):
    visitor.join("about", ["planted_0"]).raise_for_status()
    banner, card, says = visitor.answer()
    assert "synthetic" in banner and "red squares" in card and not says["visible"]
    visitor.join("about", ["reads_0"]).raise_for_status()
    assert visitor.answer()[2]["visible"]
    visitor.join("about", ["/etc/passwd", {}]).raise_for_status()
    assert visitor.answer()[:2] == ["", ""]


def huge(folder):
    """Frames of 100,000 x 100,000 pixels, says the header of a small file."""
    path = encode(folder / "huge.avi", numbered(4), codec="rawvideo")
    data, size = path.read_bytes(), struct.pack("<II", 96, 64)
    assert data.count(size) >= 2
    return data.replace(size, struct.pack("<II", 100_000, 100_000))


def raw(folder):
    return b"YUV4MPEG2 W100000 H100000 F25:1 Ip A1:1 C420\nFRAME\n" + bytes(1000)


def long(folder):
    times = [0, 12000, 24000, 36000]
    return encode_at(folder / "long.mp4", numbered(4), times).read_bytes()


def endless(folder):
    """One frame in ten hours, of a raw stream: only the time of work ends it."""
    return b"YUV4MPEG2 W16 H16 F1:36000 Ip C420\n" + 4 * (b"FRAME\n" + bytes(384))


def zipped(folder):
    path = folder / "zip.mp4"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("video.mp4", "not a video")
    return path.read_bytes()


def silent(folder):
    return audio_only(folder / "sound.m4a").read_bytes()


def broken(folder):
    return squares(folder / "whole.mp4", (*LEFT, 30)).read_bytes()[:300]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (huge, "pixels|a single frame|can be opened"),
        (raw, "pixels|a single frame|can be opened"),
        (long, "600 minutes long"),
        (endless, "minutes long"),
        (zipped, "Not a video file"),
        (silent, "no video stream"),
        (broken, "no video stream"),
        (lambda folder: b"", "empty"),
        (lambda folder: b"#!/bin/sh\ntouch /tmp/owned\n", "Not a video file"),
        (lambda folder: b"die now", "break off"),
        (lambda folder: b"fault 1", "Something went wrong"),
    ],
)
def test_a_hostile_video_gives_a_sentence_and_leaves_nothing(
    page, visitor, folder, make, message
):
    import re

    assert re.search(message, said(visitor.examine(make(folder))))
    assert left(page) == []


def test_after_all_that_the_next_one_works(visitor):
    assert "well" in visitor.examine(b"say well")[1]


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x", "$(touch owned).mp4", "a;b|c`id`.mp4", "é" * 200]
)
def test_names_of_files_go_nowhere(page, visitor, two, name):
    stored = Path(visitor.upload(two, name))
    assert stored.resolve().is_relative_to(page.uploads.incoming)
    document = visitor.ask(str(stored), name)[3]
    shown = visitor.http.get(document["value"]["url"]).json()["file"]
    assert len(shown) <= 80 and "/" not in shown
    assert left(page) == []


def test_a_name_is_text_and_no_markup(visitor, two):
    verdict = visitor.examine(two, "<img src=x onerror=alert(1)>.mp4")[1]
    assert "<img src=x" not in verdict and "&lt;img" in verdict


@pytest.mark.parametrize(
    ("chosen", "text", "message"),
    [
        ([], "", "choose a detector"),
        (["../../etc"], "", "no detector"),
        ("planted_0", "", "choose a detector"),
        ([{"path": "x"}], "", "no detector"),
        (["reads_0"], " ", "describe it"),
    ],
)
def test_only_detectors_that_are_here_can_be_asked(
    page, visitor, chosen, text, message
):
    path = visitor.upload(b"say hello")
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = visitor.join("examine", file, chosen, text)
    if answer.status_code != 403:  # a detector that looks like a file
        assert message in said(visitor.answer())
    with page.uploads.take(path):  # it is still there for a better question
        pass


def test_without_a_video_the_page_asks_for_one(visitor):
    visitor.join("examine", None, ["planted_0"], "").raise_for_status()
    assert "choose a video" in said(visitor.answer())


@pytest.mark.parametrize(
    "where",
    [
        "file=/etc/passwd",
        "file=../../../../etc/passwd",
        "file=..%2f..%2f..%2fetc%2fpasswd",
        "file=/proc/self/environ",
        "file=http://127.0.0.1:1/",
        "file=https://example.org/",
        "proxy=https://example.hf.space/",
        "runs",
        "custom_component/x/y/z/w",
        "deep_link",
        "vibe-code/",
        "../monitoring",
    ],
)
def test_no_path_outside_the_uploads_can_be_read(page, where):
    # By hand: a client would tidy up the address.
    connection = httpx.Client()
    url = httpx.URL(page.url).copy_with(raw_path=f"/gradio_api/{where}".encode())
    assert connection.get(url).status_code in (403, 404)


@pytest.mark.parametrize("path", ["/etc/passwd", "http://127.0.0.1:9/x.mp4", "../x"])
def test_a_path_of_ones_own_is_no_upload(visitor, path):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert visitor.join("examine", file, ["planted_0"], "").status_code == 403


def test_what_another_route_could_do_is_shut(page):
    for method, path in [
        ("POST", "/gradio_api/call/examine"),
        ("POST", "/gradio_api/run/examine"),
        ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/component_server"),
        ("PUT", "/"),
        ("DELETE", "/gradio_api/upload"),
    ]:
        assert httpx.request(method, httpx.URL(page.url).join(path)).status_code == 403


def test_a_file_over_the_limit_is_refused_while_it_comes(page, visitor):
    assert visitor.send(bytes(LIMITS.bytes + 10)).status_code == 413
    assert visitor.send(bytes(5 * LIMITS.bytes)).status_code == 413
    many = [("files", (f"{i}.mp4", bytes(LIMITS.bytes // 2))) for i in range(8)]
    assert visitor.http.post("/gradio_api/upload", files=many).status_code == 413
    long = {"data": ["x" * 2**21], "fn_index": 0, "session_hash": "a"}
    join = visitor.http.post("/gradio_api/queue/join", json=long)
    assert join.status_code == 413
    assert left(page) == []


def test_a_site_elsewhere_cannot_reach_in(page):
    assert httpx.get(page.url, headers={"Host": "evil.example"}).status_code == 400
    assert page.url.startswith("http://127.0.0.1:")


def test_the_browser_is_told_to_load_nothing_from_elsewhere(page, visitor):
    answer = visitor.http.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    config = visitor.http.get("/config").json()
    assert config["analytics_enabled"] is False
    css = visitor.http.get("/theme.css").text
    assert "fonts.googleapis" not in answer.text + css


def test_twenty_at_once_are_all_answered_in_order_by_one_process(page):
    visitors = [Visitor(page.url) for _ in range(20)]
    paths = [v.upload(b"say the same", "same.mp4") for v in visitors]
    assert len(set(paths)) == 1  # Gradio keeps the same content once
    file = {"path": paths[0], "meta": {"_type": "gradio.FileData"}}
    for each in visitors:
        each.join("examine", file, ["planted_0"], "").raise_for_status()
    answers, finished = {}, []

    def listen(i):
        answers[i] = visitors[i].answer()
        finished.append(i)

    threads = [threading.Thread(target=listen, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [text[1] for text in answers.values()] == 20 * [
        f"the same, pid {page.worker.pid}"
    ]
    # Listeners are threads: neighbours may swap, the queue is in order.
    assert np.corrcoef(np.arange(20), finished)[0, 1] > 0.9
    assert left(page) == []


def test_who_comes_to_a_full_queue_is_told_so(page):
    first = Visitor(page.url)
    file = {"path": first.upload(b"sleep 600"), "meta": {"_type": "gradio.FileData"}}
    first.join("examine", file, ["planted_0"], "").raise_for_status()
    busy = threading.Event()

    def listen():
        for message in first.listen():
            if message["msg"] == "process_generating":
                busy.set()
                return  # hangs up

    thread = threading.Thread(target=listen)
    codes = []
    for _ in range(LIMITS.queue + 2):
        other = Visitor(page.url)
        codes.append(other.join("examine", None, ["planted_0"], "").status_code)
    assert codes[0] == 200 and codes[-1] == 503
    thread.start()
    assert busy.wait(60)
    thread.join()
    assert until(lambda: left(page) == [])


def test_who_hangs_up_frees_the_worker_and_leaves_nothing(page):
    gone = Visitor(page.url)
    path = gone.upload(b"sleep 600")
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    gone.join("examine", file, ["planted_0"], "").raise_for_status()
    messages = gone.listen()
    while next(messages)["msg"] != "process_generating":
        pass
    before = page.worker.pid
    messages.close()
    gone.http.close()
    assert until(lambda: page.worker.pid != before)
    assert not psutil.pid_exists(before)
    assert "next" in Visitor(page.url).examine(b"say next")[1]
    assert left(page) == []


def test_who_hangs_up_in_the_middle_of_an_upload_leaves_nothing(page):
    import socket

    url = httpx.URL(page.url)
    line = socket.create_connection((url.host, url.port))
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 900000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    )
    line.sendall(head.encode() + bytes(200_000))
    assert until(lambda: left(page))
    line.close()
    assert until(lambda: left(page) == [])


def test_a_visitor_who_leaves_takes_the_report_along(page):
    gone = Visitor(page.url)
    with gone.http.stream("GET", f"/gradio_api/heartbeat/{gone.session}"):
        report = gone.examine(b"say bye")[2]["value"]["path"]
        assert Path(report).exists()
    assert until(lambda: not Path(report).exists())


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
def test_a_browser_uploads_reads_walks_and_downloads(page, folder, two, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    (folder / "upload.mp4").write_bytes(two)
    (folder / "zip.mp4").write_bytes(zipped(folder))
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        tab.set_default_timeout(60_000)
        asked, errors = [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(page.url)
        tab.set_input_files("#df-video input[type=file]", folder / "upload.mp4")
        tab.wait_for_selector("#df-video .file-preview")
        tab.click("#df-go")
        tab.wait_for_selector("#df-verdict")
        assert "Called fake" in tab.inner_text("#df-verdict")
        slider = tab.locator("#df-slider")
        before = tab.locator(".df-moment:visible img").first.get_attribute("alt")
        cursor = tab.locator(".df-cursor").first.get_attribute("style")
        slider.focus()
        slider.press("End")
        assert tab.locator(".df-moment:visible").count() == 1
        shown = tab.locator(".df-moment:visible img").first.get_attribute("alt")
        assert shown != before and "at 3.8 seconds" in shown
        assert tab.locator(".df-cursor").first.get_attribute("style") != cursor
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        with tab.expect_download() as download:
            tab.click("#df-report")
        download.value.save_as(tmp_path / "report.html")
        assert "Called fake" in (tmp_path / "report.html").read_text()
        tab.set_input_files("#df-video input[type=file]", folder / "zip.mp4")
        tab.wait_for_selector("#df-video .file-preview")
        tab.click("#df-go")
        tab.wait_for_selector("[role=alert]")
        assert "Not a video file" in tab.inner_text("[role=alert]")
        assert not tab.locator("#df-report").is_visible()
        browser.close()
    assert not errors
    elsewhere = [u for u in asked if not u.startswith((page.url, "data:", "blob:"))]
    assert not elsewhere


def test_json_values_are_what_the_worker_takes_and_gives(page, visitor):
    document = visitor.examine(b"say it", "a.mp4")[3]
    request = json.loads(visitor.http.get(document["value"]["url"]).text)["request"]
    assert set(request) == {"path", "name", "detectors", "text"}
    assert Path(request["path"]).parent == page.uploads.scratch
