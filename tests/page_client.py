"""What a browser asks of the page, without a browser: upload, join, listen."""

import json
from uuid import uuid4

import httpx


class Visitor:
    """One visitor of a page at `url`."""

    def __init__(self, url, *, timeout=120):
        self.http = httpx.Client(base_url=url, timeout=timeout)
        self.session = uuid4().hex[:11]
        config = self.http.get("/config").json()
        self.functions = {d["api_name"]: d["id"] for d in config["dependencies"]}

    def upload(self, content, name="clip.mp4"):
        """The path where the server has stored it."""
        answer = self.send(content, name)
        answer.raise_for_status()
        return answer.json()[0]

    def send(self, content, name="clip.mp4"):
        return self.http.post("/gradio_api/upload", files={"files": (name, content)})

    def join(self, function, *data):
        """Ask; the answer is for `listen` to hear."""
        body = {"data": data, "fn_index": self.functions[function]}
        body |= {"session_hash": self.session, "event_data": None, "trigger_id": None}
        return self.http.post("/gradio_api/queue/join", json=body)

    def listen(self):
        """Messages of the page, as they come."""
        where = f"/gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", where) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def answer(self):
        """The outputs of the question that was asked: video, HTML, report, JSON."""
        for message in self.listen():
            if message["msg"] == "process_completed":
                return message["output"]["data"]
        raise AssertionError("the page hung up")

    def examine(self, content, name="clip.mp4", chosen=("planted_0",), text=""):
        """Upload and ask, as the button does."""
        return self.ask(self.upload(content, name), name, chosen, text)

    def ask(self, path, name="clip.mp4", chosen=("planted_0",), text=""):
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        joined = self.join("examine", file, list(chosen), text)
        joined.raise_for_status()
        return self.answer()
