"""Fetch a data set, or say what to sign and which folder to fill.

    folder = download("dfdc-sample")             # DFDC's labelled sample, by Kaggle
    folder = download("dfdc-sample", videos=40)  # only its first 40 videos
    download("ffpp")                             # DownloadError: the form, the folder

Only DFDC's sample can be had by code. kagglehub resumes its archive where the server
lets it, and compares MD5 sums where the server names one; neither is certain, so every
video is measured afterwards, and a broken one is fetched again.
"""

import contextlib
import errno
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dfstudy import paths

_COMPETITION = "deepfake-detection-challenge"
_FOLDER = "train_sample_videos"
_LIST = "metadata.json"
# Bytes to have free before: an archive beside what is unpacked from it; one video.
_SPACE = 10 * 10**9
_VIDEO_SPACE = 20 * 10**6


class DownloadError(OSError):
    """What went wrong, or what must be done by hand, in words for the user."""


@dataclass(frozen=True)
class _Form:
    """A data set whose owners give it to those who sign."""

    title: str
    steps: str  # where the form is, and what comes back
    folder: str  # under the data folder
    tree: str  # what lies in it then


_FACEFORENSICS = (
    "fill in the form that github.com/ondyari/FaceForensics links to; its owners send "
    "a download script"
)
_FORMS = {
    "dfdc": _Form(
        "DFDC, the full set (471.84 GB)",
        "accept its terms at ai.meta.com/datasets/dfdc; for a first try, "
        "`dfstudy download dfdc-sample` needs a Kaggle account only",
        "dfdc",
        "dfdc_train_part_0/metadata.json and its videos, dfdc_train_part_1/, ...",
    ),
    "ffpp": _Form(
        "FaceForensics++",
        f"{_FACEFORENSICS}: run it with `-d all -c c23 -t videos`",
        "faceforensics",
        "original_sequences/youtube/c23/videos/, "
        "manipulated_sequences/Deepfakes/c23/videos/, ..., and the official "
        "splits/train.json, val.json and test.json",
    ),
    "dfd": _Form(
        "DFD (Google's DeepFakeDetection)",
        f"{_FACEFORENSICS}: run it with `-d DeepFakeDetection_original` and with "
        "`-d DeepFakeDetection`, both `-c c23 -t videos`",
        "faceforensics",
        "original_sequences/actors/c23/videos/, "
        "manipulated_sequences/DeepFakeDetection/c23/videos/",
    ),
    "celebdf": _Form(
        "Celeb-DF v2",
        "fill in the form that github.com/yuezunli/celeb-deepfakeforensics links to; "
        "its owners send a link",
        "celebdf",
        "Celeb-real/, Celeb-synthesis/, YouTube-real/, List_of_testing_videos.txt",
    ),
}
NAMES = ("dfdc-sample", *_FORMS)


def download(
    name: str, *, out: str | os.PathLike[str] | None = None, videos: int | None = None
) -> Path:
    """Fetch the data set `name` and return the folder to index.

    What is already there and whole is not fetched again, so a broken download goes on
    where it stopped.

    Args:
        name: one of `NAMES`.
        out: the folder to fill; by default one under the data folder.
        videos: of DFDC's sample only the first so many, file by file, instead of the
            whole archive.

    Raises:
        DownloadError: what to do: sign a form, make a token, accept the rules, free
            disk space, try again. ValueError for an unknown name.
    """
    if name not in NAMES:
        raise ValueError(f"no data set {name!r}: choose one of {', '.join(NAMES)}")
    if name in _FORMS:
        form = _FORMS[name]
        folder = Path(out or paths.home() / form.folder)
        raise DownloadError(
            f"{form.title} cannot be fetched by code: {form.steps}.\n"
            f"Then fill {folder} ({form.tree})\n"
            f"and run `dfstudy index {folder}`. More in data/README.md."
        )
    out = Path(out or paths.home() / name).expanduser().resolve()
    out.mkdir(parents=True, exist_ok=True)
    return _sample(out, videos)


def is_whole(path: Path) -> bool:
    """Whether an MP4 file is as long as its own boxes say: no end is missing.

    The headers of the top-level boxes are read, nothing is decoded.
    """
    if not path.exists():
        return False
    size, place, kinds = path.stat().st_size, 0, set()
    with path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            header = file.read(16)
            length, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if length == 1:  # the true length follows, in 64 bits
                length = int.from_bytes(header[8:], "big")
            elif length == 0:  # to the end of the file
                length = size - place
            if length < 8:
                return False
            kinds.add(kind)
            place += length
    return place == size and {b"ftyp", b"moov", b"mdat"} <= kinds


def _sample(out: Path, videos: int | None) -> Path:
    # The list first: a few kilobytes tell whether token, rules and network are right.
    # Not twice: kagglehub 1.0.2 can delete a file that it has, and fail to replace it.
    listed = out / "competitions" / _COMPETITION / _FOLDER / _LIST
    if not listed.exists():
        listed = Path(_fetch(out, f"{_FOLDER}/{_LIST}"))
    folder = listed.parent
    try:
        names = sorted(json.loads(listed.read_text(encoding="utf-8")))[:videos]
    except ValueError as error:
        listed.unlink()
        raise DownloadError(f"{listed} is not whole: run it again ({error})") from error
    if missing := [name for name in names if not is_whole(folder / name)]:
        _check_space(out, _SPACE if videos is None else len(missing) * _VIDEO_SPACE)
        if videos is None:
            _fetch(out)
    for name in names:
        if not is_whole(folder / name):
            _fetch(out, f"{_FOLDER}/{name}", again=(folder / name).exists())
    if broken := [name for name in names if not is_whole(folder / name)]:
        raise DownloadError(
            f"{len(broken)} of {len(names)} videos in {folder} are not whole, "
            f"{broken[0]} for one: run it again, it fetches only these"
        )
    return folder


def _check_space(out: Path, need: int) -> None:
    free = shutil.disk_usage(out).free
    if free < need:
        raise DownloadError(
            f"{out} has {free / 1e9:.1f} GB free, the download needs about "
            f"{need / 1e9:.1f}: free some, or name another disk with --out"
        )


def _fetch(out: Path, path: str | None = None, *, again: bool = False) -> str:
    """A file of the competition, or all of it; where it lies."""
    import kagglehub

    with _cache_at(out), _explained(out):
        return kagglehub.competition_download(_COMPETITION, path, force_download=again)


@contextlib.contextmanager
def _cache_at(folder: Path) -> Iterator[None]:
    # Not its `output_dir`: there kagglehub refuses to go on with a broken download.
    before = os.environ.get("KAGGLEHUB_CACHE")
    os.environ["KAGGLEHUB_CACHE"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["KAGGLEHUB_CACHE"]
        else:
            os.environ["KAGGLEHUB_CACHE"] = before


@contextlib.contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Every way in which kagglehub fails, as one message that says what to do."""
    import requests
    from kagglehub import exceptions

    page = f"kaggle.com/competitions/{_COMPETITION}"
    token = (
        "make one at kaggle.com/settings (API), then set KAGGLE_API_TOKEN to it, or "
        "save a legacy kaggle.json as ~/.kaggle/kaggle.json; on Colab, add it as a "
        "secret of that name"
    )
    try:
        yield
    except exceptions.UnauthenticatedError as error:
        raise DownloadError(f"Kaggle asks for a token: {token}") from error
    except exceptions.DataCorruptionError as error:
        raise DownloadError(
            "what came is not what Kaggle has (MD5): run it again"
        ) from error
    except requests.HTTPError as error:
        code = None if error.response is None else error.response.status_code
        reasons = {
            401: f"does not know your token: {token}",
            403: f"refuses: accept the rules at {page}/rules, logged in as the owner "
            "of the token, then run it again",
            404: f"has no such file any more: see {page}/data",
            429: "asks to slow down: run it again in some minutes, it goes on",
        }
        raise DownloadError(f"Kaggle {reasons.get(code, f'fails: {error}')}") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise DownloadError(
            f"the archive in {out / 'competitions'} cannot be unpacked ({error}): "
            f"delete {_COMPETITION}.archive there and run it again"
        ) from error
    except requests.RequestException as error:
        raise DownloadError(
            f"no connection to Kaggle, or it broke off: run it again, it goes on "
            f"({type(error).__name__})"
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        free = shutil.disk_usage(out).free / 1e9
        raise DownloadError(
            f"the disk of {out} is full ({free:.1f} GB free): free some and run it "
            "again, it goes on"
        ) from error
