internal import CCurl
import Glibc

/// A request as libcurl wants it, in memory that stays where it is until the request is over, and is then used
/// for the next: a list of header lines and a body.
final class RequestMemory {
    /// Set with every request: libcurl would send `Accept: */*` and, for a large body, wait for a `100 Continue`
    /// that a backend may never send. A name with nothing behind the colon is libcurl's word for "leave it out".
    private static let suppressed = ["Accept", "Expect"]

    /// Memory beyond this is given back with the next request that needs less, in bytes.
    private static let keptCapacity = 64 * 1_024

    private static let maximumLines = RequestGuard.maximumHeaders + 1 + suppressed.count
    private let lines = UnsafeMutablePointer<curl_slist>.allocate(capacity: maximumLines)
    private var text: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var bodyCount = 0
    private var bodyOffset = 0

    init() {
        capacity = 1_024
        text = .allocate(capacity: capacity)
        lines.initialize(repeating: curl_slist(), count: Self.maximumLines)
    }

    deinit {
        // The credential does not outlive the request in freed memory.
        explicit_bzero(text, capacity)
        text.deallocate()
        lines.deallocate()
    }

    var headers: UnsafeMutablePointer<curl_slist> { lines }
    var body: UnsafeMutablePointer<UInt8> { text + bodyOffset }

    /// Replaces what is held by a request that has passed the guard.
    func fill(with request: DeliveryRequest) {
        // Exact, so that the memory cannot move while lines point into it: name, ": " and the final NUL.
        var size = request.body.count + Self.suppressed.reduce(0) { $0 + $1.utf8.count + 2 }
        size += "Authorization".utf8.count + request.authorization.value.utf8.count + 3
        for (name, value) in request.headers { size += name.utf8.count + value.utf8.count + 3 }
        reserve(size)

        var end = 0
        var count = 0
        func line(_ name: String, _ value: String?) {
            lines[count].data = UnsafeMutableRawPointer(text + end).assumingMemoryBound(to: CChar.self)
            lines[count].next = nil
            if count > 0 { lines[count - 1].next = lines + count }
            count += 1
            end = put(name, at: end)
            let isBlank = value?.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ?? false
            // A semicolon is libcurl's word for a header with an empty value.
            text[end] = isBlank ? UInt8(ascii: ";") : UInt8(ascii: ":")
            end += 1
            if let value, !isBlank {
                text[end] = 0x20
                end = put(value, at: end + 1)
            }
            text[end] = 0
            end += 1
        }
        if !request.authorization.isEmpty { line("Authorization", request.authorization.value) }
        for (name, value) in request.headers { line(name, value) }
        for name in Self.suppressed where !request.headers.contains(where: { Self.isSame($0.name, name) }) {
            line(name, nil)
        }
        bodyOffset = end
        bodyCount = request.body.count
        request.body.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { (text + end).update(from: base, count: bytes.count) }
        }
    }

    private func put(_ string: String, at offset: Int) -> Int {
        var string = string
        return string.withUTF8 { bytes in
            if let base = bytes.baseAddress { (text + offset).update(from: base, count: bytes.count) }
            return offset + bytes.count
        }
    }

    private func reserve(_ size: Int) {
        // One large request must not hold its memory for ever.
        let isWasteful = capacity > Self.keptCapacity && size <= Self.keptCapacity
        guard size > capacity || isWasteful else { return }
        explicit_bzero(text, capacity)
        text.deallocate()
        capacity = isWasteful ? Self.keptCapacity : max(size, capacity * 2)
        text = .allocate(capacity: capacity)
    }

    private static func isSame(_ name: String, _ other: String) -> Bool {
        name.utf8.count == other.utf8.count && strcasecmp(name, other) == 0
    }
}
