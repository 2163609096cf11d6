"""What listens: the page, its worker and its folder, until it is told to stop.

    with running(Options(...)) as page:
        print(page.url)

On this machine only, unless told otherwise; no public link; nothing is sent anywhere.
"""

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dfstudy.app import shelf
from dfstudy.app.limits import Limits
from dfstudy.app.uploads import Uploads
from dfstudy.app.worker import Work, Worker

LOCAL = ("127.0.0.1", "localhost", "::1")
_VISITORS = 100  # whose last answer Gradio keeps in memory, some MB each
_SWEEP = 60  # seconds between two looks at what was left behind
# Of Gradio and of what the detectors use; set before those are imported.
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_ALLOWED_PATHS": "",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
MISSING = (
    "the page needs Gradio, which is not installed: pip install 'dfstudy[app]',"
    " or in a clone: .venv/bin/pip install -e '.[app]'"
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Of one page."""

    detectors: Mapping[str, shelf.Shelved]
    examples: Mapping[str, Path] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 7860  # 0 or taken: the next free one
    limits: Limits = field(default_factory=Limits)
    # What the worker does; by default it asks the detectors. Must be picklable.
    factory: Callable[[], Work] | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page that answers."""

    url: str
    uploads: Uploads
    worker: Worker


@contextmanager
def running(options: Options) -> Iterator[Page]:
    """Serve until this is left; then the worker ends and the folder is deleted.

    Raises:
        ValueError: Gradio is not installed.
        OSError: the port is taken.
    """
    require()
    os.environ.update(_QUIET)
    uploads = Uploads()
    os.environ["GRADIO_TEMP_DIR"] = str(uploads.incoming)
    try:
        # The worker loads while Gradio does.
        worker = Worker(
            options.factory or _examiner(options),
            limits=options.limits,
            scratch=uploads.scratch,
        )
        over = threading.Event()
        try:
            blocks, url = _launch(options, uploads, worker)
            sweeper = threading.Thread(
                target=_sweep, args=(uploads, over), daemon=True, name="sweeper"
            )
            sweeper.start()
            try:
                yield Page(url=url, uploads=uploads, worker=worker)
            finally:
                over.set()
                blocks.close(verbose=False)
        finally:
            worker.close()
    finally:
        uploads.close()


def require() -> None:
    """ValueError, which says how to install it, where Gradio is missing."""
    if importlib.util.find_spec("gradio") is None:
        raise ValueError(MISSING)


def warn(host: str) -> None:
    """Say who can reach the page, where that is not only this machine."""
    if host not in LOCAL:
        print(
            f"warning: everybody who reaches this machine as {host} can use the page:"
            " there is no password. Videos of people are personal data.",
            file=sys.stderr,
        )


def _examiner(options: Options) -> Callable[[], Work]:
    from dfstudy.app.examiner import Examiner

    folders = {name: str(one.folder) for name, one in options.detectors.items()}
    examples = {name: str(path) for name, path in options.examples.items()}
    return partial(Examiner, folders, examples, options.limits)


def _launch(options: Options, uploads: Uploads, worker: Worker):
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from dfstudy.app.gate import Gate
    from dfstudy.app.page import build, look

    limits = options.limits
    middleware = [Middleware(Gate, uploads=uploads, limits=limits)]
    if options.host in LOCAL:
        # A web site cannot reach in by giving its own name this machine's address.
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        middleware.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=hosts))
    blocks = build(options, uploads, worker)
    blocks.queue(max_size=limits.queue, default_concurrency_limit=1)
    _, url, _ = blocks.launch(
        server_name=options.host,
        server_port=options.port or None,
        share=False,
        quiet=True,
        inbrowser=False,
        inline=False,
        prevent_thread_lock=True,
        show_error=False,
        allowed_paths=None,
        max_file_size=limits.bytes,
        state_session_capacity=_VISITORS,
        enable_monitoring=False,
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        footer_links=[],
        strict_cors=True,
        app_kwargs={"middleware": middleware},
        # Without a look of Gradio at its own address: that gives up after 3 seconds, on
        # a busy machine too, and the page would not start.
        _frontend=False,
        **look(),
    )
    return blocks, url


def _sweep(uploads: Uploads, over: threading.Event) -> None:
    while not over.wait(_SWEEP):
        uploads.sweep()
