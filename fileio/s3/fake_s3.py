"""An S3 server in memory, for tests and figures. Prints its port.

  fake_s3.py [--page N] [--no-auth]

Checks the signature of each request, by its header or its query (AWS Signature
Version 4, written here again from its description), for the keys below; buckets
named public-... may be read without. What it knows of S3: GET and HEAD with
ranges, If-Match and If-Range, PUT, copies, DELETE of one or several,
ListObjectsV2 by pages of N (1000), multipart uploads with parts of any size.
For tests only:

  POST /__fault?method=PUT&match=TEXT&times=2&status=503&code=SlowDown
      answers the next 2 requests of that method whose path and query contain
      TEXT so; status=200 puts the error into a 200; cut=N cuts the answer's
      body; change=1 changes the object after answering, or after a piece of it
      was copied; lost=1 completes an upload and answers 500; list=1 lists KEY
      alone (key=KEY), or a key of N slashes (slashes=N)
  GET /__uploads    multipart uploads that were not completed
  GET /__log        a line METHOD PATH?QUERY for each request
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import http.server
import re
import sys
import threading
import urllib.parse
import zlib
from xml.etree import ElementTree
from xml.sax.saxutils import escape

KEYS = {'AKIDTEST': ('secret/of+test', None),
        'AKIDTEMP': ('secret/of+temp', 'token/of+temp==')}
REGION = 'us-east-1'
BUCKETS = ['bucket', 'other', 'public-data']

lock = threading.RLock()
objects = {(name, ''): None for name in BUCKETS}  # (bucket, key) -> Object
uploads = {}  # id -> (bucket, key, {number: bytes})
faults = []
log = []
options = None


class Object:

    def __init__(self, data, etag=None, headers=None):
        self.data = data
        self.etag = etag or '"%s"' % hashlib.md5(data).hexdigest()
        self.headers = headers or {}


class S3Error(Exception):

    def __init__(self, status, code, message='The fake says so.'):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def quote(text):
    return urllib.parse.quote(text, safe='-_.~')


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(secret, scope, timestamp, canonical):
    to_sign = '\n'.join(['AWS4-HMAC-SHA256', timestamp, scope,
                         sha256(canonical.encode())])
    key = ('AWS4' + secret).encode()
    for part in scope.split('/') + [to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 1 << 16

    def log_message(self, *args):
        pass

    def handle_any(self):
        self.body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        path, _, query = self.path.partition('?')
        self.raw_path, self.fault = path, {}
        self.query = urllib.parse.parse_qsl(query, keep_blank_values=True)
        self.arguments = dict(self.query)
        try:
            if path.startswith('/__'):
                self.control(path)
                return
            with lock:
                log.append(f'{self.command} {self.path}')
                self.meet_fault()
            self.locate(urllib.parse.unquote(path))
            if not options.no_auth:
                self.authenticate()
            with lock:
                self.serve()
        except S3Error as error:
            self.answer(error.status, {'Content-Type': 'application/xml'},
                        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>'
                        f'<Code>{error.code}</Code><Message>{error.message}'
                        f'</Message></Error>'.encode())

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def answer(self, status, headers=None, body=b''):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if 'Content-Length' not in (headers or {}):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            if 'cut' in self.fault:
                body = body[:int(self.fault['cut'])]
                self.close_connection = True
            self.wfile.write(body)

    def control(self, path):
        with lock:
            if path == '/__fault':
                faults.append(self.arguments)
                body = ''
            elif path == '/__uploads':
                body = '\n'.join(f'{b}/{k}' for b, k, _ in uploads.values())
            else:
                body = '\n'.join(log)
        self.answer(200, {}, body.encode())

    def meet_fault(self):
        for fault in faults:
            if fault.get('method', self.command) != self.command or \
                    fault.get('match', '') not in self.path or \
                    'list' in fault and 'list-type' not in self.arguments:
                continue
            fault['times'] = int(fault.get('times', 1)) - 1
            if fault['times'] <= 0:
                faults.remove(fault)
            self.fault = fault
            if 'status' in fault:
                raise S3Error(int(fault['status']), fault.get('code', 'Fault'))
            return

    def locate(self, path):
        host = self.headers.get('Host', '').split(':')[0]
        if host.endswith('.localhost'):  # virtual-hosted
            self.bucket, self.key = host[:-len('.localhost')], path[1:]
        else:
            self.bucket, _, self.key = path[1:].partition('/')

    def authenticate(self):
        query = dict(self.arguments)
        if 'X-Amz-Signature' in query:
            given = query.pop('X-Amz-Signature')
            scheme = query['X-Amz-Algorithm']
            credential = query['X-Amz-Credential']
            names = query['X-Amz-SignedHeaders']
            token = query.get('X-Amz-Security-Token')
            timestamp, payload = query['X-Amz-Date'], 'UNSIGNED-PAYLOAD'
            lifetime = int(query['X-Amz-Expires'])
        elif 'Authorization' in self.headers:
            scheme, _, rest = self.headers['Authorization'].partition(' ')
            fields = dict(item.strip().split('=', 1)
                          for item in rest.split(','))
            given, names = fields['Signature'], fields['SignedHeaders']
            credential = fields['Credential']
            token = self.headers.get('x-amz-security-token')
            timestamp = self.headers['x-amz-date']
            payload = self.headers['x-amz-content-sha256']
            lifetime = 15 * 60
            if payload != sha256(self.body):
                raise S3Error(400, 'XAmzContentSHA256Mismatch')
        elif self.bucket.startswith('public-') and self.command != 'PUT':
            return
        else:
            raise S3Error(403, 'AccessDenied')
        key_id, scope = credential.split('/', 1)
        if key_id not in KEYS:
            raise S3Error(403, 'InvalidAccessKeyId')
        secret, expected_token = KEYS[key_id]
        if token != expected_token:
            raise S3Error(400, 'InvalidToken')
        then = datetime.datetime.strptime(timestamp, '%Y%m%dT%H%M%SZ')
        age = (datetime.datetime.utcnow() - then).total_seconds()
        if age > lifetime or age < -15 * 60:
            raise S3Error(403, 'RequestTimeTooSkewed')
        if scope != f'{timestamp[:8]}/{REGION}/s3/aws4_request':
            raise S3Error(400, 'AuthorizationHeaderMalformed')
        for name in self.headers:
            if name.lower().startswith('x-amz-') and \
                    name.lower() not in names.split(';'):
                raise S3Error(403, 'AccessDenied', 'A header is not signed.')
        canonical = '\n'.join([
            self.command, self.raw_path,
            '&'.join(sorted(f'{quote(k)}={quote(v)}' for k, v in self.query
                            if k != 'X-Amz-Signature')),
            ''.join(f'{n}:{" ".join(self.headers[n].split())}\n'
                    for n in names.split(';')), names, payload])
        if scheme != 'AWS4-HMAC-SHA256' or \
                sign(secret, scope, timestamp, canonical) != given:
            raise S3Error(403, 'SignatureDoesNotMatch')

    def xml(self, root, content):
        self.answer(200, {'Content-Type': 'application/xml'},
                    f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns='
                    f'"http://s3.amazonaws.com/doc/2006-03-01/">{content}'
                    f'</{root}>'.encode())

    def find(self, bucket, key):
        if (bucket, '') not in objects:
            raise S3Error(404, 'NoSuchBucket')
        if (bucket, key) not in objects:
            raise S3Error(404, 'NoSuchKey')
        return objects[(bucket, key)]

    def serve(self):
        self.find(self.bucket, '')
        if self.key:
            self.serve_object()
        elif self.command == 'POST' and 'delete' in self.arguments:
            self.delete_several()
        elif self.command == 'GET' and 'list-type' in self.arguments:
            self.list()
        elif self.command == 'HEAD':
            self.answer(200)
        else:
            raise S3Error(405, 'MethodNotAllowed')

    def serve_object(self):
        upload_id = self.arguments.get('uploadId')
        if upload_id is not None and upload_id not in uploads:
            raise S3Error(404, 'NoSuchUpload')
        if self.command in ('GET', 'HEAD'):
            self.get()
        elif self.command == 'PUT' and upload_id:
            self.put_part(upload_id)
        elif self.command == 'PUT':
            self.put()
        elif self.command == 'POST' and 'uploads' in self.arguments:
            upload_id = 'id+/%d' % (len(log))
            uploads[upload_id] = (self.bucket, self.key, {})
            self.xml('InitiateMultipartUploadResult',
                     f'<UploadId>{upload_id}</UploadId>')
        elif self.command == 'POST' and upload_id:
            self.complete(upload_id)
        elif self.command == 'DELETE' and upload_id:
            del uploads[upload_id]
            self.answer(204)
        elif self.command == 'DELETE':
            objects.pop((self.bucket, self.key), None)
            self.answer(204)
        else:
            raise S3Error(405, 'MethodNotAllowed')

    def get(self):
        found = self.find(self.bucket, self.key)
        headers = {'ETag': found.etag}
        if self.headers.get('If-Match', found.etag) != found.etag:
            raise S3Error(412, 'PreconditionFailed')
        size = len(found.data)
        asked = self.headers.get('Range')
        if asked and self.headers.get('If-Range', found.etag) == found.etag:
            first, last = re.match(r'bytes=(\d+)-(\d*)', asked).groups()
            first, last = int(first), min(int(last or size), size - 1)
            if first >= size:
                raise S3Error(416, 'InvalidRange')
            headers['Content-Range'] = f'bytes {first}-{last}/{size}'
            status, body = 206, memoryview(found.data)[first:last + 1]
        else:
            status, body = 200, found.data
            if self.headers.get('x-amz-checksum-mode') == 'ENABLED':
                headers.update(found.headers)
        if 'change' in self.fault:
            data = bytes(reversed(found.data))
            objects[(self.bucket, self.key)] = Object(data)
        headers['Content-Length'] = str(len(body))
        lock.release()  # while the body is under way
        try:
            self.answer(status, headers, body)
        finally:
            lock.acquire()

    def copied(self):
        source = urllib.parse.unquote(self.headers['x-amz-copy-source'])
        bucket, _, key = source.lstrip('/').partition('/')
        found = self.find(bucket, key)
        expected = self.headers.get('x-amz-copy-source-if-match', found.etag)
        if expected != found.etag:
            raise S3Error(412, 'PreconditionFailed')
        data = found.data
        if 'change' in self.fault:
            objects[(bucket, key)] = Object(bytes(reversed(data)))
        asked = self.headers.get('x-amz-copy-source-range')
        if asked:
            first, last = re.match(r'bytes=(\d+)-(\d+)', asked).groups()
            data = data[int(first):int(last) + 1]
        return data

    def put(self):
        is_copy = 'x-amz-copy-source' in self.headers
        data = self.copied() if is_copy else self.body
        crc = base64.b64encode(zlib.crc32(data).to_bytes(4, 'big')).decode()
        if self.headers.get('x-amz-checksum-crc32', crc) != crc:
            raise S3Error(400, 'BadDigest')
        if 'change' in self.fault:
            data = b'other' + data
        objects[(self.bucket, self.key)] = stored = Object(
            data, headers={'x-amz-checksum-crc32': crc})
        if is_copy:
            self.xml('CopyObjectResult', f'<ETag>{stored.etag}</ETag>')
        else:
            self.answer(200, {'ETag': stored.etag})

    def put_part(self, upload_id):
        is_copy = 'x-amz-copy-source' in self.headers
        data = self.copied() if is_copy else self.body
        uploads[upload_id][2][int(self.arguments['partNumber'])] = data
        etag = '"%s"' % hashlib.md5(data).hexdigest()
        if is_copy:
            self.xml('CopyPartResult', f'<ETag>{escape(etag)}</ETag>')
        else:
            self.answer(200, {'ETag': etag})

    def complete(self, upload_id):
        _, _, parts = uploads[upload_id]
        number = 0
        digests = b''
        for part in ElementTree.fromstring(self.body):
            number += 1
            digest = hashlib.md5(parts[number]).digest()
            if part.findtext('PartNumber') != str(number) or \
                    part.findtext('ETag') != f'"{digest.hex()}"':
                raise S3Error(400, 'InvalidPart')
            digests += digest
        if number != len(parts):
            raise S3Error(400, 'InvalidPart')
        data = b''.join(parts[i + 1] for i in range(number))
        etag = f'"{hashlib.md5(digests).hexdigest()}-{number}"'
        objects[(self.bucket, self.key)] = Object(data, etag)
        del uploads[upload_id]
        if 'lost' in self.fault:
            raise S3Error(500, 'InternalError')
        self.xml('CompleteMultipartUploadResult', f'<ETag>{etag}</ETag>')

    def delete_several(self):
        md5 = base64.b64encode(hashlib.md5(self.body).digest()).decode()
        if self.headers.get('Content-MD5') != md5:
            raise S3Error(400, 'InvalidDigest')
        content = ''
        for item in ElementTree.fromstring(self.body).iter('Key'):
            if item.text.endswith('.locked'):
                content += (f'<Error><Key>{escape(item.text)}</Key><Code>'
                            'AccessDenied</Code><Message>locked</Message>'
                            '</Error>')
            else:
                objects.pop((self.bucket, item.text), None)
        self.xml('DeleteResult', content)

    def list(self):
        prefix = self.arguments.get('prefix', '')
        delimiter = self.arguments.get('delimiter', '')
        after = self.arguments.get('continuation-token', '')
        most = min(int(self.arguments.get('max-keys', 1000)), options.page)
        if 'list' in self.fault:
            key = self.fault.get('key') or \
                '/'.join('a' * int(self.fault['slashes']))
            self.xml('ListBucketResult', f'<Contents><Key>{escape(key)}</Key>'
                     '<Size>1</Size></Contents>')
            return
        is_encoded = self.arguments.get('encoding-type') == 'url'
        encode = quote_key if is_encoded else escape
        items = {}  # key or common prefix -> Object or None
        for bucket, key in objects:
            if bucket != self.bucket or not key or not key.startswith(prefix):
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0:
                items[key[:end + len(delimiter)]] = None
            else:
                items[key] = objects[(bucket, key)]
        names = sorted(name for name in items if name > after)
        content = '<EncodingType>url</EncodingType>' if is_encoded else ''
        for name in names[:most]:
            if items[name] is None:
                content += (f'<CommonPrefixes><Prefix>{encode(name)}</Prefix>'
                            '</CommonPrefixes>')
            else:
                content += (f'<Contents><Key>{encode(name)}</Key><Size>'
                            f'{len(items[name].data)}</Size><ETag>'
                            f'{escape(items[name].etag)}</ETag></Contents>')
        if len(names) > most:
            content += ('<IsTruncated>true</IsTruncated><NextContinuationToken>'
                        f'{escape(names[most - 1])}</NextContinuationToken>')
        self.xml('ListBucketResult', content)


def quote_key(text):
    return urllib.parse.quote_plus(text, safe='/')


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument('--page', type=int, default=1000)
    parser.add_argument('--no-auth', action='store_true')
    options = parser.parse_args()
    server = Server(('127.0.0.1', 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
