import TaskDomain
import TaskRecurrence

/// An instant as people read it: RFC 3339, on a zone's wall clock.
enum LocalTime {
    static func utc(_ instant: UnixSeconds) -> String { CivilTime(secondNumber: instant.count).text + "Z" }

    static func text(_ instant: UnixSeconds, in zone: Zone) -> String {
        let offset = zone.offset(at: instant.count), distance = abs(offset)
        let hours = CivilTime.padded(distance / 3_600), minutes = CivilTime.padded(distance / 60 % 60)
        var text = CivilTime(secondNumber: instant.count + Int64(offset)).text + (offset < 0 ? "-" : "+") + hours + ":" + minutes
        // Only local mean times have seconds (Liberia until 1972); RFC 3339 has no form for them, ISO 8601 has this one.
        if distance % 60 != 0 { text += ":" + CivilTime.padded(distance % 60) }
        return text
    }
}
