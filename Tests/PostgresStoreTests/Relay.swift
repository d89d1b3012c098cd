import Foundation
import Synchronization

/// A socket, closed once no thread uses it: closed earlier, its number would be the next one's, which the thread that ends
/// last would shut down, or accept from.
private final class Socket: Sendable {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// A socket between a store and its server, which can lose the answer to a commit together with its connection, or the connection
/// alone.
final class Relay: Sendable {
    let folder = "/tmp/relay-\(UUID().uuidString.prefix(8))"
    private let server: String
    private let listener: Socket
    private let losing = Mutex(0), cutting = Mutex(0)

    /// What becomes of bytes that came.
    private enum Fate {
        case passed
        /// With the connection.
        case lost
        /// And then the connection is lost.
        case passedLast
    }

    /// - Parameter server: the folder of the server's socket.
    init(to server: String) throws {
        self.server = server
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let listener = Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        self.listener = listener
        guard SocketFolder.withAddress(folder, { bind(listener.descriptor, $0, $1) }) == 0, listen(listener.descriptor, 8) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener.descriptor, nil, nil)
                guard client >= 0 else { return }
                join(client)
            }
        }
    }

    /// Ends it; what is connected stays so.
    func close() {
        listener.shutDown()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The answers to the next commits are lost.
    func lose(_ count: Int) { losing.withLock { $0 = count } }

    /// The connections are lost right behind the answers to the next commits.
    func cut(_ count: Int) { cutting.withLock { $0 = count } }

    private static func isNext(_ left: borrowing Mutex<Int>) -> Bool {
        left.withLock { count in
            guard count > 0 else { return false }
            count -= 1
            return true
        }
    }

    private func join(_ client: Int32) {
        let upstream = Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        let client = Socket(client)
        guard SocketFolder.withAddress(server, { connect(upstream.descriptor, $0, $1) }) == 0 else { return }
        Thread.detachNewThread { Self.pass(client, upstream) { _ in .passed } }
        Thread.detachNewThread { [self] in
            Self.pass(upstream, client) { bytes in
                // The server's word for a transaction that took effect.
                guard bytes.firstRange(of: Array("COMMIT\0".utf8)) != nil else { return .passed }
                if Self.isNext(losing) { return .lost }
                return Self.isNext(cutting) ? .passedLast : .passed
            }
        }
    }

    private static func pass(_ from: Socket, _ to: Socket, _ fate: (ArraySlice<UInt8>) -> Fate) {
        var bytes = [UInt8](repeating: 0, count: 65_536), next = Fate.passed
        while next == .passed {
            let count = read(from.descriptor, &bytes, bytes.count)
            guard count > 0 else { break }
            next = fate(bytes[..<count])
            if next == .lost { break }
            var sent = 0
            while sent < count {
                let written = bytes[sent..<count].withUnsafeBytes { send(to.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        from.shutDown()
        to.shutDown()
    }
}
