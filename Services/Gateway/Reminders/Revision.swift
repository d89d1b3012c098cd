import HTTPTypes

/// A reminder's revision as HTTP has it: `ETag` and `If-Match` (RFC 9110 sections 8.8.3 and 13.1.1).
enum Revision {
    static func tag(_ revision: Int64) -> String { "\"\(revision)\"" }

    /// The revision that a change is good for; `nil`: for any.
    static func wanted(_ exchange: Exchange) throws(Problem) -> Int64? {
        let values = exchange.headers[values: .ifMatch]
        guard let value = values.first?.trimmingBlanks, value != "*" || values.count > 1 else { return nil }
        guard values.count == 1, value.utf8.count >= 3, value.hasPrefix("\""), value.hasSuffix("\"") else {
            let detail = "must be * or the ETag of the reminder, such as \"3\", and one only"
            throw Problem(
                .badRequest, "If-Match \(detail)", faults: [Problem.Fault(place: .header("If-Match"), detail: detail)])
        }
        // What is no revision of ours matches none.
        guard let revision = Int64(value.dropFirst().dropLast()), revision > 0 else { throw differs }
        return revision
    }

    static var differs: Problem {
        Problem(.preconditionFailed, "the reminder has been changed since; read it again, and send the change with its ETag")
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
