"""Sets that say nothing of their labels but by chance, as tables without files."""

import numpy as np

from dfstudy.data import manifest

LETTERS = list("abcdefghijklmnopqrstuvwxyz")


def clean(pairs=24, seed=0, **changed):
    """Pairs of people with two real clips and three fakes; bit rates by chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for pair in range(pairs):
        for clip in range(5):
            name, k = "".join(rng.choice(LETTERS, 10)), clip % 2
            fake = clip > 1
            rows.append(
                {
                    "video_id": name,
                    "path": f"/nowhere/{name}.mp4",
                    "label": int(fake),
                    "dataset": "first",
                    "method": "swap" if fake else "real",
                    "source_id": name,
                    "target_identity": f"p{pair}{'ab'[k]}",
                    "donor_identity": f"p{pair}{'ba'[k]}" if fake else None,
                    "width": 384,
                    "height": 216,
                    "fps": 24.0,
                    "n_frames": 48,
                    "duration_s": 2.0,
                    "codec": "h264",
                    "bit_rate": int(1e6 * np.exp(0.3 * rng.normal())),
                    "rotation": 0,
                    "group": f"g{pair}",
                }
            )
    return manifest.from_rows(rows).assign(**changed)
