"""Writes the goldens of this folder: files as mmengine 0.9.1 and tensorboard's
own writers (torch 2.11.0) write them; or checks a file of ours.

Run:
  python3 -m venv venv
  venv/bin/pip install torch==2.11.0 mmengine==0.9.1 tensorboard==2.21.0
  venv/bin/python visualization/testdata/make_goldens.py

events.txt   Each event of a run in hex, without its time and its image's bytes.
scalars.json The lines of LocalVisBackend for the calls below.

With what tensorboard_vis_backend_test leaves
(bazel-testlogs/visualization/tensorboard_vis_backend_test/test.outputs/outputs.zip)
as an argument, reads our file by TensorBoard's EventAccumulator and compares.
"""
import glob
import io
import os
import sys
import tempfile
import zipfile

import numpy as np
from mmengine.visualization import LocalVisBackend
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import \
    EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import \
    PyRecordReader_New
from torch.utils.tensorboard import SummaryWriter

FOLDER = os.path.dirname(os.path.abspath(__file__))

# What tensorboard_vis_backend_test records too.
CONFIG = '```yaml\na: 1\n```'
SCALARS = [('loss', 0.5, 1), ('lr', 1e-3, 1), ('loss', float('nan'), 2),
           ('accuracy/top1', 98.25, 10**10), ('zero', 0.0, 0)]
IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def path(name):
    return os.path.join(FOLDER, name)


def write_events():
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        writer.add_text('config', CONFIG)
        for name, value, step in SCALARS:
            writer.add_scalar(name, value, step)
        writer.add_image('image', IMAGE, 3, dataformats='HWC')
        writer.close()
        reader = PyRecordReader_New(glob.glob(folder + '/*')[0])
        with open(path('events.txt'), 'w') as golden:
            while True:
                try:
                    reader.GetNext()
                except Exception:  # its end of file
                    break
                event = Event.FromString(reader.record())
                event.ClearField('wall_time')
                event.ClearField('source_metadata')
                for value in event.summary.value:
                    if value.HasField('image'):
                        value.image.ClearField('encoded_image_string')
                golden.write(event.SerializeToString().hex() + '\n')


def write_scalars():
    with tempfile.TemporaryDirectory() as folder:
        backend = LocalVisBackend(folder)
        backend.add_scalar('loss', 0.1, 3)
        backend.add_scalars(
            {'lr': 0.02, 'data_time': 1e-05, 'loss': 1 / 3, 'iter': 50,
             'epoch': 1, 'memory': 1024}, 50)
        backend.add_scalars({'accuracy/top1': 98.0, 'loss': float('nan'),
                             'grad_norm': float('inf'), 'step': 7}, 1)
        backend.add_scalars({}, 0)
        with open(os.path.join(folder, 'scalars.json')) as written, \
                open(path('scalars.json'), 'w') as golden:
            golden.write(written.read())


def check(outputs):
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(outputs).extractall(folder)
        check_events(folder + '/WritesTheEventsOfSummaryWriter')


def check_events(folder):
    events = EventAccumulator(folder, {'scalars': 0, 'images': 0, 'tensors': 0})
    events.Reload()
    seen = [(name, event.value, event.step) for name in
            events.Tags()['scalars'] for event in events.Scalars(name)]
    expected = [(name, float(np.float32(value)), step)
                for name, value, step in SCALARS]
    assert sorted(map(repr, seen)) == sorted(map(repr, expected)), seen
    text, = events.Tensors('config/text_summary')
    assert text.tensor_proto.string_val == [CONFIG.encode()], text
    image, = events.Images('image')
    assert (image.step, image.height, image.width) == (3, 2, 4), image
    pixels = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
    assert (pixels == IMAGE).all(), pixels
    print('TensorBoard reads the events as they were recorded')


if len(sys.argv) > 1:
    check(sys.argv[1])
else:
    write_events()
    write_scalars()
