"""Rendered talking heads whose truth is known: people, clips, forgeries, a set on disk.

    from dfstudy.data import synth
    synth.make("data/synth", pairs=12)
    clip = synth.render_clip(person, 7, frames=48, size=(216, 384), fps=24)

A laboratory, not evidence about the world. Read `person`, `head`, `skin`, `hair`,
`face`, `looks`, `motion`, `scene`, `script`, `render`, then `composite`, `forge`,
`pair` and `dataset`.
"""

from dfstudy.data.synth import forge
from dfstudy.data.synth.dataset import (
    RENDERER,
    VERSION,
    has_mask,
    make,
    read_mask,
    strangers,
)
from dfstudy.data.synth.pair import people_of
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Clip, Shot, render_clip
from dfstudy.data.synth.steps import steps

FAMILIES = tuple(forge.FAMILIES)

__all__ = [
    "FAMILIES",
    "RENDERER",
    "VERSION",
    "Clip",
    "Person",
    "Shot",
    "has_mask",
    "make",
    "people_of",
    "read_mask",
    "render_clip",
    "steps",
    "strangers",
]
