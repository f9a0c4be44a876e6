"""Makes sigv4_golden.txt: signatures by botocore.

  python3 sigv4_golden.py > sigv4_golden.txt   # botocore 1.44.8

A line each: sign or presign, method, URL, headers "name=value;...", body, and
the authorization header or the presigned URL.
"""
import datetime

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2013, 5, 24, 0, 0, 0)
botocore.auth.get_current_datetime = lambda: NOW

CASES = [
    ('GET', 'https://examplebucket.s3.amazonaws.com/a', {}, ''),
    ('GET', 'https://s3.eu-central-1.amazonaws.com/b/a%20b/%C3%A9+%2B', {}, ''),
    ('GET', 'http://127.0.0.1:9000/bucket?list-type=2&prefix=a%2Fb&delimiter='
     '%2F&continuation-token=1%2B%2F%3D', {}, ''),
    ('PUT', 'http://localhost:9000/bucket/a//b/../c', {}, 'body'),
    ('POST', 'https://s3.amazonaws.com/b/k?uploads=', {}, ''),
    ('PUT', 'https://s3.amazonaws.com/b/k?uploadId=a.b-c_d~&partNumber=2', {
        'x-amz-checksum-crc32': 'y/Q5Jg=='
    }, '123456789'),
    ('PUT', 'https://s3.amazonaws.com:443/b/k', {
        'x-amz-copy-source': '/b/other%20key',
        'x-amz-meta-a': '  two   blanks  ',
    }, ''),
    ('DELETE', 'http://h:80/b/k?versionId=1', {}, ''),
]


def main():
    for token in [None, 'a/token+with=signs']:
        credentials = Credentials('AKIAIOSFODNN7EXAMPLE',
                                  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
                                  token)
        for method, url, headers, body in CASES:
            request = AWSRequest(method, url, headers=headers, data=body)
            botocore.auth.S3SigV4Auth(credentials, 's3',
                                      'us-east-1').add_auth(request)
            shown = ';'.join(f'{k}={v}' for k, v in headers.items())
            print('sign', method, url, shown, body, token or '',
                  request.headers['Authorization'], sep='\t')
            request = AWSRequest(method, url)
            botocore.auth.S3SigV4QueryAuth(credentials, 's3', 'us-east-1',
                                           600).add_auth(request)
            print('presign', method, url, '', '', token or '', request.url,
                  sep='\t')


main()
