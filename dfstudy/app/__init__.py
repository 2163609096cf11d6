"""The web page of `dfstudy app`: upload a video, see what a detector makes of it.

    dfstudy app --model runs/laptop/models/frame_torch_0

Read `server` (what listens), `page` (what is seen), `worker` (the process that opens
what strangers send), `uploads` (their files), `gate` (what may be asked) and `limits`.
A stranger's file is opened in the worker and nowhere else: the server, which knows
everybody's uploads, never parses one.
"""
