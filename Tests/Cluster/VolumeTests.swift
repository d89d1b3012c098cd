import Foundation
import Synchronization
import Testing

extension ClusterSuite {
    @Suite("holds its memory", .serialized)
    struct Volume {
        /// What a gateway takes beside the memory for bodies: itself, what is read from each connection before it is looked at, and what
        /// the allocator has not given back, which on a busy machine is more. The whole is far below the 512 MiB of its container.
        private static let base = 128 << 20

        private static let head =
            "POST /reminders/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

        @Test("300 callers that send 2.9 MiB of a batch and wait, or a batch of zeros, do not have the gateway grow beyond its bounds")
        func slowCallers() throws {
            let cluster = try Cluster()
            let blanks = [UInt8](repeating: 0x20, count: 2_900_000)
            let known = Array((Self.head + "Content-Length: 3145728\r\n\r\n").utf8)
            let chunked = Array((Self.head + "Transfer-Encoding: chunked\r\n\r\n\(String(3_000_000, radix: 16))\r\n").utf8)
            var callers: [HTTPConnection] = [], most = 0
            for number in 0..<300 {
                let caller = try HTTPConnection(cluster.api)
                callers.append(caller)
                try caller.send((number.isMultiple(of: 2) ? known : chunked) + blanks)
                if number.isMultiple(of: 20) { _ = try cluster.create(Cluster.reminder(at: Cluster.now + 3_600)) }
                most = max(most, try cluster.gateway.residentBytes)
            }
            let zeros = Array(("{\"create\":[" + String(repeating: "0,", count: 1_500_000) + "0]}").utf8)
            let all = Array((Self.head + "Content-Length: \(zeros.count)\r\n\r\n").utf8) + zeros
            for _ in 0..<20 {
                let caller = try HTTPConnection(cluster.api)
                callers.append(caller)
                try caller.send(all)
                most = max(most, try cluster.gateway.residentBytes)
            }
            // Meanwhile it reads what was sent, as far as it reads it.
            for _ in 0..<200 {
                _ = try cluster.create(Cluster.reminder(at: Cluster.now + 3_600))
                most = max(most, try cluster.gateway.residentBytes)
            }
            guard !ServiceProcess.isSanitized else { return }
            #expect(most < (64 << 20) + Self.base, "\(most >> 20) MiB")
        }

        @Test("as many of the longest batches as callers like to send are carried out or refused, within the same bounds")
        func longBatches() throws {
            let cluster = try Cluster()
            // Lists of one number take the most memory for their bytes.
            let lists = Array(repeating: "[0]", count: 90).joined(separator: ",")
            let item = #"{"task":"t","start_datetime":4000000000,"kwargs":{"a":[\#(lists)],"b":"\#(String(repeating: "x", count: 2_600))"}}"#
            let batch = "{\"create\":[" + Array(repeating: item, count: 1_000).joined(separator: ",") + "]}"
            let statuses = Statuses(), address = cluster.api, callers = 16, each = 3
            for _ in 0..<callers {
                Thread.detachNewThread {
                    for _ in 0..<each {
                        let status = (try? HTTPConnection(address).post("/reminders/batch", batch).status) ?? 0
                        statuses.counts.withLock { $0[status, default: 0] += 1 }
                    }
                }
            }
            var most = 0
            try Cluster.wait("all to be answered", within: 120) {
                most = max(most, try cluster.gateway.residentBytes)
                return statuses.counts.withLock { $0.values.reduce(0, +) } == callers * each
            }
            let counts = statuses.counts.withLock { $0 }
            // A gateway that is busy for long takes those for slow whom it does not read from.
            #expect(counts[200, default: 0] > 0 && counts.keys.allSatisfy { [200, 503, 408].contains($0) }, "\(counts)")
            guard !ServiceProcess.isSanitized else { return }
            #expect(most < (64 << 20) + Self.base, "\(most >> 20) MiB")
        }
    }
}

/// How often each status was answered; threads count on their own.
private final class Statuses: Sendable {
    let counts = Mutex<[Int: Int]>([:])
}
