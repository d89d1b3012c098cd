#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads and makes the file that holds the sealing keys.
enum KeyFile {
    /// The largest key file that is read, in bytes.
    static let sizeLimit = 64 << 10
    /// The most keys that a file may hold.
    static let keyLimit = 64
    static let keyBytes = 32

    // MARK: Reading

    static func read(_ path: String) throws(SealingError) -> [[UInt8]] {
        try parse(try contents(of: path), path: path)
    }

    private static func contents(of path: String) throws(SealingError) -> [UInt8] {
        // Non-blocking: a named pipe in its place must not hold up the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .keyFile("\(path): the key file cannot be opened (\(reason(errno))). Name one this process may read")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .keyFile("\(path): not a file. Name a file of keys")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .keyFile(
                "\(path): other users may use the key file (mode \(octal(status.st_mode & 0o777))). Run `chmod 600` on "
                    + "it, and think of its keys as known")
        }
        guard status.st_size <= sizeLimit else {
            throw .keyFile("\(path): the key file has \(status.st_size) bytes, at most \(sizeLimit) are read")
        }
        // One byte more, to notice a file that has grown meanwhile.
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1), count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count, off_t(count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .keyFile("\(path): the key file cannot be read (\(reason(errno)))") }
            if got == 0 { break }
            count += got
        }
        guard count <= sizeLimit else { throw .keyFile("\(path): the key file has more than \(sizeLimit) bytes") }
        return Array(bytes.prefix(count))
    }

    /// - Throws: errors that name lines by their number and never show them.
    private static func parse(_ bytes: [UInt8], path: String) throws(SealingError) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = trimmed(line)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            guard let key = decodeHexadecimal(text) ?? decodeBase64(text), key.count == keyBytes else {
                throw .keyFile(
                    "\(path): line \(index + 1) is not a key. Each line is 32 bytes as 64 hexadecimal digits or as "
                        + "base64 (`openssl rand -base64 32`)")
            }
            guard !keys.contains(key) else { throw .keyFile("\(path): line \(index + 1) repeats an earlier key") }
            guard keys.count < keyLimit else { throw .keyFile("\(path): more than \(keyLimit) keys") }
            keys.append(key)
        }
        guard !keys.isEmpty else {
            throw .keyFile("\(path): no key in the file. Write one in it (`openssl rand -base64 32`)")
        }
        return keys
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let head = line.drop(while: isBlank)
        return head.prefix((head.lastIndex { !isBlank($0) } ?? head.startIndex - 1) - head.startIndex + 1)
    }

    private static func decodeHexadecimal(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count == 2 * keyBytes else { return nil }
        var key: [UInt8] = [], high: UInt8?
        for character in text {
            guard character < 0x80, let digit = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            if let first = high {
                key.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        return key
    }

    private static func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        Data(base64Encoded: Data(text)).map(Array.init)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    // MARK: Making

    /// - Returns: `false` if there is a file of that name.
    static func create(_ path: String, key: [UInt8]) throws(SealingError) -> Bool {
        if access(path, F_OK) == 0 { return false }
        let draft = "\(path).\(getpid())-\(UInt64.random(in: 0 ... .max)).new"
        try write(Array((Data(key).base64EncodedString() + "\n").utf8), to: draft)
        defer { unlink(draft) }
        // Unlike a rename, a link never replaces a file that came into being meanwhile.
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw .keyFile("\(path): the key file cannot be made (\(reason(errno)))")
        }
        synchroniseDirectory(of: path)
        return true
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(SealingError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .keyFile(
                "\(path): the key file cannot be made (\(reason(errno))). Let this process's user write in its directory")
        }
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
            throw .keyFile("\(path): the key file cannot be written (\(reason(problem)))")
        }
    }

    /// Puts the new name on stable storage: a key that is lost takes all that it sealed with it.
    private static func synchroniseDirectory(of path: String) {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
