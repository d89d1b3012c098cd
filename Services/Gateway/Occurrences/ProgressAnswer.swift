import TaskJSON

/// How far a task is, as answers show it.
enum ProgressAnswer {
    /// - Parameter thousandths: of the whole, as the scheduler has them; `nil`: the task does not say.
    static func json(_ thousandths: Int64?) -> JSONValue { thousandths.map { .double(Double($0) / 1_000) } ?? .null }

    static let schema: JSONValue = [
        "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "of the whole, as its task says (running); null: it does not say"
    ]
    static let textSchema: JSONValue = [
        "type": ["string", "null"], "maxLength": 200, "description": "how far it is, as its task says (running)"
    ]
}
