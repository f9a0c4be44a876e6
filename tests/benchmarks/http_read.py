"""Reads a file from a server of this machine with Anneal and with curl.

  http_read.py OURS FAKE_S3 [MIB]

OURS is //tests/benchmarks:http_read_ours, FAKE_S3 fileio/s3/fake_s3.py. Each
side is a process that reads the file once, in turn; the fastest of ROUNDS
counts, starting included. Prints `figure: file_read/CASE ...`.
"""
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 7
KEY, SECRET = 'AKIDTEST', 'secret/of+test'


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends the file by sendfile(2), so that clients are what is measured."""
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        with open(self.server.path, 'rb') as file:
            size = os.fstat(file.fileno()).st_size
            self.send_response(200)
            self.send_header('Content-Length', str(size))
            self.send_header('ETag', '"1"')
            self.end_headers()
            self.connection.sendfile(file)


def serve(path):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.path = path
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_address[1]}/file'


def seconds(command, environment):
    begin = time.monotonic()
    subprocess.run(command, check=True, env=environment,
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def figure(case, size, ours, peer, environment=None):
    best = {}
    for _ in range(ROUNDS):
        for side, command in [('ours', ours), ('peer', peer)]:
            took = seconds(command, environment)
            best[side] = min(took, best.get(side, took))
    rates = {side: f'{size / 1e6 / took:.0f}MB/s'
             for side, took in best.items()}
    print(f'figure: file_read/{case} ours={rates["ours"]} '
          f'peer={rates["peer"]} ratio={best["ours"] / best["peer"]:.2f}',
          flush=True)


def main(ours, fake_s3, mib='1024'):
    size = int(mib) << 20
    curl = ['curl', '--silent', '--show-error', '--fail', '--output']
    with tempfile.TemporaryDirectory(dir='/dev/shm') as folder:
        source, target = f'{folder}/source', f'{folder}/target'
        block = os.urandom(1 << 20)
        with open(source, 'wb') as file:
            for _ in range(int(mib)):
                file.write(block)
        url = serve(source)
        figure('http', size, [ours, 'read', url], [*curl, '/dev/null', url])
        figure('http_to_file', size, [ours, 'copy', url, target],
               [*curl, target, url])
        os.remove(target)

        server = subprocess.Popen([sys.executable, fake_s3],
                                  stdout=subprocess.PIPE, text=True)
        endpoint = f'http://127.0.0.1:{server.stdout.readline().strip()}'
        environment = dict(os.environ, AWS_ENDPOINT_URL=endpoint,
                           AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
        size = min(size, 512 << 20)  # the server holds it in memory
        path, url = 's3://public-data/file', f'{endpoint}/public-data/file'
        os.truncate(source, size)
        subprocess.run([ours, 'put', source, path], check=True, env=environment)
        # curl reads what needs no signature: less work than ours has. What is
        # read into memory it writes to a file in memory.
        nowhere = [*curl, '/dev/null', url]
        to_file = [*curl, target, url]
        figure('s3', size, [ours, 'read', path], nowhere, environment)
        figure('s3_get', size, [ours, 'get', path], to_file, environment)
        figure('s3_to_file', size, [ours, 'copy', path, target], to_file,
               environment)
        server.kill()


main(*sys.argv[1:])
