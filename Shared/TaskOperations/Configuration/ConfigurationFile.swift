import TaskFiles

/// The file named by `--config`: lines `NAME=value`, as Docker's `--env-file` and systemd's `EnvironmentFile=` read them.
///
/// Blank lines and lines that begin with `#` are skipped, blanks around the name and the value are dropped, and so is a
/// pair of quotes around the value. There are no escapes, no continuation lines and no variables.
struct ConfigurationFile: Sendable {
    struct Entry: Sendable, Hashable {
        let text: String
        let line: Int
    }

    /// The largest file in bytes.
    static let maxBytes = 1 << 20

    let path: String
    let entries: [String: Entry]
    /// Why no secret may stand in it, if none may.
    private(set) var exposure: FileFailure?

    init(path: String) throws(ConfigurationError) {
        let bytes: [UInt8], exposure: FileFailure?
        do throws(FileFailure) { (bytes, exposure) = try SecretFile.readIfExposed(path, limit: Self.maxBytes) } catch {
            throw ConfigurationError("--config was \"\(path)\", which cannot be read: \(error.reason)")
        }
        try self.init(path: path, bytes: bytes)
        self.exposure = exposure
    }

    /// - Throws: an error that names the line; never what stands in it, which may be a secret.
    init(path: String, bytes: [UInt8]) throws(ConfigurationError) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ConfigurationError("\(path) is not UTF-8 text") }
        var entries: [String: Entry] = [:]
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let number = index + 1
            let line = Trim.blanks(Substring(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw ConfigurationError("\(path) line \(number) must be NAME=value, a comment beginning with #, or empty")
            }
            let name = Trim.blanks(line[..<equals])
            let value = Self.unquoted(Trim.blanks(line[line.index(after: equals)...]))
            if let earlier = entries.updateValue(Entry(text: value, line: number), forKey: name) {
                throw ConfigurationError("\(path) line \(number): \(name) stands in line \(earlier.line) already; keep one")
            }
        }
        self.path = path
        self.entries = entries
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'", text.last == first else { return text }
        return String(text.dropFirst().dropLast())
    }
}
