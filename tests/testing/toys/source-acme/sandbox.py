"""Acme's made-up API: it only says hello."""

import http.server
import threading


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


class Sandbox:
    def __init__(self, port):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Hello)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def config(self):
        credentials = {"credentials_title": "API Key", "api_key": "made-up-key"}
        return {"credentials": credentials, "count": 12, "advanced": {"base_url": self.url}}

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        print("serving Acme")
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def sandbox(*, port=0, clock=None, **options):
    return Sandbox(port)
