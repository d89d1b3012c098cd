import TaskDomain

/// Reads a service's settings, once, into types that cannot hold a bad value.
///
/// A service lists its settings where it reads them; that list is also its `--help`, its flags and the names that its
/// configuration file may have:
///
/// ```swift
/// struct NotifierSettings: ServiceSettings {
///     let listen: Setting<Endpoint>
///     let edvora: BaseURL
///     let timeout: Duration
///
///     init(_ settings: inout SettingsReader, common: CommonSettings) {
///         listen = settings.setting("NOTIFIER_LISTEN", .listen, default: "127.0.0.1:7103", help: "where workers connect to")
///         edvora = settings.required("EDVORA_BASE_URL", .url, help: "where notifications are delivered")
///         timeout = settings.value("NOTIFIER_TIMEOUT", .duration(.milliseconds(1) ... .seconds(300)), default: "10s", help: "…")
///         settings.check { [listen] () throws(ConfigurationError) in
///             try requireAuthentication(listen: listen, hasAuthentication: common.isClusterProtected, howTo: "set CLUSTER_SECRET")
///         }
///     }
/// }
/// ```
///
/// A bad value does not end the reading: it is noted, a placeholder takes its place, and the start ends afterwards.
public struct SettingsReader {
    /// A setting as `--help` shows it.
    struct Declared: Sendable {
        let name: String
        let help: String
        let expected: String
        let fallback: String?
        let isRequired: Bool
        let isSecret: Bool
        let origin: SettingSources.Origin?

        /// Of a secret it is refused, with a reason.
        var flag: String { SettingSources.flag(of: name) }
    }

    private let sources: SettingSources
    private(set) var declared: [Declared] = []
    private(set) var faults: [ConfigurationError] = []

    /// The longest value in bytes; and how much of a bad one a message shows.
    static let maxValueBytes = 64 << 10, maxShownBytes = 200

    init(_ sources: SettingSources) { self.sources = sources }

    // MARK: For services

    /// A setting with a default.
    public mutating func value<Value>(
        _ name: String, _ type: SettingType<Value>, default fallback: String, isSecret: Bool = false, help: String
    ) -> Value {
        setting(name, type, default: fallback, isSecret: isSecret, help: help).value
    }

    /// A setting with a default whose value may turn out to be of no use only later.
    public mutating func setting<Value>(
        _ name: String, _ type: SettingType<Value>, default fallback: String, isSecret: Bool = false, help: String
    ) -> Setting<Value> {
        read(name, type, fallback: fallback, isRequired: false, isSecret, help) ?? Setting(name, type.placeholder)
    }

    /// A setting without which the service cannot run.
    public mutating func required<Value>(
        _ name: String, _ type: SettingType<Value>, isSecret: Bool = false, help: String
    ) -> Value {
        requiredSetting(name, type, isSecret: isSecret, help: help).value
    }

    /// A setting without which the service cannot run, and whose value may turn out to be of no use only later.
    public mutating func requiredSetting<Value>(
        _ name: String, _ type: SettingType<Value>, isSecret: Bool = false, help: String
    ) -> Setting<Value> {
        read(name, type, fallback: nil, isRequired: true, isSecret, help) ?? Setting(name, type.placeholder)
    }

    /// A setting that may be absent.
    public mutating func optional<Value>(
        _ name: String, _ type: SettingType<Value>, isSecret: Bool = false, help: String
    ) -> Value? {
        optionalSetting(name, type, isSecret: isSecret, help: help)?.value
    }

    /// A setting that may be absent, and whose value may turn out to be of no use only later.
    public mutating func optionalSetting<Value>(
        _ name: String, _ type: SettingType<Value>, isSecret: Bool = false, help: String
    ) -> Setting<Value>? {
        read(name, type, fallback: nil, isRequired: false, isSecret, help)
    }

    /// A rule over several settings. It is looked at only if every setting before it was good.
    public mutating func check(_ rule: () throws(ConfigurationError) -> Void) {
        guard faults.isEmpty else { return }
        do throws(ConfigurationError) { try rule() } catch { faults.append(error) }
    }

    /// Takes over what another reader has seen: its settings after this one's, its faults before.
    mutating func append(_ other: SettingsReader) {
        declared += other.declared
        faults = other.faults + faults
    }

    // MARK: Reading

    private mutating func read<Value>(
        _ name: String, _ type: SettingType<Value>, fallback: String?, isRequired: Bool, _ isSecret: Bool, _ help: String
    ) -> Setting<Value>? {
        let found = find(name, type, fallback)
        let isSecret = isSecret || type.isSecret
        declared.append(
            Declared(
                name: name, help: help, expected: type.expected, fallback: fallback, isRequired: isRequired,
                isSecret: isSecret, origin: found?.origin))
        guard let (text, origin) = found else {
            if isRequired { faults.append(ConfigurationError("\(name) is not set; it must be \(type.expected)")) }
            return nil
        }
        if isSecret, let fault = exposure(name, origin) {
            faults.append(fault)
            return nil
        }
        if let text, text.utf8.count <= Self.maxValueBytes, let value = type.parse(text) {
            return Setting(name, value, text: Self.shown(text, isSecret), origin: "\(origin)")
        }
        let was =
            if let text, let lacking = type.unavailable(text) {
                "\(name) was \(lacking) (\(origin)), which this build cannot use"
            } else if let text {
                "\(name) was \(Self.quoted(text, isSecret)) (\(origin))"
            } else {
                "\(SettingSources.flag(of: name)) has no value"
            }
        faults.append(ConfigurationError("\(was); it must be \(type.expected)"))
        return nil
    }

    /// Why a secret may not come from there, if it may not.
    private func exposure(_ name: String, _ origin: SettingSources.Origin) -> ConfigurationError? {
        switch origin {
        case .flag(let flag):
            ConfigurationError(
                "\(flag) is not taken as a flag, which every user of this machine can see (ps); set \(name) in the environment, or in a file (--config)")
        case .file(let path, let line):
            sources.file?.exposure.map { ConfigurationError("\(path) line \(line): \(name) is a secret, and the file cannot be used for one: \($0.reason)") }
        case .environment, .fallback: nil
        }
    }

    private func find<Value>(
        _ name: String, _ type: SettingType<Value>, _ fallback: String?
    ) -> (text: String?, origin: SettingSources.Origin)? {
        switch sources.lookup(name) {
        case .text(let text, let origin): return (text, origin)
        case .bare(let flag): return (type.isSwitch ? "true" : nil, .flag(flag))
        case .absent: return fallback.map { ($0, .fallback) }
        }
    }

    private static func quoted(_ text: String, _ isSecret: Bool) -> String {
        isSecret ? shown(text, isSecret) : "\"\(shown(text, isSecret))\""
    }

    /// A value as a message may show it: no secret, and nothing that stands before an `@`, where URLs have theirs.
    private static func shown(_ text: String, _ isSecret: Bool) -> String {
        if isSecret { return Secret.placeholder }
        guard let at = text.lastIndex(of: "@") else { return OneLine.escaping(text, limit: maxShownBytes) }
        return Secret.placeholder + OneLine.escaping(String(text[at...]), limit: maxShownBytes)
    }
}

/// The settings of one service. See ``SettingsReader`` for an example.
public protocol ServiceSettings: Sendable {
    /// Where the service's health is served; `--check-health` asks there.
    var opsListen: Setting<Endpoint> { get }

    /// Reads every setting of the service, whatever the others are: the list must not depend on values.
    init(_ settings: inout SettingsReader, common: CommonSettings)
}
