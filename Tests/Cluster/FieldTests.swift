import Foundation
import Testing

extension ClusterSuite {
    /// Every field that a create takes, as the API's own document lists them: one that is added is tried without a change here.
    @Suite("fields", .serialized)
    struct Fields {
        /// Another name of `start_datetime`, with which it cannot stand.
        private static let aliases: Set<String> = ["trigger_at"]
        /// Never shown.
        private static let secrets: Set<String> = ["auth_header"]
        /// Changed by every change.
        private static let counters: Set<String> = ["revision", "updated_at"]

        @Test(
            "every field of a create comes back as it was, and a patch that changes nothing changes nothing", arguments: ["/remind_me", "/tasks"])
        func roundTrip(path: String) throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            let sample = try Self.body(of: path, in: connection.get("/openapi.json").json)
            let created = try connection.post(path, Self.text(sample))
            let id = try #require(created.json["id"] as? String, "\(created.body)")

            let read = try connection.get("/reminders/\(id)").json
            Self.expect(read, hold: sample, at: "")
            for patch in [["description": sample["description"] ?? ""], sample] {
                let changed = try connection.send("PATCH", "/reminders/\(id)", body: Self.text(patch))
                #expect(changed.status == 200, "\(changed.body)")
                let again = try connection.get("/reminders/\(id)").json
                #expect(Self.text(again.filter { !Self.counters.contains($0.key) }) == Self.text(read.filter { !Self.counters.contains($0.key) }))
            }
        }

        private static func expect(_ read: [String: Any], hold sample: [String: Any], at path: String) {
            for (name, value) in sample where !secrets.contains(name) {
                if let members = value as? [String: Any], name == "notification_metadata" {
                    expect(read[name] as? [String: Any] ?? [:], hold: members, at: "\(path)/\(name)")
                } else {
                    #expect(text([read[name] ?? "absent"]) == text([value]), "\(path)/\(name)")
                }
            }
        }

        // MARK: Samples

        private static func body(of path: String, in document: [String: Any]) throws -> [String: Any] {
            func member(_ object: Any?, _ names: String...) -> Any? {
                names.reduce(object) { ($0 as? [String: Any])?[$1] }
            }
            let schema = try #require(
                member(document, "paths", path, "post", "requestBody", "content", "application/json", "schema") as? [String: Any])
            return try object(schema)
        }

        /// A value for each property, and none of them its default.
        private static func object(_ schema: [String: Any]) throws -> [String: Any] {
            var object: [String: Any] = [:]
            for case let (name, property as [String: Any]) in try #require(schema["properties"] as? [String: Any]) where !aliases.contains(name) {
                let value: Any = name == "rrule" ? "FREQ=WEEKLY" : try sample(of: name, property)
                if let fallback = property["default"] { #expect(text([value]) != text([fallback]), "\(name)") }
                object[name] = value
            }
            #expect(object.count > 8)
            return object
        }

        private static func sample(of name: String, _ schema: [String: Any]) throws -> Any {
            if let example = (schema["examples"] as? [Any])?.first { return example }
            if let choices = schema["anyOf"] as? [[String: Any]] { return try sample(of: name, try #require(choices.first)) }
            if let choices = schema["enum"] as? [Any] {
                return try #require(choices.compactMap { $0 as? String }.last { $0 != schema["default"] as? String })
            }
            let type = schema["type"] as? String ?? (schema["type"] as? [Any])?.compactMap { $0 as? String }.first
            switch type {
            case "integer":
                let greatest = try #require(schema["maximum"] as? Int64)
                guard let fallback = schema["default"] as? Int64 else { return greatest }
                return fallback < greatest ? fallback + 1 : fallback - 1
            case "boolean": return !(schema["default"] as? Bool ?? false)
            case "string": return "of-\(name)"
            case "array": return [try sample(of: name, schema["items"] as? [String: Any] ?? [:])] as [Any]
            case "object" where schema["properties"] != nil: return try object(schema)
            case "object": return ["of": name] as [String: Any]
            default: return "of-\(name)"
            }
        }

        private static func text(_ value: Any) -> String {
            (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
        }
    }
}
