/// What is wrong with one value of a text.
public struct JSONFault: Sendable, Hashable, CustomStringConvertible {
    public let pointer: JSONPointer
    /// What it must be, and in few words what it was. Never a string's own text: it may be a credential.
    public let detail: String

    public init(_ pointer: JSONPointer, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }

    public var description: String { "\(pointer): \(detail)" }
}

/// Gathers all faults of one text.
public final class JSONFaults {
    /// How many faults are kept; more are counted.
    public static let maxKept = 100

    public private(set) var all: [JSONFault] = []
    public private(set) var omitted = 0

    public init() {}

    public var isEmpty: Bool { all.isEmpty }

    /// All that were found, kept or not.
    public var count: Int { all.count + omitted }

    public func add(_ pointer: JSONPointer, _ detail: String) {
        if all.count < Self.maxKept { all.append(JSONFault(pointer, detail)) } else { omitted += 1 }
    }
}

/// The place of a value that is being read: where its faults go.
public struct JSONPlace {
    public let pointer: JSONPointer
    public let faults: JSONFaults

    /// - Parameter pointer: the value's place in the text; the whole text if left out.
    public init(_ faults: JSONFaults, at pointer: JSONPointer = .root) {
        self.pointer = pointer
        self.faults = faults
    }

    public func appending(_ name: String) -> JSONPlace { JSONPlace(faults, at: pointer.appending(name)) }
    public func appending(_ index: Int) -> JSONPlace { JSONPlace(faults, at: pointer.appending(index)) }

    public func refuse(_ detail: String) { faults.add(pointer, detail) }
}
