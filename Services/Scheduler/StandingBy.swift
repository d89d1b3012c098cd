import Logging
import PostgresStore
import ServiceLifecycle
import Storage
import Synchronization
import TaskOperations

/// Opens the store of a scheduler: where another scheduler has the database, stands by until that has gone or does not show life any more.
///
/// Meanwhile `/healthz` and `/readyz` answer, and nobody can connect: gateways and workers find the one that listens.
struct StandingBy {
    let service: ServiceStart<SchedulerSettings>
    let deliver: @Sendable ([@Sendable () -> Void]) -> Void

    private var settings: SchedulerSettings { service.settings }
    private var logger: Logger { service.logger }

    func open() async throws -> OpenStore {
        guard case .postgres(let address) = settings.store.value else { return try openNow() }
        let standby = StandbyThread(address.with(try settings.storePasswordFile?.read()))
        // What is wrong with the address ends the start.
        var sight = try await look(with: standby).get(), hasStoodBy = false
        while true {
            if sight != .free {
                try await wait(with: standby, sight)
                hasStoodBy = true
            }
            let secret = try settings.storePasswordFile?.read()
            do throws(StoreError) {
                return try settings.store.value.open(secret: secret, settings.storeDistribution, logger, deliver: deliver)
            } catch {
                switch error {
                // Another that stood by was faster.
                case .inUse: break
                // Where the server was lost, so was the lock, and it may just be coming back.
                case .unavailable where hasStoodBy: break
                default: throw StartError(settings.store.fault("and \(error)"))
                }
                sight = .taken
            }
        }
    }

    private func openNow() throws -> OpenStore {
        try settings.store.open(password: settings.storePasswordFile, settings.storeDistribution, logger, deliver: deliver)
    }

    private func look(with standby: StandbyThread) async -> Result<Standby.Sight, StartError> {
        await standby.look().mapError { StartError(settings.store.fault("and \($0)")) }
    }

    private func wait(with standby: StandbyThread, _ first: Standby.Sight) async throws {
        show(first)
        service.readiness.set("start", .ok)
        try await service.run([service.opsServer(listen: settings.opsListen)]) {
            // Said when a signal would be heard.
            var last: Result<Standby.Sight, StoreError> = .success(first)
            say(last)
            while true {
                let sight = await standby.look()
                if sight != last { say(sight) }
                switch sight {
                case .success(.free): return
                case .success(let sight): show(sight)
                // The password may be another by now.
                case .failure: if let secret = try? settings.storePasswordFile?.read() { standby.usePassword(secret) }
                }
                last = sight
                try await Task.sleep(for: .milliseconds(Standby.intervalMilliseconds))
            }
        }
        service.readiness.set("standby", .ok)
    }

    private static let readOnly = "the database takes no writes: its server is a standby that nobody has promoted, or set to be read-only"

    private func show(_ sight: Standby.Sight) {
        service.readiness.set(
            "standby",
            sight == .readOnly
                ? .failing(Self.readOnly)
                : .notice("another scheduler has the database; this one takes it over when that has gone"))
    }

    private func say(_ sight: Result<Standby.Sight, StoreError>) {
        switch sight {
        case .success(.taken): logger.notice("standing by: another scheduler has the database", metadata: ["store": "\(settings.store.value)"])
        case .success(.free): logger.notice("taking the database over")
        case .success(.readOnly): logger.warning("waiting: \(Self.readOnly)")
        case .success(.silent): logger.warning("the scheduler that has the database does not show life: its connections are ended")
        case .failure(let error): logger.error("cannot see who has the database; trying again", metadata: ["reason": "\(error)"])
        }
    }
}

/// Looks on a thread of its own each time: a look waits for the server.
///
/// @unchecked Sendable is safe because one look is made after the other.
private final class StandbyThread: @unchecked Sendable {
    private let address: PostgresAddress
    private let standby: Standby

    init(_ address: PostgresAddress) {
        self.address = address
        standby = Standby(address)
    }

    /// From the next look on.
    func usePassword(_ password: String) { standby.address = address.with(password) }

    func look() async -> Result<Standby.Sight, StoreError> {
        await withCheckedContinuation { done in
            let isStarted = StoreThread.start { done.resume(returning: Result { () throws(StoreError) in try self.standby.look() }) }
            if !isStarted { done.resume(returning: .failure(.unavailable("the system gave no thread. Raise the limit on processes (ulimit -u)"))) }
        }
    }
}

/// Ends the scheduler when another has taken its database over: it may have stood still, and what it has in memory is the other's by now.
struct OwnershipCheck: Service, CustomStringConvertible {
    let ownership: Ownership

    var description: String { "ownership" }

    func run() async throws {
        for await _ in ownership.losses.cancelOnGracefulShutdown() { throw DatabaseLost(failover: ownership.server.failover) }
        try? await gracefulShutdown()
    }
}

struct DatabaseLost: Error, CustomStringConvertible {
    /// `nil`: another scheduler has it.
    let failover: Failover?

    var description: String {
        guard let failover else {
            return "another scheduler has taken the database over, as nothing had been seen of this one for a while; started again, it stands by"
        }
        return "\(failover); started again, it reads everything anew"
    }
}
