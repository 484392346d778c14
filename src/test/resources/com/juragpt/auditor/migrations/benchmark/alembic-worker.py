"""Alembic's API in one process: does what each line of its standard input asks for, and answers what that has cost."""
import os
import sys
import time

from alembic import command
from alembic.config import Config

folder = sys.argv[1]
for line in sys.stdin:
    work, _, user, password, url = line.rstrip("\n").split("\t")
    os.environ["DATABASE_URL"] = url
    with open(os.devnull, "w") as nowhere:
        started, cpu = time.perf_counter_ns(), time.process_time_ns()
        config = Config(os.path.join(folder, "alembic.ini"), stdout=nowhere)
        if work in ("FRESH", "NO_OP"):
            command.upgrade(config, "head")
        else:
            command.current(config, check_heads=True)
        cpu, ended = time.process_time_ns() - cpu, time.perf_counter_ns()
    print("RESULT", ended - started, cpu, 0, sep="\t", flush=True)
