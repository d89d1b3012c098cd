import Foundation
import Testing

extension ClusterSuite {
    /// Connections that ask for nothing, in numbers.
    @Suite("is not kept from its work by idle connections", .serialized)
    struct Crowds {
        @Test("10,000 idle connections to the API, and then to the scheduler: others are served, and memory is bounded", .timeLimit(.minutes(5)))
        func idle() throws {
            let cluster = try Cluster()
            // The test's own files and those that the service keeps for other things.
            let count = min(10_000, Self.raisedLimit() - 500)
            for (service, listener) in [(cluster.gateway, "api listening"), (cluster.scheduler, "wire listening")] {
                let address = try service.address(saidWith: listener)
                let before = try service.residentBytes
                let idle = IdleConnections(try #require(address.split(separator: ":").last.flatMap { UInt16($0) }), count: count)
                #expect(idle.opened >= count * 9 / 10, "\(service.name): \(idle.opened)")
                // Whoever comes now may wait for one of the last idle ones to be let go, or be told to come back, but not for longer.
                let started = ContinuousClock.now
                try Cluster.wait("a create beside idle connections") {
                    let answer = try HTTPConnection(cluster.api).post("/remind_me", Cluster.reminder(at: Cluster.now + 1_000, title: service.name))
                    #expect([201, 503].contains(answer.status), "\(answer.body)")
                    return answer.status == 201
                }
                let grown = try service.residentBytes - before
                print("\(service.name): \(idle.opened) idle connections, \(grown >> 20) MiB more, a create in \(ContinuousClock.now - started)")
                // A sanitizer takes as much again, and more.
                if !ServiceProcess.isSanitized { #expect(grown < 512 << 20, "\(service.name) has grown by \(grown >> 20) MiB") }
                idle.close()
            }
            _ = try cluster.create(Cluster.reminder(at: Cluster.now + 1_000, title: "afterwards"))
        }

        private static func raisedLimit() -> Int {
            var limit = rlimit()
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            guard getrlimit(files, &limit) == 0 else { return 1_024 }
            limit.rlim_cur = limit.rlim_max
            setrlimit(files, &limit)
            return Int(clamping: limit.rlim_max)
        }
    }
}

/// Many connections on which nothing is said.
private final class IdleConnections {
    private var sockets: [Int32] = []
    var opened: Int { sockets.count }

    init(_ port: UInt16, count: Int) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        for _ in 0..<count {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { break }
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            guard status == 0 else {
                Glibc.close(descriptor)
                break
            }
            sockets.append(descriptor)
        }
    }

    func close() {
        for descriptor in sockets { Glibc.close(descriptor) }
        sockets = []
    }

    deinit { close() }
}
