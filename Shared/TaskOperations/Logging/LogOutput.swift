import Glibc

/// Where log lines go: a file descriptor, each line in one `write(2)`.
///
/// Up to `PIPE_BUF` (4096) bytes such a write is atomic on a pipe, so that the lines of several processes do not mix.
/// A descriptor that does not take a line loses it: logging never blocks on `EAGAIN` and never ends a service.
public struct LogOutput: Sendable {
    let descriptor: Int32

    public init(descriptor: Int32) { self.descriptor = descriptor }

    public static let standardError = LogOutput(descriptor: 2)

    var isTerminal: Bool { isatty(descriptor) == 1 }

    func write(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                offset += count
            }
        }
    }
}
