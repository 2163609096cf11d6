"""What S0, S1 and S2 claim."""

from dfstudy.study.claims.claim import Claim, Detector, Difference, Reaches

FRAMES_S0 = Detector("03", "frame_torch")
FRAMES = Detector("03", "frame_keras")  # S1's baseline
PAIRS = Detector("04", "two_stream_frame-apart")  # flow over 0.6 s, as S1 has it
STREAMS = Detector("05", "two_stream_video")
RNN = Detector("06", "cnn_rnn-lstm")
CNN_3D = Detector("07", "cnn_3d")
LSTM = Detector("08", r"resnext_lstm-(\d+)")
FUSION = Detector("10", "fusion")

CLAIMS = (
    # S0
    Claim(
        claim="Video and text together beat a detector of frames",
        paper="S0",
        source="abstract; table 3 against appendix 7.1",
        printed="AUC 0.904 against 0.542 (of verdicts)",
        about="architecture",
        test=Difference(first=FUSION, second=FRAMES_S0, least=0.1),
    ),
    Claim(
        claim="The text adds to what the video says",
        paper="S0",
        source="section 6",
        printed="improving accuracy in ambiguous scenarios; no figure",
        test=Difference(
            first=Detector("10", "fusion-misquoted0-on-mismatch"),
            second=Detector("10", "fusion-video-on-mismatch"),
            kinds=("mismatch",),
        ),
    ),
    Claim(
        claim="Region-guided clips beat interval clips",
        paper="S0",
        source="section 6",
        printed="consistently the highest performance; no figure",
        test=Difference(
            first=Detector("10", "fusion-guided-on-blend-mismatch"),
            second=Detector("10", "fusion-on-blend-mismatch"),
        ),
    ),
    Claim(
        claim="A detector of frames with a majority vote is hardly better than chance",
        paper="S0",
        source="appendix 7.1",
        printed="AUC 0.542",
        about="architecture",
        test=Difference(first=FRAMES_S0, second=None, sign=0),
    ),
    Claim(
        claim="The detector tells real from fake on unseen videos",
        paper="S0",
        source="table 3",
        printed="accuracy 95.92 %",
        about="world",
        test=Reaches(detector=FUSION, field="accuracy", value=0.9592),
    ),
    # S1
    Claim(
        claim="Motion helps a frame",
        paper="S1",
        source="abstract; table 7",
        printed="accuracy of frames 0.97 and 0.97; superior on videos",
        test=Difference(first=PAIRS, second=FRAMES),
    ),
    Claim(
        claim="Two streams over a whole video beat the baseline of frames",
        paper="S1",
        source="section 5.2, figure 2",
        printed="superior performance; the figures are lost",
        test=Difference(first=STREAMS, second=FRAMES),
    ),
    Claim(
        claim="Two streams over a whole video beat two streams frame by frame",
        paper="S1",
        source="section 5.2",
        printed="longer-term dependencies improve it; no figure",
        test=Difference(first=STREAMS, second=PAIRS),
    ),
    Claim(
        claim="Two streams find a forgery that is only in some of the frames",
        paper="S1",
        source="section 5.2",
        printed="even if individual frames are not altered; no figure",
        test=Difference(first=STREAMS, second=FRAMES, kinds=("partial",)),
    ),
    Claim(
        claim="Frames alone do not show what is wrong in time",
        paper="S1",
        source="sections 5.2 and 6",
        printed="purely spatial models struggle on videos",
        test=Difference(first=FRAMES, second=None, sign=0, kinds=("disorder",)),
    ),
    Claim(
        claim="A CNN-RNN stays near the class prior",
        paper="S1",
        source="section 5.2",
        printed="accuracy 0.62",
        about="architecture",
        test=Difference(first=RNN, second=None, sign=0),
    ),
    Claim(
        claim="A 3D CNN stays near the class prior",
        paper="S1",
        source="section 5.2",
        printed="accuracy 0.59",
        about="architecture",
        test=Difference(first=CNN_3D, second=None, sign=0),
    ),
    Claim(
        claim="Two streams over a whole video beat a 3D CNN",
        paper="S1",
        source="section 5.2",
        printed="considerable success against accuracy 0.59",
        about="architecture",
        test=Difference(first=STREAMS, second=CNN_3D),
    ),
    Claim(
        claim="A loss of F1 makes recall high",
        paper="S1",
        source="section 5.2",
        printed="high recall can be attributed to it; no figure",
        test=Difference(
            first=Detector("05", "two_stream_video-alpha0-beta1"),
            second=STREAMS,
            metric="recall",
        ),
    ),
    # S2
    Claim(
        claim="An LSTM on ResNeXt beats CNNs of single frames",
        paper="S2",
        source="section 5",
        printed="significantly improves accuracy and robustness; no figure",
        about="architecture",
        test=Difference(first=LSTM, second=FRAMES_S0),
    ),
    Claim(
        claim="It runs in real time",
        paper="S2",
        source="sections 3.2 and 4",
        printed="8 frames in 8.85 s",
        about="architecture",
        test=Reaches(detector=LSTM, field="real_time_factor", value=1.0, at_most=True),
    ),
    Claim(
        claim="Its verdict can be relied on: monitoring, forensics, evidence",
        paper="S2",
        source="section 4",
        printed="confidence 99.93 % of one video",
        about="world",
    ),
)
