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
///
/// Every value that is read has one and hardly any has a fault, so the pointer is put together only when it is asked for.
public struct JSONPlace {
    public let faults: JSONFaults
    private let path: Path

    private indirect enum Path {
        case start(JSONPointer)
        case name(String, below: Path)
        case index(Int, below: Path)

        var pointer: JSONPointer {
            switch self {
            case .start(let pointer): pointer
            case .name(let name, let path): path.pointer.appending(name)
            case .index(let index, let path): path.pointer.appending(index)
            }
        }
    }

    private init(_ faults: JSONFaults, _ path: Path) {
        self.faults = faults
        self.path = path
    }

    /// - Parameter pointer: the value's place in the text; the whole text if left out.
    public init(_ faults: JSONFaults, at pointer: JSONPointer = .root) { self.init(faults, .start(pointer)) }

    public var pointer: JSONPointer { path.pointer }

    public func appending(_ name: String) -> JSONPlace { JSONPlace(faults, .name(name, below: path)) }
    public func appending(_ index: Int) -> JSONPlace { JSONPlace(faults, .index(index, below: path)) }

    public func refuse(_ detail: String) { faults.add(pointer, detail) }
}
