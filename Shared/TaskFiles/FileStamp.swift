public import Glibc

/// What changes with a file. The time of the last change of any kind is part of it: programs that copy files set the other one back.
public struct FileStamp: Sendable, Hashable {
    private let device: UInt64, inode: UInt64, size: Int64
    private let modified: Moment, changed: Moment

    private struct Moment: Sendable, Hashable {
        let seconds: Int, nanoseconds: Int

        init(_ time: timespec) { (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec) }
    }

    public init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Moment(status.st_mtim)
        changed = Moment(status.st_ctim)
    }

    /// The stamp of the file of that name; `nil` where there is none to be seen.
    public init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
