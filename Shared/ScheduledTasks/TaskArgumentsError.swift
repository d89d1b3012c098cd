/// Arguments that are not what a task takes. Worded for whoever called it.
public struct TaskArgumentsError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    /// Says which argument it is about, as `people[2].name`.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context): self.init(context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
            self.init(context.codingPath, context.debugDescription)
        @unknown default: self.init("\(error)")
        }
    }

    private init(_ path: [any CodingKey], _ fault: String) {
        let place = path.reduce(into: "") { place, key in
            if let index = key.intValue { place += "[\(index)]" } else { place += (place.isEmpty ? "" : ".") + key.stringValue }
        }
        // A type's own decoding words its faults as it likes.
        let isPredicate = fault.hasPrefix("must ") || fault.hasPrefix("is ")
        self.init((place.isEmpty ? "kwargs" : "argument \(place)") + (isPredicate ? " " : ": ") + fault)
    }
}
