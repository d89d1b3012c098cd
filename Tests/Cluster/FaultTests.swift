import Foundation
import Synchronization
import Testing

extension ClusterSuite {
    /// The promises of the README, one after the other, with processes that are killed for real.
    @Suite("keeps its promises", .serialized)
    struct Faults {
        @Test("1,000 reminders survive SIGKILL of every process at once; none is early")
        func killEverything() throws {
            let cluster = try Cluster()
            let due = Cluster.now + 6
            let ids = try cluster.create(1_000) { Cluster.reminder(at: due + Int64($0 % 4)) }
            #expect(Set(ids).count == 1_000)
            for process in cluster.all { process.kill() }
            for process in cluster.all { try process.start() }
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().delivered == 1_000 }
            let summary = try cluster.summary()
            #expect(summary.early == 0)
            #expect(summary.malformed == 0)
            // Nothing was in flight at the kill: no crash explains a duplicate.
            #expect(summary.received_twice == 0)
            try cluster.expectNoCredentialOnDisk()
        }

        @Test("2,000 deliveries without a fault: each exactly once")
        func noFault() throws {
            let cluster = try Cluster()
            try runTwoThousand(cluster) { _ in }
            let summary = try cluster.summary()
            #expect(summary.requests == 2_000)
            #expect(summary.received_twice == 0)
            #expect(summary.early == 0)
        }

        @Test("2,000 deliveries while worker, notifier and scheduler are killed in turn: none lost, duplicates only of what was in flight")
        func killsInTheMiddle() throws {
            let cluster = try Cluster()
            try cluster.behave(#"{"delay_ms":20}"#)
            var inFlight = 0
            try runTwoThousand(cluster) { victim in
                // What the killed process may have had under way: bounded by the worker's credit.
                inFlight += 512
                victim.kill()
                try victim.start()
            }
            let summary = try cluster.summary()
            #expect(summary.keys == 2_000)
            #expect(summary.early == 0)
            #expect(summary.delivered_twice <= inFlight)
            // A duplicate has the key of the first: so there are no more keys than occurrences.
            #expect(summary.requests - summary.keys <= inFlight)
            try cluster.expectNoCredentialOnDisk()
        }

        @Test("while the backend is away nothing is lost, and little is recorded; when it is back all comes, once")
        func backendAway() throws {
            let cluster = try Cluster()
            cluster.standIn.kill()
            let count = 300, begin = Cluster.now
            let ids = try cluster.create(count) { Cluster.reminder(at: begin + Int64($0 % 15)) }
            try Cluster.wait("an outage of 25 s") { Cluster.now >= begin + 25 }
            try cluster.startBackend()
            try Cluster.wait("all to be delivered", within: 90) { try cluster.summary().delivered == count }
            let summary = try cluster.summary()
            #expect(summary.early == 0)
            #expect(summary.delivered_twice == 0)
            // At most what the notifier had connections for before it knew, and what found out whether somebody is back.
            let tries = try ids.map { try cluster.attempts($0).count }.reduce(0, +)
            #expect(tries <= count + 64 + 100, "\(tries)")
            #expect((try HTTPConnection(cluster.api).get("/dead-letters").json["dead_letters"] as? [Any])?.isEmpty == true)
        }

        @Test("a scheduler whose writes do not return is neither ready nor alive within 5 s, and is again when they do")
        func storeThatHangs() throws {
            let cluster = try Cluster()
            try cluster.waitUntilReady(cluster.scheduler)
            let ops = try HTTPConnection(try cluster.scheduler.address(saidWith: "ops listening"))
            // Another program holds the database: what is written waits for it.
            let script = "import sqlite3,sys,time; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(600)"
            let holder = ServiceProcess("holder", at: URL(filePath: "/usr/bin/python3"), folder: cluster.folder)
            try holder.start(arguments: ["-c", script, cluster.folder.appending(path: "store.db").path])
            try Cluster.wait("the database to be held") { holder.logged.contains("held") }
            let begin = ContinuousClock.now
            try Cluster.wait("/healthz to fail") { try ops.get("/healthz").status == 503 }
            #expect(ContinuousClock.now - begin > .seconds(4))
            let answer = try ops.get("/readyz")
            #expect(answer.status == 503)
            #expect(answer.body.contains("store's writes: has not got on for "))
            holder.kill()
            try Cluster.wait("the scheduler to be ready and alive again") {
                try ops.get("/readyz").status == 200 && ops.get("/healthz").status == 200
            }
        }

        @Test("after the answer to a cancel nothing of it arrives that the answer did not name, however long the backend's queue")
        func calledOff() throws {
            let cluster = try Cluster(environment: ["NOTIFIER_CONNECTIONS": "2"])
            try cluster.behave(#"{"delay_ms":1500}"#)
            let due = Cluster.now - 1
            let ids = try cluster.create(100) { _ in Cluster.reminder(at: due) }
            try Cluster.wait("the backend to be busy") { try cluster.summary().requests >= 2 }
            let answers = Mutex<[String: (atMilliseconds: Int64, inFlight: [Int64])]>([:]), address = cluster.api, lanes = 8
            let one = Array(ids.prefix(50)), many = Array(ids.dropFirst(50))
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                guard let connection = try? HTTPConnection(address) else { return }
                for index in stride(from: lane, to: one.count, by: lanes) {
                    guard let answer = try? connection.send("DELETE", "/reminders/\(one[index])", body: nil), answer.status == 200 else { continue }
                    let named = (answer.json["in_flight"] as? [Int] ?? []).map(Int64.init)
                    answers.withLock { $0[one[index]] = (atMilliseconds: Self.milliseconds, inFlight: named) }
                }
            }
            let batch = try HTTPConnection(address).post("/reminders/batch", #"{"cancel":["\#(many.joined(separator: #"",""#))"]}"#)
            for item in batch.json["cancelled"] as? [[String: Any]] ?? [] where item["status"] as? Int == 200 {
                let named = (item["in_flight"] as? [Int] ?? []).map(Int64.init)
                answers.withLock { $0[item["id"] as? String ?? ""] = (atMilliseconds: Self.milliseconds, inFlight: named) }
            }
            let known = answers.withLock { $0 }
            #expect(known.count == ids.count)
            // Behind everything that may still be on its way.
            try cluster.waitUntilCompleted(try #require(try cluster.create(Cluster.reminder(at: due, title: "last")).json["id"] as? String))
            let arrived = try cluster.deliveries().filter { known[String($0.key.prefix(36))] != nil }
            for delivery in arrived {
                let answer = try #require(known[String(delivery.key.prefix(36))])
                #expect(delivery.received_at_ms <= answer.atMilliseconds || answer.inFlight.contains(delivery.scheduled_at))
            }
            // Most of them never left.
            #expect(arrived.count < 60)
        }

        private static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

        /// Creates 2,000 reminders over eight seconds, lets `disturb` have each service in turn, and waits for the end.
        private func runTwoThousand(_ cluster: Cluster, disturb: (ServiceProcess) throws -> Void) throws {
            let due = Cluster.now + 5
            _ = try cluster.create(2_000) { Cluster.reminder(at: due + Int64($0 % 8)) }
            for (position, victim) in [cluster.workers[0], cluster.notifiers[0], cluster.scheduler].enumerated() {
                let threshold = 300 + position * 500
                try Cluster.wait("\(threshold) deliveries", within: 60) { try cluster.summary().delivered >= threshold }
                try disturb(victim)
            }
            try Cluster.wait("all to be delivered", within: 90) { try cluster.summary().delivered == 2_000 }
        }

        @Test("stopping and restarting each service by SIGTERM loses nothing and doubles nothing")
        func rolling() throws {
            let cluster = try Cluster()
            try cluster.behave(#"{"delay_ms":20}"#)
            try runTwoThousand(cluster) { victim in
                #expect(try victim.stop(within: 12) == 0)
                try victim.start()
            }
            let summary = try cluster.summary()
            #expect(summary.keys == 2_000)
            #expect(summary.received_twice == 0)
        }

        @Test("a backend that answers 503 for 20 s gets everything afterwards, and a series' later occurrences do not wait for the earlier")
        func outage() throws {
            let cluster = try Cluster()
            try cluster.behave(#"{"status":503,"title":"outage"}"#)
            let due = Cluster.now + 2
            let ids = try cluster.create(50) { _ in Cluster.reminder(at: due, title: "outage") }
            let series = try #require(
                try cluster.create(Cluster.reminder(at: due, title: "outage", rule: "\"FREQ=SECONDLY;COUNT=10\"")).json["id"] as? String)
            // Each occurrence has its first try at its own second, although those before it are failing.
            try Cluster.wait("all ten to be tried", within: 30) {
                Set(try cluster.deliveries().filter { $0.key.hasPrefix(series) }.map(\.scheduled_at)).count == 10
            }
            let firstTries = Dictionary(grouping: try cluster.deliveries().filter { $0.key.hasPrefix(series) }, by: \.scheduled_at)
                .map { $0.value[0].received_at_ms - $0.key * 1_000 }
            #expect(firstTries.allSatisfy { $0 < 5_000 })
            try Cluster.wait("20 s to pass", within: 30) { Cluster.now >= due + 20 }
            #expect(try cluster.summary().delivered == 0)
            try cluster.behave("{}")
            try Cluster.wait("all to be delivered", within: 120) { try cluster.summary().delivered == 60 }
            for id in ids.prefix(5) + [series] { try cluster.waitUntilCompleted(id) }
        }

        @Test("a refused credential holds the series, a PATCH with a new one lets it go on, and neither is ever shown")
        func held() throws {
            let cluster = try Cluster()
            let fresh = Cluster.credential + "-fresh"
            try cluster.behave(#"{"credentials":["\#(fresh)"]}"#)
            let answer = try cluster.create(Cluster.reminder(at: Cluster.now + 1, rule: "\"FREQ=SECONDLY;COUNT=3\""))
            let id = try #require(answer.json["id"] as? String)
            let connection = try HTTPConnection(cluster.api)
            try Cluster.wait("it to be held") { try connection.get("/reminders/\(id)").json["held_since"] as? Int != nil }
            // Its other occurrences are missed, and nothing of them is sent.
            try Cluster.wait("all to have been missed") {
                let held = try connection.get("/held").json["held"] as? [[String: Any]]
                return (held?.first?["missed"] as? [String: Any])?["count"] as? Int == 3
            }
            #expect(try cluster.attempts(id).map { $0["outcome"] as? String } == ["auth_rejected"])
            #expect(try cluster.summary().delivered == 0)
            let patched = try HTTPConnection(cluster.api).send("PATCH", "/reminders/\(id)", body: #"{"auth_header":"\#(fresh)"}"#)
            #expect(patched.status == 200, "\(patched.body)")
            try cluster.waitUntilCompleted(id)
            #expect(try cluster.summary().delivered == 3)
            for path in ["/reminders/\(id)", "/reminders/\(id)/attempts"] {
                #expect(!(try HTTPConnection(cluster.api).get(path).body.contains("cluster-credential")))
            }
            try cluster.expectNoCredentialOnDisk()
        }

        @Test("two workers and two notifiers share the work; when one of each is killed the pause is less than a second")
        func sharing() throws {
            let cluster = try Cluster(workers: 2, notifiers: 2)
            let due = Cluster.now + 5
            // Due at every second, but from many lanes at once; a gap is what lies between two deliveries.
            _ = try cluster.create(40) { _ in Cluster.reminder(at: due, rule: "\"FREQ=SECONDLY;COUNT=14\"") }
            try cluster.behave(#"{"delay_ms":100}"#)
            try Cluster.wait("deliveries to flow") { try cluster.summary().delivered >= 120 }
            cluster.workers[1].kill()
            try Cluster.wait("deliveries to flow", within: 20) { try cluster.summary().delivered >= 280 }
            cluster.notifiers[1].kill()
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().delivered == 40 * 14 }
            for service in [cluster.workers[0], cluster.notifiers[0]] {
                #expect(service.isRunning)
            }
            let latest = try cluster.deliveries().map { $0.received_at_ms - $0.scheduled_at * 1_000 }.max() ?? 0
            #expect(latest < 1_000 + 300)
        }

        @Test("a worker of two schedulers does what both have, each once, goes on with one while the other is away, and with both when it is back")
        func twoSchedulers() throws {
            let one = try Cluster(), two = try Cluster(workers: 0), worker = one.workers[0]
            #expect(try worker.stop() == 0)
            worker.set("SCHEDULER_ENDPOINTS", try [one, two].map { try $0.scheduler.address(saidWith: "wire listening") }.joined(separator: ","))
            worker.set("WORKER_CONCURRENCY", "3")
            try worker.start()
            // What it delivers comes to the backend of the first.
            var count = 0
            func deliver(_ cluster: Cluster) throws {
                let ids = try cluster.create(30) { _ in Cluster.reminder(at: Cluster.now) }
                for id in ids { try cluster.waitUntilCompleted(id) }
                count += ids.count
            }
            for cluster in [one, two] { try deliver(cluster) }
            two.scheduler.kill()
            try deliver(one)
            try two.scheduler.start()
            for cluster in [two, one] { try deliver(cluster) }
            let summary = try one.summary()
            #expect(summary.delivered == count && summary.delivered_twice == 0 && summary.early == 0)
            #expect(try worker.stop() == 0)
        }

        @Test("all services end within ten seconds of SIGTERM, and with code 0")
        func terminate() throws {
            let cluster = try Cluster()
            _ = try cluster.create(10) { _ in Cluster.reminder(at: Cluster.now + 3_600) }
            for process in cluster.all { #expect(try process.stop(within: 12) == 0, "\(process.name): \(process.logged.suffix(500))") }
        }

        @Test("a cluster with a secret works with it, and nobody comes in without")
        func secret() throws {
            let cluster = try Cluster(environment: ["CLUSTER_SECRET": "a secret of sixteen bytes"])
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now)).json["id"] as? String)
            try cluster.waitUntilCompleted(id)
            let stranger = ServiceProcess(
                "stranger", executable: "worker",
                environment: [
                    "SCHEDULER_ENDPOINTS": try cluster.scheduler.address(saidWith: "wire listening"), "WORKER_OPS_LISTEN": "127.0.0.1:0",
                    "CLUSTER_SECRET": "another secret of the cluster",
                ], folder: cluster.folder)
            try stranger.start()
            try Cluster.wait("the stranger to be refused, and told why") {
                cluster.scheduler.logged.contains("connection refused") && stranger.logged.contains("\"message\":\"not connected\"")
            }
            #expect(!stranger.logged.contains("\"message\":\"connected\",\"role\":\"scheduler\""))
        }

        @Test("a cluster in which each service has the keys of its own role works with them, and those of another role do not let in")
        func keysOfRoles() throws {
            let secret = ["CLUSTER_SECRET": "a secret of sixteen bytes"], scheduler = ServiceProcess.products.appending(path: "scheduler").path
            func keys(of role: String) throws -> [String: String] {
                let run = try Protos.run([scheduler, "--derive-secret", role], secret)
                try #require(run.status == 0, "\(run.output)")
                return ["CLUSTER_SECRET": run.output.trimmingCharacters(in: .newlines)]
            }
            let roles = ["gateway", "scheduler", "worker", "notifier"]
            let own = Dictionary(uniqueKeysWithValues: try roles.map { ($0, try keys(of: $0)) })
            let cluster = try Cluster(own: own)
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now)).json["id"] as? String)
            try cluster.waitUntilCompleted(id)
            // Whoever has the gateway's keys is no worker, and is told so at the start.
            let worker = try Protos.run([ServiceProcess.products.appending(path: "worker").path], own["gateway"] ?? [:])
            #expect(worker.status == 64 && worker.output.contains("CLUSTER_SECRET holds the keys of a gateway, and this is a worker"), "\(worker.output)")
            let nobody = try Protos.run([scheduler, "--derive-secret", "nobody"], secret)
            #expect(nobody.status == 1 && nobody.output.contains("must be one of gateway, scheduler, worker, notifier, client"), "\(nobody.output)")
        }

        @Test("what the services say to each other can be read by who is between them, and not where their secret encrypts it", arguments: [true, false])
        func relayed(isEncrypted: Bool) throws {
            let secret = ["CLUSTER_SECRET": "a secret of sixteen bytes", "CLUSTER_TLS": isEncrypted ? "on" : "auto"]
            let cluster = try Cluster(environment: secret, isRelayed: true)
            let title = "Homework that is nobody's business"
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now, title: title)).json["id"] as? String)
            try cluster.waitUntilCompleted(id)
            #expect(try cluster.summary().delivered == 1)
            let said = try Data(contentsOf: cluster.relayed)
            // Gateway to scheduler, scheduler to worker, worker to notifier.
            #expect(said.count > 2_000)
            for text in [Cluster.credential, title] { #expect((said.firstRange(of: Data(text.utf8)) == nil) == isEncrypted) }
        }

        @Test("a cluster that encrypts by its secret alone works, and another secret is refused in a line")
        func encryption() throws {
            let cluster = try Cluster(environment: ["CLUSTER_SECRET": "a secret of sixteen bytes", "CLUSTER_TLS": "on"])
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now)).json["id"] as? String)
            try cluster.waitUntilCompleted(id)
            let stranger = ServiceProcess(
                "stranger", executable: "worker",
                environment: [
                    "SCHEDULER_ENDPOINTS": try cluster.scheduler.address(saidWith: "wire listening"), "WORKER_OPS_LISTEN": "127.0.0.1:0",
                    "CLUSTER_SECRET": "a secret of sixteen byter", "CLUSTER_TLS": "on", "LOG_LEVEL": "debug",
                ], folder: cluster.folder)
            try stranger.start()
            try Cluster.wait("the stranger to be refused") {
                cluster.scheduler.logged.contains("connection refused") && stranger.logged.contains("CLUSTER_SECRET, CLUSTER_TLS and CLUSTER_INSECURE")
            }
            #expect(!stranger.logged.contains("taking occurrences"))
        }

        @Test("a cluster on mutual TLS works, and a certificate of another authority, of another role or of another name does not come in")
        func certificates() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let roles = ["gateway", "scheduler", "worker", "notifier"]
            let ours = try Authority("ours", in: folder), theirs = try Authority("theirs", in: folder)
            let cluster = try Cluster(own: Dictionary(uniqueKeysWithValues: try roles.map { ($0, try ours.settings($0, names: "IP:127.0.0.1")) }))
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now)).json["id"] as? String)
            try cluster.waitUntilCompleted(id)

            func stranger(_ name: String, _ program: String, _ certificate: [String: String], at scheduler: String) throws -> ServiceProcess {
                let stranger = ServiceProcess(
                    name, executable: program,
                    environment: [
                        "SCHEDULER_ENDPOINTS": scheduler, "WORKER_OPS_LISTEN": "127.0.0.1:0", "LOG_LEVEL": "debug",
                    ].merging(certificate) { $1 }, folder: cluster.folder)
                try stranger.start()
                return stranger
            }
            let address = try cluster.scheduler.address(saidWith: "wire listening")
            let foreign = try stranger("foreign", "worker", try theirs.settings("worker", names: "IP:127.0.0.1"), at: address)
            let refusal = "no encryption was agreed on with the peer"
            try Cluster.wait("the stranger to be refused") { foreign.logged.contains(refusal) }
            // One that has the certificate of a gateway does not even start as a worker.
            let wrong = try stranger("wrong", "worker", try ours.settings("gateway", names: "IP:127.0.0.1"), at: address)
            try Cluster.wait("the gateway's certificate to be refused") { !wrong.isRunning }
            #expect(wrong.logged.contains("it must have the URI urn:task-scheduler:worker among its subject alternative names"))
            // A scheduler whose certificate is for somewhere else.
            let elsewhere = ServiceProcess(
                "elsewhere", executable: "scheduler",
                environment: [
                    "SCHEDULER_LISTEN": "127.0.0.1:0", "SCHEDULER_OPS_LISTEN": "127.0.0.1:0",
                    "SCHEDULER_STORE": "sqlite:" + cluster.folder.appending(path: "elsewhere.db").path,
                ].merging(try ours.settings("scheduler", names: "DNS:elsewhere.example,IP:192.0.2.1")) { $1 }, folder: cluster.folder)
            try elsewhere.start()
            let named = try stranger(
                "named", "worker", try ours.settings("worker", names: "IP:127.0.0.1"), at: try elsewhere.address(saidWith: "wire listening"))
            try Cluster.wait("the name to be refused") { named.logged.contains(refusal) }
            for process in [foreign, wrong, named] { #expect(!process.logged.contains("taking occurrences")) }
        }
    }
}

/// An authority of a cluster's own, in a folder.
private struct Authority {
    private let path: String

    init(_ name: String, in folder: URL) throws {
        path = folder.appending(path: name).path
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name) authority",
            "-keyout", "\(path)-ca.key", "-out", "\(path)-ca.pem",
        ])
    }

    /// The settings of a service of that role, with a certificate for these names.
    func settings(_ role: String, names: String) throws -> [String: String] {
        let own = "\(path)-\(role)"
        try "subjectAltName=URI:urn:task-scheduler:\(role),\(names)\n".write(toFile: "\(own).ext", atomically: true, encoding: .utf8)
        try Self.run([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(role)", "-keyout", "\(own).key",
            "-out", "\(own).csr",
        ])
        try Self.run([
            "x509", "-req", "-days", "2", "-in", "\(own).csr", "-CA", "\(path)-ca.pem", "-CAkey", "\(path)-ca.key", "-CAcreateserial",
            "-extfile", "\(own).ext", "-out", "\(own).pem",
        ])
        return ["TLS_CERT": "\(own).pem", "TLS_KEY": "\(own).key", "TLS_CA": "\(path)-ca.pem"]
    }

    private static func run(_ command: [String]) throws {
        let made = try ClusterSuite.Protos.run(["openssl"] + command)
        try #require(made.status == 0, "\(made.output)")
    }
}
