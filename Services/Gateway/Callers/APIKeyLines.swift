import Domain

/// The lines of an ``APIKeyFile``.
enum APIKeyLines {
    /// - Throws: a fault that names the line by its number and never shows what stands in it, which may be a key that
    ///   was put there by mistake.
    static func parse(_ bytes: [UInt8]) throws(APIKeyFile.Failure) -> [APIKey] {
        var keys: [APIKey] = [], lines: [APIKeyDigest: Int] = [:]
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            guard String(validating: line, as: UTF8.self) != nil else { throw fault("is not UTF-8 text", number) }
            let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            let key = try key(words, number)
            if let earlier = lines.updateValue(number, forKey: key.digest) {
                throw fault("has the key that line \(earlier) has already; keep one", number)
            }
            guard keys.count < APIKeyFile.maxKeys else {
                throw fault("is one key too many, at most \(APIKeyFile.maxKeys) are read", number)
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw fault("has no key in it, so that nobody could call", nil) }
        return keys
    }

    private static func key(_ words: [ArraySlice<UInt8>], _ number: Int) throws(APIKeyFile.Failure) -> APIKey {
        guard isName(words[0]) else {
            throw fault(
                "must begin with a name of 1 to \(APIKeyFile.maxNameBytes) letters, digits, '.', '_' or '-'", number)
        }
        guard words.count > 1, let digest = APIKeyDigest(hexadecimal: words[1]) else {
            throw fault("must have the SHA-256 of the key after the name, as 64 hexadecimal digits", number)
        }
        var isAdmin = false, rate: Int?, pending: Int?, queues: Set<String>?
        for word in words[2...] {
            if word.elementsEqual("admin".utf8), !isAdmin {
                isAdmin = true
            } else if rate == nil, let number = self.number(word, after: "rate=", RequestBucket.rates) {
                rate = number
            } else if pending == nil, let number = self.number(word, after: "pending=", ReminderLimits.pending) {
                pending = number
            } else if queues == nil, let names = self.queues(word) {
                queues = names
            } else {
                throw fault(
                    "may have only admin, rate=N, pending=M and queues=A,B after the SHA-256, each once, N a whole number from "
                        + "\(RequestBucket.rates.lowerBound) to \(RequestBucket.rates.upperBound), M one from "
                        + "\(ReminderLimits.pending.lowerBound) to \(ReminderLimits.pending.upperBound), A and B names of queues, "
                        + "at most \(APIKeyFile.maxQueues)", number)
            }
        }
        let name = String(decoding: words[0], as: UTF8.self)
        return APIKey(caller: Caller(name: name, isAdmin: isAdmin, queues: queues, pending: pending), digest: digest, rate: rate)
    }

    private static func fault(_ what: String, _ number: Int?) -> APIKeyFile.Failure {
        let subject = number.map { "line \($0) \(what)" } ?? what
        let form = "A line is NAME SHA256 [admin] [rate=N] [pending=M] [queues=A,B]; to make a key and its line: \(APIKeyFile.howToMake)"
        return .fault("\(subject). \(form)")
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
