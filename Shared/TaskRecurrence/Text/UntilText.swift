import TaskDomain

extension Rule.Until {
    /// Reads one of the three forms of `UNTIL`; nil unless it is a real date and time.
    init?(_ bytes: TextBytes) {
        if let date = CivilTime(date: bytes) {
            self = .date(date.dayNumber)
        } else if let time = CivilTime(dateTime: bytes) {
            self = .local(time.secondNumber)
        } else if let last = bytes.last, TextBytes.upper(last) == UInt8(ascii: "Z"), let time = CivilTime(dateTime: bytes.dropLast()) {
            self = .utc(time.secondNumber)
        } else {
            return nil
        }
    }

    /// As `UNTIL` is written; what lies outside the years 0000 to 9999 is brought to the nearest of them.
    var text: String {
        switch self {
        case .utc(let seconds): CivilTime(secondNumber: seconds).dateTimeText + "Z"
        case .local(let seconds): CivilTime(secondNumber: seconds).dateTimeText
        case .date(let days): CivilTime(dayNumber: days).dateText
        }
    }

    /// Whether four digits can write the year.
    var isWritable: Bool {
        switch self {
        case .utc(let seconds), .local(let seconds): CivilTime.seconds.contains(seconds)
        case .date(let days): CivilTime.days.contains(days)
        }
    }
}
