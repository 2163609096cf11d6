"""The forecast counts right, and the scripts for clusters would run."""

import re
import shlex
import subprocess

import jupytext
import pytest
from torch.distributed import run

from dfstudy import cli, paths
from dfstudy.report import schemes, style
from dfstudy.study import scaling
from dfstudy.training import distributed

# https://slurm.schedmd.com/sbatch.html
SBATCH = {"nodes", "ntasks-per-node", "cpus-per-task", "gpus-per-node", "time"}
SBATCH |= {"job-name", "requeue", "signal"}
LESSON = "notebooks/source/16_scaling_out.py"


def scripts():
    """Every bash block of the lesson and of docs/cluster.md."""
    notebook = jupytext.read(paths.root() / LESSON)
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    words.append((paths.root() / "docs" / "cluster.md").read_text(encoding="utf-8"))
    return re.findall(
        r"^```bash\n(.*?)^```", "\n".join(words), re.DOTALL | re.MULTILINE
    )


def commands(program):
    """The arguments of every call of `program` in the scripts."""
    found = []
    for script in scripts():
        for line in script.replace("\\\n", " ").splitlines():
            line = line.split("  #")[0].removesuffix("&").strip()
            line = line.removeprefix("srun ").removeprefix("$ ")
            if line.startswith(f"{program} "):
                found.append(shlex.split(line.removeprefix(f"{program} ")))
    return found


def test_all_of_them_are_bash():
    assert len(scripts()) == 8
    for script in scripts():
        done = subprocess.run(
            ["bash", "-n"], input=script, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_our_options_are_there():
    calls = commands("dfstudy")
    assert {call[0] for call in calls} == {"index", "split", "prepare"}
    for call in calls:
        cli._parser().parse_args(call)
    trainings = commands("python -m dfstudy.training.distributed")
    for call in commands("torchrun"):
        launched = run.get_args_parser().parse_args(call)
        assert launched.training_script == "dfstudy.training.distributed"
        trainings.append(launched.training_script_args)
    assert len(trainings) == 3
    for call in trainings:
        distributed._parser().parse_args(call)


def test_those_of_dask_and_slurm_are_there():
    from distributed.cli import dask_scheduler, dask_worker

    known = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    calls = commands("dask")
    assert {call[0] for call in calls} == known.keys()
    for name, *options in calls:
        params = {option for p in known[name].params for option in p.opts}
        assert {o for o in options if o.startswith("--")} <= params
    batch = re.findall(r"^#SBATCH --([\w-]+)", "\n".join(scripts()), re.MULTILINE)
    assert set(batch) == SBATCH


def test_a_wrong_option_would_be_found():
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["prepare", "m.parquet", "--shard-gb", "1"])


def test_the_forecast_is_arithmetic():
    # 10 s of video in 5 s and 2 MB: 1,000 h are 3.6e6 s, so 1.8e6 s of a core.
    table = scaling.forecast(hours=1000, watched_s=10, took_s=5, n_bytes=2e6)
    assert table["cores"].tolist() == [1, 16, 256]
    assert table["hours"].tolist() == pytest.approx([500, 31.25, 500 / 256])
    assert table["terabytes"].tolist() == pytest.approx([0.72] * 3)
    speed = table["megabytes a second"]
    assert speed[0] == pytest.approx(0.4) and speed[2] == pytest.approx(0.4 * 256)


def test_the_drawing_names_what_the_lesson_does():
    style.apply()
    said = " ".join(text.get_text() for text in schemes.machines().axes[0].texts)
    for word in ("worker 2", "rank 2", "shards", "one\nnetwork"):
        assert word in said
