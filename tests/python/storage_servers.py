"""Reads and writes moto's S3 with Anneal and with boto3, each what the other
wrote.

Called by storage_servers.sh: storage_servers.py STORAGE FOLDER.
"""
import logging
import os
import random
import subprocess
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

storage, folder = sys.argv[1:]
NAMES = ['a', 'a b/c+d', 'é/ü%20', "~(!)*'", 'x//y', 'a?b#c&d=e', '.hidden/z']
LARGE = 100 << 20


def check(holds, what):
    print(('ok: ' if holds else 'FAILED: ') + what, flush=True)
    if not holds:
        sys.exit(1)


def run(*arguments, **environment):
    result = subprocess.run([storage, *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=dict(os.environ, **environment))
    if result.returncode:
        return f'error: {result.stderr}'
    return result.stdout.removesuffix('\n')


def main():
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    endpoint = 'http://%s:%d' % server.get_host_and_port()
    os.environ.update(HOME=folder, AWS_ENDPOINT_URL=endpoint)
    os.makedirs(f'{folder}/.aws')
    with open(f'{folder}/.aws/credentials', 'w') as file:
        file.write('[default]\naws_access_key_id = AKIDMOTO\n'
                   'aws_secret_access_key = moto/secret+\n')
    with open(f'{folder}/petreloss.conf', 'w') as file:
        file.write(f'[DEFAULT]\ndefault_cluster = moto\n[moto]\n'
                   f'host_base = {endpoint}\naccess_key = AKIDMOTO\n'
                   'secret_key = moto/secret+\n')
    s3 = boto3.client('s3', region_name='us-east-1')
    s3.create_bucket(Bucket='bucket')
    local, back = f'{folder}/local', f'{folder}/back'

    def content(path):
        with open(path, 'rb') as file:
            return file.read()

    def of_boto(key):
        return s3.get_object(Bucket='bucket', Key=key)['Body'].read()

    for name in NAMES:
        with open(local, 'wb') as file:
            file.write(name.encode())
        check(run('put', local, f's3://bucket/{name}') == '' and
              of_boto(name) == name.encode(), f'boto3 reads our {name}')
        s3.put_object(Bucket='bucket', Key=f'boto/{name}', Body=b'b' * 10)
        check(run('get', f's3://bucket/boto/{name}', back) == '' and
              content(back) == b'b' * 10, f'we read boto3\'s {name}')

    ours = run('list', 's3://bucket/boto').split('\n')
    theirs = [o['Key'][len('boto/'):] for o in
              s3.list_objects_v2(Bucket='bucket', Prefix='boto/')['Contents']]
    check(set(theirs) <= set(ours), 'our list has all that boto3\'s has')

    data = random.Random(0).randbytes(LARGE)
    with open(local, 'wb') as file:
        file.write(data)
    for operation in ['put', 'write']:
        check(run(operation, local, 's3://bucket/large') == '' and
              of_boto('large') == data, f'boto3 reads a large {operation}')
        etag = s3.head_object(Bucket='bucket', Key='large')['ETag']
        check('-' in etag, f'{operation} uploaded by parts: {etag}')
    s3.upload_file(local, 'bucket', 'boto_large')
    for operation in ['get', 'read']:
        check(run(operation, 's3://bucket/boto_large', back) == '' and
              content(back) == data, f'a large {operation} of boto3\'s')

    check(run('copy', 's3://bucket/large', 's3://bucket/copy') ==
          's3://bucket/copy' and of_boto('copy') == data, 'copy')
    check(run('copytree', 's3://bucket/boto', 's3://bucket/tree') ==
          's3://bucket/tree', 'copytree')
    check(run('list', 's3://bucket/tree').split('\n') == ours,
          'the copied tree has the same names')
    check(run('remove', 's3://bucket/copy') == '' and
          run('exists', 's3://bucket/copy') == 'false', 'remove')
    check(run('rmtree', 's3://bucket/tree') == '' and
          s3.list_objects_v2(Bucket='bucket', Prefix='tree/')['KeyCount'] == 0,
          'rmtree')
    check('Uploads' not in s3.list_multipart_uploads(Bucket='bucket'),
          'no upload is left unfinished')

    url = run('presign', 's3://bucket/a b/c+d', 'get_object')
    with urllib.request.urlopen(url) as answer:
        check(answer.read() == b'a b/c+d', 'urllib reads our presigned URL')
    url = run('presign', 's3://bucket/presigned', 'put_object')
    # urllib's own type, a form's, would have moto look for its fields.
    request = urllib.request.Request(url, data=b'p', method='PUT',
                                     headers={'Content-Type': 'text/plain'})
    urllib.request.urlopen(request).close()
    check(of_boto('presigned') == b'p', 'urllib writes to our presigned URL')
    url = s3.generate_presigned_url('get_object',
                                    {'Bucket': 'bucket', 'Key': 'a b/c+d'})
    check(run('get', url, back) == '' and content(back) == b'a b/c+d',
          'we read boto3\'s presigned URL')

    check(run('get', 'petrel://bucket/a', back) == '' and
          content(back) == b'a', 'petrel:// by its configuration')
    check(run('get', 'moto:s3://bucket/a', back) == '' and
          content(back) == b'a', 'a cluster by its name')
    missing = run('get', 's3://bucket/none', back)
    check('NoSuchKey' in missing and 'NOT_FOUND' in missing, missing.strip())
    missing = run('get', 's3://nowhere/none', back)
    check('NoSuchBucket' in missing, missing.strip())
    server.stop()


main()
