"""What the five papers print, as data: tables, counts and settings, nothing of ours.

    S3_AUROC["E5 Xception + Bi-LSTM"].mean          # 0.92

Numbers are as printed, frame level and video level apart. `study.errata` recomputes
what can be recomputed from them, and `study.claims` tests what they are said to show.

S0 DeepSneak; S1 Notshe, Svoboda, Xiao; S2 the BMSCE ResNet + LSTM; S3 Correia, Neves;
S4 ReLSTM.
"""

from typing import NamedTuple


class Matrix(NamedTuple):
    """A confusion matrix of videos, fake being the positive class."""

    tn: int  # real, called real
    fp: int  # real, called fake
    fn: int
    tp: int

    @property
    def reals(self) -> int:
        """How many are real."""
        return self.tn + self.fp

    @property
    def fakes(self) -> int:
        """How many are fake."""
        return self.fn + self.tp


class Runs(NamedTuple):
    """One metric over the five runs of an experiment of S3, on its test set."""

    mean: float
    best: float
    low: float | None  # of the bootstrap interval of the best run
    high: float | None


class Length(NamedTuple):
    """A row of S4's table 3: frames a clip, minutes of training, on which card."""

    frames: int
    minutes: float
    card: str
    accuracy: float | None  # the row of 10 frames has none


# S0. Table 2 (validation, the final model) and table 5 (validation, the baseline).
S0_VALIDATION = Matrix(tn=29, fp=6, fn=3, tp=304)
S0_TABLE_1 = {"accuracy": 0.9620, "precision_real": 0.93, "f1_real": 0.88}
S0_BASELINE = Matrix(tn=1, fp=11, fn=0, tp=188)
S0_BASELINE_PRINTED = {"accuracy": 0.945, "auc": 0.542}
S0_BASELINE_F1 = 0.97  # table 4, of fakes
S0_TEST = {  # table 3
    "accuracy": 0.9592,
    "precision": 0.980,
    "recall": 0.974,
    "f1": 0.977,
    "auc": 0.904,
}
S0_PARTS = {"train": 2738, "validation": 342, "test": 343}
S0_VIDEOS = {"real": 363, "fake": 3068}
S0_SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
S0_RATES = {"section 5.1, everything": 1e-3, "section 3.4, the video encoder": 1e-5}
DFD_ACTORS = 28  # of the set that has S0's counts (FaceForensics++, dataset/README)

# S1. Frames of a split, the settings that do not fit, table 7.
S1_VIDEOS = {"train": 660, "validation": 82, "test": 83}
S1_FRAMES = {"train": 10_560, "validation": 1_312, "test": 1_328}
S1_FRAME_LEVEL = {"baseline": (0.97, 0.95, 0.97), "two-stream": (0.97, 0.91, 0.98)}
S1_VIDEO_ACCURACY = {"3D CNN": 0.59, "CNN-RNN": 0.62}
S1_INPUT, S1_MAP, S1_STRIDE = (108, 192), (7, 7), 32  # ResNet50 of a whole frame
S1_RATE = "10e-3"
S1_SECONDS, S1_SAMPLED, S1_FPS = 10, 16, 30  # of a clip, frames taken, DFDC's rate
S1_FLOW, S1_FLOW_MAP, S1_FLOW_CHANNELS = (108, 192), (25, 46), 64  # table 4
S1_FLOW_FLAT = 73_600
S1_VOTES = (0.3, 0.4, 0.5, 0.6, 0.7)  # shares tried; the best on the data is printed
DFDC_VIDEOS = {"real": 19_154, "fake": 100_000}  # Dolhansky et al. 2020, training

# S2. Its one result: a demonstration.
S2_DEMO = {"frames": 8, "seconds": 8.85, "confidence": 0.9993}
S2_FPS = 30
S2_VIDEOS = {"train": 4_200, "test": 1_800}
S2_FRAMES, S2_SIDE = 150, 112  # of a video, after "pre-processing"
S2_MAPS = {"conv1": 112, "conv5": 7}  # sides, in its figure 7
S2_FIGURES = (1, 2, 3, 4, 5, 6, 7, 9, 9, 10, 11, 12)

# S3. Tables 1 to 4, five runs each.
S3_AUROC = {
    "E1 Xception": Runs(0.86, 0.93, 0.904, 0.959),
    "E2 + JPEG": Runs(0.81, 0.85, 0.803, 0.888),
    "E3 + focal loss": Runs(0.85, 0.89, 0.855, 0.923),
    "E4 EfficientNet-B3": Runs(0.87, 0.90, 0.857, 0.928),
    "E5 Xception + Bi-LSTM": Runs(0.92, 0.96, 0.931, 0.975),
}
S3_ACCURACY = {
    "E1 Xception": Runs(0.76, 0.88, 0.838, 0.911),
    "E2 + JPEG": Runs(0.71, 0.76, 0.707, 0.803),
    "E3 + focal loss": Runs(0.76, 0.81, 0.764, 0.850),
    "E4 EfficientNet-B3": Runs(0.74, 0.82, 0.780, 0.860),
    "E5 Xception + Bi-LSTM": Runs(0.83, 0.90, 0.866, 0.933),
}
S3_F1 = {
    "E1 Xception": Runs(0.77, 0.88, 0.844, 0.917),
    "E2 + JPEG": Runs(0.71, 0.74, 0.685, 0.786),
    "E3 + focal loss": Runs(0.71, 0.80, 0.743, 0.850),
    "E4 EfficientNet-B3": Runs(0.69, 0.82, 0.768, 0.857),
    "E5 Xception + Bi-LSTM": Runs(0.84, 0.91, 0.870, 0.937),
}
S3_EER = {  # (mean, best)
    "E1 Xception": (0.22, 0.13),
    "E2 + JPEG": (0.25, 0.25),
    "E3 + focal loss": (0.25, 0.20),
    "E4 EfficientNet-B3": (0.21, 0.17),
    "E5 Xception + Bi-LSTM": (0.15, 0.09),
}
S3_RUNS = 5
S3_SAID, S3_LISTED = 4, 5  # experiments, in section 2 and in 2.3.2
S3_PARTS = {"train": 2_508, "validation": 314, "test": 314}
S3_FOCAL_REALS = {"right": 142.6, "wrong": 14.4}  # section 2.4.4, mean of five runs
S3_NORMALISED = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
XCEPTION_RANGE = 1.0  # it was trained on (x - 0.5) / 0.5
S3_JPEG = (10, 50)  # qualities of the augmentation "better frame quality"

# S4. Its test results, and table 3.
S4_TEST = {
    "accuracy": 0.8966,
    "precision": 0.8875,
    "recall": 0.9082,
    "f1": 0.8978,
    "auc": 0.8966,
}
S4_ABSTRACT_F1 = 0.87
S4_LOSS = {"validation": 0.25, "test": 0.28}
S4_PARTS = {"train": 0.8, "test": 0.2}  # the second is called validation, too
S4_PARAMETERS, S4_MEGABYTES = 56.5e6, 226.6
S4_POOLED, S4_POOLED_PRINTED = 2_048, 20_248
S4_STAGES = (  # table 1: blocks, side of the maps, channels within, and out of, a block
    (3, 28, 128, 256),
    (4, 14, 256, 512),
    (6, 7, 512, 1_024),
    (3, 4, 1_024, 2_048),
)
S4_CARDINALITY = 32
S4_LENGTHS = (
    Length(10, 36.05, "3070 Ti", None),
    Length(20, 44.75, "3070 Ti", 0.8305),
    Length(40, 77.02, "3070 Ti", 0.8616),
    Length(80, 77.06, "3090", 0.8966),
)
S4_VIDEOS = {  # (real, fake) of each source
    "Celeb-DF v2": (580, 588),
    "DFDC": (1_727, 1_566),
    "FaceForensics++": (995, 995),
}
S4_TOTAL = 6_451
