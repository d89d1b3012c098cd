"""task-scheduler for Python: tasks that run at a time or by a rule, in workers of your own.

`@task` makes a function a task, `TaskScheduler` asks for it, and `python -m task_scheduler worker MODULE` runs it.
"""

from task_scheduler.client import TaskScheduler
from task_scheduler.context import Invocation, invocation
from task_scheduler.errors import (
    Conflict, Fault, InvalidRequest, InvalidTask, LeaseNotExtended, NotAllowed, NotFound, Refused, TaskSchedulerError, TooMany, Unavailable)
from task_scheduler.options import Options
from task_scheduler.outcomes import CancelSchedule, Reject, Retry
from task_scheduler.reminder import Changed, Reminder, Result, Scheduled
from task_scheduler.tasks import Task, task

__all__ = [
    "CancelSchedule", "Changed", "Conflict", "Fault", "InvalidRequest", "InvalidTask", "Invocation", "LeaseNotExtended", "NotAllowed", "NotFound",
    "Options", "Refused", "Reject", "Reminder", "Result", "Retry", "Scheduled", "Task", "TaskScheduler", "TaskSchedulerError", "TooMany", "Unavailable", "invocation",
    "task"]
