"""The synthetic set: drawing and encoding it, against encoding ready frames."""

import shutil

import numpy as np

from benchmarks.measure import Scale, benchmark, in_turns, one_thread
from dfstudy.data import synth
from dfstudy.video.write import write_video


@benchmark("a set drawn and encoded, one core", "ready frames encoded")
def render_vs_encode(scale: Scale) -> dict:
    """People painted, real and forged clips, truth and masks, as `make` does it."""
    pairs, frames, size = scale.of(4, 1), scale.of(48, 4), (216, 384)
    clips = pairs * (2 + len(synth.FAMILIES))
    person = synth.Person.random(np.random.default_rng(0))
    ready = synth.render_clip(person, 0, frames=frames, size=size, fps=24).frames
    made = scale.folder / "set"

    def whole() -> None:
        shutil.rmtree(made, ignore_errors=True)
        synth.make(
            made,
            pairs=pairs,
            frames=frames,
            size=size,
            seed=1,
            workers=1,
            progress=False,
        )

    def plain() -> None:
        for _ in range(clips):
            write_video(scale.folder / "ready.mp4", ready, fps=24, qp=22)

    with one_thread():
        times = in_turns(whole, plain, repeats=scale.of(3, 1))
    size_of = sum(file.stat().st_size for file in made.rglob("*.mp4"))
    return times | {
        "frames_per_s": clips * frames / times["ours_s"],
        "bytes_per_frame": size_of / (clips * frames),
    }
