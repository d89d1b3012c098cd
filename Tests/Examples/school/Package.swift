// swift-tools-version: 6.2
import PackageDescription

/// Targets as many a package has them: what a program links of task-scheduler takes no such plain name.
let names = ["Domain", "Files", "JSON", "Messages", "Operations", "Recurrence", "Tasks", "Wire", "Worker"]

// As a package of one's own looks; it would name the repository's address and a version in place of the path.
let package = Package(
    name: "school",
    dependencies: [
        .package(name: "task-scheduler", path: "../../..")
    ],
    targets: [
        // What all programs know: the tasks.
        .target(name: "SchoolTasks", dependencies: [.product(name: "TaskWorker", package: "task-scheduler")]),
        .executableTarget(name: "school-worker", dependencies: ["SchoolTasks", .product(name: "TaskWorker", package: "task-scheduler")]),
        // Asks a gateway, over HTTP.
        .executableTarget(name: "school", dependencies: ["SchoolTasks", .product(name: "TaskScheduler", package: "task-scheduler")]),
        // Asks the scheduler itself, over the wire.
        .executableTarget(
            name: "school-bell",
            dependencies: names.map { .byName(name: $0) } + [.product(name: "TaskScheduler", package: "task-scheduler")]),
    ] + names.map { .target(name: $0, path: "Sources/Names/\($0)") },
    swiftLanguageModes: [.v6]
)
