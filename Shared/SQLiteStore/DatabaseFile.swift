import Storage
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The database's file and the claim of this process on it.
///
/// Beside `<path>` lies `<path>.lock`, on which the process that uses the database holds an exclusive `flock` and in
/// which it writes its process id. The kernel drops the lock with the process, however it ends.
final class DatabaseFile: Sendable {
    /// Absolute, or beginning with `./`.
    let path: String
    /// The descriptor that holds the lock; -1 when it was given up.
    private let lock: Atomic<Int32>

    /// Creates what is missing (directories 0700, files 0600) and takes the lock.
    init(path given: String) throws(StoreError) {
        guard !given.isEmpty, !given.hasSuffix("/"), !given.utf8.contains(0) else {
            throw .unusable("\"\(given)\" is not the name of a file. Name the database's file")
        }
        path = given.hasPrefix("/") ? given : "./" + given
        try DatabaseFile.createDirectory(of: path)
        let descriptor = try DatabaseFile.takeLock(path + ".lock", database: path)
        lock = Atomic(descriptor)
        do throws(StoreError) { try DatabaseFile.createFile(path) } catch {
            release()
            throw error
        }
    }

    deinit { release() }

    /// Puts an empty file in the place of the database, whose lock this one keeps. Nobody has it open.
    func makeAnew() throws(StoreError) {
        for suffix in ["-wal", "-shm", ""] where unlink(path + suffix) != 0 && errno != ENOENT {
            throw .unavailable("\(path)\(suffix): cannot be removed (\(DatabaseFile.reason(errno)))")
        }
        try DatabaseFile.createFile(path)
    }

    /// Bytes that the file's disk has in all, and how many of them this process may still write; none where it does not say.
    var disk: (free: Int64, capacity: Int64) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return (0, 0) }
        let unit = Int64(clamping: status.f_frsize)
        return (Int64(clamping: status.f_bavail) * unit, Int64(clamping: status.f_blocks) * unit)
    }

    /// Lets another process use the database.
    func release() {
        let descriptor = lock.exchange(-1, ordering: .acquiringAndReleasing)
        if descriptor >= 0 { close(descriptor) }
    }

    private static func createDirectory(of path: String) throws(StoreError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        var directory = path.hasPrefix("/") ? "" : ".", first = true
        for part in parts {
            let parent = directory.isEmpty ? "/" : directory
            if first, part == "." { first = false; continue }
            first = false
            directory += "/" + part
            let refused = mkdir(directory, 0o700) == 0 ? 0 : errno
            if refused == 0 {
                synchronise(parent)
            } else if refused != EEXIST, access(directory, X_OK) != 0 {
                throw .unavailable(
                    "\(directory): the directory cannot be created (\(reason(refused))). Create it, or let this "
                        + "process's user do so")
            }
        }
    }

    /// Puts a new directory entry on stable storage.
    private static func synchronise(_ directory: String) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func takeLock(_ lockPath: String, database: String) throws(StoreError) -> Int32 {
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable(
                "\(lockPath): cannot be opened (\(reason(errno))). Let this process's user write in that directory")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let refused = errno
            var text = [UInt8](repeating: 0, count: 20)
            let count = text.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
            close(descriptor)
            guard refused == EWOULDBLOCK else {
                throw .unavailable(
                    "\(lockPath): cannot be locked (\(reason(refused))). Keep the database on a local disk")
            }
            let owner = String(decoding: text.prefix(max(0, count)).prefix { (48...57).contains($0) }, as: UTF8.self)
            throw .inUse(
                "\(database): in use by another scheduler (process \(owner.isEmpty ? "unknown" : owner)). One SQLite "
                    + "database serves one scheduler: stop the other, or name another file")
        }
        let mark = Array("\(getpid())\n".utf8)
        // Only for the message above: the lock holds without it, also on a full disk.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, mark, mark.count, 0) }
        return descriptor
    }

    private static func createFile(_ path: String) throws(StoreError) {
        // SQLite gives its -wal and -shm files the permissions of the database.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable(
                "\(path): cannot be opened (\(reason(errno))). Let this process's user read and write the file and "
                    + "its directory")
        }
        close(descriptor)
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
