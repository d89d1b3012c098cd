/// Gathers an answer as it comes, within bounds: the beginning of its body, and of its header what matters.
struct AnswerReader {
    /// The beginning of the body.
    private(set) var bytes: [UInt8] = []
    /// Whether a final (not 1xx) answer's header has come whole.
    private(set) var isHeaderComplete = false
    /// The bound that was overstepped.
    private(set) var excess: DeliveryReason?
    private(set) var retryAfter: String?

    private var bodyCount = 0
    private var headerCount = 0
    private var isInterim = false
    private var kept = 0
    private var maximum = 0
    private var maximumHeader = 0

    /// Forgets the last answer.
    mutating func begin(kept: Int, maximum: Int, maximumHeader: Int) {
        bytes.removeAll(keepingCapacity: true)
        isHeaderComplete = false
        excess = nil
        retryAfter = nil
        bodyCount = 0
        headerCount = 0
        isInterim = false
        self.kept = kept
        self.maximum = maximum
        self.maximumHeader = maximumHeader
    }

    /// Takes a line of the header, line end included; false to break off.
    mutating func header(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        headerCount += line.count
        guard headerCount <= maximumHeader else {
            excess = .headerTooLarge
            return false
        }
        // What follows a complete header is a trailer, and says nothing that matters here.
        guard !isHeaderComplete else { return true }
        if line.starts(with: "HTTP/".utf8) {
            // HTTP/1.1 100 …: 1xx answers come before the real one.
            let status = line.drop { $0 != 0x20 }.drop { $0 == 0x20 }
            isInterim = status.first == UInt8(ascii: "1")
            retryAfter = nil
        } else if line.first == 0x0D || line.first == 0x0A {
            isHeaderComplete = !isInterim
        } else if Self.isNamed("retry-after", line) {
            retryAfter = String(decoding: line.dropFirst(12).prefix(RetryAfter.maximumLength + 1), as: UTF8.self)
        }
        return true
    }

    /// Takes a part of the body; false to break off.
    mutating func body(_ part: UnsafeBufferPointer<UInt8>) -> Bool {
        bodyCount += part.count
        if bytes.count < kept { bytes.append(contentsOf: part.prefix(kept - bytes.count)) }
        guard bodyCount <= maximum else {
            excess = .answerTooLarge
            return false
        }
        return true
    }

    private static func isNamed(_ name: StaticString, _ line: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = name.utf8CodeUnitCount
        guard line.count > count, line[count] == UInt8(ascii: ":") else { return false }
        for index in 0..<count where line[index] | 0x20 != name.utf8Start[index] | 0x20 { return false }
        return true
    }
}
