import HTTPTypes
import TaskJSON

/// The API's OpenAPI 3.1 document, made of the operations that route and check requests.
struct OpenAPI: Sendable {
    let operations: [Operation]
    let version: String
    /// Whether callers need a key, and whether one without is let in beside them.
    let needsKey: Bool, allowsAnonymous: Bool

    var document: JSONValue {
        var paths = JSONObject()
        for operation in operations {
            let path = operation.path.description
            var item = JSONObject()
            if case .object(let known)? = paths[path] { item = known }
            item[operation.method.rawValue.lowercased()] = self.operation(operation)
            paths[path] = .object(item)
        }
        var components: JSONObject = ["schemas": .object(AnswerSchemas.all)]
        if needsKey { components["securitySchemes"] = ["key": ["type": "http", "scheme": "bearer"]] }
        var tags: [String] = []
        for operation in operations where !tags.contains(operation.tag) { tags.append(operation.tag) }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "task-scheduler", "version": .string(version),
                "description":
                    "Reminders that arrive: a notification, or any task, at a time or by an RFC 5545 rule. Errors are RFC 9457 problems that name every fault of a request at once."
            ],
            "servers": [["url": "/"]], "tags": .array(tags.map { ["name": .string($0)] }), "paths": .object(paths),
            "components": .object(components)
        ]
    }

    private func operation(_ operation: Operation) -> JSONValue {
        var object: JSONObject = [
            "operationId": .string(operation.name), "summary": .string(operation.summary), "tags": [.string(operation.tag)]
        ]
        if !operation.details.isEmpty { object["description"] = .string(operation.details) }
        let parameters = pathParameters(operation) + queryParameters(operation) + operation.headers.map(\.parameter)
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body = operation.body { object["requestBody"] = requestBody(body) }
        object["responses"] = responses(operation)
        if needsKey { object["security"] = security(operation) }
        return .object(object)
    }

    /// A way for each role that may ask, and one without a key where anonymous callers may.
    private func security(_ operation: Operation) -> JSONValue {
        if operation.isPublic { return [] }
        let ways: [JSONValue] = operation.effect.roles.map { ["key": [.string($0.rawValue)]] }
        return .array(allowsAnonymous && Caller.anonymous.role.may(operation.effect) ? ways + [[:]] : ways)
    }

    /// Why an operation is refused with 403, but for what only it has.
    private func refusals(_ operation: Operation) -> [String] {
        var reasons: [String] = [], roles = operation.effect.roles
        if needsKey, roles.count < Role.allCases.count {
            let last = roles.removeLast().rawValue
            reasons.append("the key's role is not \(roles.isEmpty ? last : roles.map(\.rawValue).joined(separator: ", ") + " or \(last)")")
        }
        if operation.method != .get { reasons.append("a browser sends it for a page from elsewhere") }
        if !needsKey || allowsAnonymous { reasons.append("the `Host` is not one of the gateway's") }
        return reasons
    }

    // MARK: What it takes

    private func pathParameters(_ operation: Operation) -> [JSONValue] {
        operation.path.segments.compactMap { segment in
            guard case .value(let name) = segment else { return nil }
            return [
                "name": .string(name), "in": "path", "required": true, "schema": .object(PathValues.schema(name)),
                "description": .string(PathValues.description(name))
            ]
        }
    }

    private func queryParameters(_ operation: Operation) -> [JSONValue] {
        guard let query = operation.query?(), case .object(let properties)? = query["properties"] else { return [] }
        let required: Set<String> = if case .array(let names)? = query["required"] { Set(names.compactMap { if case .string(let name) = $0 { name } else { nil } }) } else { [] }
        return properties.members.map { member in
            guard case .object(var schema) = member.value else { return .null }
            let description = schema["description"] ?? ""
            schema["description"] = nil
            // A query has no null.
            return [
                "name": .string(member.name), "in": "query", "required": .bool(required.contains(member.name)), "description": description,
                "schema": .object(schema.withoutNull)
            ]
        }
    }

    private func requestBody(_ body: Operation.Body) -> JSONValue {
        var media: JSONObject = ["schema": .object(body.schema())]
        var examples = JSONObject()
        for example in body.examples {
            var shown: JSONObject = ["summary": .string(example.summary), "value": example.value]
            if !example.futureTimes.isEmpty { shown["x-future-times"] = .array(example.futureTimes.map { .string($0) }) }
            examples[example.name] = .object(shown)
        }
        if !examples.members.isEmpty { media["examples"] = .object(examples) }
        return ["required": true, "content": ["application/json": .object(media)]]
    }

    // MARK: What it answers

    private func responses(_ operation: Operation) -> JSONValue {
        var responses = JSONObject()
        for success in operation.successes {
            var response: JSONObject = ["description": .string(success.description)], content = JSONObject()
            // The same status in another media type.
            if case .object(let known)? = responses["\(success.status.code)"], case .object(let media)? = known["content"] { content = media }
            content[success.mediaType] = success.schema.map { ["schema": .object($0)] } ?? [:]
            response["content"] = .object(content)
            let links = links(from: success)
            if !links.members.isEmpty { response["links"] = .object(links) }
            if !success.headers.isEmpty {
                var headers = JSONObject()
                for (name, description) in success.headers.sorted(by: { $0.key < $1.key }) {
                    headers[name] = ["description": .string(description), "schema": ["type": "string"]]
                }
                response["headers"] = .object(headers)
            }
            responses["\(success.status.code)"] = .object(response)
        }
        for (status, description) in problems(of: operation) where responses["\(status.code)"] == nil {
            responses["\(status.code)"] = [
                "description": .string(description),
                "content": ["application/problem+json": ["schema": .object(.ref("Problem"))]]
            ]
        }
        return .object(responses)
    }

    /// Operations that what was answered can be given to, as its first item or itself.
    private func links(from success: Operation.Success) -> JSONObject {
        let sources: [(schema: String, prefix: String, pointer: String)] = [
            ("Created", "/reminders/{id}", "/id"), ("DeadLetterPage", "/dead-letters/{occurrence}", "/dead_letters/0/id"),
            ("HeldOccurrencePage", "/held/{occurrence}", "/held/0/id"),
        ]
        var links = JSONObject()
        for source in sources where success.schema == .ref(source.schema) {
            for target in operations where target.path.description.hasPrefix(source.prefix) {
                guard case .value(let name)? = target.path.segments.first(where: { $0.isValue }) else { continue }
                links[target.name] = [
                    "operationId": .string(target.name),
                    "parameters": [name: .string("$response.body#\(source.pointer)")]
                ]
            }
        }
        return links
    }

    private func problems(of operation: Operation) -> [(status: HTTPResponse.Status, description: String)] {
        var problems = operation.problems
        guard !operation.isPublic else { return problems }
        if operation.takesBody || operation.query != nil || !operation.headers.isEmpty {
            problems.append((.badRequest, "the body is not JSON, or the query or a header cannot be read"))
        }
        if operation.takesBody || operation.query != nil {
            problems.append((.unprocessableContent, "fields that are not what they must be, all of them named"))
        }
        if operation.takesBody {
            let values = operation.body?.maxValues ?? 0
            problems.append((.contentTooLarge, "a body of more than \(operation.maxBodyBytes) bytes, or \(values) values"))
            problems.append((.requestTimeout, "a body that came so slowly that its place went to another"))
            problems.append((.unsupportedMediaType, "a body that is not application/json"))
        }
        if !operation.path.isLiteral { problems.append((.notFound, "there is no such thing, or it is another caller's")) }
        let refusals = refusals(operation)
        if let own = problems.firstIndex(where: { $0.status == .forbidden }) {
            problems[own].description = ([problems[own].description] + refusals).joined(separator: ", or ")
        } else if !refusals.isEmpty {
            problems.append((.forbidden, refusals.joined(separator: ", or ")))
        }
        if needsKey { problems.append((.unauthorized, "a key is needed, or this one is unknown")) }
        problems.append((.tooManyRequests, "too many requests with this key; `Retry-After` says when to try again"))
        problems.append((.serviceUnavailable, "no scheduler can do this now, or this gateway is full; `Retry-After` says when to try again"))
        return problems
    }
}

/// The values that paths hold, as documentation shows them.
private enum PathValues {
    static func schema(_ name: String) -> JSONObject {
        switch name {
        case "id": ["type": "string", "format": "uuid"]
        case "time": ["type": "string", "pattern": "^(first|-?[0-9]{1,12})$"]
        case "instance": ["type": "string", "minLength": 1]
        case "name": ["type": "string", "pattern": "^[A-Za-z0-9._-]+$", "minLength": 1, "maxLength": 64]
        default: ["type": "string", "pattern": "^[0-9a-f-]{36}:-?[0-9]+$"]
        }
    }

    static func description(_ name: String) -> String {
        switch name {
        case "id": "the reminder's id"
        case "time": "the occurrence's scheduled time, unix seconds; of a result also first: the reminder's start"
        case "instance": "the worker's name"
        case "name": "the queue's name"
        default: "<reminder id>:<scheduled time, unix seconds>"
        }
    }
}

extension Operation.Header {
    fileprivate var parameter: JSONValue {
        switch self {
        case .idempotencyKey:
            [
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "the same key with the same body within 24 hours gets the first answer again",
                "schema": ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"]
            ]
        case .ifMatch:
            [
                "name": "If-Match", "in": "header", "required": false,
                "description": "the `ETag` of the reminder as it was read: the change is made only if nothing has changed since",
                "schema": ["type": "string", "pattern": "^(\\*|\"[0-9]+\")$"]
            ]
        }
    }
}
