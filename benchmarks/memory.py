"""The memory of send_task for a list far larger than its memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile

from benchmarks.events import run
from benchmarks.figures import Figure
from benchmarks.functions import Code, Designs, Stub
from benchmarks.sizes import Sizes
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

_LINE_BYTES = 100
_BUCKET = "long-lists"


def measure(code: Code, emulator: Emulator, sizes: Sizes) -> Iterator[Figure]:
    """Measure with an object on the emulator's S3 and a queue that forgets its messages."""
    s3 = client("s3", emulator.environment())
    s3.create_bucket(Bucket=_BUCKET)
    with TemporaryFile() as lines:
        for number in range(sizes.long_list):
            lines.write(f"task {number} ".encode().ljust(_LINE_BYTES - 1, b".") + b"\n")
        lines.seek(0)
        s3.upload_fileobj(lines, _BUCKET, "list.txt")
    with (
        Stub(milliseconds=0) as stub,
        Designs(code, stub.endpoint_url).send_task(
            f"{stub.endpoint_url}/000000000000/tasks", AWS_ENDPOINT_URL_S3=emulator.endpoint_url
        ) as send_task,
    ):
        usage = send_task.invoke(run(task="nothing", tasks_s3_uri=f"s3://{_BUCKET}/list.txt"))
        requests = stub.requests()
    megabytes = sizes.long_list * _LINE_BYTES // 1_000_000
    yield Figure(
        key="send_memory",
        name=f"peak memory of send_task, {sizes.long_list} tasks in an object of {megabytes} MB",
        unit="MB",
        ours=[usage.peak_bytes / 1024**2],
        at_most=128,
        note=f"{requests} requests in {usage.seconds[0]:.0f} s; Python and boto3 included",
    )
