"""The command that serves the web page."""

import argparse
import threading


def app(args: argparse.Namespace) -> int:
    """A web page on this machine: upload a video, see the verdict."""
    from dfstudy.app import server, shelf
    from dfstudy.app.limits import Limits

    server.require()
    limits = Limits(
        max_mb=args.max_mb,
        max_seconds=args.max_seconds,
        job_seconds=args.job_seconds,
        memory_mb=args.memory_mb,
        queue=args.queue,
    )
    detectors = shelf.detectors(args.model)
    print("preparing the examples ...", flush=True)
    options = server.Options(
        detectors=detectors,
        examples=shelf.examples(),
        host=args.host,
        port=args.port,
        limits=limits,
    )
    server.warn(args.host)
    with server.running(options) as page:
        print(f"{page.url}  (stop with Ctrl-C)", flush=True)
        threading.Event().wait()
    return 0
