"""The model card: nothing in it that the result does not say, and never an old one."""

import json
import re
from dataclasses import asdict

import pytest
from compared import write as write_result
from conftest import TINY

from dfstudy.metrics.conformal import Limits
from dfstudy.models import frame_torch
from dfstudy.report import index
from dfstudy.training import card, experiment
from dfstudy.training.protocol import checkpoint_sha
from dfstudy.training.rule import MAJORITY, Rule

SECTIONS = [  # of Mitchell et al.
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]
# Numbers that are words of ours: of a metric's name, an interval, a lesson, a set.
OURS = (r"95 % intervals", r"TPR at FPR 0\.05", r"lesson \d\d", r"Kinetics-400")
LIMITS = Limits(alpha=0.1, real_up_to=0.62, fake_from=0.33)
PROOF = {
    "proof": "identity",
    "kind": "group",
    "groups": {"train": 11, "val": 12, "test": 13},
    "overlap": 0,
    "warnings": ["7 of 99 videos are dropped: target and donor apart"],
}


def folder_of(tmp_path, *, limits=LIMITS):
    """A detector's folder as the run leaves it, with made-up weights."""
    folder = tmp_path / "models" / "frame_torch_0"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    info = {
        "name": "frame_torch",
        "paper": frame_torch.__doc__.splitlines()[0],
        "framework": "torch",
        "network": "slim",
        "backbone": "slim",
        "level": "frame",
        "view": frame_torch.VIEW.to_dict(),
        "data_kind": "synthetic",
        "rule": asdict(Rule("mean", 0.6)),
        "conformal": limits and limits.to_dict(),
    }
    (folder / "model.json").write_text(json.dumps(info))
    return folder


def result_of(tmp_path, folder, **more):
    """A result of the made-up detector, with every part filled in."""
    path = write_result(tmp_path, "frame_torch", **more)
    result = json.loads(path.read_text())
    result["protocol"]["checkpoint"] = checkpoint_sha(folder)
    counts = {part: {"real": 21, "fake": 34} for part in ("train", "val", "test")}
    result["data"] |= {"counts": counts, "scored": counts, "proof": PROOF}
    return result


def text_of(tmp_path, **more):
    folder = folder_of(tmp_path)
    path = card.write(folder, result_of(tmp_path, folder, **more))
    return path.read_text(encoding="utf-8")


def leaves(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(key)
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield from re.findall(r"\d+(?:\.\d+)?", value)
    elif value is not None and not isinstance(value, bool):
        yield value


def said(text):
    """Every number of a card, as it is written there; hashes and versions are code."""
    text = re.sub(r"`[^`]*`", " ", text)
    for ours in OURS:
        text = re.sub(ours, " ", text)
    # Names of what a thing is (ResNet-18, S0, ISO times) are compared as they are.
    return re.findall(r"\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?", text)


def same(number, known):
    """Whether `number`, as written, is `known` rounded to the digits it is given in."""
    written = float(number.replace(",", ""))
    if "e" in number:
        return written == pytest.approx(float(known), rel=0.005)
    digits = len(number.split(".")[1]) if "." in number else 0
    return (
        round(float(known), digits) == written
        or float(f"{float(known):.3g}") == written
    )


def test_every_number_is_in_the_result_or_the_model_file(tmp_path):
    text = text_of(tmp_path)
    folder = tmp_path / "models" / "frame_torch_0"
    known = [
        *leaves(json.loads((folder / "result.json").read_text())),
        *leaves(json.loads((folder / "model.json").read_text())),
    ]
    numbers = said(text)
    assert len(numbers) > 100
    assert [n for n in numbers if not any(same(n, k) for k in known)] == []


def test_a_number_of_nobody_would_be_found(tmp_path):
    # The check above can fail: nothing made up is near any number of the result.
    folder = folder_of(tmp_path)
    known = [*leaves(result_of(tmp_path, folder))]
    assert not any(same("0.123456", k) for k in known)
    assert said("AUROC 0.12 [0.10, 1,234] `abc 7`") == ["0.12", "0.10", "1,234"]


def test_every_metric_of_every_kind_stands_beside_the_trivial_rows(tmp_path):
    folder = folder_of(tmp_path)
    result = result_of(tmp_path, folder)
    text = card.write(folder, result).read_text()
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(table) == 1 + len(result["metrics"]["test"]) + len(result["trivial"])
    for family, entries in result["metrics"]["test"].items():
        name = "all learned" if family == "all" else family
        (row,) = [line for line in table if line.startswith(f"| fakes: {name} |")]
        entry = entries["auroc"]
        assert f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]" in row
    assert "n/a" in text and "nothing was called fake" in text  # of "all real"


def test_the_sections_are_those_of_mitchell(tmp_path):
    headings = re.findall(r"^## (.*)$", text_of(tmp_path), re.MULTILINE)
    assert set(SECTIONS) <= set(headings)


def test_the_split_and_its_proof_are_on_it(tmp_path):
    text = text_of(tmp_path)
    assert "split by group, proof: identity" in text
    assert "11, 12, 13" in text and "Warning: 7 of 99 videos are dropped" in text


def test_synthetic_training_is_said_first(tmp_path):
    text = text_of(tmp_path)
    assert text.index(card.SYNTHETIC) < text.index("## Model details")


def test_real_data_bring_their_own_terms(tmp_path):
    text = text_of(tmp_path, kind="real")
    assert card.SYNTHETIC not in text
    assert "ask its owners" in text


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (None, "it always decides"),
        (Limits(alpha=0.1, real_up_to=None, fake_from=0.3), "too few videos"),
        (Limits(alpha=0.1, real_up_to=0.6, fake_from=0.3), "0.30 and 0.60: reals and"),
        (Limits(alpha=0.1, real_up_to=0.3, fake_from=0.6), "hardly any had"),
    ],
)
def test_cannot_tell_is_said_in_words(tmp_path, limits, words):
    folder = folder_of(tmp_path, limits=limits)
    assert words in card.write(folder, result_of(tmp_path, folder)).read_text()


def test_a_new_result_makes_a_new_card(tmp_path):
    folder = folder_of(tmp_path)
    old = card.write(folder, result_of(tmp_path, folder, skill=0.0)).read_text()
    new = card.write(folder, result_of(tmp_path, folder, skill=3.0)).read_text()
    assert old != new
    facts = dict(card.essentials(folder).facts)
    value = json.loads((folder / "result.json").read_text())["metrics"]["test"]["all"]
    assert facts["AUROC on test"].startswith(f"{value['auroc']['value']:.2f} [")


def test_a_kind_that_was_not_found_is_a_limit(tmp_path):
    folder = folder_of(tmp_path)
    skill = {"blend": 4.0, "disorder, fast": 0.0, "disorder, slow": 0.0, "flicker": 4.0}
    card.write(folder, result_of(tmp_path, folder, skill=skill))
    limits = " ".join(card.essentials(folder).limits)
    assert "verdict on such a forgery is a guess: disorder." in limits


def test_other_weights_have_no_card(tmp_path):
    folder = folder_of(tmp_path)
    assert card.essentials(folder) is None
    result = result_of(tmp_path, folder)
    card.write(folder, result)
    assert card.essentials(folder).title == "frame_torch_0"
    (folder / "model.safetensors").write_bytes(b"trained anew")
    assert card.essentials(folder) is None
    with pytest.raises(ValueError, match="other weights"):
        card.write(folder, result)


def test_the_page_of_a_run_links_to_it(tmp_path):
    folder = folder_of(tmp_path)
    result = result_of(tmp_path, folder)
    (row, *_) = index.results(tmp_path)["synthetic"]
    assert row["card"] is None
    card.write(folder, result)
    (row, *_) = index.results(tmp_path)["synthetic"]
    assert (tmp_path / row["card"]).samefile(folder / card.NAME)
    index.write(tmp_path, profile="smoke", data=None, lessons=[])
    page = (tmp_path / "results.html").read_text(encoding="utf-8")
    assert f'href="{row["card"]}"' in page


def test_a_training_writes_it_and_the_same_call_renews_it(tiny_model, tiny_data):
    folder = tiny_model.detector.folder
    path = folder / card.NAME
    assert f"# Model card: {folder.name}" in path.read_text(encoding="utf-8")
    proof = tiny_model.result["data"]["proof"]
    assert proof["overlap"] == 0
    assert (
        f"proof: {proof['proof']}" in dict(card.essentials(folder).facts)["tested on"]
    )
    path.unlink()
    experiment.train(
        "frame_torch",
        lesson="03",
        data=tiny_data,
        profile=TINY,
        seed=0,
        rules=[MAJORITY],
        start="none",
    )
    assert path.exists()
