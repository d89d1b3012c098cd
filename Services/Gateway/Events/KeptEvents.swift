import TaskJSON

/// The latest events, numbered, by which a listener that comes again goes on where it was.
struct KeptEvents {
    /// Events that are kept.
    static let maxEvents = 300
    /// And no more than so many bytes of them.
    static let maxBytes = 2 << 20

    /// Of this process: what another numbered is none of its events.
    private let mark = String(UInt64.random(in: .min ... .max), radix: 16)
    /// Of the latest event.
    private var sequence: UInt64 = 0
    private var kept: [(sequence: UInt64, bytes: [UInt8])] = []
    private var bytes = 0

    /// Numbers an event, and keeps it.
    /// - Returns: as it is sent.
    mutating func add(_ name: String, _ data: JSONValue) -> [UInt8] {
        sequence += 1
        let event = latest(name, data)
        kept.append((sequence, event))
        bytes += event.count
        while kept.count > Self.maxEvents || bytes > Self.maxBytes, !kept.isEmpty { bytes -= kept.removeFirst().bytes.count }
        return event
    }

    /// An event that says anew, to one who has not heard it, what the latest have led to: with their number, and not kept.
    func latest(_ name: String, _ data: JSONValue) -> [UInt8] {
        // JSON has no line breaks of its own here, so that it is one line.
        Array("id: \(mark)-\(sequence)\nevent: \(name)\ndata: ".utf8) + data.bytes() + Array("\n\n".utf8)
    }

    /// What came after an event, by its id; `nil`: that is not known any more, or it is another process's.
    func missed(after last: String) -> [[UInt8]]? {
        guard last.hasPrefix(mark + "-"), let number = UInt64(last.dropFirst(mark.count + 1)), number <= sequence else { return nil }
        if number == sequence { return [] }
        guard let first = kept.first, first.sequence <= number + 1 else { return nil }
        return kept.filter { $0.sequence > number }.map(\.bytes)
    }

    /// Keeps none of them any more; the numbers go on.
    mutating func forget() { (kept, bytes) = ([], 0) }
}
