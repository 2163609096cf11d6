"""The tables of a comparison for people: cells are text, "0.93 [0.88, 0.97]".

    tables.quality(one); tables.differences(one); tables.matrix(one); tables.cost(one)

The numbers are in the tables of `study.comparison.Comparison`.
"""

from collections.abc import Mapping

import pandas as pd

from dfstudy.study import thresholds
from dfstudy.study.comparison import METRICS, Comparison
from dfstudy.study.comparison.front import COSTS
from dfstudy.training import results

_WORDS = {
    "auroc": "AUROC",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "eer": "EER",
    "false_alarms": "reals called fake",
    "misses": "fakes called real",
    "macs": "multiply-adds",
    "infer_ms_per_video": "ms a video",
}


def quality(one: Comparison) -> pd.DataFrame:
    """For people: one row a detector, best first, then the trivial ones."""
    rows = one.quality.sort_values(["trivial", "auroc"], ascending=[True, False])
    return pd.DataFrame(
        {
            "detector": rows["name"],
            "lesson": rows["lesson"].fillna("trivial"),
            "runs": rows["seeds"].map(lambda n: "" if pd.isna(n) else f"{n:.0f}"),
            "backbone": rows["backbone"].fillna(""),
            "start": rows["pretrained"].fillna(""),
            **{_WORDS.get(m, m): _entries(rows, m) for m in METRICS},
        }
    )


def differences(one: Comparison) -> pd.DataFrame:
    """For people: one row a pair, the surest first."""
    rows = one.differences.sort_values(["p_holm", "p", "value"])
    return pd.DataFrame(
        {
            "first": rows["first"],
            "second": rows["second"],
            "first minus second, AUROC": [
                "n/a" if pd.isna(r.value) else _signed(r) for r in rows.itertuples()
            ],
            "p": rows["p"].map(_p),
            "p (Holm)": rows["p_holm"].map(_p),
            "told apart": rows["p_holm"].map(lambda p: "yes" if p < 0.05 else "no"),
        }
    )


def matrix(one: Comparison) -> pd.DataFrame:
    """For people: detectors down, kinds of forgery across."""
    mark = {True: "", False: " (not learned)"}
    cells = [
        results.cell(row) + mark[bool(row["learned"])]
        for row in one.matrix.to_dict("records")
    ]
    wide = one.matrix.assign(cell=cells).pivot(
        index="name", columns="kind", values="cell"
    )
    return wide.rename_axis("detector").reset_index().rename_axis(columns=None)


def cost(one: Comparison) -> pd.DataFrame:
    """For people: what each detector costs; a star where it is on the front."""
    rows = one.cost.sort_values("auroc", ascending=False)
    stars = {
        _WORDS.get(cost, cost): [
            "n/a" if pd.isna(value) else f"{_round(value)}{' *' if front else ''}"
            for value, front in zip(rows[cost], rows[f"front_{cost}"], strict=True)
        ]
        for cost in COSTS
    }
    auroc = rows["auroc"].map("{:.2f}".format)
    named = {"detector": rows["name"], "AUROC": auroc}
    return pd.DataFrame(named | stars | {"device": rows["device"].fillna("")})


def others(one: Comparison) -> pd.DataFrame:
    """For people: what is not in the headline."""
    rows = one.others
    return pd.DataFrame(
        {
            "detector": rows["name"],
            "lesson": rows["lesson"],
            "runs": rows["seeds"],
            "start": rows["pretrained"],
            "trained on": rows["trained_on"],
            "AUROC": [results.cell(row) for row in rows.to_dict("records")],
        }
    )


def _entries(rows: pd.DataFrame, metric: str) -> list[str]:
    names = {metric: "value", f"{metric}_low": "low", f"{metric}_high": "high"}
    return [
        results.cell(row)
        for row in rows[[*names]].rename(columns=names).to_dict("records")
    ]


def _signed(row) -> str:
    if pd.isna(row.low):
        return f"{row.value:+.2f}"
    return f"{row.value:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"


def _p(p: float) -> str:
    return "n/a" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def optimism(draws: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """For people: what choosing a threshold on test adds; 90 % of the redraws."""
    rows = {
        name: thresholds.summary(table).set_index("name")
        for name, table in draws.items()
    }
    cells = {
        name: [results.cell(entry) for entry in table.to_dict("records")]
        for name, table in rows.items()
    }
    what = next(iter(rows.values())).index if rows else []
    table = pd.DataFrame(cells, index=what).T
    return table.rename_axis("detector").reset_index().rename_axis(columns=None)


def precision(rates: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """For people: precision where a share of the videos is fake, detectors down."""
    cells = {
        name: dict(
            zip(
                table["name"],
                [_small(entry) for entry in table.to_dict("records")],
                strict=True,
            )
        )
        for name, table in rates.items()
    }
    table = pd.DataFrame(cells).T.rename_axis("detector")
    return table.reset_index().rename_axis(columns=None)


def subgroups(by_detector: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """For people: AUROC, false alarms and misses, a row a detector and subgroup."""
    rows = []
    for name, table in by_detector.items():
        known = table.dropna(subset=["metric"])
        if known.empty:
            reason = "; ".join(table["reason"])
            rows.append({"detector": name, "subgroup": f"n/a: {reason}"})
        for (by, subgroup), part in known.groupby(["by", "subgroup"], sort=False):
            row = {"detector": name, "subgroup": f"{by}: {subgroup}"}
            row["reals + fakes"] = f"{part['reals'].iloc[0]} + {part['fakes'].iloc[0]}"
            for entry in part.to_dict("records"):
                row[_WORDS.get(entry["metric"], entry["metric"])] = results.cell(entry)
            rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _round(value: float) -> str:
    """Three significant digits; thousands and above in full."""
    return f"{value:.3g}" if value < 1000 else f"{float(f'{value:.3g}'):,.0f}"


def _small(entry: Mapping) -> str:
    """A share that may be small: three significant digits."""
    if pd.isna(entry["value"]):
        return "n/a"
    if pd.isna(entry["low"]):
        return f"{entry['value']:.3g}"
    return f"{entry['value']:.3g} [{entry['low']:.3g}, {entry['high']:.3g}]"
