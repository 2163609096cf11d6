"""What is seen: choose a video and a detector, read what comes back.

One question at a time goes to the worker; the others wait in a queue. A visitor who
leaves ends the question: the generator below is closed, and with it the job.
"""

import asyncio
import html
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from dfstudy.app.limits import Refused
from dfstudy.app.uploads import Uploads
from dfstudy.app.worker import Worker

if TYPE_CHECKING:
    from dfstudy.app.server import Options
    from dfstudy.app.shelf import Shelved

TITLE = "dfstudy: one video, one verdict"
_LOOK_EVERY = 0.05  # seconds between two looks at the worker
_EXAMPLES = {
    "real": "authentic",
    "blend": "forged: another person's features blended in",
    "disorder": "forged: frames in another order",
}
_KINDS = ["video", ".mkv", ".avi", ".mpg", ".mpeg", ".webm", ".ogv", ".3gp", ".wmv"]
_HERE = Path(__file__).parent
_SYNTHETIC = (
    "Trained on synthetic videos: this detector's verdict on a real video means"
    " nothing. Use it to see how such a page works."
)
_RESPONSIBLE = (
    "A detector's score is no proof. Somebody who is called a fake by mistake is"
    " harmed: decide with people, sources and context. Use only videos that you may"
    " use."
)


def look() -> dict:
    """Theme, style sheet and script of the page: nothing from anywhere else."""
    letters = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return {
        "theme": gr.themes.Default(
            primary_hue="blue",
            neutral_hue="slate",
            text_size="lg",
            spacing_size="md",
            radius_size="md",
            font=letters,
            font_mono=["ui-monospace", "Menlo", "monospace"],
        ),
        "css": (_HERE / "page.css").read_text(encoding="utf-8"),
        "head": f"<script>{(_HERE / 'page.js').read_text(encoding='utf-8')}</script>",
    }


def build(options: "Options", uploads: Uploads, worker: Worker) -> gr.Blocks:
    """The page, not yet served."""
    shelf, limits = options.detectors, options.limits
    names = list(shelf)
    one_at_a_time = asyncio.Lock()

    async def examine(
        upload: dict | None, chosen: list[str], text: str, request: gr.Request
    ) -> AsyncIterator[tuple]:
        """An upload, deleted when its answer is there."""
        try:
            if not upload:
                raise Refused("Please choose a video first.")
            asked = _checked(chosen, text, shelf)
            async with one_at_a_time:
                with uploads.take(upload.get("path")) as own:
                    asked |= {"path": str(own), "name": upload.get("orig_name")}
                    async with aclosing(answers(asked, request)) as states:
                        async for state in states:
                            yield state
        except Refused as error:
            yield _failed(error)

    def example(name: str) -> Callable[..., AsyncIterator[tuple]]:
        async def examine_example(
            chosen: list[str], text: str, request: gr.Request
        ) -> AsyncIterator[tuple]:
            try:
                asked = _checked(chosen, text, shelf) | {"example": name}
                async with one_at_a_time, aclosing(answers(asked, request)) as states:
                    async for state in states:
                        yield state
            except Refused as error:
                yield _failed(error)

        return examine_example

    async def answers(asked: dict, request: gr.Request) -> AsyncIterator[tuple]:
        with worker.job(asked) as job:
            seconds = -1
            while (reply := job.poll()) is None:
                if int(job.seconds) > seconds:
                    seconds = int(job.seconds)
                    yield _busy(job.stage, seconds)
                await asyncio.sleep(_LOOK_EVERY)
        report, document = uploads.publish(
            request.session_hash,
            {
                "dfstudy-report.html": reply["report"],
                "dfstudy-verdict.json": json.dumps(reply["verdict"], indent=1),
            },
        )
        yield (
            gr.update(value=None),
            reply["said"],
            gr.update(value=report, visible=True),
            gr.update(value=document, visible=True),
            reply["walk"],
        )

    def about(chosen: object) -> tuple:
        # Not preprocessed: whatever a visitor sends arrives as it is.
        known = [name for name in shelf if isinstance(chosen, list) and name in chosen]
        return _banner(known, shelf), _cards(known, shelf), _asks(known, shelf)

    def leave(request: gr.Request) -> None:
        uploads.forget(request.session_hash)

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            '<header class="df-head"><p class="df-brand">dfstudy</p>'
            "<h1>Is this face authentic?</h1>"
            "<p>One video in, one verdict out, with what it rests on.</p></header>"
        )
        banner = gr.HTML(_banner(names[:1], shelf))
        with gr.Row(elem_classes="df-main"):
            with gr.Column(scale=2, min_width=320):
                gr.HTML(
                    f'<p class="df-label">A video of at most {limits.max_mb} MB and'
                    f" {limits.max_seconds} seconds:</p>"
                )
                video = gr.File(
                    show_label=False,
                    file_types=_KINDS,
                    height=140,
                    elem_id="df-video",
                )
                pick = gr.Dropdown(
                    names,
                    value=names[:1],
                    multiselect=True,
                    label="Detectors (several: their mean)",
                    elem_id="df-pick",
                )
                says = gr.Textbox(
                    label="What the video is said to show",
                    placeholder="outside talking pan laughing",
                    max_length=500,
                    visible=shelf[names[0]].text,
                )
                go = gr.Button("Examine", variant="primary", elem_id="df-go")
                gr.HTML(
                    '<p class="df-note">The video is opened in a process of its own'
                    " and deleted as soon as the answer is there. It does not leave"
                    " this machine.</p>"
                )
                tries = {}
                if options.examples:
                    gr.HTML(
                        '<p class="df-label">Or a rendered example (synthetic people,'
                        " nobody real):</p>"
                    )
                    for name in options.examples:
                        tries[name] = gr.Button(
                            _EXAMPLES.get(name, name), elem_id=f"df-example-{name}"
                        )
            with gr.Column(scale=5, min_width=320):
                result = gr.HTML(
                    '<p class="df-empty">The verdict will stand here.</p>',
                    elem_id="df-result",
                )
                with gr.Row():
                    report = gr.DownloadButton(
                        "Report (HTML)", visible=False, elem_id="df-report"
                    )
                    document = gr.DownloadButton(
                        "Verdict (JSON)", visible=False, elem_id="df-json"
                    )
                walk = gr.HTML(elem_id="df-walk")
        with gr.Accordion("Model card and limits", open=False, elem_id="df-card"):
            card = gr.Markdown(_cards(names[:1], shelf))
        gr.HTML(f'<footer class="df-foot"><p>{_RESPONSIBLE}</p></footer>')

        shown = [video, result, report, document, walk]
        hidden = {"show_progress": "hidden", "preprocess": False}
        hidden |= {"scroll_to_output": True}
        hidden |= {"concurrency_limit": 1, "concurrency_id": "worker"}
        asked = [pick, says]
        go.click(examine, [video, *asked], shown, api_name="examine", **hidden)
        for name, button in tries.items():
            button.click(example(name), asked, shown, api_name=f"try_{name}", **hidden)
        pick.change(
            about,
            pick,
            [banner, card, says],
            preprocess=False,
            queue=False,
            show_progress="hidden",
            api_name="about",
        )
        blocks.unload(leave)
    return blocks


def _checked(chosen: object, text: object, shelf: dict[str, "Shelved"]) -> dict:
    """Names of detectors that are here, and words."""
    if not isinstance(chosen, list) or not chosen:
        raise Refused("Please choose a detector.")
    if unknown := [name for name in chosen if name not in list(shelf)]:
        raise Refused(f"There is no detector {str(unknown[0])[:80]!r} here.")
    reads = [shelf[name].text for name in chosen]
    text = text.strip()[:500] if isinstance(text, str) else ""
    if any(reads) and not text:
        raise Refused(
            "This detector compares a video with what it is said to show: please"
            " describe it in a few words."
        )
    return {"detectors": chosen, "text": text if any(reads) else None}


def _banner(chosen: Sequence[str], shelf: dict[str, "Shelved"]) -> str:
    if not any(shelf[name].synthetic for name in chosen):
        return ""
    return f'<p class="df-banner" role="note">{_SYNTHETIC}</p>'


def _cards(chosen: Sequence[str], shelf: dict[str, "Shelved"]) -> str:
    cards = [
        shelf[name].card
        or f"### {name}\n\nThis detector has no model card: nobody knows its limits."
        for name in chosen
    ]
    return "\n\n---\n\n".join(cards)


def _asks(chosen: Sequence[str], shelf: dict[str, "Shelved"]):
    reads = any(shelf[name].text for name in chosen)
    return gr.update(visible=reads)


def _busy(stage: str, seconds: int) -> tuple:
    what = html.escape(stage[:1].upper() + stage[1:])
    return (
        gr.skip(),
        f'<p class="df-busy" role="status">{what} &hellip; {seconds} s</p>',
        gr.update(value=None, visible=False),
        gr.update(value=None, visible=False),
        "",
    )


def _failed(error: Refused) -> tuple:
    return (
        gr.update(value=None),
        f'<p class="df-error" role="alert"><b>No verdict.</b> {html.escape(str(error))}'
        "</p>",
        gr.update(value=None, visible=False),
        gr.update(value=None, visible=False),
        "",
    )
