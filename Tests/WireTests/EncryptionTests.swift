import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

@Suite("Encryption by the cluster's secret", .timeLimit(.minutes(1)))
struct EncryptionTests {
    private static let secret = "a secret of the cluster"
    private static let credential = "Bearer Kq7vZ2-wire-credential-x9Lw4T", title = "Homework for tomorrow", answer = "told to nobody else"

    /// A notifier behind a relay, and a worker that calls it through that.
    private struct Scene {
        let server: TestServer
        let relay: Relay
        let client: Client
        let delivered: NIOLockedValueBox<[String]>
        let lines: NIOLockedValueBox<[String]>

        init(_ encryption: Encryption, holdsAnswers: Bool = false) async throws {
            let delivered = NIOLockedValueBox<[String]>([]), lines = NIOLockedValueBox<[String]>([])
            server = try await TestServer.start(
                secret: EncryptionTests.secret, logger: LineKeeper.logger(lines), adjust: { $0.security.encryption = encryption }
            ) { table in
                table.unary(NotifierService.deliver) { request, _, reply in
                    delivered.withLockedValue { $0.append(request.idempotencyKey) }
                    if !holdsAnswers { reply(.success(Proto.DeliverReply(outcome: .delivered, detail: EncryptionTests.answer))) }
                }
            }
            relay = try await Relay.start(to: server.port, on: server.group)
            client = Client(
                to: .notifier, at: [WireEndpoint(host: "127.0.0.1", port: relay.port)], settings: Self.settings(encryption), repetition: .never,
                eventLoop: server.group.next(), logger: quiet)
            self.delivered = delivered
            self.lines = lines
            client.start()
        }

        private static func settings(_ encryption: Encryption) -> WireSettings {
            var settings = TestServer.settings(role: .worker, secret: EncryptionTests.secret)
            settings.security.encryption = encryption
            // A connection that is lost stays so while a test looks.
            settings.reconnectMilliseconds = 60_000...60_000
            return settings
        }

        func deliver(_ key: String, milliseconds: Int = 60_000) async throws(CallError) -> Proto.DeliverReply {
            let notification = (try? Proto.Notification(title: EncryptionTests.title).packed()) ?? []
            let request = Proto.DeliverRequest(
                idempotencyKey: key, authorization: Secret(EncryptionTests.credential), notification: notification)
            return try await client.call(NotifierService.deliver, request, deadline: .after(milliseconds: milliseconds))
        }

        var refusals: [String] { lines.withLockedValue { $0.filter { $0.contains("connection refused") } } }

        func stop() async throws {
            await client.stop()
            try await relay.stop()
            try await server.stop()
        }
    }

    @Test("whoever is between reads neither credential nor title nor answer, and without it all of them", arguments: [Encryption.always, .never])
    func recording(encryption: Encryption) async throws {
        let scene = try await Scene(encryption)
        #expect(try await scene.deliver("first").detail == Self.answer)
        for text in [Self.credential, Self.title, "first"] {
            #expect(scene.relay.recorded(.toServer).contains(Array(text.utf8)) == (encryption == .never))
        }
        #expect(scene.relay.recorded(.toClient).contains(Array(Self.answer.utf8)) == (encryption == .never))
        #expect(!scene.relay.recorded(.toServer).contains(Array(Self.secret.utf8)))
        if encryption == .always {
            // TLS 1.2, ServerHello, TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256 (RFC 7905).
            let answered = scene.relay.recorded(.toClient)
            #expect(answered.starts(with: [0x16, 3, 3]) && answered[5] == 2 && answered.prefix(100).contains([0xCC, 0xAC]))
        }
        try await scene.stop()
    }

    @Test("what whoever is between says to the accepting side is not carried out, and ends the connection", arguments: [true, false])
    func injectingCalls(isFlipped: Bool) async throws {
        let scene = try await Scene(.always)
        #expect(try await scene.deliver("first").detail == Self.answer)
        if isFlipped {
            scene.relay.flipNext(.toServer)
            let error = await #expect(throws: CallError.self) { try await scene.deliver("changed") }
            #expect(error?.isConnectionLost == true)
        } else {
            try await scene.relay.inject(Bytes.deliver(call: 99, keyBytes: 3), .toServer)
            try await eventually("the connection is over") { await scene.client.status().connected == 0 }
        }
        #expect(scene.delivered.withLockedValue { $0 } == ["first"])
        try await scene.stop()
    }

    @Test("what whoever is between says to the connecting side is no answer, and ends the connection", arguments: [true, false])
    func injectingAnswers(isForeign: Bool) async throws {
        let scene = try await Scene(.always, holdsAnswers: true)
        let pending = Task { try await scene.deliver("first") }
        try await eventually("the call is there") { scene.delivered.withLockedValue { $0 == ["first"] } }
        if isForeign {
            // A record as TLS has them, under no key.
            try await scene.relay.inject([0x17, 3, 3, 0, 32] + [UInt8](repeating: 0, count: 32), .toClient)
        } else {
            // End of call 1, with an outcome: delivered.
            let reply = try Proto.DeliverReply(outcome: .delivered, detail: "forged").packed()
            try await scene.relay.inject(Bytes.frame(5, [0x08, 1, 0x22, UInt8(reply.count)] + reply), .toClient)
        }
        let error = await #expect(throws: CallError.self) { try await pending.value }
        #expect(error?.isConnectionLost == true)
        try await scene.stop()
    }

    @Test("a connection that is replayed is refused, encrypted or not", arguments: [Encryption.always, .never])
    func replay(encryption: Encryption) async throws {
        let scene = try await Scene(encryption)
        #expect(try await scene.deliver("first").detail == Self.answer)
        let (peer, channel) = try await BarePeer.connect(scene.server)
        try await channel.writeAndFlush(ByteBuffer(bytes: scene.relay.recorded(.toServer))).get()
        try await peer.waitForClose()
        #expect(scene.delivered.withLockedValue { $0 } == ["first"])
        #expect(scene.refusals.count == 1, "\(scene.refusals)")
        try await scene.stop()
    }

    @Test("a secret of one bit more or less is refused, in one line that says what to set")
    func oneBit() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let server = try await TestServer.start(secret: "correct horse", logger: LineKeeper.logger(lines), adjust: { $0.security.encryption = .always })
        let client = server.client(secret: "correct horsf", adjust: {
            $0.security.encryption = .always
            $0.reconnectMilliseconds = 60_000...60_000
        })
        _ = try await refusal(client, naming: ["CLUSTER_SECRET"])
        try await eventually("the line") { !lines.withLockedValue { $0.isEmpty } }
        await client.stop()
        try await server.stop()
        let all = lines.withLockedValue { $0 }
        #expect(all.count == 1 && all[0].contains("connection refused") && all[0].contains("CLUSTER_SECRET"), "\(all)")
    }

    @Test("where one side encrypts and the other does not, both say so", arguments: [true, false])
    func onOneSide(isServerPlain: Bool) async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let server = try await TestServer.start(
            secret: Self.secret, logger: LineKeeper.logger(lines), adjust: { $0.security.encryption = isServerPlain ? .never : .always })
        let client = server.client(secret: Self.secret, adjust: { $0.security.encryption = isServerPlain ? .always : .never })
        _ = try await refusal(client, naming: ["CLUSTER_TLS"])
        try await eventually("the server's line") { lines.withLockedValue { $0.contains { $0.contains("CLUSTER_TLS") } } }
        await client.stop()
        try await server.stop()
    }

    @Test("the keys of one role encrypt, too")
    func keysOfRoles() async throws {
        let whole = ClusterCredential(secret: Array(Self.secret.utf8))
        let notifier = whole.derived(for: .notifier).flatMap(ClusterCredential.init(derived:))
        let worker = whole.derived(for: .worker).flatMap(ClusterCredential.init(derived:))
        let server = try await TestServer.start(adjust: { $0.security = WireSecurity(credential: notifier, encryption: .always) })
        let client = server.client(adjust: { $0.security = WireSecurity(credential: worker, encryption: .always) })
        #expect(try await deliver(client, "x") == "x")
        await client.stop()
        try await server.stop()
    }

    @Test("by default is of what leaves the machine, and of nothing else", arguments: [
        ("127.0.0.1", false), ("127.9.9.9", false), ("::1", false), ("::ffff:127.0.0.1", false), ("10.0.0.1", true), ("128.0.0.1", true),
        ("::ffff:10.0.0.1", true), ("fd00::1", true), ("::", true), ("0.0.0.0", true), ("::127.0.0.1", true),
    ])
    func addresses(address: String, isEncrypted: Bool) throws {
        let remote = try SocketAddress(ipAddress: address, port: 1)
        var security = WireSecurity(credential: ClusterCredential(secret: [1]))
        #expect(security.layer(to: remote).isSharedKey == isEncrypted)
        // One whose address is not known may be anywhere.
        #expect(security.layer(to: nil).isSharedKey)
        security.encryption = .always
        #expect(security.layer(to: remote).isSharedKey)
        security.encryption = .never
        #expect(!security.layer(to: remote).isSharedKey)
        #expect(!WireSecurity().layer(to: remote).isSharedKey)
    }
}
