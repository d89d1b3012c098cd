import CSQLite
import Storage
import TaskDomain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Copies a database into one file of its own while a scheduler uses it.
///
/// The copy is of one moment: of when it began, with everything that was confirmed by then. A read transaction holds that moment in
/// the write-ahead log, so commits go on meanwhile; the log, which cannot be cut before the end, grows by what they write. The copy
/// is made under another name, checked with `PRAGMA integrity_check`, put on stable storage, and only then gets its own name.
public struct SQLiteBackup {
    /// What a backup came to.
    public struct Summary: Sendable, Hashable {
        public var bytes: Int64
        public var reminders: Int
        /// How many stored credentials begin with these bytes, the version and the id of the key that sealed them.
        public var credentials: [[UInt8]: Int]
    }

    /// Pages of 4 KiB that are copied between two looks at how far it is.
    static let pagesAtOnce: Int32 = 2_048

    let source: String
    let target: String
    private let draft: String

    /// - Parameters:
    ///   - source: the database's file.
    ///   - target: the file to make. There must be none of that name.
    public init(of source: String, to target: String) {
        func plain(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }
        self.source = plain(source)
        self.target = plain(target)
        draft = "\(plain(target)).\(getpid()).partial"
    }

    /// Makes the copy.
    /// - Parameters:
    ///   - prefix: bytes of each stored credential by which they are counted.
    ///   - progress: told how many bytes of how many are copied.
    /// - Throws: `.unavailable` with one line that names the file at fault. Nothing is left of the copy then.
    public func run(
        credentialPrefix prefix: Int, progress: (_ copied: Int64, _ total: Int64) -> Void
    ) throws(StoreError) -> Summary {
        guard access(source, F_OK) == 0 else { throw .unavailable("\(source): there is no such store (\(BackupFile.reason(errno)))") }
        guard access(target, F_OK) != 0 else { throw .unavailable("\(target): there is a file of that name. Name another, or move it away") }
        try BackupFile.create(draft, for: target)
        defer { unlink(draft) }
        try copy(progress)
        let summary = try examine(prefix)
        try BackupFile.publish(draft, as: target)
        return summary
    }

    // MARK: Copying

    private func copy(_ progress: (_ copied: Int64, _ total: Int64) -> Void) throws(StoreError) {
        let from = try Connection.moment(of: source), to: Connection, pageBytes: Int64
        do throws(SQLiteFailure) {
            pageBytes = try from.integer("PRAGMA page_size") ?? 4_096
            to = try Connection(path: draft, busyTimeoutMilliseconds: 0)
            try to.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        } catch {
            throw fault(error)
        }
        guard let backup = sqlite3_backup_init(to.handle, "main", from.handle, "main") else {
            throw fault(SQLiteFailure(code: sqlite3_extended_errcode(to.handle), connection: to.handle))
        }
        var code = SQLITE_OK
        repeat {
            let took = ContinuousClock().measure { code = sqlite3_backup_step(backup, Self.pagesAtOnce) }
            let total = Int64(sqlite3_backup_pagecount(backup))
            progress((total - Int64(sqlite3_backup_remaining(backup))) * pageBytes, total * pageBytes)
            // At most half of the disk's time is the copy's, so that commits are slowed within bounds.
            if code == SQLITE_OK { usleep(UInt32(clamping: took.wholeMicroseconds)) }
        } while code == SQLITE_OK
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            throw fault(SQLiteFailure(code: code == SQLITE_DONE ? end : code, connection: to.handle))
        }
        // The copy says it has a write-ahead log; without it is one file, and can be read where nothing can be written.
        do throws(SQLiteFailure) { try to.execute("PRAGMA journal_mode = DELETE") } catch { throw fault(error) }
    }

    private func fault(_ failure: SQLiteFailure) -> StoreError {
        guard failure.primary == SQLITE_FULL else { return failure.storeError(path: target) }
        return .unavailable("\(target): no space left on its disk. Free some, or name a file on another disk")
    }

    // MARK: Checking

    private func examine(_ prefix: Int) throws(StoreError) -> Summary {
        do throws(SQLiteFailure) {
            let copy = try Connection(path: draft, busyTimeoutMilliseconds: 0)
            let check = try copy.prepare("PRAGMA integrity_check(1)")
            let verdict = try check.step() ? check.text(0) : nil
            check.reset()
            guard verdict == "ok" else { throw SQLiteFailure(code: SQLITE_CORRUPT, message: verdict ?? "integrity_check failed") }
            let census = try CredentialCensus.take(on: copy, prefix: prefix)
            var summary = Summary(bytes: 0, reminders: census.reminders, credentials: census.credentials)
            summary.bytes = (try copy.integer("PRAGMA page_count") ?? 0) * (try copy.integer("PRAGMA page_size") ?? 0)
            return summary
        } catch {
            // What was copied is as the store itself is.
            throw error.primary == SQLITE_CORRUPT ? error.storeError(path: source) : fault(error)
        }
    }
}

/// The file that a backup is written to.
enum BackupFile {
    /// Makes the empty file, for its owner only.
    static func create(_ draft: String, for target: String) throws(StoreError) {
        let descriptor = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable("\(target): cannot be made (\(reason(errno))). Name a file in a folder in which this user may write")
        }
        close(descriptor)
    }

    /// Puts the draft on stable storage and gives it its name, which no other file must have got meanwhile.
    static func publish(_ draft: String, as target: String) throws(StoreError) {
        let descriptor = open(draft, O_RDONLY | O_CLOEXEC)
        let isSafe = descriptor >= 0 && fsync(descriptor) == 0
        let problem = errno
        if descriptor >= 0 { close(descriptor) }
        guard isSafe else { throw .unavailable("\(target): cannot be put on stable storage (\(reason(problem)))") }
        // Unlike a rename, a link never replaces a file. Not every file system has links.
        if link(draft, target) != 0 {
            guard [EPERM, EOPNOTSUPP, ENOSYS].contains(errno), access(target, F_OK) != 0, rename(draft, target) == 0 else {
                throw .unavailable("\(target): cannot get its name (\(reason(errno)))")
            }
        }
        let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
