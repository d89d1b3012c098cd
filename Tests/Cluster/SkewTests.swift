import Foundation
import Testing

extension ClusterSuite {
    /// Each service against peers of the build before it and of one after it, which `skew.py` plays with messages of theirs, and
    /// which are broken, too. What another build says must not cancel, lose or deliver anything. `skew.py` says how it is renewed
    /// when the protocol grows.
    @Suite("stands peers of other builds", .serialized)
    struct Skew {
        enum Build: String, CaseIterable, Sendable { case older, newer }

        /// One service with what it needs of the others played by `skew.py`, in a folder of its own.
        final class Stage {
            let folder: URL
            private let descriptors: String
            private var processes: [ServiceProcess] = []

            init() throws {
                folder = FileManager.default.temporaryDirectory.appending(path: "skew-\(UUID().uuidString)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                descriptors = try Protos.descriptors(in: folder)
            }

            deinit {
                for process in processes { process.kill() }
                try? FileManager.default.removeItem(at: folder)
            }

            private var script: String { Protos.repository.appending(path: "Tests/Cluster/skew.py").path }

            /// A peer that asks, to its end.
            func runPeer(_ build: Build, _ role: String, _ address: String) throws {
                let run = try Protos.run(["timeout", "60", Protos.python, "-B", script, descriptors, build.rawValue, role, address])
                #expect(run.status == 0 && run.output.hasSuffix("ok\n"), "\(run.output)")
            }

            /// A peer that listens.
            func startPeer(_ build: Build, _ role: String) throws -> (process: ServiceProcess, address: String) {
                let process = ServiceProcess("\(build)-\(role)", at: URL(filePath: "/usr/bin/env"), folder: folder)
                try process.start(arguments: [Protos.python, "-B", script, descriptors, build.rawValue, role])
                processes.append(process)
                return (process, try process.address(saidWith: "wire listening"))
            }

            func start(_ service: String, _ environment: [String: String]) throws -> ServiceProcess {
                let process = ServiceProcess(service, executable: service, environment: environment, folder: folder)
                try process.start()
                processes.append(process)
                return process
            }

            /// A stand-in backend, and a notifier that delivers to it.
            func startNotifier() throws -> (address: String, backend: HTTPConnection) {
                let standIn = ServiceProcess("edvora-standin", executable: "edvora-standin", environment: [:], folder: folder)
                try standIn.start()
                processes.append(standIn)
                try Cluster.wait("the stand-in") { standIn.logged.contains("listening on ") && standIn.logged.hasSuffix("\n") }
                let backend = String(standIn.logged.split(separator: "\n")[0].dropFirst("listening on ".count))
                let notifier = try start(
                    "notifier",
                    ["NOTIFIER_LISTEN": "127.0.0.1:0", "NOTIFIER_OPS_LISTEN": "127.0.0.1:0", "EDVORA_BASE_URL": "http://\(backend)"])
                return (try notifier.address(saidWith: "wire listening"), try HTTPConnection(backend))
            }

            func startScheduler() throws -> String {
                let scheduler = try start(
                    "scheduler",
                    [
                        "SCHEDULER_LISTEN": "127.0.0.1:0", "SCHEDULER_OPS_LISTEN": "127.0.0.1:0",
                        "SCHEDULER_STORE": "sqlite:" + folder.appending(path: "store.db").path,
                    ])
                return try scheduler.address(saidWith: "wire listening")
            }

            func startWorker(scheduler: String, notifier: String) throws -> ServiceProcess {
                try start(
                    "worker",
                    [
                        "SCHEDULER_ENDPOINTS": scheduler, "NOTIFIER_ENDPOINTS": notifier, "WORKER_OPS_LISTEN": "127.0.0.1:0",
                        "WORKER_LOG_TASK": "true",
                    ])
            }

            func startGateway(scheduler: String) throws -> HTTPConnection {
                let gateway = try start(
                    "gateway", ["SCHEDULER_ENDPOINTS": scheduler, "GATEWAY_LISTEN": "127.0.0.1:0", "GATEWAY_OPS_LISTEN": "127.0.0.1:0"])
                return try HTTPConnection(try gateway.address(saidWith: "api listening"))
            }
        }

        @Test("a scheduler does what a gateway of another build means, and refuses what it does not know", arguments: Build.allCases)
        func gateway(build: Build) throws {
            let stage = try Stage()
            try stage.runPeer(build, "gateway", try stage.startScheduler())
        }

        @Test("a scheduler tries again what a worker of another build says and it does not know, acknowledges it, and keeps the stream",
            arguments: Build.allCases)
        func worker(build: Build) throws {
            let stage = try Stage()
            try stage.runPeer(build, "worker", try stage.startScheduler())
        }

        @Test("what a notifier of another build does not say is not delivered, and is tried again", arguments: Build.allCases)
        func notifier(build: Build) throws {
            let stage = try Stage()
            let notifier = try stage.startPeer(build, "notifier"), scheduler = try stage.startScheduler()
            _ = try stage.startWorker(scheduler: scheduler, notifier: notifier.address)
            let api = try stage.startGateway(scheduler: scheduler)
            let due = Cluster.now
            var ids: [String: String] = [:]
            for title in [
                "delivers", "says nothing", "says no outcome", "says an unknown outcome", "says another's outcome",
                "says that the series ends", "ends with an unknown status",
            ] {
                let created = try api.post("/remind_me", Cluster.reminder(at: due, title: title))
                ids[title] = try #require(created.json["id"] as? String, "\(created.body)")
            }
            for (title, id) in ids {
                try Cluster.wait("\(title): to be completed") {
                    try api.get("/reminders/\(id)").json["state"] as? String == "completed"
                }
                let attempts = try #require(try api.get("/reminders/\(id)/attempts").json["attempts"] as? [[String: Any]])
                let outcomes = attempts.map { $0["outcome"] as? String }
                #expect(outcomes == (title == "delivers" ? ["delivered"] : ["delivered", "retry"]), "\(title): \(attempts)")
                #expect(notifier.process.logged.components(separatedBy: "\"key\": \"\(id):\(due)\"").count - 1 == attempts.count)
            }
        }

        @Test("a notifier tells whom a worker of another build names, and else nobody", arguments: Build.allCases)
        func deliverer(build: Build) throws {
            let stage = try Stage()
            let notifier = try stage.startNotifier()
            try stage.runPeer(build, "deliverer", notifier.address)
            let summary = try JSONDecoder().decode(Cluster.Summary.self, from: Data(notifier.backend.get("/control/summary").body.utf8))
            #expect(summary.requests == 1 && summary.delivered == 1 && summary.malformed == 0)
        }

        @Test("a gateway shows what a scheduler of another build says, and takes nothing that it does not know for done",
            arguments: Build.allCases)
        func scheduler(build: Build) throws {
            let stage = try Stage()
            let api = try stage.startGateway(scheduler: try stage.startPeer(build, "scheduler").address)
            func body(_ description: String) -> String {
                Cluster.reminder(at: Cluster.now + 86_400, more: #","description":"\#(description)""#)
            }
            func create(_ description: String) throws -> String {
                let created = try api.post("/remind_me", body(description))
                #expect(created.status == 201, "\(created.body)")
                return try #require(created.headers["location"])
            }
            for description in ["create: nothing", "create: unknown"] {
                let answer = try api.post("/remind_me", body(description))
                #expect(answer.status == 500 && answer.body.contains("is not known"), "\(description): \(answer.status) \(answer.body)")
            }
            for description in ["create: nothing", "create: unknown", "create: too few"] {
                let answer = try api.post("/reminders/batch", #"{"create":[\#(body(description)),\#(body(description))]}"#)
                #expect(answer.status == 500, "\(description): \(answer.status) \(answer.body)")
            }
            for description in ["change: nothing", "change: nothing of it", "change: unknown", "change: no state"] {
                let path = try create(description), id = path.dropFirst("/reminders/".count)
                for (method, path, body) in [
                    ("DELETE", path, nil), ("POST", path + "/pause", nil), ("PATCH", path, #"{"priority":8}"#),
                    ("PATCH", path, #"{"auth_header":"Bearer another"}"#), ("POST", "/reminders/batch", #"{"cancel":["\#(id)"]}"#),
                ] {
                    let answer = try api.send(method, path, body: body)
                    // A reminder that is not known whole is not written back.
                    let isLeft = build == .newer && body == #"{"priority":8}"#
                    #expect(answer.status == (isLeft ? 503 : 500), "\(description), \(method) \(path): \(answer.status) \(answer.body)")
                }
            }
            for description in ["get: unknown state", "get: no state", "get: no reminder", "get: unknown policy"] {
                let path = try create(description)
                for (method, path, body) in [
                    ("GET", path, nil), ("GET", path + "/upcoming", nil), ("GET", "/reminders", nil), ("PATCH", path, #"{"priority":8}"#),
                ] {
                    let answer = try api.send(method, path, body: body)
                    #expect(answer.status == 500, "\(description), \(method) \(path): \(answer.status) \(answer.body)")
                }
            }
            #expect(try api.get(create("attempts: unknown") + "/attempts").status == 500)
            #expect(try api.send("PATCH", "/queues/default", body: #"{"paused":false}"#).status == 500)
            for path in ["/workers/w/drain", "/reminders/01932c07-209c-7123-8abc-0123456789ab/occurrences/1/cancel"] {
                #expect(try api.post(path, "").status == (build == .newer ? 500 : 501), "\(path)")
            }
            // What it says well is understood, whatever else it says.
            let path = try create("well")
            #expect(try api.get(path).json["state"] as? String == "scheduled")
            #expect((try api.get(path + "/attempts").json["attempts"] as? [[String: Any]])?.first?["outcome"] as? String == "delivered")
            // What only a newer build knows of a reminder is not lost by a PATCH here.
            let patched = try api.send("PATCH", path, body: #"{"priority":8}"#)
            #expect(patched.status == (build == .newer ? 503 : 200), "\(patched.body)")
            #expect(try api.send("PATCH", path, body: #"{"auth_header":"Bearer another"}"#).status == 200)
            #expect(try api.send("DELETE", path, body: nil).json["state"] as? String == "cancelled")
        }

        @Test("a worker runs what a scheduler of another build hands it, and gives back the place of what cannot be run",
            arguments: Build.allCases)
        func work(build: Build) throws {
            let stage = try Stage()
            let scheduler = try stage.startPeer(build, "scheduler")
            _ = try stage.startWorker(scheduler: scheduler.address, notifier: scheduler.address)
            try Cluster.wait("the outcomes") { scheduler.process.logged.contains("outcomes") }
            #expect(scheduler.process.logged.contains(#"{"more": 3, "outcomes": {"2": 1, "3": 1}}"#), "\(scheduler.process.logged)")
        }
    }
}
