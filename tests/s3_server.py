"""An S3 server of our own in a child process, which fails when it is told to.

    with serve() as s3:
        s3.tell("faults 0.05")        # that share of requests: 500, 503, or cut off
        s3.tell("stop 20")            # for so many seconds nobody answers
        s3.tell("count")              # {"requests": 311, "faults": 14, "stops": 1}

The server is moto's, with its own sockets; the client is the real one.
"""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

BUCKET = "videos"


class Server:
    """The child: its port, and a line of words to it with an answer."""

    def __init__(self, child: subprocess.Popen):
        self._child = child
        self.endpoint = f"http://127.0.0.1:{self._read()['port']}"
        self.env = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def tell(self, words: str) -> dict:
        self._child.stdin.write(words + "\n")
        self._child.stdin.flush()
        return self._read()

    def _read(self) -> dict:
        return json.loads(self._child.stdout.readline())


@contextmanager
def serve() -> Iterator[Server]:
    child = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(child)
    finally:
        child.kill()
        child.wait()


class Faults:
    """A WSGI application that hands some requests to nobody."""

    def __init__(self, app):
        self.app, self.share, self.down = app, 0.0, False
        self.count = {"requests": 0, "faults": 0, "stops": 0}
        self._random = random.Random(0)

    def __call__(self, environ, start_response):
        self.count["requests"] += 1
        if self.down:
            return self._cut(environ)
        if self._random.random() < self.share:
            self.count["faults"] += 1
            kind = self.count["faults"] % 4
            if kind < 2:
                status = ("500 Internal Server Error", "503 Slow Down")[kind]
                start_response(status, [("Content-Length", "0")])
                return [b""]
            if kind == 2:
                return self._cut(environ)
            return self._cut(environ, half=True)
        return self.app(environ, start_response)

    def _cut(self, environ, *, half=False):
        """The connection is cut off: before the answer, or in the middle of it."""
        connection = environ["werkzeug.socket"]
        if half:
            said = []
            body = b"".join(self.app(environ, lambda *head: said.extend(head)))
            status, headers = said[:2]
            lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in headers), "", ""]
            connection.sendall("\r\n".join(lines).encode() + body[: len(body) // 2])
        # Not `close`: the handler's own files keep it open, and the client would wait.
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionError("cut off on purpose")


def main() -> None:
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    faults = Faults(DomainDispatcherApplication(create_backend_app))

    def listen(port: int):
        server = make_server("127.0.0.1", port, faults, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    server = listen(0)
    port = server.port
    os.environ |= {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret"}
    client = boto3.client(
        "s3", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}"
    )
    client.create_bucket(Bucket=BUCKET)
    print(json.dumps({"port": port}), flush=True)
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "faults":
            faults.share = float(numbers[0])
        elif word == "stop":
            # The process lives on, as what it stores is in its memory.
            faults.count["stops"] += 1
            faults.down = True
            server.shutdown()
            server.server_close()
            time.sleep(float(numbers[0]))
            faults.down = False
            server = listen(port)
        print(json.dumps(faults.count), flush=True)


if __name__ == "__main__":
    main()
