"""An HTTP server that misbehaves on demand, for tests. Prints its port.

  test_server.py [CERTIFICATE KEY]

Serves N bytes of a pattern (byte i is i % 251) at /file?size=N, with an ETag,
Last-Modified, ranges, If-Range and If-Match. What else the query may say, where
`times=K` (default: always) lets it hold for the first K requests with the same
id only:
  id=ID             whose requests are counted
  status=503        answer that; retry_after=7 with it; endless=1: with a body
                    that goes on as long as the client reads
  cut=N             close the connection after N bytes of the body
  stall=N           send N bytes of the body, then nothing more
  length=N          say Content-Length: N
  range=BYTES       say that Content-Range
  ranges=no         pay no attention to Range
  validator=no      neither ETag nor Last-Modified
  validator=new     another one, and other bytes, for each request
  weak=1            a weak ETag, no Last-Modified
  chunked=1         Transfer-Encoding: chunked
  checksum=right    Content-MD5; checksum=wrong: another one
  twice=1           a second line of X-Twice
  user=ann:secret   401 without that basic authentication
Further paths:
  /redirect?to=URL  302; to=self: to itself
  /kept/NAME        what was PUT there, else 404
  /echo             the request's method, headers and body's size, as lines
  /log?id=ID        the requests with that id so far: a line METHOD RANGE each
"""
import base64
import hashlib
import http.server
import ssl
import sys
import threading
import urllib.parse

BLOCK = bytes(i % 251 for i in range(251 * 4096))
lock = threading.Lock()
requests = {}
kept = {}  # path -> bytes


def pattern(first, last, shift):
    first += shift
    last += shift
    begin = first % 251
    size = last - first
    out = BLOCK[begin:begin + size]
    while len(out) < size:
        rest = (begin + len(out)) % 251
        out += BLOCK[rest:rest + size - len(out)]
    return out


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 1 << 16

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body=b''):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if 'Content-Length' not in headers and \
                'Transfer-Encoding' not in headers:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def handle_any(self):
        size = int(self.headers.get('Content-Length', 0))
        body = self.rfile.read(size)
        # As a proxy it is asked for a whole URL.
        url = urllib.parse.urlsplit(self.path)
        arguments = dict(urllib.parse.parse_qsl(url.query))
        with lock:
            log = requests.setdefault(arguments.get('id', ''), [])
            if url.path != '/log':
                log.append(f'{self.command} {self.headers.get("Range", "")}')
            count = len(log)
        if count > int(arguments.get('times', 1 << 30)):
            for name in ['status', 'cut', 'stall', 'length', 'range']:
                arguments.pop(name, None)
        if url.path == '/file':
            self.file(arguments, count)
        elif url.path.startswith('/kept/'):
            self.kept(url.path, body)
        elif url.path == '/redirect':
            to = self.path if arguments['to'] == 'self' else arguments['to']
            self.answer(302, {'Location': to}, b'go there')
        elif url.path == '/echo':
            lines = [f'{self.command} {self.path}', f'body: {len(body)}']
            lines += [f'{k.lower()}: {v}' for k, v in self.headers.items()]
            self.answer(200, {}, '\n'.join(lines).encode())
        elif url.path == '/log':
            self.answer(200, {}, '\n'.join(log).encode())
        else:
            self.answer(404, {}, b'no such path')

    def kept(self, path, body):
        if self.command == 'PUT':
            kept[path] = body
            self.answer(200, {})
        elif path in kept:
            self.answer(200, {'Content-Length': str(len(kept[path]))},
                        kept[path])
        else:
            self.answer(404, {}, b'no such path')

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def validator(self, arguments, count):
        kind = arguments.get('validator')
        if kind == 'no':
            return {}
        if 'weak' in arguments:
            return {'ETag': 'W/"1"'}
        return {'ETag': f'"{count if kind == "new" else 0}"',
                'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT'}

    def part(self, arguments, headers, size):
        """What the request asks for: status, first, last (exclusive)."""
        etag = headers.get('ETag')
        if self.headers.get('If-Match', etag) != etag:
            return 412, 0, 0
        asked = self.headers.get('Range')
        valid = [etag, headers.get('Last-Modified')]
        if asked is None or arguments.get('ranges') == 'no' or \
                self.headers.get('If-Range', etag) not in valid:
            return 200, 0, size
        first, last = asked[len('bytes='):].split('-')
        if int(first) >= size:
            return 416, 0, 0
        return 206, int(first), min(int(last or size) + 1, size)

    def file(self, arguments, count):
        size = int(arguments.get('size', 0))
        user = arguments.get('user')
        if user is not None:
            expected = 'Basic ' + base64.b64encode(user.encode()).decode()
            if self.headers.get('Authorization') != expected:
                self.answer(401, {'WWW-Authenticate': 'Basic realm="x"'},
                            b'who are you')
                return
        if 'status' in arguments:
            headers = {}
            if 'retry_after' in arguments:
                headers['Retry-After'] = arguments['retry_after']
            if 'endless' in arguments:
                headers['Content-Length'] = str(1 << 60)
                self.answer(int(arguments['status']), headers)
                while True:  # ends with the client's connection
                    self.wfile.write(BLOCK)
            self.answer(int(arguments['status']), headers, b'sorry')
            return
        headers = self.validator(arguments, count)
        status, first, last = self.part(arguments, headers, size)
        if status >= 400:
            self.answer(status, headers, b'no')
            return
        new = arguments.get('validator') == 'new'
        body = pattern(first, last, count if new else 0)
        if status == 206:
            headers['Content-Range'] = f'bytes {first}-{last - 1}/{size}'
        if 'range' in arguments:
            headers['Content-Range'] = arguments['range']
        if 'checksum' in arguments:
            text = body if arguments['checksum'] == 'right' else b'other'
            digest = hashlib.md5(text).digest()
            headers['Content-MD5'] = base64.b64encode(digest).decode()
        if 'twice' in arguments:
            headers['X-Twice'] = 'a\r\nX-Twice: b\r\nX-Same: c\r\nX-Same: c'
        headers['Content-Length'] = arguments.get('length', str(len(body)))
        if 'chunked' in arguments:
            del headers['Content-Length']
            headers['Transfer-Encoding'] = 'chunked'
            body = b'%x\r\n%s\r\n0\r\n\r\n' % (len(body), body)
        for name in ['cut', 'stall']:
            if name in arguments:
                body = body[:int(arguments[name])]
        self.answer(status, headers, body)
        if 'stall' in arguments:
            self.wfile.flush()
            self.rfile.read(1)  # until the client gives up
        if 'cut' in arguments or 'stall' in arguments:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that go away are part of the tests


def main(certificate=None, key=None):
    server = Server(('127.0.0.1', 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main(*sys.argv[1:])
