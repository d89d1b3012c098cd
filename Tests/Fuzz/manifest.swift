
// What `deploy/fuzz` puts behind the package's own manifest: the same targets, ours with the fuzzer's instrumentation, the
// programs that are fuzzed as libraries, and the fuzzers beside them.

let fuzzers = ["Answers", "Bodies", "JSON", "Messages", "RecurrenceText", "SchedulerAnswers", "StoredRows", "Wire"]
let instrumented = SwiftSetting.unsafeFlags(["-sanitize=fuzzer,address"])
/// A program is a library here, and its `main` no one's entry.
func asLibrary(_ name: String) -> SwiftSetting {
    .unsafeFlags(["-Xfrontend", "-entry-point-function-name", "-Xfrontend", "\(name)_main"])
}

package.products = []
package.targets = package.targets.compactMap { target in
    switch target.type {
    case .regular:
        if target.name.hasPrefix("C") {
            target.cSettings = (target.cSettings ?? []) + [.unsafeFlags(["-fsanitize=address,fuzzer-no-link"])]
        } else {
            target.swiftSettings = (target.swiftSettings ?? []) + [instrumented]
        }
        return target
    case .system: return target
    case .executable where ["gateway", "scheduler"].contains(target.name):
        return .target(
            name: target.name, dependencies: target.dependencies, path: target.path, exclude: target.exclude,
            resources: target.resources, swiftSettings: [instrumented, asLibrary(target.name)])
    default: return nil
    }
}
package.targets.append(
    .target(
        name: "Fuzzers",
        dependencies: [
            "gateway", "scheduler", "Delivery", "CCurl", "TaskWire", "TaskMessages", "CProtos", "CProtobufC", "TaskJSON", "Storage", "SQLiteStore",
            "SchedulerCore", "TaskDomain", "TaskRecurrence", nioCore, nioEmbedded, logging, coreMetrics,
        ],
        path: "Tests/Fuzz", exclude: ["README.md", "manifest.swift"] + fuzzers.flatMap { ["\($0)/seeds", "\($0)/dictionary"] },
        swiftSettings: [instrumented]))
