import Foundation

/// An outage in simulated time, with the scheduler's real core and a real store: while the backend is down so many reminders fall due
/// in each second, and when it is back all are delivered, none is a dead letter, and none comes twice.
///
/// usage: deploy/simulate --outage [HOURS] [RATE] [WORKERS]

let words = CommandLine.arguments.dropFirst().map { Int($0) }
guard words.count <= 3, words.allSatisfy({ $0.map { 1...1_000_000 ~= $0 } ?? false }) else {
    FileHandle.standardError.write(
        Data("usage: deploy/simulate --outage [HOURS] [RATE] [WORKERS], whole numbers from 1 on; 20 hours, 100 a second and 4 workers by default\n".utf8))
    exit(64)
}
let numbers = words.compactMap { $0 } + [20, 100, 4].dropFirst(words.count)
let memory = URL(filePath: "/dev/shm")
let base = FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
let folder = base.appending(path: "outage-\(UUID().uuidString)")
defer { try? FileManager.default.removeItem(at: folder) }

let clock = ContinuousClock()
let begin = clock.now
let outage = try Outage(hours: numbers[0], rate: numbers[1], workers: numbers[2], store: folder.appending(path: "store.db").path)
outage.run()
print(outage.account)
print("\((clock.now - begin).components.seconds) s")
let faults = outage.faults
for fault in faults { print("fault: \(fault)") }
if !faults.isEmpty {
    try? FileManager.default.removeItem(at: folder)
    exit(1)
}
