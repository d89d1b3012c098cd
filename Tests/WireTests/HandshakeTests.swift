import Crypto
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TaskDomain
import TaskMessages
import Testing
import TestSupport

@testable import TaskWire

@Suite("The handshake", .timeLimit(.minutes(1)))
struct HandshakeTests {
    @Test("sides with the same secret work together")
    func sameSecret() async throws {
        let server = try await TestServer.start(secret: "correct horse")
        let client = server.client(secret: "correct horse")
        #expect(try await deliver(client, "x") == "x")
        await client.stop()
        try await server.stop()
    }

    @Test("another secret, one of one bit more, or none on one side, is refused with the reason, in one line",
        arguments: [("a", "b"), ("correct horse", "correct horsf"), ("a", nil), (nil, "b")] as [(String?, String?)])
    func otherSecret(ours: String?, theirs: String?) async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let server = try await TestServer.start(secret: theirs, logger: LineKeeper.logger(lines))
        // It comes back only when the test is over.
        let client = server.client(secret: ours, adjust: { $0.reconnectMilliseconds = 60_000...60_000 })
        let error = try await refusal(client, naming: ["CLUSTER_SECRET"])
        #expect(error.code == .deadlineExceeded)
        #expect(error.message.contains("CLUSTER_SECRET"))
        try await eventually("the line") { !lines.withLockedValue { $0.isEmpty } }
        await client.stop()
        try await server.stop()
        let refusals = lines.withLockedValue { $0 }
        #expect(refusals.count == 1 && refusals[0].contains("connection refused") && refusals[0].contains("CLUSTER_SECRET"), "\(refusals)")
    }

    @Test("versions that do not overlap are refused with both ranges; overlapping ones work")
    func versions() async throws {
        let server = try await TestServer.start(versions: 2...3)
        let old = server.client(versions: 1...1)
        let error = try await refusal(old, naming: ["1 to 1", "2 to 3"])
        #expect(error.message.contains("1 to 1") && error.message.contains("2 to 3"))
        let newer = server.client(versions: 3...9)
        #expect(try await deliver(newer, "x") == "x")
        await old.stop()
        await newer.stop()
        try await server.stop()
    }

    @Test("a process of another role than the one that was to answer is refused")
    func otherRole() async throws {
        let server = try await TestServer.start(secret: "s", adjust: { $0.identity.role = .scheduler })
        let client = server.client(secret: "s")
        let error = try await refusal(client, naming: ["expected"])
        #expect(error.message.contains("a scheduler answers where a notifier was expected"))
        await client.stop()
        try await server.stop()
    }

    @Test("whoever answers at another's address is sent no proof")
    func impostor() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1), bytes = NIOLockedValueBox<[UInt8]>([])
        // It says a notifier's Hello, and then a proof that it cannot have.
        let hello = Bytes.hello(version: 1, role: "notifier"), proof = Bytes.frame(2, [0x0A, 32] + [UInt8](repeating: 1, count: 32))
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Impostor(says: hello + proof, hears: bytes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = Client(
            to: .notifier, at: [WireEndpoint(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)],
            settings: TestServer.settings(role: .worker, secret: "a secret"), repetition: .never, eventLoop: group.next(), logger: quiet)
        client.start()
        _ = try await refusal(client, naming: ["CLUSTER_SECRET"])
        // Hellos and refusals, and no frame of a proof: field 2.
        let fields = Bytes.fields(bytes.withLockedValue { $0 })
        #expect(fields.contains(1) && fields.contains(10) && Set(fields) == [1, 10], "\(fields)")
        await client.stop()
        try await listener.close().get()
        try await group.shutdownGracefully()
    }

    @Test("a proof binds the nonces, the versions, the names of both sides, what is beneath, and who gives it")
    func bound() {
        func hello(_ role: Role, _ byte: UInt8, versions: ClosedRange<UInt32> = 1...1, instance: String = "i", build: String = "b") -> Handshake.Hello {
            Handshake.Hello(
                versions: versions, identity: PeerIdentity(role: role, instance: instance, build: build),
                nonce: Array(repeating: byte, count: Handshake.nonceBytes))
        }
        let worker = hello(.worker, 1), scheduler = hello(.scheduler, 2)
        let key = SymmetricKey(data: Array("s".utf8))
        let handshake = Handshake(connecting: worker, accepting: scheduler, channel: .plain)
        let proof = handshake.proof(of: .client, key: key)
        #expect(handshake.isProof(proof, of: .client, key: key))
        #expect(!handshake.isProof(proof, of: .server, key: key))
        #expect(!handshake.isProof(proof, of: .client, key: SymmetricKey(data: Array("t".utf8))))
        let binding = Array(repeating: UInt8(3), count: 32)
        for other in [
            Handshake(connecting: scheduler, accepting: worker, channel: .plain),
            Handshake(connecting: hello(.worker, 3), accepting: scheduler, channel: .plain),
            Handshake(connecting: worker, accepting: hello(.scheduler, 3), channel: .plain),
            Handshake(connecting: hello(.gateway, 1), accepting: scheduler, channel: .plain),
            Handshake(connecting: hello(.worker, 1, versions: 1...2), accepting: scheduler, channel: .plain),
            Handshake(connecting: hello(.worker, 1, instance: "j"), accepting: scheduler, channel: .plain),
            Handshake(connecting: hello(.worker, 1, build: "c"), accepting: scheduler, channel: .plain),
            // The same bytes, cut elsewhere.
            Handshake(connecting: hello(.worker, 1, instance: "ib", build: ""), accepting: scheduler, channel: .plain),
            Handshake(connecting: worker, accepting: scheduler, channel: .sharedKey),
            Handshake(connecting: worker, accepting: scheduler, channel: .certificates(connecting: binding, accepting: binding)),
        ] {
            #expect(!other.isProof(proof, of: .client, key: key))
        }
    }
}

@Suite("The keys of one role", .timeLimit(.minutes(1)))
struct RoleKeyTests {
    private static let whole = ClusterCredential(secret: Array("a secret of the cluster".utf8))

    private static func keys(_ role: Role) throws -> ClusterCredential {
        let text = try #require(whole.derived(for: role))
        return try #require(ClusterCredential(derived: text))
    }

    @Test("are those that the secret itself gives, and are enough at both ends of a connection")
    func enough() async throws {
        for link in Link.all {
            let expected = try #require(Self.whole.keys(of: link))
            #expect(try Self.keys(link.connecting).keys(of: link)?.proof == expected.proof)
            #expect(try Self.keys(link.accepting).keys(of: link)?.encryption == expected.encryption)
        }
        for (ours, theirs) in [(Self.whole, try Self.keys(.notifier)), (try Self.keys(.worker), Self.whole), (try Self.keys(.worker), try Self.keys(.notifier))] {
            let server = try await TestServer.start(adjust: { $0.security.credential = theirs })
            let client = server.client(adjust: { $0.security.credential = ours })
            #expect(try await deliver(client, "x") == "x")
            await client.stop()
            try await server.stop()
        }
    }

    @Test("are of no use as another role")
    func other() async throws {
        for holder in Role.allCases {
            for link in Link.all where link.peer(of: holder) == nil {
                #expect(try Self.keys(holder).keys(of: link) == nil)
            }
        }
        #expect(try Self.keys(.gateway).derived(for: .worker) == nil)
        let server = try await TestServer.start(secret: "a secret of the cluster")
        // A scheduler's, who would be a worker to notifiers.
        let keys = try Self.keys(.scheduler)
        let client = server.client(adjust: { $0.security.credential = keys })
        let error = try await refusal(client, naming: ["keys of one role"])
        #expect(error.message.contains("do not include those of a worker that connects to a notifier"))
        await client.stop()
        try await server.stop()
    }

    @Test("of no two pairs of roles are alike, nor the two of one pair")
    func distinct() throws {
        let all = try Link.all.flatMap { link in
            let keys = try #require(Self.whole.keys(of: link))
            return [keys.proof, keys.encryption].map { $0.withUnsafeBytes { Array($0) } }
        }
        #expect(Set(all).count == all.count)
    }

    @Test("are these, as the specification has it")
    func vector() throws {
        // By Python's hmac, from Shared/Protos/README.md.
        let derived = try #require(ClusterCredential(secret: Array("a secret of the cluster".utf8)).derived(for: .gateway))
        #expect(derived.value == "task-scheduler-key:gateway:scheduler=04a8c1ee7fbe122f43e2db857a7a8b319d5e3c2ea43ee7a8d43d5007897606d6")
    }

    @Test("are read whole or not at all")
    func reading() throws {
        let good = try #require(Self.whole.derived(for: .worker)).value
        #expect(ClusterCredential(derived: Secret(good))?.role == .worker)
        for bad in [
            String(good.dropLast()), good + "0", good + ",", good.replacing("worker:", with: "gateway:"), good.replacing("worker:", with: "nobody:"),
            good.replacing("notifier=", with: "scheduler="), good.replacing("=", with: ":"), String(good.dropFirst()), "task-scheduler-key:worker:",
            good.replacing("=", with: "=g"), good.split(separator: ",")[0] + "",
        ] {
            #expect(ClusterCredential(derived: Secret(bad)) == nil, "\(bad)")
        }
    }
}

/// Answers a connection with bytes of its own, and keeps what it hears.
private final class Impostor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let says: [UInt8]
    private let hears: NIOLockedValueBox<[UInt8]>

    init(says: [UInt8], hears: NIOLockedValueBox<[UInt8]>) {
        self.says = says
        self.hears = hears
    }

    func channelActive(context: ChannelHandlerContext) { context.writeAndFlush(NIOAny(ByteBuffer(bytes: says)), promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        hears.withLockedValue { $0 += bytes }
    }
}
