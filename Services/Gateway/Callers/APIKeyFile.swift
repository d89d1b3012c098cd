import Glibc
import TaskFiles

/// The file of API keys: one a line, as `NAME SHA256 [viewer|operator|admin] [rate=N] [pending=M] [queues=A,B]`.
///
/// - `NAME` is the caller's: 1 to 64 letters, digits, `.`, `_` or `-`. It may stand in several lines, each with a key
///   of its own, so that a key can be replaced: add the new one, give it to the caller, remove the old one.
/// - `SHA256` is of the key's bytes, without a line end: 64 hexadecimal digits. The file holds no keys.
/// - `viewer`, `operator`, `admin`: the caller's ``Role``. Without it, whoever shows this key sees and changes what it made.
/// - `rate=N`: requests a second with this key, 0 for any number. Without it, `GATEWAY_RATE_LIMIT`. Each item of a
///   batch counts as one.
/// - `pending=M`: reminders that this caller may have, scheduled or paused, whichever key made them, when it makes another with this key.
///   Without it, any number.
/// - `queues=A,B`: the queues that whoever shows this key may name, and sees. Without it, any.
///
/// Words are separated by blanks. Empty lines, and those whose first word begins with `#`, are skipped. UTF-8. A line that cannot be read
/// is left out, so that what is changed in the others counts all the same.
///
/// A file that is written in place has fewer keys while that lasts: put a whole one in its place, by `mv`.
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
    /// Queues that one line may name.
    static let maxQueues = 100

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

    /// The file as a look from outside shows it.
    enum Sight: Sendable, Hashable {
        case file(FileStamp)
        case nothing(reason: String)
    }

    struct Contents: Sendable {
        let keys: [APIKey]
        /// How many lines were left out, and what is wrong with the first of them, in their order.
        let leftOut: Int, faults: [String]
        /// After the last byte was read.
        let stamp: FileStamp
        /// What is wrong with who may use the file, for a warning.
        let exposure: String?
    }

    let path: String

    init(_ path: String) { self.path = path }

    func look() -> Sight {
        var status = stat()
        guard stat(path, &status) == 0 else { return .nothing(reason: Self.reason(errno)) }
        return .file(FileStamp(status))
    }

    func read() throws(Failure) -> Contents {
        let contents: SmallFile.Contents
        do throws(FileFailure) { contents = try SmallFile.contents(of: path, limit: Self.maxBytes) } catch {
            switch error {
            case .refused(let reason): throw .unreadable(reason)
            case .notAFile: throw .fault("is not a file; name a file of keys")
            // It holds digests, and is read all the same; see `exposure`.
            case .exposed: throw .unreadable(error.reason)
            case .tooLarge: throw .fault("has more than \(Self.maxBytes) bytes; make it smaller")
            }
        }
        let lines = APIKeyLines(contents.bytes)
        return Contents(
            keys: lines.keys, leftOut: lines.leftOut, faults: lines.faults, stamp: FileStamp(contents.status), exposure: Self.exposure(contents.status.st_mode))
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
