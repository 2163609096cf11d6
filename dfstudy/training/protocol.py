"""Chosen on validation, then read on test, and every read of the test set is counted.

    protocol = Protocol(folder)
    protocol.fix(rule, temperature, checkpoint)    # all of it chosen on validation
    predictions = protocol.read_test(lambda: score(test_videos))

A test set is unbiased once. Whoever looks, changes a threshold and looks again has
chosen on test (S1's vote share, S4's checkpoint; DeepfakeBench, threads 91 and 186).
This class makes the second look with something changed an error, and writes each look
down. It guards against accidents, not against deleting the file.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from dfstudy.training.predictions import check
from dfstudy.training.predictions import read as read_predictions
from dfstudy.training.predictions import write as write_predictions
from dfstudy.training.rule import MAJORITY, S1_CANDIDATES, Rule, choose_rule

__all__ = [
    "MAJORITY",
    "S1_CANDIDATES",
    "Protocol",
    "ProtocolError",
    "Rule",
    "checkpoint_sha",
    "choose_rule",
    "read_predictions",
    "write_predictions",
]

_WEIGHTS = ("*.safetensors", "*.weights.h5")
_MODEL_KEYS = ("name", "framework", "backbone", "view")


class ProtocolError(RuntimeError):
    """A read of the test set that would make its result worthless."""


class Protocol:
    """The choices of one detector and the reads of its test set, kept in its folder.

    `protocol.json` holds what was fixed, `test_reads.jsonl` one line a read.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._fixed = self.folder / "protocol.json"
        self._log = self.folder / "test_reads.jsonl"

    def fix(self, rule: Rule, temperature: float, checkpoint_sha: str) -> None:
        """Write down what was chosen on validation. The same again changes nothing.

        Raises:
            ProtocolError: the test set was already read with other choices.
            ValueError: the rule's threshold is still free, or the temperature is not
                positive.
        """
        if rule.threshold is None or not temperature > 0:
            raise ValueError(f"not chosen yet: {rule}, temperature {temperature}")
        choice = {
            "rule": asdict(rule),
            "temperature": float(temperature),
            "checkpoint": checkpoint_sha,
        }
        self._refuse_change(self._print(choice))
        part = self._fixed.with_suffix(".tmp")
        part.write_text(json.dumps(choice, indent=2) + "\n")
        part.replace(self._fixed)

    def read_test(self, predict: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The predictions on the test set: the one way to get them.

        The read is logged before `predict` runs: a run that breaks off has looked too.

        Raises:
            ProtocolError: nothing is fixed, or rule, temperature, checkpoint, weights
                or model differ from those of the first read.
        """
        if not self._fixed.exists():
            raise ProtocolError(
                "fix rule, temperature and checkpoint on validation before the test set"
                " is read: Protocol.fix"
            )
        state = self._print(json.loads(self._fixed.read_text()))
        self._refuse_change(state)
        self._append({"event": "read", "hash": _hash(state), **state})
        return check(predict())

    def is_unchanged(self) -> bool:
        """Whether the test set was read with just what is fixed and saved here now."""
        first = self._first_read()
        if first is None or not self._fixed.exists():
            return False
        return first["hash"] == _hash(self._print(json.loads(self._fixed.read_text())))

    def retrained(self) -> None:
        """Say that this folder holds a newly trained detector, free to choose anew.

        Earlier reads stay in the log and in `test_reads`: to train until the test set
        looks good is choosing on test as well, and the count shows it.
        """
        self._fixed.unlink(missing_ok=True)
        if self._lines():
            self._append({"event": "retrained"})

    @property
    def test_reads(self) -> int:
        """How often the test set was read, over all trainings in this folder."""
        return sum(line["event"] == "read" for line in self._lines())

    def block(self) -> dict:
        """The `protocol` block of a result file."""
        choice = json.loads(self._fixed.read_text())
        return {
            **choice["rule"],
            "temperature": choice["temperature"],
            "checkpoint": choice["checkpoint"],
            "test_reads": self.test_reads,
        }

    def _print(self, choice: dict) -> dict:
        """Everything that a test result depends on: the choices, weights and model."""
        file = self.folder / "model.json"
        model = json.loads(file.read_text()) if file.exists() else {}
        return {
            **choice,
            "weights": checkpoint_sha(self.folder),
            "model": {key: model[key] for key in _MODEL_KEYS if key in model},
        }

    def _first_read(self) -> dict | None:
        """Since the last training."""
        first = None
        for line in self._lines():
            if line["event"] == "retrained":
                first = None
            elif first is None:
                first = line
        return first

    def _refuse_change(self, state: dict) -> None:
        first = self._first_read()
        if first is None or first["hash"] == _hash(state):
            return
        changed = [
            f"{key} was {first[key]}, is {state[key]}"
            for key in state
            if first[key] != state[key]
        ]
        raise ProtocolError(
            f"the test set of {self.folder.name} was read on {first['time']}, and"
            f" since then something changed: {'; '.join(changed)}. A choice made after"
            " looking at test makes the test result a validation result. Put it back;"
            " or train a new detector and say so (Protocol.retrained), which the count"
            " of reads will show."
        )

    def _lines(self) -> list[dict]:
        if not self._log.exists():
            return []
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def _append(self, line: dict) -> None:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        with self._log.open("a") as log:
            log.write(json.dumps({"time": time, **line}) + "\n")


def checkpoint_sha(folder: str | Path) -> str | None:
    """Hash of the weight files in a detector's folder; None where there are none."""
    files = sorted(f for pattern in _WEIGHTS for f in Path(folder).glob(pattern))
    if not files:
        return None
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _hash(state: dict) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
