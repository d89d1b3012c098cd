import Logging
import TaskDomain
import TaskWire

/// What a setting may be: how its text is read, and the words that tell an operator what it must look like.
///
/// ```swift
/// static let shardCount = SettingType<Int>(expected: "a power of two from 1 to 1024", placeholder: 1) { text in … }
/// ```
public struct SettingType<Value: Sendable>: Sendable {
    /// Completes "it must be …".
    public let expected: String
    /// A value to carry on with after a fault, so that one pass over the settings finds them all. It is never used to
    /// run a service.
    let placeholder: Value
    /// `nil`: the text is not such a value.
    public let parse: @Sendable (String) -> Value?
    /// A noun for a text that asks for what this build lacks. It is said in place of the text, which may hold a credential. `nil`: it is
    /// no such text.
    public var unavailable: @Sendable (String) -> String? = { _ in nil }
    /// Whether a flag without a value means `true`.
    var isSwitch = false
    /// Whether the value must never be shown.
    var isSecret = false

    public init(expected: String, placeholder: Value, parse: @escaping @Sendable (String) -> Value?) {
        self.expected = expected
        self.placeholder = placeholder
        self.parse = parse
    }
}

extension SettingType where Value == Endpoint {
    private static var loopback: Endpoint {
        guard let endpoint = Endpoint(host: "127.0.0.1", port: 1) else { preconditionFailure("127.0.0.1:1 is an endpoint") }
        return endpoint
    }

    /// Where to listen. Port 0 lets the system pick one, which the `listening` log line then names.
    public static var listen: Self {
        Self(
            expected: "host:port with a port from 0 to 65535, such as 127.0.0.1:5000 or [::1]:5000",
            placeholder: loopback, parse: { Endpoint($0) })
    }

    /// Where to connect to.
    public static var endpoint: Self {
        Self(
            expected: "host:port with a port from 1 to 65535, such as 127.0.0.1:7101 or [::1]:7101",
            placeholder: loopback,
            parse: { text in Endpoint(text).flatMap { $0.port > 0 ? $0 : nil } })
    }
}

extension SettingType where Value == [Endpoint] {
    /// The most addresses in one list.
    public static var maxEndpoints: Int { 1_024 }

    /// One or more addresses to connect to, separated by commas.
    public static var endpoints: Self {
        Self(
            expected: "host:port with a port from 1 to 65535, or several separated by commas (at most \(maxEndpoints))",
            placeholder: [],
            parse: { text in
                let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                guard parts.count <= maxEndpoints else { return nil }
                let endpoints = parts.compactMap { SettingType<Endpoint>.endpoint.parse(Trim.blanks($0)) }
                return endpoints.count == parts.count ? endpoints : nil
            })
    }
}

extension SettingType where Value == Int {
    /// A whole number, in ASCII digits.
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        precondition(range.lowerBound >= 0, "settings are not negative")
        return Self(
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            placeholder: range.lowerBound, parse: { Digits.integer($0, in: range) })
    }
}

extension SettingType where Value == Bool {
    /// `true`, `yes`, `1`, or `false`, `no`, `0`. As a flag it needs no value.
    public static var boolean: Self {
        var type = Self(
            expected: "true or false", placeholder: false,
            parse: { text in
                switch text.lowercased() {
                case "true", "yes", "1": true
                case "false", "no", "0": false
                default: nil
                }
            })
        type.isSwitch = true
        return type
    }
}

extension SettingType where Value == String {
    /// Any text of that many bytes, without control characters.
    public static func text(bytes: ClosedRange<Int> = 1...4_096) -> Self {
        Self(
            expected: "text of \(bytes.lowerBound) to \(bytes.upperBound) bytes without control characters", placeholder: "",
            parse: { text in
                bytes.contains(text.utf8.count) && !text.unicodeScalars.contains(where: OneLine.isControl) ? text : nil
            })
    }

    /// The path of a file or folder (it need not exist). 4096 bytes is Linux's `PATH_MAX`, its terminator included.
    public static var path: Self {
        Self(
            expected: "a path of 1 to 4095 bytes without control characters", placeholder: ".",
            parse: text(bytes: 1...4_095).parse)
    }
}

extension SettingType where Value == Secret {
    /// A credential: shown nowhere.
    public static func secret(bytes: ClosedRange<Int> = ClusterCredential.secretBytes) -> Self {
        var type = Self(
            expected: "\(bytes.lowerBound) to \(bytes.upperBound) bytes without control characters", placeholder: Secret(""),
            parse: { text in SettingType<String>.text(bytes: bytes).parse(text).map { Secret($0) } })
        type.isSecret = true
        return type
    }
}

extension SettingType where Value == Encryption {
    /// `on`: on loopback, too.
    static var encryption: Self {
        Self(
            expected: "auto or on", placeholder: .betweenMachines,
            parse: { ["auto": .betweenMachines, "on": .always][$0.lowercased()] })
    }
}

extension SettingType where Value == [String] {
    /// The most names in one list.
    public static var maxNames: Int { 256 }

    /// Comma-separated names of queues, see `TaskName`.
    public static var names: Self {
        Self(
            expected: "names of \(TaskName.rule), separated by commas (at most \(maxNames))",
            placeholder: [],
            parse: { text in
                let names = text.split(separator: ",", omittingEmptySubsequences: false).map { Trim.blanks($0) }
                return names.count <= maxNames && names.allSatisfy(TaskName.isValid) ? names : nil
            })
    }
}

extension SettingType where Value == [String] {
    /// Comma-separated names or addresses of hosts, without ports, an IPv6 address without brackets.
    public static var hosts: Self {
        Self(
            expected: "names of hosts without ports, such as scheduler.example, separated by commas (at most \(maxNames))",
            placeholder: [],
            parse: { text in
                let names = text.split(separator: ",", omittingEmptySubsequences: false).map { Trim.blanks($0) }
                return names.count <= maxNames && names.allSatisfy { Endpoint(host: $0, port: 0) != nil } ? names : nil
            })
    }
}

extension SettingType where Value == Logger.Level {
    public static var logLevel: Self {
        Self(
            expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))", placeholder: .info,
            parse: { Logger.Level(rawValue: $0.lowercased()) })
    }
}

extension SettingType where Value == LogFormat {
    public static var logFormat: Self {
        Self(expected: "text or json", placeholder: .text, parse: { LogFormat(rawValue: $0.lowercased()) })
    }
}

/// Removal of the blanks around a value.
enum Trim {
    static func blanks(_ text: some StringProtocol) -> String {
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
