import Glibc

/// The name of this machine, as people know it.
enum HostName {
    /// POSIX allows no longer one (`HOST_NAME_MAX`).
    private static let maxBytes = 255

    /// `gethostname(2)`; empty where there is none.
    static var own: String {
        var bytes = [CChar](repeating: 0, count: maxBytes + 1)
        guard gethostname(&bytes, maxBytes) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
