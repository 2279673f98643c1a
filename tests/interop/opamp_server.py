"""An OpAMP server for tests, with a Protobuf codec of its own: none of the agent's code is in it."""
import http.server
import threading

APPLIED, APPLYING, FAILED = 1, 2, 3


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def decode(data):
    """number -> list of values; fixed64 as bytes."""
    out, at = {}, 0

    def read_varint():
        nonlocal at
        shift = number = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
    while at < len(data):
        key = read_varint()
        kind = key & 7
        if kind == 0:
            value = read_varint()
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 2:
            size = read_varint()
            value, at = data[at:at + size], at + size
        else:
            raise ValueError("wire type %d" % kind)
        out.setdefault(key >> 3, []).append(value)
    return out


def remote_config(config_hash, files):
    entries = b"".join(field(1, field(1, name) + field(2, field(1, body))) for name, body in files)
    return field(3, field(1, entries) + field(2, config_hash))


def statuses_of(message):
    """(hash, status, text) of what a message says about remote configurations."""
    out = []
    for raw in message.get(7, []):
        status = decode(raw)
        out.append((status.get(1, [b""])[0], status.get(2, [0])[0],
                    status.get(3, [b""])[0].decode()))
    return out


class OpampServer:
    """Answers with what `offer` holds; remembers every message. `decide`, when there is one, is
    asked with each message and may change the offer before it is answered."""

    def __init__(self):
        outer = self
        self.offer = b""
        self.decide = None
        self.raw = None
        self.messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = decode(body)
                message["type"] = self.headers["Content-Type"]
                message["uid"] = self.headers["OpAMP-Instance-UID"]
                outer.messages.append(message)
                if outer.decide is not None:
                    outer.decide(message)
                answer = outer.raw
                if answer is None:
                    answer = field(1, message[1][0]) + field(7, 7) + outer.offer
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # a client that hung up

        self.server = Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def statuses(self):
        """(hash, status, text) of every report, in order."""
        return [status for message in list(self.messages) for status in statuses_of(message)]
