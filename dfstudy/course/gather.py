"""What lesson 11 starts from: the results that are there, and which are not.

    gather.results(study)        # says what is missing, and makes sure of two detectors

Lessons 03 to 10 write results. Nothing that takes long is trained here: the two
baselines of lesson 03 are, where not even two families have results, because nothing
can be compared with itself.
"""

from dfstudy.course.lessons import Lesson, find
from dfstudy.course.study import Study
from dfstudy.models import FAMILIES
from dfstudy.study.comparison import headline
from dfstudy.training import experiment, scored
from dfstudy.training.results import read_results
from dfstudy.training.rule import MAJORITY, S1_CANDIDATES, Rule

_WRITERS = tuple(f"{number:02}" for number in range(3, 11))
_BASELINES: dict[str, tuple[Rule, ...]] = {
    "frame_keras": S1_CANDIDATES,
    "frame_torch": (MAJORITY,),
}


def missing(study: Study) -> list[Lesson]:
    """The lessons 03 to 10 that have no results on these videos."""
    there = {result["lesson"] for result in _mine(study)}
    return [
        lesson
        for lesson in find()
        if lesson.number in _WRITERS and lesson.number not in there
    ]


def results(study: Study) -> None:
    """Say what is missing and how to make it; train the baselines if need be."""
    scored.keep(study.runs, study.data)
    without = missing(study)
    if without:
        name = study.profile.name
        minutes = sum(lesson.minutes[name] for lesson in without)
        numbers = ",".join(lesson.number for lesson in without)
        data = f" --data {study.source}" if study.source else ""
        print(f"No results yet of {len(without)} lessons:")
        for lesson in without:
            forecast = lesson.minutes[name]
            print(f"  {lesson.number}  {lesson.question}  ({forecast:g} min)")
        print(f"Run them, about {minutes:g} minutes, or open them and run all cells:")
        print(f"  python -m dfstudy.course run --profile {name}{data} --only {numbers}")
        print("What follows compares what is there.")
    known = {result["model"].split("-")[0] for result in _mine(study)}
    if len(known & set(FAMILIES)) < 2:
        (lesson,) = (one for one in without if one.number == "03")
        print(
            "Training the two baselines of lesson 03, so that there is something to"
            f" compare: a part of its {lesson.minutes[study.profile.name]:g} minutes"
        )
        for model, rules in _BASELINES.items():
            experiment.train(
                model,
                lesson="03",
                data=study.data,
                profile=study.profile,
                seed=study.seed,
                rules=rules,
            )
    tested = headline.by_videos(headline.entries(study.runs))
    for several in tested:
        about = several[0].first["data"]
        print(f"{about['kind']} videos, {about['name']}: {len(several)} detectors")


def _mine(study: Study) -> list[dict]:
    split = study.data.identity()["split_sha256"]
    found = read_results(study.runs)
    return [result for result in found if result["data"]["split_sha256"] == split]
