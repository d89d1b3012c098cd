import Glibc

/// The file of API keys: one a line, as `NAME SHA256 [admin] [rate=N]`.
///
/// - `NAME` is the caller's: 1 to 64 letters, digits, `.`, `_` or `-`. It may stand in several lines, each with a key
///   of its own, so that a key can be replaced: add the new one, give it to the caller, remove the old one.
/// - `SHA256` is of the key's bytes, without a line end: 64 hexadecimal digits. The file holds no keys.
/// - `admin`: whoever shows this key sees and changes what all callers made.
/// - `rate=N`: requests a second with this key, 0 for any number. Without it, `GATEWAY_RATE_LIMIT`.
///
/// Words are separated by blanks. Empty lines, and those whose first word begins with `#`, are skipped. UTF-8.
///
/// A key must not be guessable, since nothing slows down guessing by someone who has the file. This makes one of 256
/// random bits and adds its line to the file `keys`:
///
/// ```sh
/// key=$(openssl rand -hex 32); printf 'NAME %s\n' "$(printf %s "$key" | sha256sum | cut -d' ' -f1)" >> keys
/// ```
struct APIKeyFile: Sendable {
    /// The largest file in bytes, the most keys in it, and the longest name in bytes.
    static let maxBytes = 1 << 20, maxKeys = 10_000, maxNameBytes = 64

    /// As in the doc comment above.
    static let howToMake =
        #"key=$(openssl rand -hex 32); printf 'NAME %s\n' "$(printf %s "$key" | sha256sum | cut -d' ' -f1)" >> keys"#

    /// Why there are no keys from the file.
    enum Failure: Error, Sendable, CustomStringConvertible {
        /// The system refuses.
        case unreadable(String)
        /// Its contents are not what they must be.
        case fault(String)

        var description: String {
            switch self {
            case .unreadable(let reason): "cannot be read: \(reason)"
            case .fault(let fault): fault
            }
        }
    }

    /// What changes with the file. The time of the last change of any kind is part of it: programs that copy files set
    /// the other one back.
    struct Stamp: Sendable, Hashable {
        fileprivate let device: UInt64, inode: UInt64, size: Int64
        fileprivate let modified: [Int], changed: [Int]

        fileprivate init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
            changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }
    }

    /// The file as a look from outside shows it.
    enum Sight: Sendable, Hashable {
        case file(Stamp)
        case nothing(reason: String)
    }

    struct Contents: Sendable {
        let keys: [APIKey]
        /// After the last byte was read.
        let stamp: Stamp
        /// What is wrong with who may use the file, for a warning.
        let exposure: String?
    }

    let path: String

    init(_ path: String) { self.path = path }

    func look() -> Sight {
        var status = stat()
        guard stat(path, &status) == 0 else { return .nothing(reason: Self.reason(errno)) }
        return .file(Stamp(status))
    }

    func read() throws(Failure) -> Contents {
        // Non-blocking: a named pipe in its place must not hold up anything.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(Self.reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(Self.reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .fault("is not a file; name a file of keys") }
        let bytes = try Self.bytes(of: descriptor)
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(Self.reason(errno)) }
        return Contents(
            keys: try APIKeyLines.parse(bytes), stamp: Stamp(status), exposure: Self.exposure(status.st_mode))
    }

    private static func bytes(of descriptor: Int32) throws(Failure) -> [UInt8] {
        // One byte more than may be there, to notice a file that is larger.
        var bytes = [UInt8](repeating: 0, count: maxBytes + 1), count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count, off_t(count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(reason(errno)) }
            if got == 0 { break }
            count += got
        }
        guard count <= maxBytes else { throw .fault("has more than \(maxBytes) bytes; make it smaller") }
        return Array(bytes.prefix(count))
    }

    private static func exposure(_ mode: mode_t) -> String? {
        if mode & 0o022 != 0 {
            return "others than its owner may change it, and so give themselves keys; run chmod 600 on it"
        }
        if mode & 0o044 != 0 {
            return "others than its owner may read it, which tells them who calls, though no key; run chmod 600 on it"
        }
        return nil
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
