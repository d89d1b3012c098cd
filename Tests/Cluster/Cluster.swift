import Foundation
import Synchronization
import Testing

/// The four services and a stand-in backend as real processes on free ports, in a folder of their own.
final class Cluster {
    /// In every reminder's `auth_header`; nothing on disk may hold it.
    static let credential = "Bearer Kq7vZ2-cluster-credential-x9Lw4T"

    let folder: URL
    let standIn: ServiceProcess
    let scheduler: ServiceProcess
    /// Another scheduler of the same store.
    private(set) var standby: ServiceProcess?
    let gateway: ServiceProcess
    private(set) var workers: [ServiceProcess] = []
    private(set) var notifiers: [ServiceProcess] = []
    /// Between the services, where they do not speak to each other directly.
    private var relays: [ServiceProcess] = []
    private let isRelayed: Bool
    private(set) var api = ""
    private var backend = ""

    var all: [ServiceProcess] { [gateway] + workers + [scheduler] + notifiers }

    /// - Parameters:
    ///   - own: settings of one service beside those of all, by its program.
    ///   - store: what `SCHEDULER_STORE` names; `nil`: an SQLite file in the cluster's folder.
    ///   - hasStandby: whether another scheduler stands by for the store.
    ///   - isRelayed: whether what the services say to each other goes through relays, which keep it in `relayed`.
    init(
        workers workerCount: Int = 1, notifiers notifierCount: Int = 1, environment: [String: String] = [:],
        own: [String: [String: String]] = [:], store: String? = nil, hasStandby: Bool = false, isRelayed: Bool = false
    ) throws {
        self.isRelayed = isRelayed
        folder = FileManager.default.temporaryDirectory.appending(path: "cluster-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        standIn = ServiceProcess("edvora-standin", executable: "edvora-standin", environment: [:], folder: folder)
        let common = environment
        func given(to service: String) -> [String: String] { common.merging(own[service] ?? [:]) { $1 } }
        var settings = given(to: "scheduler")
        settings["SCHEDULER_LISTEN"] = "127.0.0.1:0"
        settings["SCHEDULER_OPS_LISTEN"] = "127.0.0.1:0"
        settings["SCHEDULER_STORE"] = store ?? "sqlite:" + folder.appending(path: "store.db").path
        scheduler = ServiceProcess("scheduler", executable: "scheduler", environment: settings, folder: folder)
        gateway = ServiceProcess("gateway", executable: "gateway", environment: given(to: "gateway"), folder: folder)
        for number in 0..<notifierCount {
            notifiers.append(ServiceProcess("notifier-\(number)", executable: "notifier", environment: given(to: "notifier"), folder: folder))
        }
        for number in 0..<workerCount {
            workers.append(ServiceProcess("worker-\(number)", executable: "worker", environment: given(to: "worker"), folder: folder))
        }
        if hasStandby { standby = ServiceProcess("standby", executable: "scheduler", environment: settings, folder: folder) }
        try startAll()
    }

    deinit {
        for process in all + relays + [standIn] + (standby.map { [$0] } ?? []) { process.kill() }
        try? FileManager.default.removeItem(at: folder)
    }

    private func startAll() throws {
        try standIn.start(arguments: ["--record", folder.appending(path: "deliveries.jsonl").path])
        try Cluster.wait("the stand-in") { standIn.logged.contains("listening on ") }
        backend = String(standIn.logged.split(separator: "\n")[0].dropFirst("listening on ".count))
        for notifier in notifiers {
            notifier.set("NOTIFIER_LISTEN", "127.0.0.1:0")
            notifier.set("NOTIFIER_OPS_LISTEN", "127.0.0.1:0")
            notifier.set("EDVORA_BASE_URL", "http://\(backend)")
            try notifier.start()
            // The same port again after a restart: the others know it.
            notifier.set("NOTIFIER_LISTEN", try notifier.address(saidWith: "wire listening"))
        }
        if let standby {
            // The others have to know where it will listen.
            try standby.start()
            standby.set("SCHEDULER_LISTEN", try standby.address(saidWith: "wire listening"))
            try standby.stop()
        }
        try scheduler.start()
        scheduler.set("SCHEDULER_LISTEN", try scheduler.address(saidWith: "wire listening"))
        var wire = try address(of: scheduler)
        if let standby {
            try standby.start()
            try Cluster.wait("another scheduler to stand by") { standby.logged.contains("standing by") }
            wire += "," + (standby.environment["SCHEDULER_LISTEN"] ?? "")
        }
        scheduler.set("SCHEDULER_OPS_LISTEN", try scheduler.address(saidWith: "ops listening"))
        for worker in workers {
            worker.set("SCHEDULER_ENDPOINTS", wire)
            worker.set("NOTIFIER_ENDPOINTS", try notifiers.map { try address(of: $0) }.joined(separator: ","))
            worker.set("WORKER_OPS_LISTEN", "127.0.0.1:0")
            worker.set("WORKER_LOG_TASK", "true")
            try worker.start()
            try Cluster.wait("\(worker.name) to be connected") { worker.logged.contains("\"role\":\"scheduler\"") }
        }
        gateway.set("SCHEDULER_ENDPOINTS", wire)
        gateway.set("GATEWAY_LISTEN", "127.0.0.1:0")
        gateway.set("GATEWAY_OPS_LISTEN", "127.0.0.1:0")
        try gateway.start()
        api = try gateway.address(saidWith: "api listening")
        gateway.set("GATEWAY_LISTEN", api)
        gateway.set("GATEWAY_OPS_LISTEN", try gateway.address(saidWith: "ops listening"))
        try waitUntilReady(gateway)
    }

    /// Starts the stand-in again, at the address that the notifiers know.
    func startBackend() throws {
        try standIn.start(arguments: ["--record", folder.appending(path: "deliveries.jsonl").path, "--listen", backend])
        try Cluster.wait("the stand-in") { standIn.logged.contains("listening on ") }
    }

    /// Where the others reach a service: at its own address, or at that of a relay to it.
    private func address(of service: ServiceProcess) throws -> String {
        let own = try service.address(saidWith: "wire listening")
        guard isRelayed else { return own }
        let relay = ServiceProcess("relay-\(service.name)", at: URL(filePath: "/usr/bin/env"), folder: folder)
        relays.append(relay)
        let script = ClusterSuite.Protos.repository.appending(path: "Tests/Cluster/relay.py").path
        try relay.start(arguments: ["python3", "-B", script, own, relayed.path])
        return try relay.address(saidWith: "wire listening")
    }

    /// All that was said through relays.
    var relayed: URL { folder.appending(path: "relayed") }

    func waitUntilReady(_ service: ServiceProcess) throws {
        let ops = try HTTPConnection(try service.address(saidWith: "ops listening"))
        try Cluster.wait("\(service.name) to be ready") { (try? ops.get("/readyz").status) == 200 }
    }

    static func wait(_ what: String, within seconds: Double = 30, _ condition: () throws -> Bool) throws {
        try ClusterTests.wait(for: what, within: seconds, condition)
    }

    // MARK: Reminders

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// The body of a create.
    static func reminder(
        at start: Int64, title: String = "hello", rule: String = "null", authorization: String = credential, more: String = ""
    ) -> String {
        """
        {"rrule":\(rule),"start_datetime":\(start),"notification_metadata":{"auth_header":"\(authorization)","title":"\(title)",\
        "body":"b","item_id":"i","created_at":\(start - 10),"created_by":"u","classroom_id":"c","kind":1}\(more)}
        """
    }

    /// Creates one, and expects it to be accepted.
    func create(_ body: String) throws -> HTTPConnection.Answer {
        let answer = try HTTPConnection(api).post("/remind_me", body)
        #expect(answer.status == 201, "\(answer.body)")
        return answer
    }

    /// Creates many at once; returns their ids.
    func create(_ count: Int, _ body: @escaping @Sendable (Int) -> String) throws -> [String] {
        let ids = Mutex<[String]>([]), failures = Mutex<[String]>([]), lanes = 16, address = api
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            do {
                let connection = try HTTPConnection(address)
                for number in stride(from: lane, to: count, by: lanes) {
                    let answer = try connection.post("/remind_me", body(number))
                    guard answer.status == 201, let id = answer.json["id"] as? String else {
                        throw HTTPConnection.Failure(description: "\(answer.status): \(answer.body)")
                    }
                    ids.withLock { $0.append(id) }
                }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 }.isEmpty)
        return ids.withLock { $0 }
    }

    func reminder(_ id: String) throws -> [String: Any] { try HTTPConnection(api).get("/reminders/\(id)").json }

    func attempts(_ id: String) throws -> [[String: Any]] {
        try HTTPConnection(api).get("/reminders/\(id)/attempts").json["attempts"] as? [[String: Any]] ?? []
    }

    func waitUntilCompleted(_ id: String, within seconds: Double = 30) throws {
        try Cluster.wait("\(id) to be completed", within: seconds) { try reminder(id)["state"] as? String == "completed" }
    }

    // MARK: The backend

    /// How it answers from now on; see the stand-in's `Behaviour`.
    func behave(_ behaviour: String) throws {
        let answer = try HTTPConnection(backend).post("/control", behaviour)
        try #require(answer.status == 200)
    }

    func summary() throws -> Summary {
        try JSONDecoder().decode(Summary.self, from: Data(HTTPConnection(backend).get("/control/summary").body.utf8))
    }

    func deliveries() throws -> [Delivery] {
        try HTTPConnection(backend).get("/control/deliveries").body.split(separator: "\n").map {
            try JSONDecoder().decode(Delivery.self, from: Data($0.utf8))
        }
    }

    struct Summary: Decodable {
        let requests: Int, keys: Int, delivered: Int, delivered_twice: Int, received_twice: Int, early: Int, malformed: Int
        let longest_gap_ms: Int
    }

    struct Delivery: Decodable {
        let received_at_ms: Int64, key: String, scheduled_at: Int64, status: Int, user_agent: String, traceparent: String
    }

    // MARK: Secrets

    /// Reads every file that the cluster has written, and expects no credential in any.
    func expectNoCredentialOnDisk() throws {
        let secret = Array(Cluster.credential.split(separator: " ")[1].utf8)
        var files = 0
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init() {
            guard let data = try? Data(contentsOf: file), !data.isEmpty else { continue }
            files += 1
            #expect(data.firstRange(of: secret) == nil, "\(file.lastPathComponent) holds the credential")
        }
        // The database and the logs of all services at the least.
        #expect(files >= all.count + 1)
    }
}
