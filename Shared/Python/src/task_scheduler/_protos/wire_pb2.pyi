from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Cancel(_message.Message):
    __slots__ = ["call"]
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: int
    def __init__(self, call: _Optional[int] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ["bytes", "call"]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    call: int
    def __init__(self, call: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ["call", "from_client", "message", "payload", "status"]
    CALL_FIELD_NUMBER: _ClassVar[int]
    FROM_CLIENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    call: int
    from_client: bool
    message: str
    payload: bytes
    status: int
    def __init__(self, call: _Optional[int] = ..., status: _Optional[int] = ..., message: _Optional[str] = ..., payload: _Optional[bytes] = ..., from_client: bool = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ["cancel", "credit", "end", "go_away", "hello", "item", "open", "ping", "pong", "proof"]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    cancel: Cancel
    credit: Credit
    end: End
    go_away: GoAway
    hello: Hello
    item: Item
    open: Open
    ping: Ping
    pong: Ping
    proof: Proof
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ..., open: _Optional[_Union[Open, _Mapping]] = ..., item: _Optional[_Union[Item, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ..., cancel: _Optional[_Union[Cancel, _Mapping]] = ..., credit: _Optional[_Union[Credit, _Mapping]] = ..., ping: _Optional[_Union[Ping, _Mapping]] = ..., pong: _Optional[_Union[Ping, _Mapping]] = ..., go_away: _Optional[_Union[GoAway, _Mapping]] = ...) -> None: ...

class GoAway(_message.Message):
    __slots__ = ["reason"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ["build", "instance", "nonce", "role", "store", "term", "version_max", "version_min"]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    VERSION_MAX_FIELD_NUMBER: _ClassVar[int]
    VERSION_MIN_FIELD_NUMBER: _ClassVar[int]
    build: str
    instance: str
    nonce: bytes
    role: str
    store: str
    term: int
    version_max: int
    version_min: int
    def __init__(self, version_min: _Optional[int] = ..., version_max: _Optional[int] = ..., role: _Optional[str] = ..., instance: _Optional[str] = ..., build: _Optional[str] = ..., nonce: _Optional[bytes] = ..., store: _Optional[str] = ..., term: _Optional[int] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ["call", "payload"]
    CALL_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    call: int
    payload: bytes
    def __init__(self, call: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ["call", "deadline_ms", "method", "payload", "streaming"]
    CALL_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    STREAMING_FIELD_NUMBER: _ClassVar[int]
    call: int
    deadline_ms: int
    method: str
    payload: bytes
    streaming: bool
    def __init__(self, call: _Optional[int] = ..., method: _Optional[str] = ..., deadline_ms: _Optional[int] = ..., payload: _Optional[bytes] = ..., streaming: bool = ...) -> None: ...

class Ping(_message.Message):
    __slots__ = ["token"]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: int
    def __init__(self, token: _Optional[int] = ...) -> None: ...

class Proof(_message.Message):
    __slots__ = ["mac"]
    MAC_FIELD_NUMBER: _ClassVar[int]
    mac: bytes
    def __init__(self, mac: _Optional[bytes] = ...) -> None: ...
