"""The steps of a face swap: each does what its name says, inside the face alone."""

import numpy as np
import pytest

from dfstudy.data import synth

FILM = {"frame": 2, "frames": 4, "size": (108, 192), "fps": 24}


@pytest.fixture(scope="module")
def pictures():
    target, donor = synth.people_of(3, 0)
    return synth.steps(target, donor, 5, **FILM)


def test_every_step_is_a_picture_of_the_clips_size(pictures):
    assert len(pictures) == 8
    for picture in pictures.values():
        assert picture.shape == (108, 192, 3) and picture.dtype == np.uint8


def test_it_begins_with_the_authentic_frame(pictures):
    target, _ = synth.people_of(3, 0)
    clip = synth.render_clip(target, 5, frames=4, size=(108, 192), fps=24)
    assert np.array_equal(pictures["target"], clip.frames[2])


def test_the_cut_is_donor_inside_and_target_outside(pictures):
    cut, target, donor = (
        pictures[name]
        for name in ("cut and pasted", "target", "donor, same pose and light")
    )
    of_donor, of_target = (cut == donor).all(-1), (cut == target).all(-1)
    assert (of_donor | of_target).all()
    assert 0.01 < (of_donor & ~of_target).mean() < 0.3


def test_each_step_changes_what_it_is_called_after(pictures):
    cut, matched, tinted, fake = (
        pictures[name].astype(float)
        for name in (
            "cut and pasted",
            "colour matched, edge softened",
            "as colour comes out: too cool",
            "other sharpness: the fake",
        )
    )
    target = pictures["target"].astype(float)
    inside = np.abs(fake - target).max(-1) > 12
    # Matched to the target's skin, then cooler: less red, more blue.
    skin = [image[inside].mean(0) for image in (target, cut, matched, tinted)]
    assert np.abs(skin[2] - skin[0]).max() < np.abs(skin[1] - skin[0]).max()
    assert skin[3][0] < skin[2][0] - 10 and skin[3][2] > skin[2][2] + 3
    # Another sharpness: detail differs, the mean colour stays.
    assert np.allclose(fake[inside].mean(0), skin[3], atol=3)
    assert not np.array_equal(fake, tinted)


def test_far_from_the_face_nothing_changes(pictures):
    changed = pictures["what changed, times 4"]
    assert changed.any()
    assert not changed[:10].any() and not changed[:, :20].any()


def test_no_misfit_without_strength():
    target, donor = synth.people_of(3, 0)
    pictures = synth.steps(target, donor, 5, strength=0, **FILM)
    names = "colour matched, edge softened", "as colour comes out: too cool"
    assert np.array_equal(*(pictures[name] for name in names))
