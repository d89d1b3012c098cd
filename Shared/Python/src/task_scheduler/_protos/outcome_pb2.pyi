from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
OUTCOME_AUTH_REJECTED: Outcome
OUTCOME_CANCELLED: Outcome
OUTCOME_CANCEL_SCHEDULE: Outcome
OUTCOME_DELIVERED: Outcome
OUTCOME_EXPIRED: Outcome
OUTCOME_LOST: Outcome
OUTCOME_MISFIRED: Outcome
OUTCOME_REJECTED: Outcome
OUTCOME_RETRY: Outcome
OUTCOME_UNSENT: Outcome
OUTCOME_UNSPECIFIED: Outcome

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
