public import Glibc

/// Why a file was not read or made.
public enum FileFailure: Error, Sendable, Hashable {
    /// The system refuses, in its words.
    case refused(String)
    /// A folder, a pipe or a device stands in its place.
    case notAFile
    /// It has more bytes than are read.
    case tooLarge(limit: Int)
    /// It holds a secret, and others may use it.
    case exposed(mode: UInt32)

    /// Completes "which cannot be read: …".
    public var reason: String {
        switch self {
        case .refused(let reason): reason
        case .notAFile: "it is not a file"
        case .tooLarge(let limit): "it is larger than \(limit) bytes"
        case .exposed(let mode):
            "other users may use it (mode \(Self.octal(mode))); run chmod 600 on it, and think of what it holds as known"
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func refused(_ code: Int32) -> FileFailure { .refused(String(cString: strerror(code))) }
}

/// Small files read whole.
public enum SmallFile {
    public struct Contents {
        public let bytes: [UInt8]
        /// After the last byte was read.
        public let status: stat
    }

    private static let chunkBytes = 16 << 10

    /// - Parameter limit: bytes that the file may have at most.
    public static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] { try contents(of: path, limit: limit).bytes }

    /// - Parameter limit: bytes that the file may have at most.
    public static func contents(of path: String, limit: Int) throws(FileFailure) -> Contents {
        // Non-blocking: a named pipe in its place must not hold up anything.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .refused(errno) }
        defer { close(descriptor) }
        guard try status(of: descriptor).st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: chunkBytes)
        // By its bytes, not by the size it shows: files of /proc show none, and others may grow meanwhile.
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .refused(errno) }
            if count == 0 { return Contents(bytes: bytes, status: try status(of: descriptor)) }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func status(of descriptor: Int32) throws(FileFailure) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .refused(errno) }
        return status
    }
}
