"""How often the interval of a class's AUROC covers the truth: see metrics/readers.py.

    python benchmarks/readers.py

Classes are simulated: clips are hard or easy for everybody, students see more or less.
The truth is the mean over many classes. An honest 95 % interval covers it in 95 % of
them.
"""

import numpy as np

from dfstudy.metrics.readers import readers_auroc

CLASSES = 250
SIZES = ((20, 12), (10, 24), (30, 24))  # students, clips
OVER = ("both", "clips", "readers")


def judged(rng: np.random.Generator, students: int, clips: int):
    """Labels (C,) and guesses (R, C) of a class."""
    labels = np.arange(clips) % 2
    hard = rng.normal(0, 0.7, clips)
    skill = 1.2 * np.exp(rng.normal(0, 0.4, students) - 0.08)
    noise = rng.normal(size=(students, clips))
    return labels, skill[:, None] * labels + hard + noise


def area(labels: np.ndarray, guesses: np.ndarray) -> float:
    """Mean AUROC of the students."""
    fake, real = guesses[:, labels == 1], guesses[:, labels == 0]
    return float((fake[:, :, None] > real[:, None, :]).mean())


def main() -> None:
    """Print the coverage of each way to resample, for classes of several sizes."""
    rng = np.random.default_rng(0)
    truth = np.mean([area(*judged(rng, 50, 60)) for _ in range(300)])
    print(f"{'students':>8} {'clips':>6}  " + "  ".join(f"{o:>8}" for o in OVER))
    for students, clips in SIZES:
        hits = dict.fromkeys(OVER, 0)
        for seed in range(CLASSES):
            labels, guesses = judged(rng, students, clips)
            given = (
                np.tile(labels, students),
                guesses.ravel(),
                np.tile(np.arange(clips), students),
                np.repeat(np.arange(students), clips),
            )
            for over in OVER:
                entry = readers_auroc(*given, over=over, n=300, seed=seed)
                hits[over] += entry["low"] <= truth <= entry["high"]
        shares = "  ".join(f"{hits[over] / CLASSES:8.1%}" for over in OVER)
        print(f"{students:8} {clips:6}  {shares}", flush=True)


if __name__ == "__main__":
    main()
