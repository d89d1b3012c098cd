from task_scheduler._protos import outcome_pb2 as _outcome_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
FAIR_SHARE_CALLER: FairShare
FAIR_SHARE_CLASSROOM_ID: FairShare
FAIR_SHARE_CREATED_BY: FairShare
FAIR_SHARE_NOBODY: FairShare
FAIR_SHARE_UNSPECIFIED: FairShare
MISFIRE_POLICY_FIRE_ALL: MisfirePolicy
MISFIRE_POLICY_FIRE_ONCE: MisfirePolicy
MISFIRE_POLICY_SKIP: MisfirePolicy
MISFIRE_POLICY_UNSPECIFIED: MisfirePolicy
OCCURRENCE_STATE_DEAD: OccurrenceState
OCCURRENCE_STATE_HELD: OccurrenceState
OCCURRENCE_STATE_READY: OccurrenceState
OCCURRENCE_STATE_RETRYING: OccurrenceState
OCCURRENCE_STATE_RUNNING: OccurrenceState
OCCURRENCE_STATE_UNSPECIFIED: OccurrenceState
REMINDER_STATE_CANCELLED: ReminderState
REMINDER_STATE_COMPLETED: ReminderState
REMINDER_STATE_PAUSED: ReminderState
REMINDER_STATE_SCHEDULED: ReminderState
REMINDER_STATE_UNSPECIFIED: ReminderState
WORKER_STATE_ATTACHED: WorkerState
WORKER_STATE_DETACHED: WorkerState
WORKER_STATE_DRAINING: WorkerState
WORKER_STATE_UNSPECIFIED: WorkerState

class Attach(_message.Message):
    __slots__ = ["concurrency", "controllable", "failed", "finished", "following", "host", "instance", "max_concurrency", "process", "queues", "running", "started_at_ms", "tasks", "token", "version"]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    CONTROLLABLE_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    FOLLOWING_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    concurrency: int
    controllable: bool
    failed: int
    finished: int
    following: _containers.RepeatedCompositeFieldContainer[Lease]
    host: str
    instance: str
    max_concurrency: int
    process: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    running: _containers.RepeatedCompositeFieldContainer[Lease]
    started_at_ms: int
    tasks: _containers.RepeatedScalarFieldContainer[str]
    token: bytes
    version: str
    def __init__(self, instance: _Optional[str] = ..., queues: _Optional[_Iterable[str]] = ..., tasks: _Optional[_Iterable[str]] = ..., running: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ..., following: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ..., token: _Optional[bytes] = ..., host: _Optional[str] = ..., version: _Optional[str] = ..., process: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., concurrency: _Optional[int] = ..., finished: _Optional[int] = ..., failed: _Optional[int] = ..., controllable: bool = ..., max_concurrency: _Optional[int] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ["detail", "duration_us", "number", "outcome", "result", "result_left_out", "scheduled_at", "started_at_ms", "status_code"]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DURATION_US_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    detail: str
    duration_us: int
    number: int
    outcome: _outcome_pb2.Outcome
    result: bytes
    result_left_out: bool
    scheduled_at: int
    started_at_ms: int
    status_code: int
    def __init__(self, scheduled_at: _Optional[int] = ..., number: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., duration_us: _Optional[int] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ..., status_code: _Optional[int] = ..., detail: _Optional[str] = ..., result: _Optional[bytes] = ..., result_left_out: bool = ...) -> None: ...

class AttemptsReply(_message.Message):
    __slots__ = ["attempts", "found"]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    found: bool
    def __init__(self, found: bool = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ...) -> None: ...

class AttemptsRequest(_message.Message):
    __slots__ = ["caller", "id", "limit"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    caller: str
    id: bytes
    limit: int
    def __init__(self, id: _Optional[bytes] = ..., limit: _Optional[int] = ..., caller: _Optional[str] = ...) -> None: ...

class Bases(_message.Message):
    __slots__ = ["tzdata"]
    TZDATA_FIELD_NUMBER: _ClassVar[int]
    tzdata: str
    def __init__(self, tzdata: _Optional[str] = ...) -> None: ...

class CancelOccurrenceReply(_message.Message):
    __slots__ = ["outcome", "result"]
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RESULT_ENDED: CancelOccurrenceReply.Result
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_NOT_FOUND: CancelOccurrenceReply.Result
    RESULT_ON_ITS_WAY: CancelOccurrenceReply.Result
    RESULT_UNSPECIFIED: CancelOccurrenceReply.Result
    outcome: _outcome_pb2.Outcome
    result: CancelOccurrenceReply.Result
    def __init__(self, result: _Optional[_Union[CancelOccurrenceReply.Result, str]] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ...) -> None: ...

class CancelOccurrenceRequest(_message.Message):
    __slots__ = ["caller", "occurrence"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCE_FIELD_NUMBER: _ClassVar[int]
    caller: str
    occurrence: OccurrenceRef
    def __init__(self, occurrence: _Optional[_Union[OccurrenceRef, _Mapping]] = ..., caller: _Optional[str] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ["in_flight", "released", "result", "revision", "scheduled_at", "state"]
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    RESULT_DONE: Change.Result
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FINISHED: Change.Result
    RESULT_NOT_FOUND: Change.Result
    RESULT_REVISION_DIFFERS: Change.Result
    RESULT_UNSPECIFIED: Change.Result
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    in_flight: _containers.RepeatedScalarFieldContainer[int]
    released: int
    result: Change.Result
    revision: int
    scheduled_at: int
    state: ReminderState
    def __init__(self, result: _Optional[_Union[Change.Result, str]] = ..., state: _Optional[_Union[ReminderState, str]] = ..., revision: _Optional[int] = ..., released: _Optional[int] = ..., scheduled_at: _Optional[int] = ..., in_flight: _Optional[_Iterable[int]] = ...) -> None: ...

class ChangeOccurrencesReply(_message.Message):
    __slots__ = ["changed", "cursor"]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    changed: int
    cursor: bytes
    def __init__(self, changed: _Optional[int] = ..., cursor: _Optional[bytes] = ...) -> None: ...

class ChangeOccurrencesRequest(_message.Message):
    __slots__ = ["action", "cursor", "filter", "limit"]
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACTION_DISCARD: ChangeOccurrencesRequest.Action
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTION_REPLAY: ChangeOccurrencesRequest.Action
    ACTION_UNSPECIFIED: ChangeOccurrencesRequest.Action
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    action: ChangeOccurrencesRequest.Action
    cursor: bytes
    filter: OccurrenceFilter
    limit: int
    def __init__(self, action: _Optional[_Union[ChangeOccurrencesRequest.Action, str]] = ..., filter: _Optional[_Union[OccurrenceFilter, _Mapping]] = ..., limit: _Optional[int] = ..., cursor: _Optional[bytes] = ...) -> None: ...

class ChangeQueueReply(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ...) -> None: ...

class ChangeQueueRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ...) -> None: ...

class ChangeReply(_message.Message):
    __slots__ = ["changes"]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ...) -> None: ...

class ChangeRequest(_message.Message):
    __slots__ = ["action", "at_ms", "authorization", "reminder", "reminders", "revision"]
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACTION_CANCEL: ChangeRequest.Action
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTION_PAUSE: ChangeRequest.Action
    ACTION_RESUME: ChangeRequest.Action
    ACTION_RUN: ChangeRequest.Action
    ACTION_UNSPECIFIED: ChangeRequest.Action
    ACTION_UPDATE: ChangeRequest.Action
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    REMINDERS_FIELD_NUMBER: _ClassVar[int]
    REMINDER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    action: ChangeRequest.Action
    at_ms: int
    authorization: str
    reminder: Reminder
    reminders: _containers.RepeatedCompositeFieldContainer[ReminderRef]
    revision: int
    def __init__(self, action: _Optional[_Union[ChangeRequest.Action, str]] = ..., reminders: _Optional[_Iterable[_Union[ReminderRef, _Mapping]]] = ..., revision: _Optional[int] = ..., reminder: _Optional[_Union[Reminder, _Mapping]] = ..., authorization: _Optional[str] = ..., at_ms: _Optional[int] = ...) -> None: ...

class ControlWorkerReply(_message.Message):
    __slots__ = ["reason", "result", "worker"]
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESULT_ASKED: ControlWorkerReply.Result
    RESULT_DONE: ControlWorkerReply.Result
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_GONE: ControlWorkerReply.Result
    RESULT_NOT_CONTROLLABLE: ControlWorkerReply.Result
    RESULT_NOT_FOUND: ControlWorkerReply.Result
    RESULT_REFUSED: ControlWorkerReply.Result
    RESULT_UNSPECIFIED: ControlWorkerReply.Result
    WORKER_FIELD_NUMBER: _ClassVar[int]
    reason: str
    result: ControlWorkerReply.Result
    worker: Worker
    def __init__(self, result: _Optional[_Union[ControlWorkerReply.Result, str]] = ..., reason: _Optional[str] = ..., worker: _Optional[_Union[Worker, _Mapping]] = ...) -> None: ...

class ControlWorkerRequest(_message.Message):
    __slots__ = ["control", "instance"]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    control: WorkerControl
    instance: str
    def __init__(self, instance: _Optional[str] = ..., control: _Optional[_Union[WorkerControl, _Mapping]] = ...) -> None: ...

class Controlled(_message.Message):
    __slots__ = ["id", "refusal"]
    ID_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    id: int
    refusal: str
    def __init__(self, id: _Optional[int] = ..., refusal: _Optional[str] = ...) -> None: ...

class CreateManyReply(_message.Message):
    __slots__ = ["replies"]
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    replies: _containers.RepeatedCompositeFieldContainer[CreateReply]
    def __init__(self, replies: _Optional[_Iterable[_Union[CreateReply, _Mapping]]] = ...) -> None: ...

class CreateManyRequest(_message.Message):
    __slots__ = ["creates"]
    CREATES_FIELD_NUMBER: _ClassVar[int]
    creates: _containers.RepeatedCompositeFieldContainer[CreateRequest]
    def __init__(self, creates: _Optional[_Iterable[_Union[CreateRequest, _Mapping]]] = ...) -> None: ...

class CreateReply(_message.Message):
    __slots__ = ["answer", "pending", "reason", "result"]
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESULT_CONFLICT: CreateReply.Result
    RESULT_CREATED: CreateReply.Result
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_REFUSED: CreateReply.Result
    RESULT_REPLAYED: CreateReply.Result
    RESULT_TOO_MANY_PENDING: CreateReply.Result
    RESULT_UNSPECIFIED: CreateReply.Result
    answer: bytes
    pending: int
    reason: str
    result: CreateReply.Result
    def __init__(self, result: _Optional[_Union[CreateReply.Result, str]] = ..., answer: _Optional[bytes] = ..., reason: _Optional[str] = ..., pending: _Optional[int] = ...) -> None: ...

class CreateRequest(_message.Message):
    __slots__ = ["authorization", "idempotency", "pending_limit", "position", "reminder"]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_FIELD_NUMBER: _ClassVar[int]
    PENDING_LIMIT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REMINDER_FIELD_NUMBER: _ClassVar[int]
    authorization: str
    idempotency: Idempotency
    pending_limit: int
    position: Position
    reminder: Reminder
    def __init__(self, reminder: _Optional[_Union[Reminder, _Mapping]] = ..., authorization: _Optional[str] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., idempotency: _Optional[_Union[Idempotency, _Mapping]] = ..., pending_limit: _Optional[int] = ...) -> None: ...

class Dispatch(_message.Message):
    __slots__ = ["arguments", "attempt", "authorization", "id", "lease", "lease_ms", "scheduled_at", "task"]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    arguments: bytes
    attempt: int
    authorization: str
    id: bytes
    lease: int
    lease_ms: int
    scheduled_at: int
    task: str
    def __init__(self, lease: _Optional[int] = ..., id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_ms: _Optional[int] = ..., task: _Optional[str] = ..., arguments: _Optional[bytes] = ..., authorization: _Optional[str] = ...) -> None: ...

class Extended(_message.Message):
    __slots__ = ["for_ms", "id", "refusal"]
    FOR_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    for_ms: int
    id: int
    refusal: str
    def __init__(self, id: _Optional[int] = ..., for_ms: _Optional[int] = ..., refusal: _Optional[str] = ...) -> None: ...

class Extension(_message.Message):
    __slots__ = ["for_ms", "id", "lease"]
    FOR_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    for_ms: int
    id: int
    lease: Lease
    def __init__(self, id: _Optional[int] = ..., lease: _Optional[_Union[Lease, _Mapping]] = ..., for_ms: _Optional[int] = ...) -> None: ...

class Idempotency(_message.Message):
    __slots__ = ["answer", "key", "request"]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    answer: bytes
    key: bytes
    request: bytes
    def __init__(self, key: _Optional[bytes] = ..., request: _Optional[bytes] = ..., answer: _Optional[bytes] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ["held_ms", "id", "lease", "left_ms", "scheduled_at"]
    HELD_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    LEFT_MS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    held_ms: int
    id: bytes
    lease: int
    left_ms: int
    scheduled_at: int
    def __init__(self, lease: _Optional[int] = ..., id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., left_ms: _Optional[int] = ..., held_ms: _Optional[int] = ...) -> None: ...

class ListOccurrencesReply(_message.Message):
    __slots__ = ["attempts", "cursor", "occurrences"]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCES_FIELD_NUMBER: _ClassVar[int]
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    cursor: bytes
    occurrences: _containers.RepeatedCompositeFieldContainer[Occurrence]
    def __init__(self, occurrences: _Optional[_Iterable[_Union[Occurrence, _Mapping]]] = ..., cursor: _Optional[bytes] = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ...) -> None: ...

class ListOccurrencesRequest(_message.Message):
    __slots__ = ["cursor", "filter", "limit", "with_attempts"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    WITH_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    cursor: bytes
    filter: OccurrenceFilter
    limit: int
    with_attempts: bool
    def __init__(self, filter: _Optional[_Union[OccurrenceFilter, _Mapping]] = ..., cursor: _Optional[bytes] = ..., limit: _Optional[int] = ..., with_attempts: bool = ...) -> None: ...

class ListQueuesReply(_message.Message):
    __slots__ = ["more", "queues"]
    MORE_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    more: bool
    queues: _containers.RepeatedCompositeFieldContainer[Queue]
    def __init__(self, queues: _Optional[_Iterable[_Union[Queue, _Mapping]]] = ..., more: bool = ...) -> None: ...

class ListQueuesRequest(_message.Message):
    __slots__ = ["after", "limit", "names"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    after: str
    limit: int
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, after: _Optional[str] = ..., limit: _Optional[int] = ..., names: _Optional[_Iterable[str]] = ...) -> None: ...

class ListReply(_message.Message):
    __slots__ = ["cursor", "reminders"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    REMINDERS_FIELD_NUMBER: _ClassVar[int]
    cursor: bytes
    reminders: _containers.RepeatedCompositeFieldContainer[ReminderReply]
    def __init__(self, reminders: _Optional[_Iterable[_Union[ReminderReply, _Mapping]]] = ..., cursor: _Optional[bytes] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ["cursor", "filter", "limit"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    cursor: bytes
    filter: ReminderFilter
    limit: int
    def __init__(self, filter: _Optional[_Union[ReminderFilter, _Mapping]] = ..., cursor: _Optional[bytes] = ..., limit: _Optional[int] = ...) -> None: ...

class ListWorkersReply(_message.Message):
    __slots__ = ["more", "workers"]
    MORE_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    more: bool
    workers: _containers.RepeatedCompositeFieldContainer[Worker]
    def __init__(self, workers: _Optional[_Iterable[_Union[Worker, _Mapping]]] = ..., more: bool = ...) -> None: ...

class ListWorkersRequest(_message.Message):
    __slots__ = ["after", "instance", "limit"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after: str
    instance: str
    limit: int
    def __init__(self, after: _Optional[str] = ..., limit: _Optional[int] = ..., instance: _Optional[str] = ...) -> None: ...

class Missed(_message.Message):
    __slots__ = ["at_least", "count", "first", "last"]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    at_least: bool
    count: int
    first: int
    last: int
    def __init__(self, count: _Optional[int] = ..., at_least: bool = ..., first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class Occurrence(_message.Message):
    __slots__ = ["attempt", "attempts", "detail", "id", "lease_ms", "next_try_ms", "outcome", "progress_text", "progress_thousandths", "reminder", "scheduled_at", "since_ms", "state", "status_code", "worker"]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    NEXT_TRY_MS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_TEXT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_THOUSANDTHS_FIELD_NUMBER: _ClassVar[int]
    REMINDER_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    attempts: int
    detail: str
    id: bytes
    lease_ms: int
    next_try_ms: int
    outcome: _outcome_pb2.Outcome
    progress_text: str
    progress_thousandths: int
    reminder: Reminder
    scheduled_at: int
    since_ms: int
    state: OccurrenceState
    status_code: int
    worker: str
    def __init__(self, id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., state: _Optional[_Union[OccurrenceState, str]] = ..., attempts: _Optional[int] = ..., since_ms: _Optional[int] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ..., status_code: _Optional[int] = ..., detail: _Optional[str] = ..., reminder: _Optional[_Union[Reminder, _Mapping]] = ..., attempt: _Optional[int] = ..., next_try_ms: _Optional[int] = ..., worker: _Optional[str] = ..., lease_ms: _Optional[int] = ..., progress_thousandths: _Optional[int] = ..., progress_text: _Optional[str] = ...) -> None: ...

class OccurrenceFilter(_message.Message):
    __slots__ = ["caller", "classroom_id", "created_by", "only", "queue", "reminder", "state", "task"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CLASSROOM_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    ONLY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REMINDER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    caller: str
    classroom_id: str
    created_by: str
    only: OccurrenceRef
    queue: str
    reminder: bytes
    state: OccurrenceState
    task: str
    def __init__(self, state: _Optional[_Union[OccurrenceState, str]] = ..., caller: _Optional[str] = ..., classroom_id: _Optional[str] = ..., created_by: _Optional[str] = ..., queue: _Optional[str] = ..., task: _Optional[str] = ..., only: _Optional[_Union[OccurrenceRef, _Mapping]] = ..., reminder: _Optional[bytes] = ...) -> None: ...

class OccurrenceRef(_message.Message):
    __slots__ = ["id", "scheduled_at"]
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    scheduled_at: int
    def __init__(self, id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ...) -> None: ...

class OutcomeReport(_message.Message):
    __slots__ = ["detail", "duration_us", "id", "lease", "outcome", "result", "retry_after_ms", "scheduled_at", "started_at_ms", "status_code"]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DURATION_US_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    detail: str
    duration_us: int
    id: bytes
    lease: int
    outcome: _outcome_pb2.Outcome
    result: bytes
    retry_after_ms: int
    scheduled_at: int
    started_at_ms: int
    status_code: int
    def __init__(self, lease: _Optional[int] = ..., id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., outcome: _Optional[_Union[_outcome_pb2.Outcome, str]] = ..., retry_after_ms: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., duration_us: _Optional[int] = ..., status_code: _Optional[int] = ..., detail: _Optional[str] = ..., result: _Optional[bytes] = ...) -> None: ...

class OverviewReply(_message.Message):
    __slots__ = ["at_ms", "created_milli", "dead", "delivered_milli", "dispatched_milli", "failed_milli", "held", "more_queues", "more_workers", "notices", "oldest_ready_ms", "queues", "ready", "retrying", "running", "unserved", "workers"]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    CREATED_MILLI_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_MILLI_FIELD_NUMBER: _ClassVar[int]
    DISPATCHED_MILLI_FIELD_NUMBER: _ClassVar[int]
    FAILED_MILLI_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    MORE_QUEUES_FIELD_NUMBER: _ClassVar[int]
    MORE_WORKERS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_READY_MS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    RETRYING_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    at_ms: int
    created_milli: int
    dead: int
    delivered_milli: int
    dispatched_milli: int
    failed_milli: int
    held: int
    more_queues: bool
    more_workers: bool
    notices: _containers.RepeatedScalarFieldContainer[str]
    oldest_ready_ms: int
    queues: _containers.RepeatedCompositeFieldContainer[Queue]
    ready: int
    retrying: int
    running: int
    unserved: int
    workers: _containers.RepeatedCompositeFieldContainer[Worker]
    def __init__(self, at_ms: _Optional[int] = ..., ready: _Optional[int] = ..., running: _Optional[int] = ..., unserved: _Optional[int] = ..., retrying: _Optional[int] = ..., held: _Optional[int] = ..., dead: _Optional[int] = ..., created_milli: _Optional[int] = ..., dispatched_milli: _Optional[int] = ..., delivered_milli: _Optional[int] = ..., failed_milli: _Optional[int] = ..., oldest_ready_ms: _Optional[int] = ..., queues: _Optional[_Iterable[_Union[Queue, _Mapping]]] = ..., more_queues: bool = ..., workers: _Optional[_Iterable[_Union[Worker, _Mapping]]] = ..., more_workers: bool = ..., notices: _Optional[_Iterable[str]] = ...) -> None: ...

class OverviewRequest(_message.Message):
    __slots__ = ["limit"]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    limit: int
    def __init__(self, limit: _Optional[int] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ["index", "scheduled_at"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    index: int
    scheduled_at: int
    def __init__(self, scheduled_at: _Optional[int] = ..., index: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ["lease", "text", "thousandths"]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    THOUSANDTHS_FIELD_NUMBER: _ClassVar[int]
    lease: int
    text: str
    thousandths: int
    def __init__(self, lease: _Optional[int] = ..., thousandths: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class Queue(_message.Message):
    __slots__ = ["dead", "fair_by", "held", "max_concurrency", "name", "paused", "rate_count", "rate_seconds", "ready", "retrying", "running", "workers"]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    FAIR_BY_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    RATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    RATE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    RETRYING_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    dead: int
    fair_by: FairShare
    held: int
    max_concurrency: int
    name: str
    paused: bool
    rate_count: int
    rate_seconds: int
    ready: int
    retrying: int
    running: int
    workers: int
    def __init__(self, name: _Optional[str] = ..., paused: bool = ..., max_concurrency: _Optional[int] = ..., rate_count: _Optional[int] = ..., rate_seconds: _Optional[int] = ..., ready: _Optional[int] = ..., running: _Optional[int] = ..., workers: _Optional[int] = ..., fair_by: _Optional[_Union[FairShare, str]] = ..., retrying: _Optional[int] = ..., held: _Optional[int] = ..., dead: _Optional[int] = ...) -> None: ...

class Reminder(_message.Message):
    __slots__ = ["arguments", "caller", "catch_up_limit", "classroom_id", "created_at_ms", "created_by", "description", "expires_after_seconds", "id", "jitter_seconds", "max_attempts", "misfire_policy", "priority", "queue", "retry_for_seconds", "schedule", "task"]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CATCH_UP_LIMIT_FIELD_NUMBER: _ClassVar[int]
    CLASSROOM_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AFTER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    JITTER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MISFIRE_POLICY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    RETRY_FOR_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    arguments: bytes
    caller: str
    catch_up_limit: int
    classroom_id: str
    created_at_ms: int
    created_by: str
    description: str
    expires_after_seconds: int
    id: bytes
    jitter_seconds: int
    max_attempts: int
    misfire_policy: MisfirePolicy
    priority: int
    queue: str
    retry_for_seconds: int
    schedule: Schedule
    task: str
    def __init__(self, id: _Optional[bytes] = ..., schedule: _Optional[_Union[Schedule, _Mapping]] = ..., task: _Optional[str] = ..., arguments: _Optional[bytes] = ..., queue: _Optional[str] = ..., priority: _Optional[int] = ..., misfire_policy: _Optional[_Union[MisfirePolicy, str]] = ..., max_attempts: _Optional[int] = ..., description: _Optional[str] = ..., classroom_id: _Optional[str] = ..., created_by: _Optional[str] = ..., created_at_ms: _Optional[int] = ..., jitter_seconds: _Optional[int] = ..., expires_after_seconds: _Optional[int] = ..., caller: _Optional[str] = ..., retry_for_seconds: _Optional[int] = ..., catch_up_limit: _Optional[int] = ...) -> None: ...

class ReminderFilter(_message.Message):
    __slots__ = ["caller", "classroom_id", "created_by", "due_after", "due_before", "queue", "state", "task", "text"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CLASSROOM_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    DUE_AFTER_FIELD_NUMBER: _ClassVar[int]
    DUE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    caller: str
    classroom_id: str
    created_by: str
    due_after: int
    due_before: int
    queue: str
    state: ReminderState
    task: str
    text: str
    def __init__(self, state: _Optional[_Union[ReminderState, str]] = ..., caller: _Optional[str] = ..., classroom_id: _Optional[str] = ..., created_by: _Optional[str] = ..., queue: _Optional[str] = ..., task: _Optional[str] = ..., text: _Optional[str] = ..., due_after: _Optional[int] = ..., due_before: _Optional[int] = ...) -> None: ...

class ReminderRef(_message.Message):
    __slots__ = ["caller", "id"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    caller: str
    id: bytes
    def __init__(self, id: _Optional[bytes] = ..., caller: _Optional[str] = ...) -> None: ...

class ReminderReply(_message.Message):
    __slots__ = ["dead", "delivered", "due_at_ms", "found", "held", "held_since_ms", "missed", "position", "reminder", "retrying", "revision", "state", "unserved", "updated_at_ms"]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    HELD_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REMINDER_FIELD_NUMBER: _ClassVar[int]
    RETRYING_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    dead: int
    delivered: int
    due_at_ms: int
    found: bool
    held: int
    held_since_ms: int
    missed: Missed
    position: Position
    reminder: Reminder
    retrying: int
    revision: int
    state: ReminderState
    unserved: bool
    updated_at_ms: int
    def __init__(self, found: bool = ..., reminder: _Optional[_Union[Reminder, _Mapping]] = ..., state: _Optional[_Union[ReminderState, str]] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., delivered: _Optional[int] = ..., retrying: _Optional[int] = ..., held: _Optional[int] = ..., dead: _Optional[int] = ..., updated_at_ms: _Optional[int] = ..., revision: _Optional[int] = ..., unserved: bool = ..., due_at_ms: _Optional[int] = ..., missed: _Optional[_Union[Missed, _Mapping]] = ..., held_since_ms: _Optional[int] = ...) -> None: ...

class ResultReply(_message.Message):
    __slots__ = ["attempt", "scheduled_at", "state"]
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    STATE_CANCELLED: ResultReply.State
    STATE_DEAD: ResultReply.State
    STATE_DONE: ResultReply.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_MISSED: ResultReply.State
    STATE_NOT_FOUND: ResultReply.State
    STATE_OPEN: ResultReply.State
    STATE_UNSPECIFIED: ResultReply.State
    attempt: Attempt
    scheduled_at: int
    state: ResultReply.State
    def __init__(self, state: _Optional[_Union[ResultReply.State, str]] = ..., attempt: _Optional[_Union[Attempt, _Mapping]] = ..., scheduled_at: _Optional[int] = ...) -> None: ...

class ResultRequest(_message.Message):
    __slots__ = ["caller", "id", "scheduled_at"]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    caller: str
    id: bytes
    scheduled_at: int
    def __init__(self, id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., caller: _Optional[str] = ...) -> None: ...

class RunningOccurrence(_message.Message):
    __slots__ = ["attempt", "id", "lease_ms", "progress_text", "progress_thousandths", "queue", "scheduled_at", "since_ms", "task"]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_MS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_TEXT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_THOUSANDTHS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    id: bytes
    lease_ms: int
    progress_text: str
    progress_thousandths: int
    queue: str
    scheduled_at: int
    since_ms: int
    task: str
    def __init__(self, id: _Optional[bytes] = ..., scheduled_at: _Optional[int] = ..., attempt: _Optional[int] = ..., since_ms: _Optional[int] = ..., lease_ms: _Optional[int] = ..., task: _Optional[str] = ..., queue: _Optional[str] = ..., progress_thousandths: _Optional[int] = ..., progress_text: _Optional[str] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = ["exdates", "rdates", "rule", "start", "timezone", "until"]
    EXDATES_FIELD_NUMBER: _ClassVar[int]
    RDATES_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    exdates: _containers.RepeatedScalarFieldContainer[int]
    rdates: _containers.RepeatedScalarFieldContainer[int]
    rule: str
    start: int
    timezone: str
    until: int
    def __init__(self, start: _Optional[int] = ..., rule: _Optional[str] = ..., timezone: _Optional[str] = ..., until: _Optional[int] = ..., rdates: _Optional[_Iterable[int]] = ..., exdates: _Optional[_Iterable[int]] = ...) -> None: ...

class SchedulerMessage(_message.Message):
    __slots__ = ["acknowledged", "controls", "credit_limit", "dispatches", "extended", "recalled", "revoked"]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_LIMIT_FIELD_NUMBER: _ClassVar[int]
    DISPATCHES_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_FIELD_NUMBER: _ClassVar[int]
    RECALLED_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    acknowledged: _containers.RepeatedScalarFieldContainer[int]
    controls: _containers.RepeatedCompositeFieldContainer[WorkerControl]
    credit_limit: int
    dispatches: _containers.RepeatedCompositeFieldContainer[Dispatch]
    extended: _containers.RepeatedCompositeFieldContainer[Extended]
    recalled: _containers.RepeatedScalarFieldContainer[int]
    revoked: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, dispatches: _Optional[_Iterable[_Union[Dispatch, _Mapping]]] = ..., acknowledged: _Optional[_Iterable[int]] = ..., revoked: _Optional[_Iterable[int]] = ..., recalled: _Optional[_Iterable[int]] = ..., controls: _Optional[_Iterable[_Union[WorkerControl, _Mapping]]] = ..., extended: _Optional[_Iterable[_Union[Extended, _Mapping]]] = ..., credit_limit: _Optional[int] = ...) -> None: ...

class Worker(_message.Message):
    __slots__ = ["attached_at_ms", "concurrency", "controllable", "detached_at_ms", "failed", "finished", "host", "instance", "max_concurrency", "name", "process", "queues", "reason", "running", "runs", "started_at_ms", "state", "tasks", "version"]
    ATTACHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    CONTROLLABLE_FIELD_NUMBER: _ClassVar[int]
    DETACHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    attached_at_ms: int
    concurrency: int
    controllable: bool
    detached_at_ms: int
    failed: int
    finished: int
    host: str
    instance: str
    max_concurrency: int
    name: str
    process: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    running: int
    runs: _containers.RepeatedCompositeFieldContainer[RunningOccurrence]
    started_at_ms: int
    state: WorkerState
    tasks: _containers.RepeatedScalarFieldContainer[str]
    version: str
    def __init__(self, instance: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[WorkerState, str]] = ..., host: _Optional[str] = ..., version: _Optional[str] = ..., process: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., attached_at_ms: _Optional[int] = ..., detached_at_ms: _Optional[int] = ..., reason: _Optional[str] = ..., queues: _Optional[_Iterable[str]] = ..., tasks: _Optional[_Iterable[str]] = ..., concurrency: _Optional[int] = ..., running: _Optional[int] = ..., finished: _Optional[int] = ..., failed: _Optional[int] = ..., runs: _Optional[_Iterable[_Union[RunningOccurrence, _Mapping]]] = ..., controllable: bool = ..., max_concurrency: _Optional[int] = ...) -> None: ...

class WorkerControl(_message.Message):
    __slots__ = ["action", "concurrency", "drop_queues", "id", "take_queues"]
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACTION_CHANGE: WorkerControl.Action
    ACTION_DRAIN: WorkerControl.Action
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTION_RESUME: WorkerControl.Action
    ACTION_SHUT_DOWN: WorkerControl.Action
    ACTION_UNSPECIFIED: WorkerControl.Action
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    DROP_QUEUES_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_QUEUES_FIELD_NUMBER: _ClassVar[int]
    action: WorkerControl.Action
    concurrency: int
    drop_queues: _containers.RepeatedScalarFieldContainer[str]
    id: int
    take_queues: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, action: _Optional[_Union[WorkerControl.Action, str]] = ..., id: _Optional[int] = ..., concurrency: _Optional[int] = ..., take_queues: _Optional[_Iterable[str]] = ..., drop_queues: _Optional[_Iterable[str]] = ...) -> None: ...

class WorkerMessage(_message.Message):
    __slots__ = ["attach", "controlled", "credit", "credit_limit", "extensions", "leaving", "outcomes", "progress", "standing", "withdrawn"]
    ATTACH_FIELD_NUMBER: _ClassVar[int]
    CONTROLLED_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CREDIT_LIMIT_FIELD_NUMBER: _ClassVar[int]
    EXTENSIONS_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    attach: Attach
    controlled: _containers.RepeatedCompositeFieldContainer[Controlled]
    credit: int
    credit_limit: int
    extensions: _containers.RepeatedCompositeFieldContainer[Extension]
    leaving: bool
    outcomes: _containers.RepeatedCompositeFieldContainer[OutcomeReport]
    progress: _containers.RepeatedCompositeFieldContainer[Progress]
    standing: WorkerStanding
    withdrawn: int
    def __init__(self, attach: _Optional[_Union[Attach, _Mapping]] = ..., credit: _Optional[int] = ..., outcomes: _Optional[_Iterable[_Union[OutcomeReport, _Mapping]]] = ..., leaving: bool = ..., withdrawn: _Optional[int] = ..., standing: _Optional[_Union[WorkerStanding, _Mapping]] = ..., controlled: _Optional[_Iterable[_Union[Controlled, _Mapping]]] = ..., extensions: _Optional[_Iterable[_Union[Extension, _Mapping]]] = ..., progress: _Optional[_Iterable[_Union[Progress, _Mapping]]] = ..., credit_limit: _Optional[int] = ...) -> None: ...

class WorkerStanding(_message.Message):
    __slots__ = ["concurrency", "draining", "queues"]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    concurrency: int
    draining: bool
    queues: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, queues: _Optional[_Iterable[str]] = ..., concurrency: _Optional[int] = ..., draining: bool = ...) -> None: ...

class MisfirePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class FairShare(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ReminderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class OccurrenceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class WorkerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
