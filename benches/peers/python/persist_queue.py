"""persist-queue's SQLiteAckQueue as it is shipped: one line in is one round, one line out is how long it took."""

import os
import sys
import time

from persistqueue import SQLiteAckQueue


def main() -> None:
    queue = SQLiteAckQueue(os.path.join(sys.argv[1], "persist-queue"), auto_commit=True)
    synchronous = queue._putter.execute("PRAGMA synchronous").fetchone()[0]
    if synchronous != 2:
        sys.exit(f"persist-queue is not as durable as it was: synchronous is {synchronous}")
    for line in sys.stdin:
        how, count, size = line.split()
        if how == "together":
            print("none", flush=True)
            continue
        payload = b"x" * int(size)
        started = time.perf_counter_ns()
        for _ in range(int(count)):
            queue.put(payload)
        print(time.perf_counter_ns() - started, flush=True)


main()
