#if canImport(Glibc)
import Glibc
#endif

/// Lines for whoever started the process.
enum Output {
    static func line(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// The record on disk: lines are gathered and written in blocks.
final class RecordFile {
    private static let blockBytes = 64 << 10

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private var gathered: [UInt8] = []

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func append(_ line: String) {
        gathered.append(contentsOf: line.utf8)
        gathered.append(0x0A)
        if gathered.count >= Self.blockBytes { flush() }
    }

    func flush() {
        var written = 0
        while written < gathered.count {
            let count = gathered[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // A full disk loses lines of the record, not the stand-in.
            guard count > 0 else { break }
            written += count
        }
        gathered.removeAll(keepingCapacity: true)
    }
}
