"""A trained detector: a folder with `model.json` and weights, and nothing else to know.

    detector = new(built, view=frame_torch.view(16), data_kind="synthetic", seed=0)
    detector.info.update(rule=asdict(rule), temperature=1.3)
    detector.save("runs/laptop/models/frame_torch_0")
    load("runs/laptop/models/frame_torch_0").score(clips)     # uint8 (B, T, H, W, 3)
    load("runs/laptop/models/fusion_0").score(clips, text=["outside talking", ...])

Weights are safetensors (PyTorch) or `.weights.h5` (Keras); nothing is pickled, so a
folder from a stranger is safe to load.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dfstudy import models
from dfstudy.data.view import View
from dfstudy.models import Built, fake_probability, family, forward

_CARD = "model.json"
_WEIGHTS = {"torch": "model.safetensors", "keras": "model.weights.h5"}
_REQUIRED = ("name", "framework", "network", "backbone", "view", "level")


class DetectorError(ValueError):
    """A folder that holds no detector we can load; the message says what is wrong."""


@dataclass
class Detector:
    """A network, the view it was trained on, and how its scores become a verdict.

    `info` is the content of model.json. Beside what `new` writes it holds, once chosen
    on validation, `rule` (aggregation, threshold, strict), `temperature` and
    `conformal` (metrics.conformal.Limits).
    """

    built: Built
    info: dict[str, Any]
    folder: Path | None = None

    @property
    def module(self) -> Any:
        """torch.nn.Module or keras.Model: uint8 frames (and flow) to logits."""
        return self.built.module

    @property
    def view(self) -> View:
        """What the detector gets to see of a video."""
        return View.from_dict(self.info["view"])

    @property
    def level(self) -> str:
        """ "frame": a score for every frame; "video": one for the clip."""
        return self.info["level"]

    @property
    def temperature(self) -> float:
        """Of the calibration, chosen on validation."""
        return self.info["temperature"]

    def score(
        self,
        clips: np.ndarray,
        flow: np.ndarray | None = None,
        *,
        text: Sequence[str | None] | np.ndarray | None = None,
        batch_size: int = 64,
    ) -> np.ndarray:
        """P(fake) in [0, 1] as float32: (B, T) of a frame model, (B,) of a video model.

        Args:
            clips: uint8 RGB (B, T, H, W, 3) with H and W of the view.
            flow: (B, T, H, W, 2), where the view has flow, and only there.
            text: descriptions (B,), or what `models.text.encode` makes of them, where
                the view has text, and only there.
            batch_size: frames (or clips, of a video model) that go through at once.

        Raises:
            ValueError: another type or shape; flow or text are missing or too much; or
                this machine reads descriptions by another encoder.
        """
        parts = self.inputs(clips, flow, text)
        return self._scores(self.module, parts, clips.shape[:2], batch_size)

    def inputs(
        self,
        clips: np.ndarray,
        flow: np.ndarray | None = None,
        text: Sequence[str | None] | np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """What the network takes, of what `score` takes: frames or clips, flow, text.

        A network of frames takes (B * T, ...). Raises ValueError as `score`.
        """
        view = self.view
        if clips.dtype != np.uint8 or clips.ndim != 5:
            raise ValueError(
                f"clips are uint8 (B, T, H, W, 3), not {clips.dtype} {clips.shape}"
            )
        if clips.shape[2:] != (view.height, view.width, 3):
            raise ValueError(
                f"this detector takes frames of {view.height}x{view.width}x3, not"
                f" {'x'.join(map(str, clips.shape[2:]))}"
            )
        if (flow is not None) != (view.flow != "none"):
            raise ValueError(f"the view's flow is {view.flow!r}: look at what you give")
        if flow is not None and flow.shape != (*clips.shape[:-1], 2):
            raise ValueError(f"a flow {flow.shape} does not belong to {clips.shape}")
        return self._parts(clips, flow, text)

    def score_features(
        self,
        features: np.ndarray,
        flow: np.ndarray | None = None,
        *,
        text: Sequence[str | None] | np.ndarray | None = None,
        batch_size: int = 64,
    ) -> np.ndarray:
        """The same scores from `built.spatial`'s features (B, T, F) of the frames."""
        parts = self._parts(features, flow, text)
        return self._scores(self.built.head, parts, features.shape[:2], batch_size)

    def _parts(
        self,
        seen: np.ndarray,
        flow: np.ndarray | None,
        text: Sequence[str | None] | np.ndarray | None,
    ) -> list[np.ndarray]:
        if (text is not None) != self.view.text:
            wants = "a description of each video" if self.view.text else "no text"
            raise ValueError(f"this detector takes {wants}: look at what you give")
        parts = [seen] if flow is None else [seen, flow]
        if text is not None:
            parts.append(self._read(text, len(seen)))
        if self.level == "frame":
            parts = [part.reshape(-1, *part.shape[2:]) for part in parts]
        return parts

    def _scores(
        self,
        module: Any,
        parts: list[np.ndarray],
        shape: tuple[int, int],
        batch_size: int,
    ) -> np.ndarray:
        logits = [np.zeros((0, 1), np.float32)]
        for i in range(0, len(parts[0]), batch_size):
            x = [part[i : i + batch_size] for part in parts]
            logits.append(forward(module, x if len(x) > 1 else x[0]))
        scores = fake_probability(np.concatenate(logits[1:] or logits))
        return scores.reshape(shape) if self.level == "frame" else scores

    def _read(self, text: Sequence[str | None] | np.ndarray, count: int) -> np.ndarray:
        """Descriptions as numbers (N, 384), by the encoder that it was trained with."""
        from dfstudy.models import text as reader

        if not isinstance(text, np.ndarray):
            learned, here = self.info.get("text"), reader.encoder()
            if learned not in (None, here):
                raise ValueError(
                    f"this detector reads descriptions by {learned}, and this machine"
                    f" by {here}: see dfstudy.models.text"
                )
            text = reader.encode(list(text))
        if text.shape != (count, reader.SIZE):
            raise ValueError(f"texts {text.shape} do not belong to {count} videos")
        return text

    def save(self, folder: str | Path) -> Path:
        """Write the folder; model.json comes last: a folder with it is whole."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CARD).unlink(missing_ok=True)
        weights = folder / _WEIGHTS[self.info["framework"]]
        if self.info["framework"] == "keras":
            self.module.save_weights(weights)
        else:
            from safetensors.torch import save_file

            state = self.module.state_dict()
            save_file({k: v.contiguous().cpu() for k, v in state.items()}, weights)
        self.folder = folder
        self.save_card()
        return folder

    def save_card(self) -> None:
        """Write model.json anew, for example once rule and temperature are chosen."""
        part = self.folder / f"{_CARD}.tmp"
        part.write_text(json.dumps(self.info, indent=2) + "\n")
        part.replace(self.folder / _CARD)


def new(
    built: Built,
    *,
    view: View,
    data_kind: str,
    seed: int,
    shape: Mapping[str, Any] | None = None,
    **more: Any,
) -> Detector:
    """A detector of a freshly built network; `more` goes into model.json as it is.

    `shape` are the options of the family's `build` beside view, network, start, seed.
    """
    lesson = family(built.name)
    info = {
        "name": built.name,
        "paper": (lesson.__doc__ or "").splitlines()[0],
        "framework": built.framework,
        "network": built.network,
        "backbone": built.backbone,
        "pretrained": built.pretrained,
        "level": lesson.LEVEL,
        "view": view.to_dict(),
        "data_kind": data_kind,
        "seed": seed,
        "temperature": 1.0,
        "shape": dict(shape or {}),
        **more,
    }
    return Detector(built, info)


def load(folder: str | Path) -> Detector:
    """The detector of a folder that `save` wrote.

    Raises DetectorError where there is none, or one that this version does not know.
    """
    folder = Path(folder)
    info = _read_card(folder / _CARD)
    if info["name"] not in models.FAMILIES:
        raise DetectorError(
            f"{folder}: no model is called {info['name']!r}; this version knows"
            f" {', '.join(models.FAMILIES)}"
        )
    lesson = family(info["name"])
    weights = folder / _WEIGHTS[lesson.FRAMEWORK]
    if not weights.is_file():
        raise DetectorError(f"{folder}: {weights.name} is missing; train it again")
    try:
        built = lesson.build(
            view=View.from_dict(info["view"]),
            network=info["network"],
            pretrained="none",
            **info.get("shape", {}),
        )
        module = built.module
        if lesson.FRAMEWORK == "keras":
            module.load_weights(weights)
        else:
            from safetensors.torch import load_file

            module.load_state_dict(load_file(weights))
    except Exception as error:  # whatever a library makes of a broken file
        raise DetectorError(
            f"{folder}: the weights or the view do not fit this version of dfstudy"
            f" ({str(error).splitlines()[0]}); train it again"
        ) from error
    return Detector(built, info, folder)


def _read_card(card: Path) -> dict[str, Any]:
    if not card.is_file():
        raise DetectorError(
            f"{card.parent} is no detector folder: it has no {card.name}"
        )
    try:
        info = json.loads(card.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DetectorError(f"{card} is no JSON document: {error}") from error
    missing = [k for k in _REQUIRED if not isinstance(info, dict) or k not in info]
    if missing:
        raise DetectorError(f"{card} lacks {', '.join(missing)}; train it again")
    return info
