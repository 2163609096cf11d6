"""The papers' own numbers, by level and split: beside ours, never mixed with them."""

import pandas as pd

from dfstudy.study import papers


def printed_table() -> pd.DataFrame:
    """What the papers print, one row a number, to stand beside ours and never in it.

    Columns: paper, detector, level (frame, video), split (as it was used, whatever it
    is called), metric, value in [0, 1], note.
    """
    chosen = "validation = test"
    rows: list[tuple] = []

    def add(paper: str, detector: str, level: str, split: str, values, note="") -> None:
        for metric, value in values.items():
            rows.append((paper, detector, level, split, metric, value, note))

    verdicts = "its AUC is the balanced accuracy"
    add("S0", "fusion", "video", "val", papers.S0_TABLE_1, "342 videos")
    add("S0", "fusion", "video", "test", papers.S0_TEST, f"343 videos; {verdicts}")
    base = f"200 other videos; {verdicts}"
    add("S0", "ResNet-18, vote", "video", "val", papers.S0_BASELINE_PRINTED, base)
    names = ("accuracy", "precision", "recall")
    for detector, numbers in papers.S1_FRAME_LEVEL.items():
        values = dict(zip(names, numbers, strict=True))
        add("S1", detector, "frame", "test", values)
    for detector, value in papers.S1_VIDEO_ACCURACY.items():
        add("S1", detector, "video", "test", {"accuracy": value}, "83 videos")
    tables = {"auroc": papers.S3_AUROC, "accuracy": papers.S3_ACCURACY}
    tables |= {"f1": papers.S3_F1, "eer": papers.S3_EER}
    for metric, table in tables.items():
        for detector, row in table.items():
            add("S3", detector, "video", "test", {metric: row[0]}, "mean of five runs")
            note = "best of five runs, chosen on test"
            add("S3", detector, "video", chosen, {metric: row[1]}, note)
    note = f"the epoch is chosen on these videos; {verdicts}"
    add("S4", "ReLSTM, 80 frames", "video", chosen, papers.S4_TEST, note)
    for row in papers.S4_LENGTHS[:-1]:
        if row.accuracy is not None:
            detector = f"ReLSTM, {row.frames} frames"
            add("S4", detector, "video", chosen, {"accuracy": row.accuracy}, row.card)
    columns = ["paper", "detector", "level", "split", "metric", "value", "note"]
    return pd.DataFrame(rows, columns=columns)
