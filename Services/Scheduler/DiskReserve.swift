import TaskOperations

/// Room of a disk that new reminders must leave: a share of it, a number of bytes, or the smaller of both.
struct DiskReserve: Sendable, Hashable {
    var percent: Int?
    var bytes: Int?

    /// - Parameter capacity: bytes that the disk has in all.
    func bytes(of capacity: Int64) -> Int64 {
        let share = percent.map { (whole: Int) in capacity / 100 * Int64(whole) }
        return min(share ?? .max, bytes.map(Int64.init) ?? .max)
    }
}

extension SettingType where Value == DiskReserve {
    static var diskReserve: Self {
        let size = SettingType<Int>.size(0...(1 << 60))
        return Self(
            expected: "a share of the disk such as 5%, a size such as 1GiB, or both with a comma for the smaller", placeholder: DiskReserve(),
            parse: { text in
                var reserve = DiskReserve()
                for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                    if part.hasSuffix("%") {
                        let digits = part.dropLast()
                        guard reserve.percent == nil, digits.allSatisfy(\.isNumber), let percent = Int(digits), percent <= 100 else { return nil }
                        reserve.percent = percent
                    } else {
                        guard reserve.bytes == nil, let bytes = size.parse(String(part)) else { return nil }
                        reserve.bytes = bytes
                    }
                }
                return reserve
            })
    }
}
