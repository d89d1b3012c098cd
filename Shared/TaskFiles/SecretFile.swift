public import Glibc

/// Files that hold a secret: for their owner only, and on stable storage before they are used.
public enum SecretFile {
    /// Reads a file that no others may use (``exposure(_:user:)``).
    /// - Parameter limit: bytes that the file may have at most.
    public static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        let (bytes, exposure) = try readIfExposed(path, limit: limit)
        if let exposure { throw exposure }
        return bytes
    }

    /// Reads a file that may hold a secret.
    /// - Parameter limit: bytes that the file may have at most.
    /// - Returns: its bytes, and why a secret in it would be refused, if it would.
    public static func readIfExposed(_ path: String, limit: Int) throws(FileFailure) -> (bytes: [UInt8], exposure: FileFailure?) {
        let contents = try SmallFile.contents(of: path, limit: limit)
        return (contents.bytes, exposure(contents.status))
    }

    /// Makes a file with these bytes and mode 0600 where there is none. It appears with its content or not at all, also if the machine
    /// stops half-way; of several processes that do this at once one makes it.
    /// - Returns: whether it was made; `false` if there is one of that name.
    public static func create(_ path: String, _ bytes: [UInt8]) throws(FileFailure) -> Bool {
        if access(path, F_OK) == 0 { return false }
        let draft = "\(path).\(getpid())-\(UInt64.random(in: 0 ... .max)).new"
        try write(bytes, to: draft)
        defer { unlink(draft) }
        // Unlike a rename, a link never replaces a file that came into being meanwhile.
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw .refused(errno)
        }
        synchroniseFolder(of: path)
        return true
    }

    /// Says how others than its owner and this process may use a file; `nil`: they may not.
    ///
    /// Its group may read it where it is another user's, as what an init system or an orchestrator mounts is: then this process reads it
    /// as one of the group.
    /// - Parameters:
    ///   - status: of the file.
    ///   - user: that this process runs as.
    public static func exposure(_ status: stat, user: uid_t = geteuid()) -> FileFailure? {
        let mode = status.st_mode & 0o777
        let refused: mode_t = status.st_uid == user ? 0o077 : 0o037
        return mode & refused == 0 ? nil : .exposed(mode: mode)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .refused(errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            written += count
        }
        let isWritten = written == bytes.count && fsync(descriptor) == 0
        let problem = errno
        guard close(descriptor) == 0, isWritten else {
            unlink(path)
            throw .refused(problem)
        }
    }

    /// Puts the new name on stable storage: a secret that is lost takes all that rests on it with it.
    private static func synchroniseFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
