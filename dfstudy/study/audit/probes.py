"""What the probes of `dfstudy audit` read of a video. None of them sees a face.

    facts = PROBES["metadata"].read(manifest)       # a row a video, NaN where missing
    encoder(facts).fit_transform(facts)             # numbers; labels have no part in it

The classifier is the same for all (`audit`). If it tells real from fake by these facts
alone, a detector can, too, and what it scores says nothing about forgeries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from dfstudy.study.audit import background
from dfstudy.video.decode import VideoError, open_video

# Of a file. `audio_altered` is none of them: it is found out with the label in hand.
_NUMBERS = ("width", "height", "fps", "n_frames", "duration_s", "bit_rate")
_KINDS = ("codec", "rotation", "sound", "dataset")
LETTERS = "letters"  # the column that is read letter by letter


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One thing that should not tell real from fake.

    `read(manifest, workers)` gives the facts, one row a video, and may have a column
    `reason` for rows that are empty; `advice` is what to do where they tell; `decodes`
    says whether it costs as much as decoding; `apart`, whether its blocks are tried one
    by one, because one of them may drown in the others.
    """

    title: str
    read: Callable[[pd.DataFrame, int], pd.DataFrame]
    advice: str
    decodes: bool = False
    apart: bool = False


def metadata(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """Size, rate, length, bits, codec, rotation and sound of every file."""
    sound = [_sound(path) for path in manifest["path"]]
    columns = (*_NUMBERS, "codec", "rotation", "sound")
    return _columns(manifest.assign(sound=sound), *columns)


def resolution(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """Width, height and their proportion (all as logarithms)."""
    table = _columns(manifest, "width", "height")
    return table.assign(proportion=table["width"] - table["height"])


def duration(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """Seconds and frames."""
    return _columns(manifest, "duration_s", "n_frames")


def dataset(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """The data set that a video is from."""
    return _columns(manifest, "dataset")


def name(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """The file's name without folder and suffix, and how it is made up."""
    stem = manifest["path"].map(lambda path: Path(path).stem)
    return pd.DataFrame(
        {
            LETTERS: stem,
            "form length": stem.str.len(),
            "form digits": stem.str.count(r"\d"),
            "form capitals": stem.str.count(r"[A-Z]"),
            "form signs": stem.str.count(r"[^A-Za-z0-9]"),
            "form number": np.log1p(stem.str.extract(r"(\d+)")[0].astype("float64")),
        }
    )


def surroundings(manifest: pd.DataFrame, workers: int = 0) -> pd.DataFrame:
    """The numbers of `background.read`, and the reason where there are none."""
    numbers, reasons = background.read(manifest["path"].tolist(), workers=workers)
    names = [f"{block} {i}" for block, n in background.SIZES.items() for i in range(n)]
    table = pd.DataFrame(numbers, columns=names, index=manifest.index)
    return table.assign(reason=pd.Series(reasons, index=manifest.index, dtype="object"))


def some(table: pd.DataFrame, most: int, *, seed: int) -> pd.DataFrame:
    """At most `most` rows: a real and a fake of each group, then a second one, ...

    So there are as many groups as can be, and labels are as level as can be. Rows keep
    their order; index 0 .. n-1.
    """
    if len(table) <= most:
        return table.reset_index(drop=True)
    mixed = table[["group", "label"]].sample(frac=1, random_state=seed)
    turn = mixed.groupby(["group", "label"]).cumcount()
    first = mixed.groupby("group").ngroup(ascending=True).to_numpy()
    first = np.random.default_rng(seed).permutation(first.max() + 1)[first]
    chosen = mixed.index[np.lexsort((first, turn))[:most]]
    return table.loc[sorted(chosen)].reset_index(drop=True)


def informative(facts: pd.DataFrame) -> pd.DataFrame:
    """The columns that are not the same (or missing) in every row."""
    return facts.loc[:, [facts[c].nunique(dropna=False) > 1 for c in facts]]


def blocks(facts: pd.DataFrame) -> dict[str, list[str]]:
    """Columns by the word that their names begin with."""
    found: dict[str, list[str]] = {}
    for column in facts:
        found.setdefault(column.split()[0], []).append(column)
    return found


def encoder(facts: pd.DataFrame) -> ColumnTransformer:
    """Facts to numbers: a block for each word that names of columns begin with.

    Numbers are standardised, gaps filled and marked; kinds become 0 and 1; names are
    counted by runs of one to three letters. A block of many columns counts as much as
    one of few: two videos are about a distance of the root of 2 apart in each.
    """
    steps = []
    for block, columns in blocks(facts).items():
        if block == LETTERS:
            counts = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
            steps.append((block, counts, LETTERS))
        elif block in _KINDS:
            steps.append((block, OneHotEncoder(handle_unknown="ignore"), columns))
        else:
            shrink = FunctionTransformer(partial(np.multiply, len(columns) ** -0.5))
            fill = SimpleImputer(add_indicator=True)
            steps.append(
                (block, make_pipeline(fill, StandardScaler(), shrink), columns)
            )
    return ColumnTransformer(steps)


def _columns(manifest: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Kinds as words, numbers as logarithms: half and twice are equally far."""
    table = {}
    for column in names:
        if column in _KINDS:
            table[column] = manifest[column].astype("object").fillna("unknown")
            table[column] = table[column].astype("str")
        else:
            values = manifest[column].astype("float64")
            table[column] = np.log(values.where(values > 0))
    return pd.DataFrame(table)


def _sound(path: str) -> str | None:
    """The codec and rate of the sound, "silent", or None where no file can be read."""
    try:
        with open_video(path) as (container, _):
            for stream in container.streams.audio:
                return f"{stream.codec_context.name} {stream.rate} Hz"
            return "silent"
    except (VideoError, OSError):
        return None  # then it is unknown, which is a fact as well


PROBES = {
    "metadata": Probe(
        title="metadata only",
        read=metadata,
        advice="code all videos again in the same way (size, rate, length, quantiser,"
        " sound) before training and before testing, and audit the result",
    ),
    "name": Probe(
        title="file name only",
        read=name,
        advice="rename the files at random, and give no model text made of names",
    ),
    "background": Probe(
        title="background only",
        read=surroundings,
        advice="crop to the face, or choose reals and fakes of the same scenes; look"
        " for watermarks and frames around the picture",
        decodes=True,
        apart=True,
    ),
    "resolution": Probe(
        title="resolution only",
        read=resolution,
        advice="bring all videos to one size before anything else, the smallest, and"
        " by the same filter; face crops do not hide how large a face was",
    ),
    "dataset": Probe(
        title="data-set id",
        read=dataset,
        advice="balance reals and fakes within each data set (dfstudy index --balance),"
        " and report each data set in its own row",
    ),
    "duration": Probe(
        title="duration only",
        read=duration,
        advice="cut all videos to one length, and sample the same frames of each",
    ),
}
