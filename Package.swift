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
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// What every service is made of.
let service: [Target.Dependency] = ["Wire", "Messages", "Operations", lifecycle, logging, metrics, nioCore, nioPosix]

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
        .library(name: "TaskScheduler", targets: ["TaskScheduler", "Tasks"]),
        // For those that run tasks of their own.
        .library(name: "TaskWorker", targets: ["TaskWorker", "Tasks"]),
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
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The services.
        .executableTarget(
            name: "gateway",
            dependencies: service + [
                "Domain", "Files", "JSON", "Recurrence", hummingbird, hummingbirdCore, httpTypes, nioHTTPTypes, nioHTTP2, nioHTTPTypesHTTP2, crypto,
            ],
            path: "Services/Gateway", resources: [.embedInCode("Documentation/Page"), .embedInCode("Dashboard/Page")]),
        .target(
            name: "SchedulerCore", dependencies: ["Domain", "Storage", "Recurrence", deque, heap], path: "Services/Scheduler/Core"),
        .executableTarget(
            name: "scheduler", dependencies: service + ["Domain", "Files", "SchedulerCore", "Recurrence", "Storage", "SQLiteStore", "Sealing", crypto],
            path: "Services/Scheduler", exclude: ["Core"]),
        .executableTarget(
            name: "worker", dependencies: ["TaskWorker", "Operations", "Wire", "Messages", "Domain", logging, nioCore], path: "Services/Worker"),
        .target(name: "Delivery", dependencies: ["CCurl", "Domain", "JSON", crypto, deque], path: "Services/Notifier/Delivery"),
        .executableTarget(
            name: "notifier", dependencies: service + ["Delivery", "Domain"], path: "Services/Notifier", exclude: ["Delivery"]),

        // What they share.
        .target(name: "Domain", path: "Shared/Domain"),
        .target(name: "Files", path: "Shared/Files"),
        .target(name: "Recurrence", dependencies: ["Domain", "Files"], path: "Shared/Recurrence"),
        .target(name: "JSON", path: "Shared/JSON"),
        .target(name: "Messages", dependencies: ["CProtos", "CProtobufC", "Domain"], path: "Shared/Messages"),
        .target(
            name: "Wire", dependencies: ["Messages", "Domain", "CProtos", "CProtobufC", nioCore, nioPosix, nioConcurrency, nioSSL, logging, coreMetrics, crypto],
            path: "Shared/Wire"),
        .target(name: "Tasks", dependencies: ["Messages", "Domain", "JSON"], path: "Shared/Tasks"),
        .target(name: "TaskWorker", dependencies: service + ["Domain", "Tasks"], path: "Shared/TaskWorker"),
        .target(
            name: "TaskScheduler", dependencies: ["Tasks", "Wire", "Messages", "Domain", "Recurrence", "JSON", lifecycle, logging, nioPosix],
            path: "Shared/TaskScheduler"),
        .target(name: "Storage", dependencies: ["Domain"], path: "Shared/Storage"),
        .target(name: "SQLiteStore", dependencies: ["Storage", "Domain", "CSQLite"], path: "Shared/SQLiteStore"),
        .target(name: "Sealing", dependencies: ["Domain", "Files", crypto], path: "Shared/Sealing"),
        .target(
            name: "Operations",
            dependencies: [
                "CProcess", "Files", "Wire", "Domain", "JSON", hummingbird, hummingbirdCore, httpTypes, logging, coreMetrics, lifecycle, unixSignals, nioCore, nioSSL, crypto,
            ],
            path: "Shared/Operations"),

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

        // The stand-in for the Edvora backend.
        .executableTarget(
            name: "edvora-standin", dependencies: [nioCore, nioPosix, nioHTTP1], path: "Tests/StandIn"),

        // Benchmarks: programs of their own, run on demand.
        .executableTarget(name: "bare-hummingbird", dependencies: [hummingbird], path: "Tests/Benchmarks/Bare"),
        .executableTarget(
            name: "delivery-benchmark", dependencies: ["Delivery"], path: "Tests/Benchmarks/Delivery"),
        .executableTarget(
            name: "lanes-benchmark", dependencies: ["SchedulerCore", "Storage", "Domain"], path: "Tests/Benchmarks/Lanes"),
        .executableTarget(
            name: "recurrence-benchmark", dependencies: ["Recurrence"], path: "Tests/Benchmarks/Recurrence",
            exclude: ["dateutil_times.py", "libical_times.c", "run"]),
        .executableTarget(
            name: "rpc-benchmark", dependencies: ["Wire", "Messages", "Domain", logging, nioPosix], path: "Tests/Benchmarks/RPC"),
        .executableTarget(
            name: "storage-benchmark", dependencies: ["SQLiteStore", "Storage", "Domain"], path: "Tests/Benchmarks/Storage"),

        // The scheduler's core and all around it in simulated time.
        .target(
            name: "Simulation", dependencies: ["SchedulerCore", "Storage", "Domain", "Recurrence"], path: "Tests/Simulation/Model"),
        .executableTarget(name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/Run"),
        .executableTarget(
            name: "simulate-outage", dependencies: ["SchedulerCore", "SQLiteStore", "Storage", "Domain", heap], path: "Tests/Simulation/Outage"),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .target(
            name: "RecurrenceData", path: "Tests/RecurrenceData",
            exclude: [
                "README.md", "corpus.jsonl", "invalid.jsonl", "sets.jsonl", "subday-transitions.jsonl", "unsynchronised.jsonl",
            ]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "SchedulerCore", "StoreTestKit", "Storage", "Domain"], path: "Tests/Simulation/Tests"),
        .testTarget(
            name: "RecurrenceTests", dependencies: ["Domain", "Recurrence", "RecurrenceData"], path: "Tests/RecurrenceTests", exclude: ["differential.py"]),
        .testTarget(name: "RecurrenceTextTests", dependencies: ["Domain", "Recurrence", "RecurrenceData"], path: "Tests/RecurrenceTextTests"),
        .testTarget(name: "DeliveryTests", dependencies: ["TestSupport", "Delivery", "Domain"], path: "Tests/DeliveryTests"),
        // The kinds of store, and what tests of any of them need.
        .target(name: "StoreTestKit", dependencies: ["SQLiteStore", "Storage", "Domain"], path: "Tests/StoreTestKit"),
        .testTarget(name: "StorageTests", dependencies: ["StoreTestKit", "Storage", "Domain"], path: "Tests/StorageTests"),
        .testTarget(
            name: "SQLiteStoreTests", dependencies: ["SQLiteStore", "StoreTestKit", "Storage", "Domain", "CSQLite"],
            path: "Tests/SQLiteStoreTests"),
        .testTarget(name: "SealingTests", dependencies: ["Sealing", "Domain", "Files", crypto], path: "Tests/SealingTests"),
        .testTarget(
            name: "SchedulerCoreTests", dependencies: ["SchedulerCore", "SQLiteStore", "Storage", "Domain", "Recurrence"],
            path: "Tests/SchedulerCoreTests"),
        .testTarget(
            name: "SchedulerTests",
            dependencies: [
                "TestSupport", "StoreTestKit", "scheduler", "SchedulerCore", "SQLiteStore", "Storage", "Sealing", "Operations", "Wire", "Messages", "Domain",
                nioCore, nioPosix, nioConcurrency, lifecycle, logging,
            ], path: "Tests/SchedulerTests"),
        .testTarget(
            name: "NotifierTests", dependencies: ["notifier", "Delivery", "Domain", "Operations", "Wire", "Messages", nioCore, nioPosix, logging],
            path: "Tests/NotifierTests"),
        .testTarget(
            name: "OperationsTests", dependencies: ["TestSupport", "Operations", "Wire", "Domain", hummingbird, httpTypes, logging, coreMetrics, lifecycle, nioCore, nioPosix],
            path: "Tests/OperationsTests"),
        .testTarget(name: "WireTests", dependencies: ["TestSupport", "Wire", "Messages", "CProtos", "Domain", nioCore, nioPosix, nioEmbedded, nioConcurrency, logging, metricsTestKit, crypto], path: "Tests/WireTests"),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], path: "Tests/JSONTests"),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "TestSupport", "gateway", "Operations", "Wire", "Messages", "Domain", "JSON", "Recurrence", hummingbird, httpTypes, nioCore, nioPosix,
                nioConcurrency, lifecycle, logging, crypto,
            ], path: "Tests/GatewayTests"),
        .testTarget(
            name: "WorkerTests", dependencies: ["worker", "Tasks", "Wire", "Messages", "Domain", nioPosix, nioConcurrency, logging],
            path: "Tests/WorkerTests"),
        .testTarget(
            name: "TaskWorkerTests",
            dependencies: ["TestSupport", "TaskWorker", "Operations", "Tasks", "Wire", "Messages", "Domain", nioCore, nioPosix, nioConcurrency, logging],
            path: "Tests/TaskWorkerTests"),
        .testTarget(
            name: "TasksTests", dependencies: ["Tasks", "TaskScheduler", "Wire", "Messages", "Domain", "JSON", nioPosix, nioConcurrency, logging],
            path: "Tests/TasksTests"),
        .testTarget(name: "ClusterTests", dependencies: [crypto], path: "Tests/Cluster", exclude: ["relay.py", "skew.py", "wire.py", "worker.py"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system { target.swiftSettings = settings }
