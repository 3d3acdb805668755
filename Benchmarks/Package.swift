// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that nothing it needs reaches the product. The C programs in `C` are no targets: `./run`
// compiles them, as some need libmodbus.

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let modbus: Target.Dependency = .product(name: "Modbus", package: "headroom")

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "headroom", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        .target(name: "BenchmarkSupport"),
        .executableTarget(name: "BenchmarkServer", dependencies: ["BenchmarkSupport", modbus] + nio),
        .executableTarget(name: "BenchmarkClient", dependencies: ["BenchmarkSupport", modbus] + nio),
        .executableTarget(name: "BenchmarkCodec", dependencies: ["BenchmarkSupport", modbus]),
        .executableTarget(
            name: "BenchmarkDecision",
            dependencies: ["BenchmarkSupport", .product(name: "Balancing", package: "headroom")],
            linkerSettings: [.linkedLibrary("m")]
        ),
    ]
)

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]
for target in package.targets { target.swiftSettings = settings }
