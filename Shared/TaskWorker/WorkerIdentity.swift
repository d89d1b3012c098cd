import TaskDomain

/// What a worker says of its process, to all schedulers the same.
struct WorkerIdentity: Sendable {
    private static let tokenBytes = 32

    let instance: String
    /// What tells a scheduler that a stream is this process's: nobody else can take over what it runs by its name.
    let token: [UInt8]
    /// Of the program that it is in.
    let version: String
    let startedAt = SystemClock.now

    init(instance: String, version: String) {
        self.instance = instance
        self.version = version
        var random = SystemRandomNumberGenerator()
        token = (0..<Self.tokenBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}
