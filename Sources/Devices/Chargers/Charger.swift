// SPDX-License-Identifier: Apache-2.0
internal import Modbus
public import ModbusNIO
public import Quantities

/// Reads one charging station through its profile, and tells it what it may draw.
public actor Charger {
    /// How often the device is asked who it is (hazard M12 applies to stations as well).
    public static let identificationPeriod = Duration.seconds(600)

    /// The map of the station.
    public nonisolated let profile: ChargerProfile
    /// The unit identifiers of the sockets that are used, in the order of the status.
    public nonisolated let units: [UInt8]
    private nonisolated let client: ModbusClient
    private nonisolated let encoding: SetpointEncoding
    private let timekeeper: Timekeeper
    private let stationBlocks: [ReadBlock]
    private let socketBlocks: [ReadBlock]
    private var identified: (at: Instant, connections: Int)?

    /// Creates a station; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - profile: The map of the station.
    ///   - client: The connection to it; stays the caller's to close.
    ///   - units: The unit identifiers of the sockets that are used; the profile's when left out.
    ///   - timekeeper: Tells when the status was read.
    public init(profile: ChargerProfile, client: ModbusClient, units: [UInt8]? = nil, timekeeper: Timekeeper) {
        self.profile = profile
        self.client = client
        self.units = units ?? profile.socketUnits
        self.timekeeper = timekeeper
        encoding = SetpointEncoding(setpoint: profile.setpoint, order: profile.header.wordOrder)
        stationBlocks = profile.stationBlocks
        socketBlocks = profile.socketBlocks
    }

    /// Asks the station who it is and compares the answers with the profile.
    ///
    /// - Throws: ``ChargerError/wrongDevice(expected:found:)`` when they differ, and the errors of the exchange.
    public func identify() async throws(ChargerError) -> DeviceIdentity {
        identified = nil
        let link = DeviceLink(client: client, unit: profile.stationUnit)
        let identity: DeviceIdentity
        do {
            identity = try await link.identify(
                profile.identification,
                order: profile.header.wordOrder,
                expected: "\(profile.header.vendor) \(profile.header.models.first ?? profile.id)"
            )
        } catch {
            switch error {
            case .link(let error): throw Charger.error(error)
            case .wrongDevice(let expected, let found): throw .wrongDevice(expected: expected, found: found)
            }
        }
        identified = (timekeeper.now, await link.connections)
        return identity
    }

    /// Reads the station and its sockets once.
    ///
    /// - Throws: ``ChargerError``; nothing of a poll is used when one of its requests fails.
    public func readStatus() async throws(ChargerError) -> ChargerStatus {
        try await ensureIdentity()
        let decoder = SocketDecoder(profile: profile)
        let sent = timekeeper.now
        let station = try await read(stationBlocks, unit: profile.stationUnit)
        var sockets: [SocketReading] = []
        for unit in units {
            sockets.append(try decoder.socket(unit, try await read(socketBlocks, unit: unit)))
        }
        let received = timekeeper.now
        return ChargerStatus(
            readAt: sent + sent.duration(to: received) / 2,
            uptime: try decoder.uptime(station),
            sockets: sockets
        )
    }

    /// Writes what one socket may draw: all registers of the value in one request.
    ///
    /// Goes out at once, also while a poll of the same station is under way.
    ///
    /// - Parameters:
    ///   - amperes: The order. Rounds down to the station's step; below its minimum the pause value is written. What is
    ///     encoded never decodes to more than the order.
    ///   - unit: The unit identifier of the socket.
    /// - Returns: The current that was written.
    /// - Throws: ``ChargerError``; after ``ChargerError/noAnswer(_:)`` the station may have taken the order.
    @discardableResult
    public nonisolated func setMaximumCurrent(_ amperes: Amperes, unit: UInt8) async throws(ChargerError) -> Amperes {
        let written = encoding.written(for: amperes)
        guard let address = UInt16(exactly: profile.setpoint.field.address),
            let values = encoding.registers(for: written)
        else { throw .unwritable("\(written) does not fit register \(profile.setpoint.field.address)") }
        do {
            try await client.writeMultipleRegisters(address: address, values: values, unit: unit)
        } catch {
            throw Charger.error(error)
        }
        return written
    }

    private func ensureIdentity() async throws(ChargerError) {
        if let identified, timekeeper.now - identified.at < Charger.identificationPeriod {
            let connections = await client.counters.connections
            if connections == identified.connections { return }
        }
        _ = try await identify()
    }

    private func read(_ blocks: [ReadBlock], unit: UInt8) async throws(ChargerError) -> RegisterImage {
        let link = DeviceLink(client: client, unit: unit)
        var image = RegisterImage()
        for block in blocks {
            do {
                image.add(try await link.read(block, profile.header.function), at: block.address)
            } catch {
                throw Charger.error(error)
            }
        }
        return image
    }

    private static func error(_ error: ModbusClientError) -> ChargerError {
        switch error {
        case .exception(let code): .exception(code)
        default: .noAnswer(error.description)
        }
    }
}
