import CProtos
import Logging
import NIOCore
import TaskMessages

/// The accepting half of a connection: dispatches calls, remembers which are open.
///
/// @unchecked Sendable is safe because every member is used on `eventLoop` only.
final class ServerConnection: PeerDelegate, @unchecked Sendable {
    private enum OpenCall {
        /// With whoever waits for its answer, where that was asked for; and whether it is answered also when that has been cancelled.
        case unary(CallerPresence?, isAnsweredAnyway: Bool)
        case stream(any AnyStream)
    }

    let eventLoop: any EventLoop
    /// Where it comes from, for the log.
    private let host: String
    private let table: ServiceTable
    private let refusals: RefusalLog
    private let refusedCalls: RefusedCalls
    private let logger: Logger
    private let onClosed: () -> Void
    /// `nil` until the handshake is through.
    private var known: PeerIdentity?
    private let caller = CallerPresence()
    private var calls: [UInt64: OpenCall] = [:]
    private var connection: PeerConnection?
    private var isDraining = false
    private let maxCalls: Int

    init(
        from host: String, eventLoop: any EventLoop, table: ServiceTable, maxCalls: Int, refusals: RefusalLog, refusedCalls: RefusedCalls,
        logger: Logger, onClosed: @escaping () -> Void
    ) {
        self.host = host
        self.eventLoop = eventLoop
        self.table = table
        self.maxCalls = maxCalls
        self.refusals = refusals
        self.refusedCalls = refusedCalls
        self.logger = logger
        self.onClosed = onClosed
    }

    /// Set once, before the channel becomes active.
    func attach(_ connection: PeerConnection) { self.connection = connection }

    /// Only asked for while a frame is handled or a call is open, both of which need a connection.
    var wire: PeerConnection {
        guard let connection else { preconditionFailure("a call is handled on a connection that was never attached") }
        return connection
    }

    /// Only asked for while a call is taken up, which needs a handshake.
    var peer: PeerIdentity {
        guard let known else { preconditionFailure("a call is taken up before the handshake is through") }
        return known
    }

    func context(of call: UInt64, _ deadline: CallDeadline?) -> CallContext {
        CallContext(peer: peer, deadline: deadline, eventLoop: eventLoop, caller: caller, call: call, connection: self)
    }

    func presence(in call: UInt64, until deadline: CallDeadline?, isAnsweredAnyway: Bool) -> CallerPresence {
        guard case .unary(let known, _) = calls[call] else {
            let gone = CallerPresence()
            gone.leave()
            return gone
        }
        let presence = known ?? CallerPresence(until: deadline)
        calls[call] = .unary(presence, isAnsweredAnyway: isAnsweredAnyway)
        return presence
    }

    // MARK: PeerDelegate

    func opened(_ peer: PeerIdentity) {
        known = peer
        logger.debug("peer connected", metadata: ["role": "\(peer.role)", "instance": "\(peer.instance)"])
        if isDraining { connection?.sendGoAway("draining") }
    }

    func received(_ frame: UnsafePointer<TaskScheduler__Wire__Frame>) {
        switch frame.pointee.body_case {
        case TASK_SCHEDULER__WIRE__FRAME__BODY_OPEN: open(frame.pointee.open)
        case TASK_SCHEDULER__WIRE__FRAME__BODY_ITEM:
            guard let item = frame.pointee.item, case .stream(let stream) = calls[item.pointee.call] else { return }
            stream.receive(item.pointee.payload)
        case TASK_SCHEDULER__WIRE__FRAME__BODY_CREDIT:
            guard let credit = frame.pointee.credit, case .stream(let stream) = calls[credit.pointee.call] else { return }
            stream.granted(Int(credit.pointee.bytes))
        case TASK_SCHEDULER__WIRE__FRAME__BODY_CANCEL:
            guard let frame = frame.pointee.cancel else { return }
            cancel(frame.pointee.call)
        case TASK_SCHEDULER__WIRE__FRAME__BODY_END:
            guard let end = frame.pointee.end else { return }
            let code = StatusCode(rawValue: end.pointee.status) ?? .unknown
            drop(end.pointee.call, code == .ok ? nil : CallError(code, Arena.string(end.pointee.message)))
        default: break  // A newer peer's frame, or one that means nothing here.
        }
    }

    func closed(_ reason: String, isPeerSilent: Bool) {
        if let peer = known {
            logger.debug("peer gone", metadata: ["role": "\(peer.role)", "instance": "\(peer.instance)", "reason": "\(reason)"])
        } else {
            refusals.refused(reason, from: host)
        }
        caller.leave()
        let open = calls
        calls = [:]
        for call in open.values {
            switch call {
            case .unary(let presence, _): presence?.leave()
            case .stream(let stream): stream.over(CallError(.unavailable, reason, isPeerSilent: isPeerSilent))
            }
        }
        onClosed()
    }

    // MARK: Calls

    private func open(_ c: UnsafeMutablePointer<TaskScheduler__Wire__Open>?) {
        guard let open = c?.pointee else { return }
        guard calls[open.call] == nil else { return wire.close("call id \(open.call) was used twice") }
        guard calls.count < maxCalls else {
            return wire.sendEnd(
                call: open.call, error: CallError(.resourceExhausted, "\(maxCalls) calls are open on this connection"))
        }
        guard let method = open.method, let (handler, callers) = table.handler(for: method) else {
            let error = CallError(.unimplemented, "no method \(Arena.string(open.method)) here")
            return wire.sendEnd(call: open.call, error: error)
        }
        guard let role = known?.role, callers.contains(role) else {
            return wire.sendEnd(call: open.call, error: refusedCalls.refuse(Arena.string(method), to: peer, allowed: callers))
        }
        switch (handler, open.streaming != 0) {
        case (.unary(let body), false):
            calls[open.call] = .unary(nil, isAnsweredAnyway: false)
            let deadline = open.deadline_ms == 0 ? nil : CallDeadline.after(milliseconds: Int(open.deadline_ms))
            body(open.payload, open.call, deadline, self)
        case (.stream(let body), true):
            calls[open.call] = .stream(body(open.call, self))
        default:
            wire.sendEnd(call: open.call, error: CallError(.invalidArgument, "unary and streaming do not agree"))
        }
    }

    private func cancel(_ call: UInt64) {
        if case .unary(let presence?, isAnsweredAnyway: true) = calls[call] { return presence.leave() }
        drop(call, CallError(.cancelled, "the caller cancelled"))
    }

    private func drop(_ call: UInt64, _ error: CallError?) {
        switch calls.removeValue(forKey: call) {
        case .unary(let presence, _)?: presence?.leave()
        case .stream(let stream)?: stream.over(error)
        case nil: break
        }
        closeWhenDrained()
    }

    func finish<R: WireMessage>(_ call: UInt64, _ result: Result<R, CallError>) {
        guard calls.removeValue(forKey: call) != nil else { return }
        switch result {
        case .success(let reply):
            if let error = wire.sendEnd(call: call, reply: reply) {
                wire.sendEnd(call: call, error: CallError(.internal, "\(error)"))
            }
        case .failure(let error): wire.sendEnd(call: call, error: error)
        }
        closeWhenDrained()
    }

    /// Sends GOAWAY; closes when the unary calls that are open have been answered.
    func drain() {
        isDraining = true
        connection?.sendGoAway("draining")
        closeWhenDrained()
    }

    private func closeWhenDrained() {
        guard isDraining else { return }
        let hasUnary = calls.values.contains { if case .unary = $0 { true } else { false } }
        if !hasUnary { connection?.close("drained") }
    }

    func close() { connection?.close("the server stops") }
}
