import TaskDomain
import TaskMessages
import Testing

/// Messages that another build has written, as this one reads them.
@Suite("Messages of another build")
struct MessageTests {
    /// Packs by hand: fields of the wire type 0, as `number: value`.
    private func fields(_ values: KeyValuePairs<UInt8, UInt8>) -> [UInt8] { values.flatMap { [$0.key << 3, $0.value] } }

    private func fault<M: WireMessage>(_ type: M.Type, _ bytes: [UInt8]) -> MessageError? {
        do throws(MessageError) { _ = try M(unpacking: bytes) } catch { return error }
        return nil
    }

    @Test("an enum that must be given and is not makes the message unreadable: an empty one means nothing")
    func empty() {
        #expect(fault(Proto.CreateReply.self, []) == .unknownValue(field: "CreateReply.result", number: 0))
        #expect(fault(Proto.ChangeRequest.self, []) == .unknownValue(field: "ChangeRequest.action", number: 0))
        #expect(fault(Proto.Change.self, []) == .unknownValue(field: "Change.result", number: 0))
        #expect(fault(Proto.ChangeOccurrencesRequest.self, []) == .unknownValue(field: "ChangeOccurrencesRequest.action", number: 0))
        #expect(fault(Proto.DeliverReply.self, []) == .unknownValue(field: "DeliverReply.outcome", number: 0))
        #expect(fault(Proto.Attempt.self, []) == .unknownValue(field: "Attempt.outcome", number: 0))
        #expect(fault(Proto.Reminder.self, []) == .unknownValue(field: "Reminder.misfire_policy", number: 0))
    }

    @Test("a number that this build does not know makes the message unreadable, wherever it stands in it")
    func unknown() throws {
        #expect(fault(Proto.CreateReply.self, fields([1: 99])) == .unknownValue(field: "CreateReply.result", number: 99))
        #expect(fault(Proto.ChangeRequest.self, fields([1: 99])) == .unknownValue(field: "ChangeRequest.action", number: 99))
        #expect(fault(Proto.Change.self, fields([1: 1, 2: 99])) == .unknownValue(field: "Change.state", number: 99))
        #expect(fault(Proto.ReminderReply.self, fields([1: 1, 3: 99])) == .unknownValue(field: "ReminderReply.state", number: 99))
        #expect(fault(Proto.ReminderFilter.self, fields([1: 99])) == .unknownValue(field: "ReminderFilter.state", number: 99))
        #expect(fault(Proto.OccurrenceFilter.self, fields([1: 99])) == .unknownValue(field: "OccurrenceFilter.state", number: 99))
        #expect(fault(Proto.Occurrence.self, fields([6: 99])) == .unknownValue(field: "Occurrence.outcome", number: 99))
        // Field 1 of a list, two bytes: a Change with such a result.
        #expect(fault(Proto.ChangeReply.self, [0x0A, 2, 0x08, 99]) == .unknownValue(field: "Change.result", number: 99))
        // -1, as it is packed.
        let negative: [UInt8] = [0x08] + [UInt8](repeating: 0xFF, count: 9) + [1]
        #expect(fault(Proto.CreateReply.self, negative) == .unknownValue(field: "CreateReply.result", number: .max))
    }

    @Test("an optional enum may be absent, or say nothing")
    func optional() throws {
        #expect(try Proto.ReminderFilter(unpacking: []).state == nil)
        #expect(try Proto.ReminderFilter(unpacking: fields([1: 0])).state == nil)
        #expect(try Proto.ReminderFilter(unpacking: fields([1: 2])).state == .paused)
        #expect(try Proto.Schedule(unpacking: []).until == nil)
        // A time may be zero, and then it is there.
        for until: Int64? in [nil, 0, .min, .max] {
            #expect(try Proto.Schedule(unpacking: Proto.Schedule(until: until).packed()).until == until)
        }
    }

    @Test("one unknown outcome does not make the others of its message unreadable")
    func outcomes() throws {
        let reports: [OpenEnum<Proto.Outcome>] = [.known(.delivered), .unknown(99), .unknown(0), .known(.expired), .unknown(.max)]
        let message = Proto.WorkerMessage(outcomes: reports.map { Proto.OutcomeReport(lease: 1, outcome: $0) })
        #expect(try Proto.WorkerMessage(unpacking: message.packed()) == message)
        #expect(OpenEnum<Proto.Outcome>(number: 1) == .known(.delivered))
    }

    @Test("unknown fields are ignored")
    func unknownFields() throws {
        let known = try Proto.Change(result: .done, state: .paused, revision: 7).packed()
        // Field 1001, a text; field 1002, a number.
        let newer: [UInt8] = [0xCA, 0x3E, 2, 0x68, 0x69, 0xD0, 0x3E, 9]
        #expect(try Proto.Change(unpacking: newer + known + newer) == Proto.Change(result: .done, state: .paused, revision: 7))
        // Who would write it back can tell that it is not the whole.
        let schedule = Proto.Schedule(start: 7), packed = try schedule.packed()
        let whole = try Proto.Schedule(unpacking: packed), part = try Proto.Schedule(unpacking: packed + newer)
        #expect(whole == schedule && part == schedule && !whole.unknownFields.areAny && part.unknownFields.areAny)
    }

    @Test("every value of the domain has one of its own on the wire, and comes back")
    func domain() {
        #expect(MisfirePolicy.allCases.allSatisfy { MisfirePolicy($0.wire) == $0 })
        #expect(ReminderState.allCases.allSatisfy { ReminderState($0.wire) == $0 })
        #expect(Outcome.allCases.allSatisfy { Outcome($0.wire) == $0 })
        #expect(Proto.MisfirePolicy.allCases.allSatisfy { MisfirePolicy($0).wire == $0 })
        #expect(Proto.ReminderState.allCases.allSatisfy { ReminderState($0).wire == $0 })
        #expect(Proto.OccurrenceState.allCases.filter { OccurrenceState($0)?.wire != $0 } == [.ready, .running])
        #expect(Proto.Outcome.allCases.allSatisfy { Outcome($0).wire == $0 })
    }

    @Test("a message that carries a credential shows nothing of it, whichever way it is printed")
    func credentials() throws {
        func shown<M>(_ message: M) -> String {
            var dumped = ""
            dump(message, to: &dumped)
            return "\(message) \(String(reflecting: message)) \(dumped)"
        }
        let secret: Secret = "Bearer s3cret"
        #expect(!shown(Proto.CreateRequest(authorization: secret)).contains("s3cret"))
        #expect(!shown(Proto.ChangeRequest(action: .update, authorization: secret)).contains("s3cret"))
        #expect(!shown(Proto.DeliverRequest(authorization: secret)).contains("s3cret"))
        #expect(!shown(Proto.SchedulerMessage(dispatches: [Proto.Dispatch(authorization: secret)])).contains("s3cret"))
        let packed = try Proto.DeliverRequest(authorization: secret).packed()
        #expect(try Proto.DeliverRequest(unpacking: packed).authorization.value == "Bearer s3cret")
    }
}
