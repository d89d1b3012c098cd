import TaskDomain

/// The lines of an ``APIKeyFile``.
struct APIKeyLines {
    /// The keys of the good lines, in their order.
    private(set) var keys: [APIKey] = []
    /// What is wrong with the first ``maxFaults`` others, in their order. Each names its line by its number and never shows what stands in
    /// it, which may be a key that was put there by mistake.
    private(set) var faults: [String] = []
    /// How many others there are.
    private(set) var leftOut = 0

    static let maxFaults = 10

    /// The fault of a file without a good line.
    static let noKey = "has no key in it, so that nobody can call. \(form)"

    private static let form =
        "A line is NAME SHA256 [viewer|operator|admin] [rate=N] [pending=M] [queues=A,B]; to make a key and its line: \(APIKeyFile.howToMake)"

    private struct Fault: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    init(_ bytes: [UInt8]) {
        var lines: [APIKeyDigest: Int] = [:]
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            do throws(Fault) {
                guard let key = try Self.key(line) else { continue }
                if let earlier = lines[key.digest] { throw Fault("has the key that line \(earlier) has already; keep one") }
                guard keys.count < APIKeyFile.maxKeys else {
                    throw Fault("is one key too many, at most \(APIKeyFile.maxKeys) are read")
                }
                lines[key.digest] = number
                keys.append(key)
            } catch {
                leftOut += 1
                if faults.count < Self.maxFaults { faults.append("line \(number) \(error.text). \(Self.form)") }
            }
        }
    }

    /// `nil`: the line has no key, as it is empty or a comment.
    private static func key(_ line: ArraySlice<UInt8>) throws(Fault) -> APIKey? {
        guard String(validating: line, as: UTF8.self) != nil else { throw Fault("is not UTF-8 text") }
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        guard let first = words.first, first.first != UInt8(ascii: "#") else { return nil }
        guard isName(first) else {
            throw Fault("must begin with a name of 1 to \(APIKeyFile.maxNameBytes) letters, digits, '.', '_' or '-'")
        }
        guard words.count > 1, let digest = APIKeyDigest(hexadecimal: words[1]) else {
            throw Fault("must have the SHA-256 of the key after the name, as 64 hexadecimal digits")
        }
        var role: Role?, rate: Int?, pending: Int?, queues: Set<String>?
        for word in words[2...] {
            if role == nil, let known = self.role(word) {
                role = known
            } else if rate == nil, let number = self.number(word, after: "rate=", RequestBucket.rates) {
                rate = number
            } else if pending == nil, let number = self.number(word, after: "pending=", ReminderLimits.pending) {
                pending = number
            } else if queues == nil, let names = self.queues(word) {
                queues = names
            } else {
                throw Fault(
                    "may have only one of viewer, operator and admin, and rate=N, pending=M and queues=A,B after the SHA-256, each once, "
                        + "N a whole number from \(RequestBucket.rates.lowerBound) to \(RequestBucket.rates.upperBound), M one from "
                        + "\(ReminderLimits.pending.lowerBound) to \(ReminderLimits.pending.upperBound), A and B names of queues, "
                        + "at most \(APIKeyFile.maxQueues)")
            }
        }
        let caller = Caller(name: String(decoding: first, as: UTF8.self), role: role ?? .caller, queues: queues, pending: pending)
        return APIKey(caller: caller, digest: digest, rate: rate)
    }

    /// The word of a role; that of a caller is to have none.
    private static func role(_ word: ArraySlice<UInt8>) -> Role? {
        let role = Role(rawValue: String(decoding: word, as: UTF8.self))
        return role == .caller ? nil : role
    }

    private static func isName(_ word: ArraySlice<UInt8>) -> Bool {
        word.count <= APIKeyFile.maxNameBytes
            && word.allSatisfy(TaskName.isCharacter)
    }

    private static func number(_ word: ArraySlice<UInt8>, after name: String, _ bounds: ClosedRange<Int>) -> Int? {
        guard word.starts(with: name.utf8) else { return nil }
        let digits = word.dropFirst(name.utf8.count)
        guard digits.allSatisfy(isDigit), let number = Int(String(decoding: digits, as: UTF8.self)), bounds.contains(number)
        else { return nil }
        return number
    }

    private static func queues(_ word: ArraySlice<UInt8>) -> Set<String>? {
        guard word.starts(with: "queues=".utf8) else { return nil }
        let names = word.dropFirst("queues=".utf8.count).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard names.count <= APIKeyFile.maxQueues, names.allSatisfy(TaskName.isValid) else { return nil }
        return Set(names)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
