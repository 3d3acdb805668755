// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import ModbusNIO
import Quantities

/// Which meter to read, and how.
struct MeterOptions: ParsableArguments {
    @Option(help: "The meter's profile; see headroom meter list.")
    var profile: String

    @OptionGroup var endpoint: EndpointOptions

    @Option(help: "The meter's unit identifier, 0 to 255; the profile's when left out.")
    var unit: UInt8?

    @Flag(help: "The meter hangs the wrong way round: what it calls import is export.")
    var inverted = false

    @OptionGroup var profiles: ProfileOptions

    /// The meter, not yet connected.
    func access() throws -> MeterAccess {
        let profile = try profiles.reading { catalogue throws(ProfileError) in try catalogue.meter(self.profile) }
        let client = endpoint.client(usualPort: profile.header.port)
        let timekeeper = Timekeeper(ContinuousClock())
        var configuration = Meter.Configuration()
        configuration.isInverted = inverted
        let unit = unit ?? profile.unit
        return MeterAccess(
            meter: Meter(
                profile: profile,
                client: client,
                unit: unit,
                timekeeper: timekeeper,
                configuration: configuration
            ),
            client: client,
            timekeeper: timekeeper,
            name: "\(profile.id), unit \(unit) at \(endpoint.place(usualPort: profile.header.port))"
        )
    }
}

/// A meter with its connection.
struct MeterAccess: Sendable {
    /// What one look at the meter brought.
    struct Outcome: Sendable {
        var identity: DeviceIdentity
        var reading: MeterReading
        var warnings: [ReadingWarning]
    }

    let meter: Meter
    let client: ModbusClient
    let timekeeper: Timekeeper
    /// For messages: "socomec-countis-e27, unit 5 at 192.168.0.4:502".
    let name: String

    /// Asks the meter who it is and reads it once.
    func identifyAndRead() async throws(ReadingFault) -> Outcome {
        let identity = try await meter.identify()
        let reading = try await meter.read()
        return Outcome(identity: identity, reading: reading, warnings: await meter.warnings)
    }
}

extension ReadingFault {
    /// How a command ends that got no reading.
    var exitCode: ExitCode {
        switch self {
        case .noAnswer: .unreachable
        case .exception(let code): code.exitCode
        default: .badData
        }
    }
}
