#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import CProtos
import Logging
import NIOCore
import NIOSSL
import TaskMessages

/// What a connection tells the half (client or server) that owns it. Called on the event loop.
protocol PeerDelegate: AnyObject {
    /// The handshake is through.
    func opened(_ peer: PeerIdentity)
    /// A frame after the handshake; valid during the call only.
    func received(_ frame: UnsafePointer<TaskScheduler__Wire__Frame>)
    /// The connection is over, with the reason. Called once.
    /// - Parameter isPeerSilent: nothing was heard from the peer, which may not know of the end.
    func closed(_ reason: String, isPeerSilent: Bool)
}

/// One connection: splits and joins frames, shakes hands, keeps alive, and gathers all writes of an event-loop tick
/// into one.
///
/// @unchecked Sendable is safe because every member is used on the channel's event loop only.
final class PeerConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Frame = TaskScheduler__Wire__Frame

    private enum State {
        case connecting
        case awaitingHello
        case awaitingProof(Handshake, PeerIdentity)
        case open
        case closed
    }

    /// After a GOAWAY with the reason of a refusal, the peer has this long to read it.
    private static let refusalMilliseconds: Int64 = 100
    /// Bytes of frames that have been handled, beyond which the buffer that they came in is given back.
    static let maxHandledBytes = 64 << 10

    let settings: WireSettings
    let side: Handshake.Side
    /// The role that is to answer; `nil`: whichever connects.
    private let expected: Role?
    private let layer: ConnectionLayer
    let logger: Logger
    /// For messages while they are packed or unpacked; reset after each.
    let inArena: Arena, outArena: Arena
    private let hello: Handshake.Hello
    private var delegate: (any PeerDelegate)?
    private var state = State.connecting
    private var context: ChannelHandlerContext?
    /// Begins with a frame that has not arrived whole, or with less than ``maxHandledBytes`` of handled ones.
    private var inbound = ByteBuffer()
    private var outgoing = ByteBuffer()
    private var flushScheduled = false, isReading = false, isWritable = true
    /// Bytes handed to the channel that its socket has not taken.
    private var unsentBytes = 0
    private var lastHeard = NIODeadline.now(), lastLooked = NIODeadline.now()
    /// The peer gave up the connection while this process stood still; see ``stoodStill()``.
    private var isGivenUp = false
    /// Since when a frame has been arriving.
    private var partialSince: NIODeadline?
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - expected: the role of the side that is connected to; `nil` on the side that accepts.
    ///   - layer: what is beneath, in the pipeline before this handler.
    init(
        settings: WireSettings, expecting expected: Role?, over layer: ConnectionLayer = .plain, delegate: any PeerDelegate, logger: Logger
    ) throws(MessageError) {
        self.settings = settings
        self.expected = expected
        self.layer = layer
        side = expected == nil ? .server : .client
        self.delegate = delegate
        self.logger = logger
        inArena = try Arena(maxBytes: settings.maxUnpackedBytes)
        outArena = try Arena()
        hello = Handshake.Hello(
            versions: settings.versions, identity: settings.identity, nonce: Handshake.freshNonce())
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) { begin(context) }

    /// The context holds its handler: held in turn, neither would ever be freed.
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .connecting = state else { return }
        state = .awaitingHello
        sendHello()
        timer = context.eventLoop.scheduleTask(in: .milliseconds(Int64(settings.handshakeMilliseconds))) { [weak self] in
            guard let self else { return }
            switch self.state {
            case .connecting, .awaitingHello, .awaitingProof: self.close("the peer did not finish its handshake in time")
            case .open, .closed: break
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = state { return }
        var bytes = unwrapInboundIn(data)
        isReading = true
        let now = NIODeadline.now()
        if now - max(lastHeard, lastLooked) >= deadSilence { stoodStill() }
        lastHeard = now
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.writeBuffer(&bytes)
        }
        readFrames()
        giveBackInbound()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushOutgoing()
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
    }

    /// What is left of a frame that has not arrived whole moves to a buffer of its own size: otherwise a peer that always leaves a
    /// part of a frame behind would make the buffer grow by all it ever sent.
    private func giveBackInbound() {
        if case .closed = state {
            inbound = ByteBuffer()
        } else if inbound.readerIndex >= Self.maxHandledBytes {
            inbound = ByteBuffer(bytes: inbound.readableBytesView)
        }
    }

    /// Memory that the connection holds for what it has read, in bytes.
    var inboundCapacity: Int { inbound.storageCapacity }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .closed = state { return }
        isWritable = context.channel.isWritable
        // A peer that does not read is not read from either: its answers would only pile up here.
        context.channel.setOption(.autoRead, value: isWritable).whenFailure { _ in }
        if isWritable { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .awaitingHello = state { close(layer.reason(for: error)) } else { close(ChannelFault.reason(error)) }
    }

    func channelInactive(context: ChannelHandlerContext) { finish("the peer closed the connection") }

    // MARK: Frames in

    private func readFrames() {
        while true {
            if case .closed = state { return }
            guard let length = inbound.getInteger(at: inbound.readerIndex, as: UInt32.self) else {
                return notePartialFrame()
            }
            let limit: Int
            if case .open = state { limit = settings.maxFrameBytes } else { limit = settings.maxHandshakeFrameBytes }
            guard length >= 1, length <= limit else {
                if case .awaitingHello = state, TLSRecord.isFirst(length) { return close(TLSRecord.reason) }
                return close("a frame of \(length) bytes came; 1 to \(limit) are allowed")
            }
            guard inbound.readableBytes >= 4 + Int(length) else {
                inbound.reserveCapacity(minimumWritableBytes: 4 + Int(length) - inbound.readableBytes)
                return notePartialFrame()
            }
            partialSince = nil
            // Moved past first: what the frame sets off may close the connection.
            let start = inbound.readerIndex + 4
            inbound.moveReaderIndex(forwardBy: 4 + Int(length))
            let frameBytes = inbound
            frameBytes.withVeryUnsafeBytes { raw in
                let bytes = UnsafeRawBufferPointer(rebasing: raw[start..<start + Int(length)])
                guard
                    let frame = task_scheduler__wire__frame__unpack(
                        inArena.allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
                else { return close("a frame came that does not decode") }
                handle(frame)
            }
            inArena.reset()
        }
    }

    private func notePartialFrame() {
        if partialSince == nil, inbound.readableBytes > 0 { partialSince = lastHeard }
    }

    private func handle(_ frame: UnsafeMutablePointer<Frame>) {
        switch (state, frame.pointee.body_case) {
        case (.awaitingHello, TASK_SCHEDULER__WIRE__FRAME__BODY_HELLO): receivedHello(frame.pointee.hello)
        case (.awaitingProof(let handshake, let peer), TASK_SCHEDULER__WIRE__FRAME__BODY_PROOF):
            receivedProof(frame.pointee.proof, handshake, of: peer)
        case (.awaitingHello, TASK_SCHEDULER__WIRE__FRAME__BODY_GO_AWAY),
            (.awaitingProof, TASK_SCHEDULER__WIRE__FRAME__BODY_GO_AWAY):
            close("the peer refused the connection: \(Arena.string(frame.pointee.go_away.pointee.reason))")
        case (.open, TASK_SCHEDULER__WIRE__FRAME__BODY_PING):
            let token = frame.pointee.ping.pointee.token
            sendPing(token, answer: true)
        case (.open, TASK_SCHEDULER__WIRE__FRAME__BODY_PONG): break
        case (.open, TASK_SCHEDULER__WIRE__FRAME__BODY_OPEN), (.open, TASK_SCHEDULER__WIRE__FRAME__BODY_ITEM):
            if !isGivenUp { delegate?.received(frame) }
        case (.open, _): delegate?.received(frame)
        default: close("a frame came before the handshake was through")
        }
    }

    // MARK: Handshake

    private func receivedHello(_ c: UnsafeMutablePointer<TaskScheduler__Wire__Hello>?) {
        guard let c, let peer = Handshake.Hello(c) else { return refuse("a Hello with fields out of bounds") }
        guard peer.versions.overlaps(settings.versions) else {
            return refuse(
                "protocol versions \(peer.versions.lowerBound) to \(peer.versions.upperBound) were offered, "
                    + "\(settings.versions.lowerBound) to \(settings.versions.upperBound) are spoken here")
        }
        guard let identity = peer.identity else {
            return refuse("the peer says that it is a \(peer.role); known here are \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if let expected, identity.role != expected {
            return refuse("a \(identity.role) answers where a \(expected) was expected; look where its address leads")
        }
        guard let channel = channel(to: identity) else { return }
        let isClient = side == .client
        let handshake = Handshake(connecting: isClient ? hello : peer, accepting: isClient ? peer : hello, channel: channel)
        state = .awaitingProof(handshake, identity)
        // The side that accepts proves itself first: who answers at another's address is sent nothing to guess a secret by.
        if !isClient { sendProof(handshake, to: identity.role) }
    }

    private func receivedProof(_ c: UnsafeMutablePointer<TaskScheduler__Wire__Proof>?, _ handshake: Handshake, of peer: PeerIdentity) {
        guard let c else { return refuse("an empty Proof") }
        let mac = Arena.bytes(c.pointee.mac)
        if settings.security.credential != nil {
            guard let keys = keys(with: peer.role) else { return refuse(missingKeys(for: peer.role)) }
            guard handshake.isProof(mac, of: side == .client ? .server : .client, key: keys.proof) else {
                return refuse("the peer does not know CLUSTER_SECRET; set the same one on both sides")
            }
        } else if !mac.isEmpty {
            return refuse("the peer uses a CLUSTER_SECRET and none is set here; set the same one on both sides")
        }
        if side == .client { sendProof(handshake, to: peer.role) }
        if case .closed = state { return }
        state = .open
        startKeepalive()
        delegate?.opened(peer)
    }

    /// What is beneath, as the proof binds it.
    /// - Returns: `nil` where the peer's certificate is none of its role; it has been refused.
    private func channel(to peer: PeerIdentity) -> Handshake.Channel? {
        switch layer {
        case .plain: return .plain
        case .sharedKey: return .sharedKey
        case .certificates(let own):
            guard let certificate = try? context?.pipeline.syncOperations.nioSSL_peerCertificate(),
                let fingerprint = try? ClusterCertificates.fingerprint(of: certificate)
            else {
                refuse("the peer showed no certificate")
                return nil
            }
            guard ClusterCertificates.roles(of: certificate).contains(peer.role) else {
                refuse(
                    "the certificate of a peer that says it is a \(peer.role) does not; it must have the URI "
                        + "\(ClusterCertificates.rolePrefix)\(peer.role) among its subject alternative names")
                return nil
            }
            return side == .client
                ? .certificates(connecting: own.fingerprint, accepting: fingerprint)
                : .certificates(connecting: fingerprint, accepting: own.fingerprint)
        }
    }

    /// What this connection's ends share by this side's credential.
    private func keys(with peer: Role) -> LinkKeys? { settings.security.credential?.keys(of: link(to: peer)) }

    private func link(to peer: Role) -> Link {
        let own = settings.identity.role
        return side == .client ? Link(connecting: own, accepting: peer) : Link(connecting: peer, accepting: own)
    }

    private func missingKeys(for peer: Role) -> String {
        let link = link(to: peer)
        return "the keys of one role that are set here do not include those of a \(link.connecting) that connects to a \(link.accepting)"
    }

    private func sendHello() {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Hello.self)
            task_scheduler__wire__hello__init(c)
            c.pointee.version_min = hello.versions.lowerBound
            c.pointee.version_max = hello.versions.upperBound
            c.pointee.role = try arena.put(hello.role)
            c.pointee.instance = try arena.put(hello.instance)
            c.pointee.build = try arena.put(hello.build)
            c.pointee.nonce = try arena.put(hello.nonce)
            if let tenure = hello.tenure {
                c.pointee.store = try arena.put(tenure.store)
                c.pointee.term = tenure.term
            }
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_HELLO
            frame.hello = c
        }
    }

    private func sendProof(_ handshake: Handshake, to peer: Role) {
        let keys = keys(with: peer)
        if settings.security.credential != nil, keys == nil { return refuse(missingKeys(for: peer)) }
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Proof.self)
            task_scheduler__wire__proof__init(c)
            if let keys { c.pointee.mac = try arena.put(handshake.proof(of: side, key: keys.proof)) }
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_PROOF
            frame.proof = c
        }
    }

    private func refuse(_ reason: String) {
        sendGoAway(reason)
        flushOutgoing()
        state = .closed
        notifyClosed(reason)
        guard let context else { return }
        let channel = context.channel
        // Whatever else a stranger sends stays with its system.
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        context.eventLoop.scheduleTask(in: .milliseconds(Self.refusalMilliseconds)) { channel.close(promise: nil) }
    }

    // MARK: Keepalive

    private func startKeepalive() {
        timer?.cancel()
        scheduleKeepalive()
    }

    private var deadSilence: TimeAmount { .milliseconds(settings.keepalive.deadMilliseconds) }

    private func scheduleKeepalive() {
        let interval = TimeAmount.milliseconds(settings.keepalive.intervalMilliseconds), due = NIODeadline.now() + interval
        timer = context?.eventLoop.scheduleTask(in: interval) { [weak self] in
            guard let self, case .open = self.state else { return }
            self.lastLooked = .now()
            if self.lastLooked - due >= interval {
                // This process itself stood still: what it did not hear says nothing about the peer.
                self.lastHeard = self.lastLooked
                self.stoodStill()
            }
            let silence = self.lastLooked - self.lastHeard
            if silence >= self.deadSilence {
                return self.close("nothing was heard from the peer for \(silence.nanoseconds / 1_000_000) ms", isPeerSilent: true)
            }
            if let since = self.partialSince, self.lastLooked - since >= .milliseconds(Int64(self.settings.frameMilliseconds)) {
                return self.close("a frame did not arrive whole within \(self.settings.frameMilliseconds) ms")
            }
            if silence.nanoseconds * 2 >= interval.nanoseconds { self.sendPing(0, answer: false) }
            self.scheduleKeepalive()
        }
    }

    /// This process stood still, maybe for longer than the peer has waited for it. What the peer had asked it does itself by now, or has
    /// had done by another, and is not begun any more. That it closed the connection would be read only after what it had asked; the
    /// system knows already (tcp(7), `TCP_INFO`, whose first byte is the state).
    private func stoodStill() {
        guard let channel = context?.channel, channel is any SocketOptionProvider,
            let info = try? channel.syncOptions?.getOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_INFO)))
        else { return }
        isGivenUp = withUnsafeBytes(of: info) { Int($0[0]) } != Int(TCP_ESTABLISHED)
    }

    private func sendPing(_ token: UInt64, answer: Bool) {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__Ping.self)
            task_scheduler__wire__ping__init(c)
            c.pointee.token = token
            frame.body_case =
                answer ? TASK_SCHEDULER__WIRE__FRAME__BODY_PONG : TASK_SCHEDULER__WIRE__FRAME__BODY_PING
            if answer { frame.pong = c } else { frame.ping = c }
        }
    }

    // MARK: Frames out

    /// Packs a frame behind those that wait for the end of the tick.
    /// - Returns: the error because of which nothing was sent.
    @discardableResult
    func send(_ fill: (inout Frame, Arena) throws(MessageError) -> Void) -> MessageError? {
        if case .closed = state { return nil }
        defer { outArena.reset() }
        var frame = Frame()
        task_scheduler__wire__frame__init(&frame)
        do throws(MessageError) { try fill(&frame, outArena) } catch { return error }
        let size = task_scheduler__wire__frame__get_packed_size(&frame)
        guard size <= settings.maxFrameBytes else {
            return .malformed("frame of at most \(settings.maxFrameBytes) bytes (\(size) needed)")
        }
        outgoing.writeInteger(UInt32(size))
        outgoing.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { raw in
            task_scheduler__wire__frame__pack(&frame, raw.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        scheduleFlush()
        return nil
    }

    func sendGoAway(_ reason: String) {
        send { (frame, arena) throws(MessageError) in
            let c = try arena.take(TaskScheduler__Wire__GoAway.self)
            task_scheduler__wire__go_away__init(c)
            c.pointee.reason = try arena.put(reason)
            frame.body_case = TASK_SCHEDULER__WIRE__FRAME__BODY_GO_AWAY
            frame.go_away = c
        }
    }

    private func scheduleFlush() {
        guard !isReading, !flushScheduled, let context else { return }
        flushScheduled = true
        context.eventLoop.execute { [self] in
            flushScheduled = false
            flushOutgoing()
        }
    }

    private func flushOutgoing() {
        guard let context, outgoing.readableBytes > 0 else { return }
        let bytes = outgoing
        outgoing = ByteBuffer()
        let count = bytes.readableBytes
        unsentBytes += count
        guard unsentBytes <= settings.maxUnsentBytes else {
            return close("the peer does not read: \(unsentBytes) bytes wait for it")
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [self] _ in unsentBytes -= count }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    // MARK: The end

    /// Flushes what waits, then closes.
    func close(_ reason: String, isPeerSilent: Bool = false) {
        if case .closed = state { return }
        flushOutgoing()
        finish(reason, isPeerSilent: isPeerSilent)
        context?.close(promise: nil)
    }

    private func finish(_ reason: String, isPeerSilent: Bool = false) {
        state = .closed
        notifyClosed(reason, isPeerSilent: isPeerSilent)
    }

    private func notifyClosed(_ reason: String, isPeerSilent: Bool = false) {
        timer?.cancel()
        guard let delegate else { return }
        self.delegate = nil
        delegate.closed(reason, isPeerSilent: isPeerSilent)
    }
}
