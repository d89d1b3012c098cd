/// Why a time zone could not be had. Words for an operator: what was asked for, and what to do.
public enum ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name is not one that the IANA database could hold: empty, too long, with other characters, leading out of its folder, or of a
    /// file that lies there and is no zone.
    case badIdentifier(String)
    /// The name is the one that Windows has for a zone of the IANA database.
    case windowsName(String, iana: String)
    /// There is no such file in the system's zone database.
    case unknown(String, folder: String)
    /// The file is there and is not zone data that can be used.
    case unusable(String, reason: String)

    public var description: String {
        switch self {
        case .badIdentifier(let name):
            "time zone \"\(RuleError.shown(name))\" is not a zone's name; expected one of the IANA database, as Europe/Berlin or UTC"
        case .windowsName(let name, let iana):
            "time zone \"\(RuleError.shown(name))\" is a name of Windows, which the IANA database calls \(iana); give that name"
        case .unknown(let name, let folder):
            "time zone \"\(RuleError.shown(name))\" is unknown: no such file in \(folder); "
                + "give a name of the IANA database, as Europe/Berlin, or install tzdata"
        case .unusable(let name, let reason):
            "the data of time zone \"\(RuleError.shown(name))\" cannot be used: \(reason); reinstall tzdata"
        }
    }
}
