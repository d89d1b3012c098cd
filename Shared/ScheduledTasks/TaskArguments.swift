import FoundationEssentials
import TaskDomain
public import TaskJSON

/// What a task is called with: positional and named arguments, as the predecessor's `args` and `kwargs`.
///
/// On the wire and in the store they are the UTF-8 text of the JSON object `{"args":[…],"kwargs":{…}}`.
public struct TaskArguments: Sendable, Hashable {
    /// Bytes of the text at most.
    public static let maxBytes = ReminderLimits.argumentsBytes

    public var args: [JSONValue]
    public var kwargs: JSONObject

    public init(args: [JSONValue] = [], kwargs: JSONObject = JSONObject()) {
        self.args = args
        self.kwargs = kwargs
    }

    /// Reads what ``json`` writes.
    /// - Throws: ``TaskArgumentsError`` for anything else.
    public init(json bytes: [UInt8]) throws(TaskArgumentsError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes, maxBytes: Self.maxBytes) } catch {
            throw TaskArgumentsError("the arguments are not JSON: \(error)")
        }
        guard case .array(let args)? = value["args"], case .object(let kwargs)? = value["kwargs"] else {
            throw TaskArgumentsError("the arguments are not an object with a list args and an object kwargs")
        }
        self.init(args: args, kwargs: kwargs)
    }

    /// The text of both.
    public var json: [UInt8] {
        let whole: JSONValue = ["args": .array(args), "kwargs": .object(kwargs)]
        return whole.bytes()
    }

    // MARK: Types

    /// The named arguments as a type of the task's own. A `Date` is unix seconds, `Data` is Base64, a `URL` a string.
    /// - Throws: ``TaskArgumentsError``, which names the argument that is missing or wrong.
    public func decode<Arguments: Decodable>(_ type: Arguments.Type = Arguments.self) throws(TaskArgumentsError) -> Arguments {
        guard args.isEmpty else {
            throw TaskArgumentsError("the task takes named arguments (kwargs) only; it was given \(args.count) positional")
        }
        do {
            return try ArgumentDecoder(value: .object(kwargs)).decode(Arguments.self)
        } catch let error as DecodingError {
            throw TaskArgumentsError(error)
        } catch {
            throw TaskArgumentsError("\(error)")
        }
    }

    /// A value of a task's own type as named arguments, written as ``decode(_:)`` reads them.
    /// - Throws: ``TaskArgumentsError`` where it is encoded as anything but an object.
    public init<Arguments: Encodable>(encoding arguments: Arguments) throws(TaskArgumentsError) {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        // The same arguments are the same bytes, whoever writes them.
        encoder.outputFormatting = .sortedKeys
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(try encoder.encode(arguments)), maxBytes: Self.maxBytes)
        } catch {
            throw TaskArgumentsError("\(Arguments.self) cannot be written as JSON of at most \(Self.maxBytes) bytes: \(error)")
        }
        guard case .object(let kwargs) = value else {
            throw TaskArgumentsError("\(Arguments.self) is written as \(value.kind); a task's arguments are an object")
        }
        self.init(kwargs: kwargs)
    }
}
