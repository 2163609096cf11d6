"""The model card of a detector's folder: what it is, what it was tested on, its limits.

    card.write(folder, result)        # MODEL_CARD.md and result.json, after a test
    card.essentials(folder)           # the same in short, for a page; None: no card

The sections are those of Mitchell et al., "Model Cards for Model Reporting", 2019.
The card is made from two files, model.json and a result, and from nothing else: it has
no number that they do not have. A copy of the result stays beside it, so that a folder
that is handed on takes its test along.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfstudy import paths
from dfstudy.data.view import View
from dfstudy.training.protocol import checkpoint_sha
from dfstudy.training.results import cell, interval

NAME = "MODEL_CARD.md"
MISSING = (
    "This detector has no model card for its weights: it was built by hand, or by an"
    " older version. Nothing is known here of what it was tested on, so nothing can be"
    " said of how often it errs."
)
_RESULT = "result.json"
METRICS = {
    "auroc": "AUROC",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "recall",
    "eer": "EER",
    "tpr_at_fpr_05": "TPR at FPR 0.05",
}
_CALIBRATION = {"ece": "ECE", "log_loss": "log loss"}
_STARTS = {
    "none": "random weights",
    "synthetic-tracks": "weights pretrained to read the motion of rendered heads",
    "synthetic-identity": "weights pretrained to tell rendered people apart",
    "imagenet": "weights pretrained on ImageNet",
    "kinetics400": "weights pretrained on Kinetics-400",
}
_SAMPLING = {
    "even": "spread evenly over the video",
    "first": "the first ones, at 30 a second",
    "best": "neighbours, where a face is seen best",
    "consecutive": "neighbours from the middle",
}
SYNTHETIC = (
    "Trained and tested on rendered heads. Its verdict on a video of the world means"
    " nothing, whatever the numbers below are."
)
_USE = (
    "A score is no proof. Who is called a fake by mistake is harmed, and so is who"
    " believes a forgery that was called real. Decide with people, sources and context,"
    " and let whoever is judged answer.",
    "Look at videos only of people who agreed to it, or where the law and a public"
    " interest allow it. Do not use it to watch people, and do not use it to make"
    " forgeries that it does not find.",
    "The share of fakes among the videos that you judge decides how many of its"
    " accusations are wrong: where fakes are rare, most of them are.",
)


@dataclass(frozen=True)
class Essentials:
    """A card in short: `warning` (or None), facts as (name, text), limits, the file."""

    title: str
    warning: str | None
    facts: list[tuple[str, str]]
    limits: list[str]
    path: Path


def write(folder: str | Path, result: Mapping[str, Any]) -> Path:
    """Write the card of the detector in `folder`, and its result; returns the card.

    Args:
        folder: with model.json. result: of a result file, of just these weights.

    Raises:
        ValueError: the result is of other weights than those in the folder.
    """
    folder = Path(folder)
    theirs, mine = result["protocol"]["checkpoint"], checkpoint_sha(folder)
    if theirs != mine:
        raise ValueError(f"{folder}: the result is of other weights than these")
    info = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    paths.put(folder / _RESULT, json.dumps(result, indent=1, allow_nan=False) + "\n")
    paths.put(folder / NAME, "\n".join(_lines(folder.name, info, result)) + "\n")
    return folder / NAME


def essentials(folder: str | Path) -> Essentials | None:
    """The card in short; None where there is none, or one of other weights."""
    folder = Path(folder)
    if not all((folder / name).is_file() for name in (NAME, _RESULT, "model.json")):
        return None
    info = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    result = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    if result["protocol"]["checkpoint"] != checkpoint_sha(folder):
        return None
    test = result["metrics"]["test"]
    trivial = {name: block["test"]["all"] for name, block in result["trivial"].items()}
    facts = [
        ("what it is", f"{info['paper']} {_network(info)}"),
        ("what it sees", _sees(View.from_dict(info["view"]), info["level"])),
        ("trained on", _trained_on(result)),
        ("tested on", f"{_counts(result, 'test')}; {_proof(result)}"),
        ("AUROC on test", interval(test["all"]["auroc"])),
        *(
            (f"AUROC, {family}", interval(entries["auroc"]))
            for family, entries in test.items()
            if family != "all" and len(test) > 2
        ),
        ("balanced accuracy", interval(test["all"]["balanced_accuracy"])),
        (
            "who has learned nothing",
            "; ".join(
                f"{name.replace('_', ' ')}: balanced accuracy"
                f" {cell(entries['balanced_accuracy'])}"
                for name, entries in trivial.items()
            ),
        ),
        ("cannot tell", _conformal(info)),
    ]
    return Essentials(
        title=folder.name,
        warning=SYNTHETIC if result["data"]["kind"] == "synthetic" else None,
        facts=facts,
        limits=list(_limits(result)),
        path=folder / NAME,
    )


def _lines(
    name: str, info: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterator[str]:
    data, rule = result["data"], result["protocol"]
    test = result["metrics"]["test"]
    yield f"# Model card: {name}"
    yield ""
    yield f"<!-- generated by dfstudy from model.json and {_RESULT}; do not edit -->"
    if data["kind"] == "synthetic":
        yield from ("", f"> **{SYNTHETIC}**")
    yield from _section(
        "Model details",
        f"**Paper and part:** {info['paper']}",
        f"**Network:** {_network(info)} {_count(result)}"
        f" parameters; {info['framework']}.",
        f"**Start:** {_STARTS[result['pretrained']]}.",
        f"**What it sees:** {_sees(View.from_dict(info['view']), info['level'])}",
        f"**Made:** {result['finished_at']}, commit `{result['commit'] or 'unknown'}`,"
        f" lesson {result['lesson']}, profile {result['profile']}, seed"
        f" {result['seed']}.",
        "**Versions:** "
        + ", ".join(f"{k} `{v}`" for k, v in result["versions"].items()),
        f"**Licence:** {_licence(result)}",
    )
    yield from _section(
        "Intended use",
        "Learning, teaching and comparing detectors under one protocol.",
        "Not to judge a person, not as evidence, not as a filter that nobody checks.",
    )
    yield from _section(
        "Factors",
        "Results stand by kind of forgery below. Whether the detector errs more for"
        " some people is not in this result: lesson 11 measures it where it is known"
        " who is seen. No group was looked at is not the same as no difference.",
    )
    yield from _section(
        "Training data",
        f"**Set:** {data['name']} ({data['kind']}), manifest"
        f" `{data['manifest_sha256']}`.",
        f"**Fakes learned:** {', '.join(result['train_families'])}.",
        f"**Videos of the set**, with kinds that it did not learn: training"
        f" {_counts(result, 'train')}; validation {_counts(result, 'val')}.",
    )
    yield from _section(
        "Evaluation data",
        f"**Videos:** {_counts(result, 'test')}, of the same set; scored, of the kinds"
        f" that it learned: {_counts(result, 'test', of='scored')}.",
        f"**Split:** {_proof(result)} Hash `{data['split_sha256']}`.",
        f"**Times the test set was read**, over all trainings: {rule['test_reads']}.",
    )
    yield from _section(
        "Metrics",
        "One score a video. Brackets: 95 % intervals, which resample groups of people,"
        " not videos. A kind's row has its fakes against all reals.",
        f"Chosen on validation, before the test set was read: {_chosen(rule)}",
    )
    yield from ("", "## Quantitative analyses", "")
    yield from _table(test, result["trivial"], METRICS)
    yield from _section(
        "Calibration",
        f"Temperature {rule['temperature']:.3g}, fitted on validation.",
        *(
            f"{said} on test: {interval(test['all'][metric])}."
            for metric, said in _CALIBRATION.items()
        ),
        f"{_conformal(info)}",
    )
    yield from _section("Cost", *_cost(result["cost"]))
    yield from _section("Ethical considerations", *_USE)
    yield from _section("Caveats and recommendations", *_limits(result))


def _section(title: str, *items: str) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)]


def _table(
    test: Mapping, trivial: Mapping, metrics: Mapping[str, str]
) -> Iterator[str]:
    rows = {f"fakes: {'all learned' if f == 'all' else f}": e for f, e in test.items()}
    for name, block in trivial.items():
        rows[f"*trivial: {name.replace('_', ' ')}*"] = block["test"]["all"]
    yield "| test | " + " | ".join(metrics.values()) + " |"
    yield "|---" * (len(metrics) + 1) + "|"
    why = {}
    for name, entries in rows.items():
        cells = [cell(entries[metric]) for metric in metrics]
        yield "| " + " | ".join([name, *cells]) + " |"
        for metric, said in metrics.items():
            if reason := entries[metric].get("reason"):
                why.setdefault(reason, []).append(f"{said} of {name.strip('*')}")
    for reason, places in why.items():
        yield from ("", f"No value or no interval ({reason}): {'; '.join(places)}.")


def _network(info: Mapping[str, Any]) -> str:
    if info["network"] == "slim":
        return "A slim stand-in for the paper's network, not the network itself."
    return f"The paper's size, backbone {info['backbone']}."


def _count(result: Mapping[str, Any]) -> str:
    parameters = result["cost"]["parameters"]
    return "n/a" if parameters is None else f"{parameters:,}"


def _sees(view: View, level: str) -> str:
    what = "crops of each face" if view.crop == "face" else "whole frames"
    text = (
        f"{view.frames} frames, {_SAMPLING[view.sampling]}; {what}, {view.height} x"
        f" {view.width} pixels"
    )
    if view.flow != "none":
        text += "; and the motion between frames"
    if view.text:
        text += "; and a description of the video"
    return text + f"; one score a {'frame' if level == 'frame' else 'clip'}."


def _trained_on(result: Mapping[str, Any]) -> str:
    data = result["data"]
    return (
        f"{data['name']} ({data['kind']}), {_counts(result, 'train')}; fakes:"
        f" {', '.join(result['train_families'])}"
    )


def _counts(result: Mapping[str, Any], part: str, of: str = "counts") -> str:
    counts = result["data"].get(of, {}).get(part)
    if counts is None:
        return "not in the result"
    return f"{counts['real']} real and {counts['fake']} fake videos"


def _proof(result: Mapping[str, Any]) -> str:
    facts = result["data"].get("proof")
    if not facts:
        return "the result holds no proof of the split."
    groups = facts["groups"]
    text = (
        f"split by {facts['kind']}, proof: {facts['proof']}; groups in training,"
        f" validation, test: {groups['train']}, {groups['val']}, {groups['test']};"
        f" in several of them: {facts['overlap']}."
    )
    return " ".join([text, *(f"Warning: {warning}." for warning in facts["warnings"])])


def _chosen(rule: Mapping[str, Any]) -> str:
    kind = {"vote": "share of frames that vote fake"}.get(
        rule["aggregation"], f"{rule['aggregation'].replace('_', ' ')} of the scores"
    )
    sign = "more than" if rule.get("strict") else "at least"
    return f'"fake" where the {kind} is {sign} {rule["threshold"]:.3g}.'


def _conformal(info: Mapping[str, Any]) -> str:
    limits = info.get("conformal")
    if limits is None:
        return 'It has no limits for "cannot tell": it always decides.'
    real, fake = limits["real_up_to"], limits["fake_from"]
    if real is None or fake is None:
        return (
            "Validation has too few videos to rule a class out: where the other one"
            ' cannot be excluded either, it says "cannot tell".'
        )
    low, high = sorted((real, fake))
    between = "both had" if fake <= real else "hardly any had"
    return (
        f'It says "cannot tell" where P(fake) is between {low:.2f} and {high:.2f}:'
        f" reals and fakes of validation {between} such scores. Of videos like those of"
        f" validation, a share of at most {limits['alpha']:g} of each class is to lose"
        " its label; of other videos nothing is promised."
    )


def _cost(cost: Mapping[str, Any]) -> Iterator[str]:
    words = {
        "macs": "multiply-adds a video",
        "size_mb": "MB of weights",
        "train_s": "seconds of training",
        "infer_ms_per_video": "ms a video, the network alone",
        "real_time_factor": "seconds from file to score for a second of video",
        "peak_memory_mb": "MB of memory at most",
    }
    for name, said in words.items():
        value = cost[name]
        yield f"{said}: {'n/a (not measured)' if value is None else f'{value:.3g}'}"
    yield f"device: {cost['device'] or 'n/a (not written down)'}"


def _limits(result: Mapping[str, Any]) -> Iterator[str]:
    """What the detector was never shown, and what its own test does not show."""
    test = result["metrics"]["test"]
    if result["data"]["kind"] == "synthetic":
        yield "Rendered people, one camera, one codec: the world is not among them."
    yield (
        f"Fakes of the kinds {', '.join(result['train_families'])} are all that it has"
        " learned. It was never shown another kind, another generator, or another"
        " camera than those of its set."
    )
    not_told = [
        family
        for family, entries in test.items()
        if family != "all" and not _above_chance(entries["auroc"])
    ]
    if not_told:
        yield (
            "Its own test does not show that it finds these, so its verdict on such a"
            f" forgery is a guess: {', '.join(not_told)}."
        )
    yield (
        "Whether it errs more for some people (skin, age, sex, glasses, scarves) is not"
        " in this result."
    )
    yield (
        "It was not tested against somebody who tries to deceive it, and damage by"
        " editors and upload services is not in this result."
    )
    yield "It does not hear: sound is not looked at."


def _above_chance(entry: Mapping[str, Any]) -> bool:
    low = entry.get("low")
    return low is not None and low > 0.5


def _licence(result: Mapping[str, Any]) -> str:
    code = "code and weights as dfstudy (MIT)"
    if result["data"]["kind"] != "synthetic":
        return (
            "code as dfstudy (MIT); the weights fall under the terms of the videos that"
            f" they were trained on ({result['data']['name']}): ask its owners before"
            " you hand them on."
        )
    if result["pretrained"] in ("imagenet", "kinetics400"):
        return f"{code}, as far as the terms of the weights it started from allow."
    return f"{code}; they were trained on rendered people only."
