import Glibc

/// Small files read whole.
enum SmallFile {
    /// Why a file was not read, in the system's words or ours.
    struct Failure: Error { let reason: String }

    private static let chunkBytes = 16 << 10

    /// - Parameter limit: bytes that the file may have at most.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        // Non-blocking: a named pipe in its place must not hold up the start.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(reason: "it is not a file") }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw Failure(reason: "it is larger than \(limit) bytes") }
        }
    }
}
