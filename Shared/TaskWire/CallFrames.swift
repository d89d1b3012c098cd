import CProtobufC
import CProtos
import TaskMessages

/// The frames of calls and streams, packed straight from Swift values.
extension PeerConnection {
    func sendOpen<Q: WireMessage>(
        call: UInt64, path: String, deadlineMilliseconds: Int, streaming: Bool, payload: Q?
    ) -> MessageError? {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Open.self)
            task_scheduler__wire__open__init(c)
            c.pointee.call = call
            c.pointee.method = try arena.put(path)
            c.pointee.deadline_ms = UInt32(clamping: deadlineMilliseconds)
            c.pointee.streaming = streaming ? 1 : 0
            if let payload { c.pointee.payload = try Self.binary(payload, arena) }
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_OPEN
            frame.open = c
        }
    }

    func sendItem<M: WireMessage>(call: UInt64, _ message: M, size: inout Int) -> MessageError? {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Item.self)
            task_scheduler__wire__item__init(c)
            c.pointee.call = call
            c.pointee.payload = try Self.binary(message, arena)
            size = c.pointee.payload.len
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_ITEM
            frame.item = c
        }
    }

    func sendEnd<R: WireMessage>(call: UInt64, reply: R) -> MessageError? {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__End.self)
            task_scheduler__wire__end__init(c)
            c.pointee.call = call
            c.pointee.payload = try Self.binary(reply, arena)
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_END
            frame.end = c
        }
    }

    func sendEnd(call: UInt64, error: CallError?, fromClient: Bool = false) {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__End.self)
            task_scheduler__wire__end__init(c)
            c.pointee.call = call
            c.pointee.from_client = fromClient ? 1 : 0
            if let error {
                c.pointee.status = error.code.rawValue
                c.pointee.message = try arena.put(error.message)
            }
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_END
            frame.end = c
        }
    }

    func sendCancel(call: UInt64) {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Cancel.self)
            task_scheduler__wire__cancel__init(c)
            c.pointee.call = call
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_CANCEL
            frame.cancel = c
        }
    }

    func sendCredit(call: UInt64, bytes: Int) {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Credit.self)
            task_scheduler__wire__credit__init(c)
            c.pointee.call = call
            c.pointee.bytes = UInt32(clamping: bytes)
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_CREDIT
            frame.credit = c
        }
    }

    private static func binary<M: WireMessage>(_ message: M, _ arena: Arena) throws(MessageError) -> ProtobufCBinaryData {
        let bytes = try message.packed(in: arena)
        return ProtobufCBinaryData(len: bytes.count, data: bytes.baseAddress)
    }

    /// Unpacks a payload that lies in the frame being handled.
    func read<M: WireMessage>(_ payload: ProtobufCBinaryData, as type: M.Type) throws(MessageError) -> M {
        try M(unpacking: UnsafeRawBufferPointer(start: payload.data, count: payload.len), arena: inArena)
    }
}
