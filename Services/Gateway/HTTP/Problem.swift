import HTTPTypes
import TaskJSON

/// An answer that is none: RFC 9457, `application/problem+json`.
struct Problem: Error, Sendable {
    /// One fault of the request, in its body, its query or its headers.
    struct Fault: Sendable, Hashable {
        enum Place: Sendable, Hashable {
            case pointer(JSONPointer)
            case parameter(String)
            case header(String)
        }

        let place: Place
        let detail: String
    }

    let status: HTTPResponse.Status
    /// For the caller. It never holds a credential, nor where the other services are.
    let detail: String
    /// For the operator's log, where that is more.
    var cause: String?
    var faults: [Fault] = []
    var headers: HTTPFields = [:]

    /// How soon a caller may try again what could not be done now.
    static let retryAfterSeconds = 1

    init(_ status: HTTPResponse.Status, _ detail: String, faults: [Fault] = [], headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers
    }

    static func unavailable(_ detail: String, cause: String) -> Problem {
        var problem = Problem(.serviceUnavailable, detail, headers: [.retryAfter: "\(retryAfterSeconds)"])
        problem.cause = cause
        return problem
    }

    /// A body whose fields are not what they must be.
    static func content(_ faults: JSONFaults) -> Problem {
        let count = faults.count
        let detail = "the body has \(count) \(count == 1 ? "fault" : "faults"); nothing was stored"
        let rest = faults.omitted > 0 ? " (the first \(faults.maxKept) are listed)" : ""
        return Problem(
            .unprocessableContent, detail + rest, faults: faults.all.map { Fault(place: .pointer($0.pointer), detail: $0.detail) }
        )
    }

    static func parameters(_ faults: JSONFaults) -> Problem {
        Problem(
            .unprocessableContent, "the query is not what it must be",
            faults: faults.all.map { Fault(place: .parameter(String($0.pointer.description.dropFirst())), detail: $0.detail) })
    }

    static func parameter(_ name: String, _ detail: String) -> Problem {
        Problem(
            .unprocessableContent, "the query is not what it must be",
            faults: [Fault(place: .parameter(name), detail: detail)])
    }

    static func field(_ pointer: String, _ detail: String) -> Problem {
        let faults = JSONFaults()
        pointer.split(separator: "/").reduce(JSONPlace(faults)) { $0.appending(String($1)) }.refuse(detail)
        return content(faults)
    }

    /// `type` is left out, which means `about:blank`: the status says it all, and `title` is its phrase.
    var json: JSONValue {
        var object: JSONObject = [
            "title": .string(status.reasonPhrase), "status": .integer(Int64(status.code)), "detail": .string(detail)
        ]
        if !faults.isEmpty { object["errors"] = .array(faults.map(\.json)) }
        return .object(object)
    }

    var answer: Answer {
        var answer = Answer(status, json)
        answer.headers = headers
        answer.headers[.contentType] = "application/problem+json"
        return answer
    }
}

extension Problem.Fault {
    fileprivate var json: JSONValue {
        let (name, value) =
            switch place {
            case .pointer(let pointer): ("pointer", pointer.description)
            case .parameter(let parameter): ("parameter", parameter)
            case .header(let header): ("header", header)
            }
        return [name: .string(value), "detail": .string(detail)]
    }
}
