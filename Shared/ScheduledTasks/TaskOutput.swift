import FoundationEssentials
import TaskDomain
package import TaskJSON

/// What a task returned, as it is kept with its attempt: a JSON text of at most ``Attempt/resultLimit`` bytes.
///
/// A `Date` is unix seconds, `Data` is Base64, a `URL` a string, as in a task's arguments. What cannot be kept is left out, and the attempt
/// says why: a task that succeeded is not run again for it.
public struct TaskOutput: Sendable, Hashable {
    /// The JSON text; empty: nothing was returned, or it is not kept.
    public let json: [UInt8]
    /// Why it is not kept; empty: it is.
    public let fault: String

    /// Nothing.
    package init() { self.init(json: []) }

    /// - Parameter credential: the task's; where it stands in the value, it is blotted out.
    init<Value: Encodable>(of value: Value, hiding credential: Secret) {
        do {
            var text = try Self.text(of: value)
            if !credential.isEmpty { text = Redaction(of: credential).apply(text, limit: .max - Redaction.margin) }
            guard text.count <= Attempt.resultLimit else {
                self.init(fault: "the result, \(text.count) bytes of JSON, was not kept: \(Attempt.resultLimit) are allowed")
                return
            }
            // What nobody could read again is no result.
            let isNothing = try JSONValue(parsing: text, maxBytes: Attempt.resultLimit).isNull
            self.init(json: isNothing ? [] : text)
        } catch {
            self.init(fault: "the result, of type \(Value.self), was not kept: it cannot be written as JSON: \(error)")
        }
    }

    /// Reads a value that was kept as a type of the caller's.
    /// - Throws: ``TaskArgumentsError``, which names what is missing or wrong.
    package static func decode<Value: Decodable>(_ value: JSONValue, as type: Value.Type = Value.self) throws(TaskArgumentsError) -> Value {
        do { return try ArgumentDecoder(value: value).decode(Value.self) } catch let error as DecodingError {
            throw TaskArgumentsError(error)
        } catch {
            throw TaskArgumentsError("\(error)")
        }
    }

    private init(json: [UInt8] = [], fault: String = "") { (self.json, self.fault) = (json, fault) }

    private static func text<Value: Encodable>(of value: Value) throws -> [UInt8] {
        if let value = value as? JSONValue { return value.bytes() }
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(value))
    }
}
