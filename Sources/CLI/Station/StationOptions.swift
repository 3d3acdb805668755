// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices
import Modbus
import ModbusNIO
import Quantities

/// Which station to talk to, and how.
struct StationOptions: ParsableArguments {
    @Option(help: "The station's profile; see headroom station list.")
    var profile = "alfen-ng9xx"

    @OptionGroup var endpoint: EndpointOptions
    @OptionGroup var profiles: ProfileOptions

    /// The station, not yet connected.
    func access() throws -> StationAccess {
        let profile = try profiles.reading { catalogue throws(ProfileError) in try catalogue.charger(self.profile) }
        return StationAccess(
            profile: profile,
            client: endpoint.client(usualPort: profile.header.port),
            timekeeper: Timekeeper(ContinuousClock()),
            name: "\(profile.id) at \(endpoint.place(usualPort: profile.header.port))"
        )
    }
}

/// A station with its connection.
struct StationAccess: Sendable {
    let profile: ChargerProfile
    let client: ModbusClient
    let timekeeper: Timekeeper
    /// For messages: "alfen-ng9xx at 192.168.0.20:502".
    let name: String

    /// The driver for some sockets.
    func charger(_ units: [UInt8]) -> Charger {
        Charger(profile: profile, client: client, units: units, timekeeper: timekeeper)
    }

    /// The units of the sockets that the station says it has; those of the profile when it does not say.
    ///
    /// A station with one socket never answers for the second one.
    func socketUnits() async throws(ModbusClientError) -> [UInt8] {
        guard let field = profile.station.socketCount, let address = UInt16(exactly: field.address) else {
            return profile.socketUnits
        }
        let count = field.type.registerCount
        let words =
            switch profile.header.function {
            case .holdingRegisters:
                try await client.readHoldingRegisters(address: address, count: count, unit: profile.stationUnit)
            case .inputRegisters:
                try await client.readInputRegisters(address: address, count: count, unit: profile.stationUnit)
            }
        var image = RegisterImage()
        image.add(words, at: field.address)
        let number = field.value(in: image, order: profile.header.wordOrder).number
        guard let number, (1...Double(max(1, profile.socketUnits.count))).contains(number) else {
            return profile.socketUnits
        }
        return Array(profile.socketUnits.prefix(Int(number)))
    }
}

extension ChargerError {
    /// How a command ends that failed this way.
    var exitCode: ExitCode {
        switch self {
        case .noAnswer: .unreachable
        case .exception(let code): code.exitCode
        case .implausible, .wrongDevice: .badData
        case .unwritable: .validationFailure
        }
    }

    /// The error of an exchange without driver.
    init(_ error: ModbusClientError) {
        switch error {
        case .exception(let code): self = .exception(code)
        default: self = .noAnswer(error.description)
        }
    }
}
