// swift-tools-version: 6.2
import PackageDescription

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypesHTTP2 = Target.Dependency.product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// What every service is made of.
let service: [Target.Dependency] = ["TaskWire", "TaskMessages", "TaskOperations", lifecycle, logging, metrics, nioCore, nioPosix]

/// The same for every target of Swift.
let settings: [SwiftSetting] = [
    // An async function runs where its caller does, and does not go to an executor of its own and back (SE-0461).
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // A type that may be any of a protocol's says so (SE-0335).
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "task-scheduler",
    products: [
        // For backends in Swift that ask for tasks.
        .library(name: "TaskScheduler", targets: ["TaskScheduler", "ScheduledTasks"]),
        // For those that run tasks of their own.
        .library(name: "TaskWorker", targets: ["TaskWorker", "ScheduledTasks"]),
    ],
    // Exact versions, in place of a Package.resolved: that would hold the revisions of the mirror that packages were fetched from, which
    // need not be those of another. A newer version is taken by changing the line and passing the tests.
    dependencies: [
        // Without its traits, which bring the whole of Foundation and its 40 MB of ICU data into every program.
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The services.
        .executableTarget(
            name: "gateway",
            dependencies: service + [
                "TaskDomain", "TaskFiles", "TaskJSON", "TaskRecurrence", hummingbird, hummingbirdCore, httpTypes, nioHTTPTypes, nioHTTP2, nioHTTPTypesHTTP2, crypto,
            ],
            path: "Services/Gateway", resources: [.embedInCode("Documentation/Page"), .embedInCode("Dashboard/Page")]),
        .target(
            name: "SchedulerCore", dependencies: ["TaskDomain", "Storage", "TaskRecurrence", deque, heap], path: "Services/Scheduler/Core"),
        .executableTarget(
            name: "scheduler", dependencies: service + ["TaskDomain", "TaskFiles", "SchedulerCore", "TaskRecurrence", "Storage", "SQLiteStore", "PostgresStore", "Sealing", crypto],
            path: "Services/Scheduler", exclude: ["Core"]),
        .executableTarget(
            name: "worker", dependencies: ["TaskWorker", "TaskOperations", "TaskWire", "TaskMessages", "TaskDomain", logging, nioCore], path: "Services/Worker"),
        .target(name: "Delivery", dependencies: ["CCurl", "TaskDomain", "TaskJSON", crypto, deque], path: "Services/Notifier/Delivery"),
        .executableTarget(
            name: "notifier", dependencies: service + ["Delivery", "TaskDomain"], path: "Services/Notifier", exclude: ["Delivery"]),

        // What they share.
        .target(name: "TaskDomain", path: "Shared/TaskDomain"),
        .target(name: "TaskFiles", path: "Shared/TaskFiles"),
        .target(name: "TaskRecurrence", dependencies: ["TaskDomain", "TaskFiles"], path: "Shared/TaskRecurrence"),
        .target(name: "TaskJSON", path: "Shared/TaskJSON"),
        .target(name: "TaskMessages", dependencies: ["CProtos", "CProtobufC", "TaskDomain"], path: "Shared/TaskMessages"),
        .target(
            name: "TaskWire", dependencies: ["TaskMessages", "TaskDomain", "CProtos", "CProtobufC", nioCore, nioPosix, nioConcurrency, nioSSL, logging, coreMetrics, crypto],
            path: "Shared/TaskWire"),
        .target(name: "ScheduledTasks", dependencies: ["TaskMessages", "TaskDomain", "TaskJSON"], path: "Shared/ScheduledTasks"),
        .target(name: "TaskWorker", dependencies: service + ["TaskDomain", "ScheduledTasks"], path: "Shared/TaskWorker"),
        .target(
            name: "TaskScheduler",
            dependencies: [
                "ScheduledTasks", "TaskWire", "TaskMessages", "TaskDomain", "TaskRecurrence", "TaskJSON", asyncHTTPClient, lifecycle, logging, nioCore, nioPosix, nioSSL,
            ],
            path: "Shared/TaskScheduler"),
        .target(name: "Storage", dependencies: ["TaskDomain"], path: "Shared/Storage"),
        .target(name: "SQLiteStore", dependencies: ["Storage", "TaskDomain", "CSQLite"], path: "Shared/SQLiteStore"),
        .target(name: "PostgresStore", dependencies: ["Storage", "TaskDomain", "CPostgres"], path: "Shared/PostgresStore"),
        .target(name: "Sealing", dependencies: ["TaskDomain", "TaskFiles", crypto], path: "Shared/Sealing"),
        .target(
            name: "TaskOperations",
            dependencies: [
                "CProcess", "TaskFiles", "TaskWire", "TaskDomain", "TaskJSON", hummingbird, hummingbirdCore, httpTypes, logging, coreMetrics, lifecycle, unixSignals, nioCore, nioSSL, crypto,
            ],
            path: "Shared/TaskOperations"),

        // C.
        .target(
            name: "CProtos", dependencies: ["CProtobufC"], path: "Shared/Protos", sources: ["C"],
            publicHeadersPath: "C/include"),
        .target(name: "CProcess", path: "Shared/CProcess"),
        .target(name: "CCurl", path: "Shared/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(
            name: "CProtobufC", path: "Shared/CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(
            name: "CSQLite", path: "Shared/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CPostgres", path: "Shared/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // The stand-in for the Edvora backend.
        .executableTarget(
            name: "edvora-standin", dependencies: [nioCore, nioPosix, nioHTTP1], path: "Tests/StandIn"),

        // Benchmarks: programs of their own, run on demand.
        .executableTarget(name: "bare-hummingbird", dependencies: [hummingbird], path: "Tests/Benchmarks/Bare"),
        .executableTarget(
            name: "delivery-benchmark", dependencies: ["Delivery"], path: "Tests/Benchmarks/Delivery"),
        .executableTarget(
            name: "lanes-benchmark", dependencies: ["SchedulerCore", "Storage", "TaskDomain"], path: "Tests/Benchmarks/Lanes"),
        .executableTarget(
            name: "recurrence-benchmark", dependencies: ["TaskRecurrence"], path: "Tests/Benchmarks/Recurrence",
            exclude: ["dateutil_times.py", "libical_times.c", "run"]),
        .executableTarget(
            name: "rpc-benchmark", dependencies: ["TaskWire", "TaskMessages", "TaskDomain", logging, nioPosix], path: "Tests/Benchmarks/RPC"),
        .executableTarget(
            name: "storage-benchmark", dependencies: ["SQLiteStore", "Storage", "TaskDomain"], path: "Tests/Benchmarks/Storage"),
        .executableTarget(
            name: "postgres-benchmark", dependencies: ["PostgresStore", "Storage", "TaskDomain"], path: "Tests/Benchmarks/PostgresStore"),

        // The scheduler's core and all around it in simulated time.
        .target(
            name: "Simulation", dependencies: ["SchedulerCore", "Storage", "TaskDomain", "TaskRecurrence"], path: "Tests/Simulation/Model"),
        .executableTarget(name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Run"),
        .executableTarget(
            name: "simulate-outage", dependencies: ["SchedulerCore", "SQLiteStore", "Storage", "TaskDomain", heap], path: "Tests/Simulation/Outage"),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .target(
            name: "RecurrenceData", path: "Tests/RecurrenceData",
            exclude: [
                "README.md", "corpus.jsonl", "invalid.jsonl", "sets.jsonl", "subday-transitions.jsonl", "unsynchronised.jsonl",
            ]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "SchedulerCore", "StoreTestKit", "Storage", "TaskDomain"], path: "Tests/Simulation/Tests"),
        .testTarget(
            name: "RecurrenceTests", dependencies: ["TestSupport", "TaskDomain", "TaskRecurrence", "RecurrenceData"], path: "Tests/RecurrenceTests", exclude: ["differential.py"]),
        .testTarget(name: "RecurrenceTextTests", dependencies: ["TaskDomain", "TaskRecurrence", "RecurrenceData"], path: "Tests/RecurrenceTextTests"),
        .testTarget(name: "DeliveryTests", dependencies: ["TestSupport", "Delivery", "TaskDomain"], path: "Tests/DeliveryTests"),
        // The kinds of store, and what tests of any of them need.
        .target(
            name: "StoreTestKit", dependencies: ["CPostgres", "CSQLite", "PostgresStore", "SQLiteStore", "Storage", "TaskDomain"],
            path: "Tests/StoreTestKit"),
        .testTarget(name: "StorageTests", dependencies: ["StoreTestKit", "Storage", "TaskDomain"], path: "Tests/StorageTests"),
        .testTarget(
            name: "SQLiteStoreTests", dependencies: ["SQLiteStore", "StoreTestKit", "Storage", "TaskDomain", "CSQLite"],
            path: "Tests/SQLiteStoreTests"),
        .testTarget(
            name: "PostgresStoreTests", dependencies: ["PostgresStore", "StoreTestKit", "Storage", "TaskDomain"], path: "Tests/PostgresStoreTests"),
        .testTarget(name: "SealingTests", dependencies: ["Sealing", "TaskDomain", "TaskFiles", crypto], path: "Tests/SealingTests"),
        .testTarget(
            name: "SchedulerCoreTests", dependencies: ["TestSupport", "SchedulerCore", "SQLiteStore", "Storage", "TaskDomain", "TaskRecurrence"],
            path: "Tests/SchedulerCoreTests"),
        .testTarget(
            name: "SchedulerTests",
            dependencies: [
                "TestSupport", "StoreTestKit", "scheduler", "SchedulerCore", "PostgresStore", "SQLiteStore", "Storage", "Sealing", "TaskOperations", "TaskWire", "TaskMessages", "TaskDomain",
                "TaskRecurrence", nioCore, nioPosix, nioConcurrency, lifecycle, logging,
            ], path: "Tests/SchedulerTests"),
        .testTarget(
            name: "NotifierTests", dependencies: ["notifier", "Delivery", "TaskDomain", "TaskOperations", "TaskWire", "TaskMessages", nioCore, nioPosix, logging],
            path: "Tests/NotifierTests"),
        .testTarget(
            name: "OperationsTests", dependencies: ["TestSupport", "TaskOperations", "TaskWire", "TaskDomain", hummingbird, httpTypes, logging, coreMetrics, lifecycle, nioCore, nioPosix],
            path: "Tests/OperationsTests"),
        .testTarget(name: "WireTests", dependencies: ["TestSupport", "TaskWire", "TaskMessages", "CProtos", "TaskDomain", nioCore, nioPosix, nioEmbedded, nioConcurrency, logging, metricsTestKit, crypto], path: "Tests/WireTests"),
        .testTarget(name: "JSONTests", dependencies: ["TaskJSON"], path: "Tests/JSONTests"),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "TestSupport", "gateway", "TaskScheduler", "TaskOperations", "TaskWire", "TaskMessages", "TaskDomain", "TaskJSON", "TaskRecurrence", hummingbird, httpTypes, nioCore, nioPosix,
                nioConcurrency, lifecycle, logging, crypto,
            ], path: "Tests/GatewayTests"),
        .testTarget(
            name: "WorkerTests", dependencies: ["worker", "ScheduledTasks", "TaskWire", "TaskMessages", "TaskDomain", nioPosix, nioConcurrency, logging],
            path: "Tests/WorkerTests"),
        .testTarget(
            name: "TaskWorkerTests",
            dependencies: ["TestSupport", "TaskWorker", "TaskOperations", "ScheduledTasks", "TaskWire", "TaskMessages", "TaskDomain", nioCore, nioPosix, nioConcurrency, logging],
            path: "Tests/TaskWorkerTests"),
        .testTarget(
            name: "TasksTests", dependencies: ["ScheduledTasks", "TaskScheduler", "TaskWire", "TaskMessages", "TaskDomain", "TaskJSON", nioCore, nioPosix, nioConcurrency, logging],
            path: "Tests/TasksTests"),
        .testTarget(name: "ClusterTests", dependencies: ["StoreTestKit", crypto], path: "Tests/Cluster", exclude: ["relay.py", "skew.py", "wire.py", "worker.py"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system { target.swiftSettings = settings }
