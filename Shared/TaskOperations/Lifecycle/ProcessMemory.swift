import CProcess
import Glibc

/// The memory of this process, which holds callers' credentials and the keys that seal them.
enum ProcessMemory {
    /// From here on no crash leaves it in a core file, and no other process of the same user may read it.
    /// - Returns: `nil`, or why not.
    static func forbidDumps() -> String? {
        cprocess_forbid_dumps() == 0 ? nil : String(cString: strerror(errno))
    }

    static var isDumpable: Bool { cprocess_dumpable() != 0 }
}
