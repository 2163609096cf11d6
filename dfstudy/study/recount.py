"""From printed numbers back to what was counted.

    errors(36, 307, accuracy=0.9592, area=0.904)            # [(8, 6)]

A ROC made of verdicts has one corner, and the area under it is the balanced accuracy.
Together with the accuracy it leaves few pairs of errors, often one.
"""


def errors(
    reals: int, fakes: int, accuracy: float, area: float
) -> list[tuple[int, int]]:
    """The pairs (fakes called real, reals called fake) that print as these numbers.

    Args:
        reals, fakes: how many there are.
        accuracy: in [0, 1], printed with four digits.
        area: under the ROC of the verdicts, with three.
    """
    return [
        (missed, alarms)
        for missed in range(fakes + 1)
        for alarms in range(reals + 1)
        if round(1 - (missed + alarms) / (reals + fakes), 4) == accuracy
        and round(1 - (missed / fakes + alarms / reals) / 2, 3) == area
    ]
