"""Files of visitors: taken once, under our own names, and gone afterwards."""

import os
import time

import pytest

from dfstudy.app.limits import Refused
from dfstudy.app.uploads import Uploads


@pytest.fixture
def uploads():
    made = Uploads()
    yield made
    made.close()


def stored(uploads, content=b"a video", name="clip.mp4"):
    """As Gradio stores an upload: in a folder named after the content."""
    folder = uploads.incoming / f"sha-{len(content)}"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    uploads.note(str(path))
    return str(path)


def files(uploads):
    return [path for path in uploads.folder.rglob("*") if path.is_file()]


def test_an_upload_is_taken_once_and_then_gone(uploads):
    path = stored(uploads, name="; rm -rf $HOME `id`.mp4")
    with uploads.take(path) as own:
        assert own.read_bytes() == b"a video"
        assert own.parent == uploads.scratch and own.name.isalnum()
    assert files(uploads) == []
    with pytest.raises(Refused, match="choose the video again"), uploads.take(path):
        pass


def test_the_same_video_of_two_visitors_is_there_for_both(uploads):
    path, again = stored(uploads), stored(uploads)
    assert path == again
    with uploads.take(path) as first, uploads.take(again) as second:
        assert first != second and first.read_bytes() == second.read_bytes()
    assert files(uploads) == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", None, 3, ["x"]])
def test_what_was_not_uploaded_cannot_be_taken(uploads, path):
    with pytest.raises(Refused), uploads.take(path):
        pass


def test_an_upload_goes_when_the_job_fails(uploads):
    with pytest.raises(ZeroDivisionError), uploads.take(stored(uploads)):
        1 / 0  # noqa: B018
    assert files(uploads) == []


def test_what_nobody_came_back_for_is_swept(uploads):
    old, new = stored(uploads, b"old"), stored(uploads, b"newer")
    (uploads.incoming / "tmpbroken").write_bytes(b"half an upload")
    hour = time.time() - 3600
    for path in (old, uploads.incoming / "tmpbroken"):
        os.utime(path, (hour, hour))
    uploads.sweep(keep_s=60)
    assert [str(path) for path in files(uploads)] == [new]
    with pytest.raises(Refused), uploads.take(old):
        pass
    with uploads.take(new) as own:
        assert own.read_bytes() == b"newer"


def test_a_report_is_served_until_its_visitor_leaves(uploads):
    (path,) = uploads.publish("me", {"report.html": "one"})
    (other,) = uploads.publish("you", {"report.html": "two"})
    assert uploads.serves(path) and uploads.serves(other)
    (newer,) = uploads.publish("me", {"report.html": "three"})
    assert uploads.serves(newer) and not uploads.serves(path)
    uploads.forget("me")
    uploads.forget("nobody")
    assert not uploads.serves(newer) and uploads.serves(other)


def test_nothing_else_is_served(uploads, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    link = uploads.incoming / "link"
    link.symlink_to(secret)
    outside = f"{uploads.incoming}/../../../etc/passwd"
    scratch = uploads.scratch / "job"
    scratch.write_text("s")
    for path in (secret, link, outside, scratch, "/etc/passwd", uploads.incoming):
        assert not uploads.serves(str(path))
    assert not uploads.serves("http://example.org/video.mp4")


def test_nothing_remains_of_a_page_that_ends(uploads):
    stored(uploads)
    assert uploads.size() == len(b"a video")
    uploads.close()
    assert not uploads.folder.exists()
