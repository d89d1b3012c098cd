import Glibc
import TaskFiles

/// What Linux knows of this process, under the names that Prometheus' own clients use. What cannot be read is left out.
public struct ProcessMetrics: Sendable {
    public var residentBytes: Double?
    public var virtualBytes: Double?
    /// In user and in system mode together.
    public var cpuSeconds: Double?
    public var openFiles: Double?
    public var maxOpenFiles: Double?
    public var threads: Double?
    /// Unix time in seconds.
    public var startTime: Double?

    /// Reads `/proc/self`.
    public static func current() -> ProcessMetrics {
        var metrics = ProcessMetrics()
        if let stat = text(of: "/proc/self/stat") { metrics.read(stat: stat, system: text(of: "/proc/stat")) }
        metrics.openFiles = countOpenFiles()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { metrics.maxOpenFiles = Double(limit.rlim_cur) }
        return metrics
    }

    /// - Parameters:
    ///   - stat: `/proc/self/stat`, see proc_pid_stat(5). The name in parentheses may itself hold blanks and parentheses.
    ///   - system: `/proc/stat`, whose `btime` says when the machine was started.
    mutating func read(stat: String, system: String?) {
        guard let parenthesis = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: parenthesis)...].split(whereSeparator: \.isWhitespace)
        // The manual counts from 1, and `fields` begins with number 3.
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil }
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK))), pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
        if let user = field(14), let kernel = field(15) { cpuSeconds = (user + kernel) / ticksPerSecond }
        threads = field(20)
        virtualBytes = field(23)
        residentBytes = field(24).map { $0 * pageBytes }
        let bootTime = system?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
        if let bootTime, let startTicks = field(22) { startTime = bootTime + startTicks / ticksPerSecond }
    }

    func add(to text: inout Exposition) {
        let rows: [(String, String, String, Double?)] = [
            ("process_cpu_seconds_total", "Processor time used, user and system.", "counter", cpuSeconds),
            ("process_max_fds", "How many file descriptors may be open.", "gauge", maxOpenFiles),
            ("process_open_fds", "Open file descriptors.", "gauge", openFiles),
            ("process_resident_memory_bytes", "Resident memory.", "gauge", residentBytes),
            ("process_start_time_seconds", "When the process was started, in unix time.", "gauge", startTime),
            ("process_threads", "Threads of the process.", "gauge", threads),
            ("process_virtual_memory_bytes", "Virtual memory.", "gauge", virtualBytes),
        ]
        for (name, help, kind, value) in rows {
            if let value { text.add(name, help: help, kind: kind, value: value) }
        }
    }

    /// `/proc/stat` has a line for each processor, so the limit is generous.
    private static let maxFileBytes = 1 << 20

    private static func text(of path: String) -> String? {
        (try? SmallFile.read(path, limit: maxFileBytes)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Without `.`, `..`, and the descriptor that the counting itself needs.
    private static func countOpenFiles() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return Double(max(0, count - 3))
    }
}
