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
    /// Faults that are kept, unless said otherwise; more are counted.
    public static let maxKept = 100
    public let maxKept: Int

    public private(set) var all: [JSONFault] = []
    public private(set) var omitted = 0

    public init(maxKept: Int = JSONFaults.maxKept) { self.maxKept = maxKept }

    public var isEmpty: Bool { all.isEmpty }

    /// All that were found, kept or not.
    public var count: Int { all.count + omitted }

    public func add(_ pointer: JSONPointer, _ detail: String) {
        if all.count < maxKept { all.append(JSONFault(pointer, detail)) } else { omitted += 1 }
    }
}

/// The place of a value that is being read: where its faults go.
///
/// Every value that is read has one and hardly any has a fault, so the pointer is put together only when it is asked for, and the
/// places of an object's members share what lies above them.
public struct JSONPlace {
    public let faults: JSONFaults
    private let above: Way?
    private let step: Step

    private enum Step {
        /// This place is the one above.
        case none
        case pointer(JSONPointer)
        case name(String)
        case index(Int)

        func below(_ pointer: JSONPointer) -> JSONPointer {
            switch self {
            case .none: pointer
            case .pointer(let pointer): pointer
            case .name(let name): pointer.appending(name)
            case .index(let index): pointer.appending(index)
            }
        }
    }

    private final class Way {
        let above: Way?
        let step: Step

        init(_ above: Way?, _ step: Step) {
            self.above = above
            self.step = step
        }

        var pointer: JSONPointer { step.below(above?.pointer ?? .root) }
    }

    private init(_ faults: JSONFaults, _ above: Way?, _ step: Step) {
        self.faults = faults
        self.above = above
        self.step = step
    }

    /// - Parameter pointer: the value's place in the text; the whole text if left out.
    public init(_ faults: JSONFaults, at pointer: JSONPointer = .root) {
        self.init(faults, nil, pointer == .root ? .none : .pointer(pointer))
    }

    public var pointer: JSONPointer { step.below(above?.pointer ?? .root) }

    /// The same place, below which others can be had without making something for each.
    var shared: JSONPlace {
        if case .none = step { self } else { JSONPlace(faults, Way(above, step), .none) }
    }

    public func appending(_ name: String) -> JSONPlace { JSONPlace(faults, shared.above, .name(name)) }
    public func appending(_ index: Int) -> JSONPlace { JSONPlace(faults, shared.above, .index(index)) }

    public func refuse(_ detail: String) { faults.add(pointer, detail) }
}
