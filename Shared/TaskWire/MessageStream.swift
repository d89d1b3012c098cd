import CProtobufC
public import NIOCore
public import TaskMessages

/// One end of a stream: messages both ways until one side ends it. Used on its event loop only.
///
/// Either direction carries at most a window of payload bytes beyond what the receiver has taken; what is sent beyond
/// it waits here, up to ``maxWaiting`` messages. Who may have more to say than that sends while ``isBlocked`` is false, and goes on
/// with ``onUnblocked``.
///
/// @unchecked Sendable is safe because every member is used on `eventLoop` only.
public final class MessageStream<Inbound: WireMessage, Outbound: WireMessage>: @unchecked Sendable {
    /// Messages that may wait for credit; one more ends the stream with `resourceExhausted`.
    public static var maxWaiting: Int { 1_024 }

    public let eventLoop: any EventLoop
    /// Who is at the other end.
    public let peer: PeerIdentity
    /// Called for each message, in order.
    public var onMessage: ((Inbound) -> Void)?
    /// Called once when the stream is over; `nil` after an orderly end.
    public var onEnd: ((CallError?) -> Void)?
    /// Called each time the peer has granted credit after ``isBlocked`` was true, and it is false again.
    public var onUnblocked: (() -> Void)?

    private let call: UInt64
    private let isClient: Bool
    private weak var connection: PeerConnection?
    private var sendCredit: Int
    private var taken = 0
    private var waiting: [Outbound] = []
    private var isOver = false

    init(
        call: UInt64, isClient: Bool, connection: PeerConnection, peer: PeerIdentity, eventLoop: any EventLoop
    ) {
        self.call = call
        self.isClient = isClient
        self.connection = connection
        self.peer = peer
        self.eventLoop = eventLoop
        sendCredit = connection.settings.streamWindowBytes
    }

    /// The peer must take something before anything more can leave: what is sent meanwhile waits here. Also true once it is over.
    public var isBlocked: Bool { isOver || sendCredit <= 0 || !waiting.isEmpty }
    /// Messages that wait here.
    var waitingCount: Int { waiting.count }

    /// Sends a message, or keeps it until the peer has granted credit. Nothing happens after the end.
    public func send(_ message: Outbound) {
        guard !isOver else { return }
        guard !isBlocked else {
            guard waiting.count < Self.maxWaiting else {
                return cancel(CallError(.resourceExhausted, "the peer takes nothing from the stream"))
            }
            waiting.append(message)
            return
        }
        transmit(message)
    }

    private func transmit(_ message: Outbound) {
        guard let connection else { return }
        var size = 0
        if let error = connection.sendItem(call: call, message, size: &size) {
            cancel(CallError(.internal, "a message could not be packed: \(error)"))
        }
        sendCredit -= size
    }

    /// Ends the stream from this side.
    public func end(_ error: CallError? = nil) {
        guard !isOver else { return }
        connection?.sendEnd(call: call, error: error, fromClient: isClient)
        over(nil)
    }

    private func cancel(_ error: CallError) {
        connection?.sendEnd(call: call, error: error, fromClient: isClient)
        over(error)
    }
}

/// What a connection does with the streams that run over it, whatever they carry.
protocol AnyStream: AnyObject {
    func receive(_ payload: ProtobufCBinaryData)
    func granted(_ bytes: Int)
    func over(_ error: CallError?)
}

extension MessageStream: AnyStream {
    func receive(_ payload: ProtobufCBinaryData) {
        guard !isOver, let connection else { return }
        do throws(MessageError) {
            let message = try connection.read(payload, as: Inbound.self)
            taken += payload.len
            onMessage?(message)
        } catch {
            return cancel(CallError(.invalidArgument, "\(error)"))
        }
        if taken * 2 >= connection.settings.streamWindowBytes, !isOver {
            connection.sendCredit(call: call, bytes: taken)
            taken = 0
        }
    }

    func granted(_ bytes: Int) {
        let wasBlocked = isBlocked
        // However much a peer grants, it never overflows.
        sendCredit = min(sendCredit + bytes, .max / 2)
        var sent = 0
        while sent < waiting.count, sendCredit > 0, !isOver {
            transmit(waiting[sent])
            sent += 1
        }
        waiting.removeFirst(min(sent, waiting.count))
        if wasBlocked, !isBlocked { onUnblocked?() }
    }

    func over(_ error: CallError?) {
        guard !isOver else { return }
        isOver = true
        waiting = []
        let callback = onEnd
        // Handlers hold the stream and the stream its handlers: let go of them.
        onMessage = nil
        onEnd = nil
        onUnblocked = nil
        callback?(error)
    }
}
