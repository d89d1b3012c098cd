#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

import TaskDomain
import TaskFiles

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
        do throws(FileFailure) { return try SecretFile.read(path, limit: sizeLimit) } catch {
            switch error {
            case .refused(let reason):
                throw .keyFile("\(path): the key file cannot be opened (\(reason)). Name one this process may read")
            case .notAFile: throw .keyFile("\(path): not a file. Name a file of keys")
            case .tooLarge: throw .keyFile("\(path): the key file has more than \(sizeLimit) bytes")
            case .exposed: throw .keyFile("\(path): \(error.reason)")
            }
        }
    }

    /// - Throws: errors that name lines by their number and never show them.
    private static func parse(_ bytes: [UInt8], path: String) throws(SealingError) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = trimmed(line)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            guard let key = Hexadecimal.bytes(text) ?? decodeBase64(text), key.count == keyBytes else {
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

    private static func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        Data(base64Encoded: Data(text)).map(Array.init)
    }

    // MARK: Making

    /// - Returns: `false` if there is a file of that name.
    static func create(_ path: String, key: [UInt8]) throws(SealingError) -> Bool {
        do throws(FileFailure) { return try SecretFile.create(path, Array((Data(key).base64EncodedString() + "\n").utf8)) } catch {
            throw .keyFile("\(path): the key file cannot be made (\(error.reason)). Let this process's user write in its directory")
        }
    }
}
