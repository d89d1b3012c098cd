import Glibc

/// How many files, and so connections, the process may have open.
enum OpenFiles {
    /// Raises the limit to the highest that the system allows. The one that a shell gives, often 1,024, is for programs that use
    /// select(2), and would let a few hundred idle connections keep out everybody else.
    static func raiseLimit() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
    }
}
