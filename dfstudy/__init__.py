"""dfstudy: learn, teach and honestly compare deepfake video detection.

Follow a video down the packages: `video` reads it, `data` says which videos there
are, `metrics` scores, `models` are the detectors, `training` fits them under one
protocol, `detect` turns one video into one verdict, `report` draws and writes, `course`
builds and runs the lessons. `profiles` says how much of everything.
"""

__version__ = "0.1.0"
