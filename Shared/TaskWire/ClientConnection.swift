import CProtobufC
import CProtos
public import NIOCore
public import TaskMessages

/// The connecting half of a connection: makes calls, matches their answers, watches their deadlines.
///
/// @unchecked Sendable is safe because every member is used on `eventLoop` only.
public final class ClientConnection: PeerDelegate, @unchecked Sendable {
    /// How often deadlines are looked at. A call may end this much after its deadline.
    private static let deadlineSweepMilliseconds: Int64 = 20

    private struct PendingCall {
        let deadline: CallDeadline
        let tag: UInt64
        let complete: (Result<ProtobufCBinaryData, CallError>) -> Void
    }

    public let eventLoop: any EventLoop
    /// Who answered; `nil` until the handshake is through.
    public private(set) var peer: PeerIdentity?
    let address: SocketAddress
    private let events: any ClientConnectionEvents
    private var connection: PeerConnection?
    private var unary: [UInt64: PendingCall] = [:]
    private var streams: [UInt64: any AnyStream] = [:]
    private var nextCall: UInt64 = 1
    private var isSweeping = false
    /// Set by GOAWAY: calls that are open go on, new ones go elsewhere.
    private(set) var isLeaving = false
    /// The handshake is through, and the connection is not over.
    public private(set) var isOpen = false

    init(address: SocketAddress, eventLoop: any EventLoop, events: any ClientConnectionEvents) {
        self.address = address
        self.eventLoop = eventLoop
        self.events = events
    }

    func attach(_ connection: PeerConnection) { self.connection = connection }

    /// Calls without an answer yet: what balancing goes by.
    var load: Int { unary.count + streams.count }

    // MARK: PeerDelegate

    func opened(_ peer: PeerIdentity) {
        self.peer = peer
        isOpen = true
        events.opened(self)
    }

    func received(_ frame: UnsafePointer<TaskScheduler__Wire__Frame>) {
        switch frame.pointee.body_case {
        case TASK_SCHEDULER__WIRE__FRAME__BODY_END: frame.pointee.end.map { ended($0.pointee) }
        case TASK_SCHEDULER__WIRE__FRAME__BODY_ITEM:
            guard let item = frame.pointee.item else { return }
            streams[item.pointee.call]?.receive(item.pointee.payload)
        case TASK_SCHEDULER__WIRE__FRAME__BODY_CREDIT:
            guard let credit = frame.pointee.credit else { return }
            streams[credit.pointee.call]?.granted(Int(credit.pointee.bytes))
        case TASK_SCHEDULER__WIRE__FRAME__BODY_GO_AWAY:
            isLeaving = true
            events.leaving(self)
        default: break  // A newer peer's frame, or one that means nothing here.
        }
    }

    private func ended(_ end: TaskScheduler__Wire__End) {
        let code = StatusCode(rawValue: end.status) ?? .unknown
        let error = CallError(code, code == .ok ? "" : Arena.string(end.message))
        if let call = unary.removeValue(forKey: end.call) {
            call.complete(code == .ok ? .success(end.payload) : .failure(error))
        } else if let stream = streams.removeValue(forKey: end.call) {
            stream.over(code == .ok ? nil : error)
        }
    }

    func closed(_ reason: String, isPeerSilent: Bool) {
        isOpen = false
        isLeaving = true
        let error = CallError(.unavailable, "connection to \(address.endpoint) lost: \(reason)", isConnectionLost: true, isPeerSilent: isPeerSilent)
        let calls = unary, open = streams
        unary = [:]
        streams = [:]
        for call in calls.values { call.complete(.failure(error)) }
        for stream in open.values { stream.over(error) }
        events.closed(self, reason)
    }

    // MARK: Calls

    /// Makes a call; `complete` is called on the event loop.
    func start<Q, R>(
        _ method: UnaryMethod<Q, R>, _ request: Q, deadline: CallDeadline, tag: UInt64 = 0,
        complete: @escaping (Result<R, CallError>) -> Void
    ) {
        guard let connection, isOpen else { return complete(.failure(CallError(.unavailable, "not connected", isConnectionLost: true))) }
        let id = nextCall
        nextCall += 1
        unary[id] = PendingCall(deadline: deadline, tag: tag) { result in
            switch result {
            case .success(let payload):
                do throws(MessageError) {
                    complete(.success(try connection.read(payload, as: R.self)))
                } catch { complete(.failure(CallError(.internal, "the answer: \(error)"))) }
            case .failure(let error): complete(.failure(error))
            }
        }
        let left = max(1, deadline.millisecondsLeft)
        if let error = connection.sendOpen(
            call: id, path: method.path, deadlineMilliseconds: left, streaming: false, payload: request)
        {
            unary.removeValue(forKey: id)?.complete(.failure(CallError(.invalidArgument, "\(error)")))
        }
        scheduleSweep()
    }

    /// Says that some calls need not be carried out any more. Their answers are still waited for.
    func recall(_ tags: Set<UInt64>) {
        for (id, call) in unary where tags.contains(call.tag) { connection?.sendCancel(call: id) }
    }

    /// Opens a stream to this peer. On the event loop only.
    public func stream<Q, R>(_ method: StreamMethod<Q, R>) -> MessageStream<R, Q>? {
        guard let connection, let peer, isOpen else { return nil }
        let id = nextCall
        nextCall += 1
        let stream = MessageStream<R, Q>(
            call: id, isClient: true, connection: connection, peer: peer, eventLoop: eventLoop)
        streams[id] = stream
        let noPayload: Q? = nil
        _ = connection.sendOpen(call: id, path: method.path, deadlineMilliseconds: 0, streaming: true, payload: noPayload)
        return stream
    }

    private func scheduleSweep() {
        guard !isSweeping else { return }
        isSweeping = true
        // Behind the call that is about to be sent: setting a timer is a third of the work of starting one.
        eventLoop.execute { [weak self] in self?.setSweepTimer() }
    }

    private func setSweepTimer() {
        eventLoop.scheduleTask(in: .milliseconds(Self.deadlineSweepMilliseconds)) { [weak self] in
            guard let self else { return }
            self.isSweeping = false
            self.sweep()
        }
    }

    private func sweep() {
        let now = CallDeadline.now
        let late = unary.filter { $0.value.deadline <= now }
        for (id, call) in late {
            unary.removeValue(forKey: id)
            connection?.sendCancel(call: id)
            call.complete(.failure(CallError(.deadlineExceeded, "no answer from \(address.endpoint) in time")))
        }
        if !unary.isEmpty { scheduleSweep() }
    }

    func close(_ reason: String) { connection?.close(reason) }
}

/// What a client's connection tells the balancer that owns it. Called on the event loop.
protocol ClientConnectionEvents: AnyObject {
    func opened(_ connection: ClientConnection)
    func leaving(_ connection: ClientConnection)
    func closed(_ connection: ClientConnection, _ reason: String)
}
