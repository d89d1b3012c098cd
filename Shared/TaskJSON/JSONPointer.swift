/// The way to a value in a JSON text (RFC 6901): `/rrule/byweekday/0`; empty for the whole text.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    public private(set) var description: String

    /// The whole text.
    public static let root = JSONPointer()

    private init() { description = "" }

    /// The member of that name below this.
    public func appending(_ name: String) -> JSONPointer {
        var result = self
        result.description += "/"
        for scalar in name.unicodeScalars {
            // Section 3: `~` and `/` have meanings of their own.
            switch scalar {
            case "~": result.description += "~0"
            case "/": result.description += "~1"
            default: result.description.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The item at that index, from 0, below this.
    public func appending(_ index: Int) -> JSONPointer {
        var result = self
        result.description += "/\(index)"
        return result
    }
}
