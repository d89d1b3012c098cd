/// Reads a TZif file (RFC 9636), version 2 or later: the second data block, with 64-bit times, and the footer.
///
/// A file is a header of 44 bytes ("TZif", version, 15 unused, six 32-bit counts: isutcnt, isstdcnt, leapcnt, timecnt, typecnt,
/// charcnt) and a block with 32-bit times, then the same with 64-bit times, then a newline, a POSIX TZ string and a newline.
/// A block holds timecnt times, timecnt indices of types, typecnt types (offset, isdst, name), then what is of no use here.
struct TZifReader {
    struct Fault: Error { var reason: String }

    static let headerLength = 44
    /// Most bytes of a file; the largest of the database has under 4,000.
    static let maximumLength = 262_144

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private struct Counts { var isUTC = 0, isStandard = 0, leap = 0, time = 0, type = 0, name = 0 }

    func table(identifier: String) throws(Fault) -> ZoneTable {
        let first = try header(at: 0)
        guard bytes[4] >= UInt8(ascii: "2") else { throw Fault(reason: "it is TZif version 1, and version 2 or later is needed") }
        let start = TZifReader.headerLength + length(first, timeSize: 4)
        let counts = try header(at: start)
        guard counts.leap == 0 else { throw Fault(reason: "it counts leap seconds, which unix time does not") }
        let block = start + TZifReader.headerLength
        let end = block + length(counts, timeSize: 8)
        guard counts.type > 0, end < bytes.count else { throw Fault(reason: "the file is cut short") }

        let types = block + counts.time * 9
        func offset(_ type: Int) throws(Fault) -> Int {
            guard type < counts.type else { throw Fault(reason: "a transition names a type that is not there") }
            let offset = Int(Int32(truncatingIfNeeded: integer(at: types + type * 6, size: 4)))
            guard abs(offset) <= ZoneTable.maximumOffset else { throw Fault(reason: "an offset is over 26 hours") }
            return offset
        }
        var changes: [(at: Int, offset: Int)] = []
        changes.reserveCapacity(counts.time)
        for index in 0..<counts.time {
            let time = max(integer(at: block + index * 8, size: 8), ZoneTable.beginning / 2)
            guard time > changes.last?.at ?? .min, time < ZoneTable.end / 2 else { throw Fault(reason: "its transitions are out of order") }
            changes.append((time, try offset(Int(bytes[block + counts.time * 8 + index]))))
        }
        return ZoneTable(
            identifier: identifier, digest: TZifReader.digest(of: bytes), firstOffset: try offset(0), changes: changes, footer: try footer(from: end))
    }

    /// FNV-1a: tells data apart that nobody forges.
    static func digest(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private func header(at start: Int) throws(Fault) -> Counts {
        guard start + TZifReader.headerLength <= bytes.count, Array(bytes[start..<start + 4]) == Array("TZif".utf8) else {
            throw Fault(reason: "it is not a TZif file")
        }
        func count(_ index: Int) -> Int { integer(at: start + 20 + index * 4, size: 4) }
        let counts = Counts(isUTC: count(0), isStandard: count(1), leap: count(2), time: count(3), type: count(4), name: count(5))
        guard max(counts.isUTC, counts.isStandard, counts.leap, counts.time, counts.type, counts.name) <= bytes.count else {
            throw Fault(reason: "its header counts more than the file holds")
        }
        return counts
    }

    private func length(_ counts: Counts, timeSize: Int) -> Int {
        counts.time * (timeSize + 1) + counts.type * 6 + counts.name + counts.leap * (timeSize + 4) + counts.isStandard + counts.isUTC
    }

    /// Big-endian, signed where it fills 8 bytes. The caller has checked that the bytes are there.
    private func integer(at start: Int, size: Int) -> Int {
        var value: UInt64 = 0
        for byte in bytes[start..<start + size] { value = value << 8 | UInt64(byte) }
        return Int(truncatingIfNeeded: value)
    }

    private func footer(from end: Int) throws(Fault) -> PosixRule? {
        let text = bytes[(end + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        guard bytes[end] == UInt8(ascii: "\n"), text.endIndex < bytes.count else { throw Fault(reason: "its footer is missing") }
        guard !text.isEmpty else { return nil }
        guard let rule = PosixRule(text) else { throw Fault(reason: "its footer \"\(RuleError.shown(text))\" is not a POSIX TZ rule") }
        return rule
    }
}
