// swift-tools-version: 6.2
import PackageDescription

// As a package of one's own looks; it would name the repository's address and a version in place of the path.
let package = Package(
    name: "school",
    dependencies: [
        .package(name: "task-scheduler", path: "../../..")
    ],
    targets: [
        // What both programs know: the tasks.
        .target(name: "SchoolTasks", dependencies: [.product(name: "TaskWorker", package: "task-scheduler")]),
        .executableTarget(name: "school-worker", dependencies: ["SchoolTasks", .product(name: "TaskWorker", package: "task-scheduler")]),
        .executableTarget(name: "school", dependencies: ["SchoolTasks", .product(name: "TaskScheduler", package: "task-scheduler")]),
    ],
    swiftLanguageModes: [.v6]
)
