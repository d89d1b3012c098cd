/// The identity of a reminder: a UUIDv7 (RFC 9562 section 5.7), so that ids sort by the time of creation.
public struct ReminderID: Hashable, Sendable, Comparable {
    /// The sixteen bytes, big-endian.
    public let high: UInt64, low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh id.
    /// - Parameter time: what the id carries.
    public init<G: RandomNumberGenerator>(at time: UnixMilliseconds, using random: inout G) {
        let milliseconds = UInt64(bitPattern: time.count) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | random.next() & 0xFFF
        low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// A fresh id of a shard, drawn backwards from what `shard` works out: one in four has the variant of RFC 9562 section 4.1.
    /// - Parameter time: what the id carries.
    public init<G: RandomNumberGenerator>(at time: UnixMilliseconds, in shard: Shard, using random: inout G) {
        var low: UInt64
        repeat {
            low = (UInt64(shard.number) << (64 - Shard.countBits) | random.next() >> Shard.countBits) &* Self.spreaderInverse
        } while low >> 62 != 0b10
        self.init(high: ReminderID(at: time, using: &random).high, low: low)
    }

    /// Reads exactly sixteen bytes; `nil` for any other number.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0, low: UInt64 = 0
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        self.init(high: high, low: low)
    }

    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for i in 0..<8 {
                buffer[i] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * i))
                buffer[8 + i] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * i))
            }
            count = 16
        }
    }

    public static func < (a: ReminderID, b: ReminderID) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// The shard that owns the reminder.
    public var shard: Shard {
        // The low word is random but for two bits; multiplying by an odd constant carries all of it into the top bits.
        Shard(unchecked: UInt8(truncatingIfNeeded: (low &* Self.spreader) >> (64 - Shard.countBits)))
    }

    private static let spreader: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// What undoes multiplying by `spreader`, modulo 2^64.
    private static let spreaderInverse: UInt64 = 0xF1DE_83E1_9937_733D
}

extension ReminderID: LosslessStringConvertible {
    /// The 36 characters of RFC 9562 section 4, upper or lower case; `nil` for anything else.
    public init?(_ text: String) {
        let utf8 = text.utf8
        guard utf8.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0), digits = 0
        for (position, character) in utf8.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
            digits += 1
        }
        self.init(high: words.0, low: words.1)
    }

    public var description: String {
        let hexadecimal: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = nibble < 16 ? high : low
                buffer[at] = hexadecimal.utf8Start[Int(word >> UInt64(60 - 4 * (nibble & 15)) & 15)]
                at += 1
            }
            return 36
        }
    }
}

/// A fixed fraction of all reminders: the unit of ownership between schedulers, and the first column of every key.
public struct Shard: Hashable, Sendable, Comparable {
    static let countBits = 8
    /// How many shards there are. Fixed for ever: it is part of the stored data.
    public static let count = 1 << countBits
    /// In ascending order.
    public static let all = (0..<count).map { Shard(unchecked: UInt8($0)) }

    /// 0 ..< `count`.
    public let number: UInt8

    init(unchecked number: UInt8) { self.number = number }

    /// The shard that a byte of a digest chooses.
    public init(of byte: UInt8) { number = byte }

    public init?(_ number: Int) {
        guard (0..<Shard.count).contains(number) else { return nil }
        self.number = UInt8(number)
    }

    public static func < (a: Shard, b: Shard) -> Bool { a.number < b.number }
}

/// The identity of one due time of a reminder, for ever: (reminder id, scheduled time).
public struct OccurrenceKey: Hashable, Sendable, Comparable {
    public let reminder: ReminderID
    public let scheduledAt: UnixSeconds

    public init(reminder: ReminderID, scheduledAt: UnixSeconds) {
        self.reminder = reminder
        self.scheduledAt = scheduledAt
    }

    /// `<reminder id>:<scheduled time, unix seconds>`: the `Idempotency-Key` of every request made for this occurrence.
    public var idempotencyKey: String { "\(reminder):\(scheduledAt)" }

    /// A number that follows from the key and looks like chance: the finaliser of SplitMix64 (Steele, Lea, Flood,
    /// OOPSLA 2014) over its words.
    var scatter: UInt64 {
        [reminder.high, reminder.low, UInt64(bitPattern: scheduledAt.count)].reduce(0) { state, word in
            var z = (state ^ word) &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    public static func < (a: OccurrenceKey, b: OccurrenceKey) -> Bool {
        (a.reminder, a.scheduledAt) < (b.reminder, b.scheduledAt)
    }
}

extension OccurrenceKey {
    /// Reads what ``idempotencyKey`` writes; `nil` for anything else.
    public init?(idempotencyKey text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, let reminder = ReminderID(String(halves[0])), let second = Int64(halves[1]),
            String(second) == halves[1]
        else { return nil }
        self.init(reminder: reminder, scheduledAt: UnixSeconds(second))
    }
}
