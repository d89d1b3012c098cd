import TaskDomain

/// RFC 3339 in UTC with milliseconds: `2026-11-23T18:06:42.042Z`.
enum Timestamp {
    static func text(_ time: UnixMilliseconds) -> String {
        let second = time.second
        return "\(CivilTime(secondNumber: second.count).text).\(CivilTime.padded(Int(time - second.milliseconds), 3))Z"
    }
}
