import Foundation

/// A socket on which a server of an earlier version lets everyone in, and says no more.
final class OldServer: Sendable {
    let folder = "/tmp/old-\(UUID().uuidString.prefix(8))"
    private let listener: Int32

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0, SocketFolder.withAddress(folder, { [listener] in bind(listener, $0, $1) }) == 0, listen(listener, 1) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        Thread.detachNewThread { [listener] in
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 1_024)
            _ = read(client, &buffer, buffer.count)
            _ = send(client, Self.greeting, Self.greeting.count, Int32(MSG_NOSIGNAL))
            while read(client, &buffer, buffer.count) > 0 {}
            Glibc.close(client)
        }
    }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The user is let in, the server's parameters, its process, and that it is ready.
    private static let greeting: [UInt8] = {
        func message(_ type: Character, _ body: [UInt8]) -> [UInt8] {
            let length = UInt32(body.count + 4)
            return Array(String(type).utf8) + withUnsafeBytes(of: length.bigEndian) { Array($0) } + body
        }
        let parameters = ["server_version": "14.9", "in_hot_standby": "off", "default_transaction_read_only": "off", "client_encoding": "UTF8"]
        return message("R", [0, 0, 0, 0]) + parameters.flatMap { message("S", Array($0.key.utf8) + [0] + Array($0.value.utf8) + [0]) }
            + message("K", [0, 0, 0, 1, 0, 0, 0, 1]) + message("Z", Array("I".utf8))
    }()
}

/// The address of a server's socket, by the folder that it lies in.
enum SocketFolder {
    static func withAddress(_ folder: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder)/.s.PGSQL.5432".utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
