import Glibc
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// What rpc-benchmark measures, with grpc-swift-2: unary calls a second over one connection, with so many under way. Client and
/// server are in one process, as there. The messages are bytes of the same number, packed already: nothing is to be read.
@main
enum Peer {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard numbers.count >= 3 else {
            print("usage: grpc-peer REQUEST_BYTES REPLY_BYTES CALLS [UNDER_WAY…]")
            exit(64)
        }
        let echo = Echo(reply: Array(repeating: 7, count: numbers[1]))
        let server = GRPCServer(
            transport: .http2NIOPosix(address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext), services: [echo])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            guard let port = try await server.listeningAddress?.ipv4?.port else { exit(1) }
            let transport = try HTTP2ClientTransport.Posix(
                target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            try await withGRPCClient(transport: transport) { client in
                let request = [UInt8](repeating: 7, count: numbers[0])
                _ = try await run(client, request, calls: numbers[2] / 10, underWay: 16)
                var results: [String] = []
                for underWay in numbers.dropFirst(3) {
                    let calls = underWay == 1 ? numbers[2] / 10 : numbers[2]
                    let rate = try await run(client, request, calls: calls, underWay: underWay)
                    results.append("\"\(underWay)\": \(rate)")
                }
                print("{\(results.joined(separator: ", "))}")
            }
            server.beginGracefulShutdown()
            try await group.waitForAll()
        }
    }

    /// - Returns: calls a second.
    private static func run(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>, _ request: [UInt8], calls: Int, underWay: Int
    ) async throws -> Int {
        let clock = ContinuousClock(), start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<underWay {
                group.addTask {
                    for _ in 0..<calls / underWay {
                        _ = try await client.unary(
                            request: ClientRequest(message: request), descriptor: Echo.method, serializer: Packed(),
                            deserializer: Packed(), options: .defaults
                        ) { try $0.message.count }
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = Double((clock.now - start) / .nanoseconds(1)) / 1e9
        return Int(Double(calls / underWay * underWay) / seconds)
    }
}

/// Answers every request with the same reply.
struct Echo: RegistrableRPCService {
    static let method = MethodDescriptor(fullyQualifiedService: "benchmark.Notifier", method: "Deliver")
    let reply: [UInt8]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(forMethod: Self.method, deserializer: Packed(), serializer: Packed()) { request, _ in
            for try await message in request.messages { precondition(!message.isEmpty) }
            return StreamingServerResponse(single: ServerResponse(message: reply))
        }
    }
}

/// A message is its bytes.
struct Packed: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ serialized: Bytes) throws -> [UInt8] {
        serialized.withUnsafeBytes { Array($0) }
    }
}
