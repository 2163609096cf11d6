"""What S3 and S4 claim."""

from dfstudy.study.claims.claim import Claim, Detector, Difference, Reaches

E1, E2 = Detector("09", "xception"), Detector("09", "xception-s3-jpeg")
E3 = Detector("09", r"xception-gamma[\d.]+")
E4 = Detector("09", "xception-efficientnet_b3-gradual")
E5 = Detector("09", "xception_lstm")
LSTM = Detector("08", r"resnext_lstm-(\d+)")

CLAIMS = (
    # S3
    Claim(
        claim="A Bi-LSTM on Xception beats Xception (E5 against E1)",
        paper="S3",
        source="table 1",
        printed="mean AUROC 0.92 against 0.86",
        test=Difference(first=E5, second=E1, least=0.06),
    ),
    Claim(
        claim="It is the time that the Bi-LSTM adds, not the pooling",
        paper="S3",
        source="section 2.4.5",
        printed="temporal cues matter a lot; no run without them",
        test=Difference(
            first=E5, second=Detector("09", "xception_lstm-mean"), least=0.02
        ),
    ),
    Claim(
        claim="JPEG in training lowers the AUROC (E2 against E1)",
        paper="S3",
        source="table 1",
        printed="mean AUROC 0.81 against 0.86",
        test=Difference(first=E2, second=E1, sign=-1, least=0.05),
    ),
    Claim(
        claim="Focal loss changes the AUROC little (E3 against E1)",
        paper="S3",
        source="table 1",
        printed="mean AUROC 0.85 against 0.86",
        test=Difference(first=E3, second=E1, sign=0),
    ),
    Claim(
        claim="Focal loss has a lower EER than JPEG in training (E3 against E2)",
        paper="S3",
        source="section 2.4.3, table 4",
        printed="EER 0.25 and 0.25 in the mean, 0.20 and 0.25 at best",
        test=Difference(first=E3, second=E2, sign=-1, metric="eer"),
    ),
    Claim(
        claim="Focal loss calls more reals real than the Bi-LSTM (E3 against E5)",
        paper="S3",
        source="section 2.4.4",
        printed="142.6 of 157 reals at a threshold of 0.6",
        test=Difference(first=E3, second=E5, metric="recall_real", threshold=0.6),
    ),
    Claim(
        claim="EfficientNet-B3 ranks videos as well as Xception (E4 against E1)",
        paper="S3",
        source="table 1",
        printed="mean AUROC 0.87 against 0.86",
        about="architecture",
        test=Difference(first=E4, second=E1, sign=0),
    ),
    Claim(
        claim="Its best detector reaches an AUROC of 0.96 on DFDC",
        paper="S3",
        source="abstract",
        printed="AUROC 0.96, the best of five runs",
        about="world",
        test=Reaches(detector=E5, field="auroc", value=0.96),
    ),
    # S4
    Claim(
        claim="Longer clips are judged better",
        paper="S4",
        source="table 3",
        printed="accuracy 83.05 % at 20 frames, 89.66 % at 80",
        test=Difference(
            first=LSTM, second=Detector("08", r"resnext_lstm-(\d+)", most=False)
        ),
    ),
    Claim(
        claim="The LSTM beats a maximum over time",
        paper="S4",
        source="figures 7 and 8",
        printed="across all critical benchmarks; bars without figures",
        test=Difference(
            first=LSTM, second=Detector("08", r"resnext_lstm-(\d+)-none-max")
        ),
    ),
    Claim(
        claim="It is the memory that helps, not the pooling",
        paper="S4",
        source="section 4.4, (1)",
        printed="ability to leverage temporal dependencies; no run with the same mean",
        test=Difference(first=LSTM, second=Detector("08", r"resnext_lstm-(\d+)-none")),
    ),
    Claim(
        claim="ResNeXt-50 beats ResNet50",
        paper="S4",
        source="section 4.4, (2)",
        printed="intermediate performance of ResNet50; bars without figures",
        about="architecture",
        test=Difference(
            first=LSTM, second=Detector("08", r"resnext_lstm-(\d+)-resnet50")
        ),
    ),
    Claim(
        claim="56.5 million parameters",
        paper="S4",
        source="section 4.4",
        printed="56.5 M, 226.6 MB",
        about="architecture",
        test=Reaches(detector=LSTM, field="parameters", value=56.6e6, at_most=True),
    ),
    Claim(
        claim="It is right on videos of three data sets",
        paper="S4",
        source="section 4.4",
        printed="accuracy 89.66 %",
        about="world",
        test=Reaches(detector=LSTM, field="accuracy", value=0.8966),
    ),
    Claim(
        claim="Mixing data sets makes it robust to other ways of forging",
        paper="S4",
        source="section 4.1",
        printed="lower accuracy on diffusion fakes; no figure",
        about="world",
    ),
)
