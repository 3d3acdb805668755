// swift-tools-version: 6.2
import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "headroom",
    products: [
        .executable(name: "headroom", targets: ["CLI"]),
        .library(name: "Modbus", targets: ["Modbus", "ModbusNIO", "ModbusSerial", "ModbusGateway"]),
        .library(name: "ModbusTLS", targets: ["ModbusTLS"]),
        .library(name: "Balancing", targets: ["Balancing", "Quantities"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Base: amperes, phases, instants.
        .target(name: "Quantities"),
        // Messages: Modbus PDUs, framing, register values.
        .target(name: "Modbus"),
        // Decisions: what every socket may draw.
        .target(name: "Balancing", dependencies: ["Quantities"]),
        // Rehearsal: houses and cars as values.
        .target(name: "Simulation", dependencies: ["Quantities"]),
        // Rehearsal: plants of scenario files, with controllers and figures.
        .target(name: "Scenarios", dependencies: ["Quantities", "Balancing", "Simulation"]),
        // Wire: Modbus TCP client and server.
        .target(name: "ModbusNIO", dependencies: ["Modbus"] + nio),
        // Wire: serial ports, Modbus client and server on them.
        .target(name: "ModbusSerial", dependencies: ["Modbus", "ModbusNIO"] + nio),
        // Many clients, one device: queues, shared reads, answers from memory.
        .target(name: "ModbusGateway", dependencies: ["Modbus", "ModbusNIO"]),
        // Wire: Modbus over TLS; the only library target that sees the TLS library.
        .target(
            name: "ModbusTLS",
            dependencies: [
                "Modbus", "ModbusNIO",
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                asn1,
            ] + nio
        ),
        // Text files with located faults: the YAML reader behind profiles and site files.
        .target(name: "Documents", dependencies: [.product(name: "Yams", package: "Yams")]),
        // Scenario files and the recordings they name.
        .target(name: "ScenarioFiles", dependencies: ["Scenarios", "Documents"]),
        // Data: the shipped device profiles, copied beside the executable.
        .target(
            name: "Profiles",
            path: "Profiles",
            exclude: ["README.md"],
            resources: [.copy("meters"), .copy("chargers")]
        ),
        // Devices: profiles, meters, chargers.
        .target(name: "Devices", dependencies: ["Quantities", "Modbus", "ModbusNIO", "Documents", "Profiles"]),
        // Simulated meters and chargers as real Modbus servers on the loopback interface.
        .target(
            name: "Emulation",
            dependencies: ["Quantities", "Simulation", "Modbus", "ModbusNIO"] + nio,
            resources: [.copy("Households")]
        ),
        // Control: the shell of Balancing.
        .target(name: "StationControl", dependencies: ["Quantities", "Balancing", "Devices", logging, lifecycle]),
        // Program: site file, composition root.
        .target(
            name: "Daemon",
            dependencies: [
                "Quantities", "Balancing", "ModbusNIO", "Documents", "Devices", "StationControl", logging, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio
        ),
        // Program: the command `headroom`.
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Quantities", "Balancing", "Simulation", "Scenarios", "ScenarioFiles", "Modbus", "ModbusNIO",
                "ModbusTLS", "ModbusSerial", "ModbusGateway", "Documents", "Devices", "Emulation", "StationControl",
                "Daemon", logging, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        // Tests.
        .target(name: "TestSupport", dependencies: ["Quantities"], path: "Tests/TestSupport"),
        .testTarget(name: "QuantitiesTests", dependencies: ["Quantities", "TestSupport"]),
        .testTarget(name: "ModbusTests", dependencies: ["Modbus", "TestSupport"]),
        .testTarget(name: "ModbusPropertyTests", dependencies: ["Modbus", "TestSupport"]),
        .testTarget(name: "BalancingTests", dependencies: ["Balancing", "Quantities", "TestSupport"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Quantities"]),
        .testTarget(name: "ScenariosTests", dependencies: ["Scenarios", "Balancing", "Quantities"]),
        .testTarget(name: "ScenarioFilesTests", dependencies: ["ScenarioFiles", "Scenarios", "Documents"]),
        .testTarget(
            name: "ModbusNIOTests",
            dependencies: [
                "ModbusNIO", "Modbus", "TestSupport",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
        .testTarget(
            name: "ModbusSerialTests",
            dependencies: [
                "ModbusSerial", "Modbus", "ModbusNIO", "TestSupport",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio
        ),
        .testTarget(
            name: "ModbusGatewayTests",
            dependencies: ["ModbusGateway", "Modbus", "ModbusNIO", "TestSupport"] + nio
        ),
        .testTarget(
            name: "ModbusTLSTests",
            dependencies: ["ModbusTLS", "ModbusNIO", "Modbus", "TestSupport", asn1] + nio
        ),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents", "TestSupport"]),
        .testTarget(
            name: "DevicesTests",
            dependencies: ["Devices", "Documents", "Modbus", "ModbusNIO", "Quantities", "TestSupport"]
        ),
        .testTarget(
            name: "EmulationTests",
            dependencies: ["Emulation", "Simulation", "Devices", "Modbus", "ModbusNIO", "Quantities", "TestSupport"]
        ),
        .testTarget(
            name: "StationControlTests",
            dependencies: [
                "StationControl", "Balancing", "Simulation", "Devices", "Emulation", "Modbus", "ModbusNIO",
                "Quantities",
                "TestSupport", logging, lifecycle,
            ]
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Balancing", "StationControl", "Devices", "Documents", "Quantities", "TestSupport", logging,
            ] + nio
        ),
        .testTarget(name: "RepositoryTests"),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Modbus", "ModbusNIO", "Emulation", "Simulation", "Quantities", "Balancing", "Documents", "CLI",
            ] + nio
        ),
    ]
)

// One list of compiler settings for every target of ours; warnings are errors.
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
for target in package.targets {
    target.swiftSettings = settings
}
