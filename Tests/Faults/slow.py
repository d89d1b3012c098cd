"""Four workers, and a backend that takes longer to answer than any service takes to end in order: whenever something breaks or is
restarted, all that was begun in the last eight seconds is under way.
"""
import matrix

WORKERS = 4
# Longer than the scheduler waits for what runs when it ends (5 s), and less than the notifier waits for an answer (10 s).
ANSWER_MILLISECONDS = (7_500, 8_500)
# So many a second for 20 s, each under way for 8 s: more than the notifier's own number of connections.
RATE, CONNECTIONS = 20, 512
TARGETS = ["gateway", "scheduler", "worker", "notifier"]
FAULTS = ["terminate", "kill", "loop"]
# A scheduler that is back finds its workers, which know what they run: no restart of it and no crash may repeat anything.
MAY_REPEAT = {(target, fault) for target in ("worker", "notifier") for fault in ("kill", "loop")}


def prepare(layout):
    layout.copies = {"worker": WORKERS}
    layout.answer_milliseconds = ANSWER_MILLISECONDS
    layout.settings = {"notifier": {"NOTIFIER_CONNECTIONS": str(CONNECTIONS)}}


def run(programs, target, fault):
    may_repeat = (target, fault) in MAY_REPEAT
    row = matrix.run(programs, target, fault, prepare, RATE, may_repeat)
    # While the first request is still under way a second is as bad as one after its answer.
    if row["repeated"] and not may_repeat:
        row["problems"].append(f"{row['repeated']} sent again while they were under way")
    return row


CASES = {
    f"slow-{target}/{fault}": lambda programs, target=target, fault=fault: run(programs, target, fault)
    for target in TARGETS for fault in FAULTS
}
