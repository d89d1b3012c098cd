/// An `Idempotency-Key` of the contract, `<reminder id>:<scheduled time, unix seconds>`, in few bytes.
struct IdempotencyKey: Hashable {
    private let high: UInt64, low: UInt64
    /// Unix seconds.
    let scheduledAt: Int64

    /// Nil if the text is anything but a UUID as RFC 9562 writes it, a colon and a number of seconds.
    init?(_ text: String) {
        var text = text
        guard let key = text.withUTF8({ Self($0) }) else { return nil }
        self = key
    }

    private init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count > 37, text.count <= 37 + 18, text[36] == UInt8(ascii: ":") else { return nil }
        var high: UInt64 = 0, low: UInt64 = 0
        for index in 0..<36 {
            if [8, 13, 18, 23].contains(index) {
                guard text[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch text[index] {
            case 0x30...0x39: digit = text[index] - 0x30
            case 0x61...0x66: digit = text[index] - 0x61 + 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        var seconds: Int64 = 0
        for byte in text[37...] {
            guard (0x30...0x39).contains(byte) else { return nil }
            seconds = seconds * 10 + Int64(byte - 0x30)
        }
        (self.high, self.low, scheduledAt) = (high, low, seconds)
    }
}
