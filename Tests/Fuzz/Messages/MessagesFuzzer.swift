import CProtobufC
import CProtos

@testable import TaskMessages

/// The protobuf messages. The first byte says of which type the others are.
///
/// What must hold of bytes that are accepted: the value packs into bytes that read as the same value, and that pack the same.
enum MessagesFuzzer: Fuzzer {
    static func run(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let index = Int(kind) % (checks.count + 1)
        index == checks.count ? checkFrame(Array(bytes.dropFirst())) : checks[index](Array(bytes.dropFirst()))
    }

    private static let checks: [@Sendable ([UInt8]) -> Void] = [
        check(Proto.Notification.self), check(Proto.DeliverRequest.self), check(Proto.DeliverReply.self), check(Proto.Schedule.self),
        check(Proto.Reminder.self), check(Proto.Position.self), check(Proto.Idempotency.self), check(Proto.CreateRequest.self),
        check(Proto.CreateReply.self), check(Proto.CreateManyRequest.self), check(Proto.CreateManyReply.self),
        check(Proto.ReminderRef.self), check(Proto.ReminderReply.self), check(Proto.ReminderFilter.self),
        check(Proto.ListRequest.self), check(Proto.ListReply.self), check(Proto.ChangeRequest.self), check(Proto.ChangeReply.self),
        check(Proto.Change.self), check(Proto.AttemptsRequest.self), check(Proto.Attempt.self), check(Proto.AttemptsReply.self),
        check(Proto.Occurrence.self), check(Proto.OccurrenceRef.self), check(Proto.OccurrenceFilter.self),
        check(Proto.ListOccurrencesRequest.self), check(Proto.ListOccurrencesReply.self),
        check(Proto.ChangeOccurrencesRequest.self), check(Proto.ChangeOccurrencesReply.self), check(Proto.Queue.self),
        check(Proto.ListQueuesRequest.self), check(Proto.ListQueuesReply.self), check(Proto.ChangeQueueRequest.self),
        check(Proto.ChangeQueueReply.self), check(Proto.WorkerMessage.self), check(Proto.Attach.self), check(Proto.Lease.self),
        check(Proto.OutcomeReport.self), check(Proto.SchedulerMessage.self), check(Proto.Dispatch.self),
        check(Proto.ListWorkersRequest.self), check(Proto.ListWorkersReply.self), check(Proto.Worker.self),
        check(Proto.RunningOccurrence.self), check(Proto.Missed.self), check(Proto.Bases.self), check(Proto.Extension.self),
        check(Proto.Extended.self), check(Proto.Progress.self),
    ]

    // Unsafe: the fuzzer has one thread.
    nonisolated(unsafe) private static let arena = needed("an arena") { try Arena() }

    private static func check<Message: WireMessage & Hashable>(_ type: Message.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            defer { arena.reset() }
            let read = bytes.withUnsafeBytes { raw in try? Message(unpacking: raw, arena: arena) }
            guard let read else { return }
            let packed = needed("packing a \(type)") { Array(try read.packed(in: arena)) }
            let again = needed("reading a \(type) again") { try Message(unpacking: packed) }
            require(again == read, "a \(type) reads as another one: \(read) and \(again)")
            let packedAgain = needed("packing a \(type) again") { try again.packed() }
            require(packedAgain == packed, "a \(type) packs as other bytes")
        }
    }

    /// The envelope, which is used as the C struct that it is.
    private static func checkFrame(_ bytes: [UInt8]) {
        defer { arena.reset() }
        guard let frame = bytes.withUnsafeBufferPointer({ unpackFrame($0) }) else { return }
        let size = task_scheduler__wire__frame__get_packed_size(frame)
        var packed = [UInt8](repeating: 0, count: size)
        require(packed.withUnsafeMutableBufferPointer { task_scheduler__wire__frame__pack(frame, $0.baseAddress) } == size, "a frame's size")
        // libprotobuf-c keeps unknown fields, and takes some that it does not read again, such as one with the number 0. Nothing here
        // packs a frame that was sent to it.
        guard let again = packed.withUnsafeBufferPointer({ unpackFrame($0) }) else { return }
        require(again.pointee.body_case == frame.pointee.body_case, "a frame reads as another one")
    }

    private static func unpackFrame(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<TaskScheduler__Wire__Frame>? {
        bytes.isEmpty ? nil : task_scheduler__wire__frame__unpack(arena.allocator, bytes.count, bytes.baseAddress)
    }
}
