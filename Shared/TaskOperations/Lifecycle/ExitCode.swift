/// What a service's exit code says.
public enum ExitCode {
    /// It was asked to stop, and everything begun was finished; or `--help` and `--version`.
    public static let success: Int32 = 0
    /// It could not start, or a part of it failed. The last line on standard error says why.
    public static let failure: Int32 = 1
    /// A setting is bad (`EX_USAGE` of sysexits.h). Nothing was started.
    public static let usage: Int32 = 64
    /// It was asked to stop and did not finish within the drain limit (`EX_TEMPFAIL`).
    public static let notDrained: Int32 = 75

    /// A second signal ended it at once; as shells count, 128 and the signal's number.
    public static func signal(_ number: Int32) -> Int32 { 128 + number }
}
