import NIOConcurrencyHelpers
public import NIOCore

/// Hands values from other threads to an event loop: one hop for all that arrived since the last, in order.
public final class Mailbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var isScheduled = false
    }

    private let state = NIOLockedValueBox(State())
    private let eventLoop: any EventLoop
    private let deliver: @Sendable ([Value]) -> Void

    /// - Parameter deliver: called on the event loop.
    public init(eventLoop: any EventLoop, deliver: @escaping @Sendable ([Value]) -> Void) {
        self.eventLoop = eventLoop
        self.deliver = deliver
    }

    public func send(_ value: Value) { send([value]) }

    public func send(_ values: [Value]) {
        let mustSchedule = state.withLockedValue { state in
            state.values.isEmpty ? state.values = values : state.values.append(contentsOf: values)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard mustSchedule else { return }
        eventLoop.execute { [self] in
            let values = state.withLockedValue { state in
                defer { state = State() }
                return state.values
            }
            deliver(values)
        }
    }
}
