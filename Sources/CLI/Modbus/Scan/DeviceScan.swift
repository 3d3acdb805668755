// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import ModbusNIO
import Quantities

/// Looks what answers at a host, gently: one connection, one request at a time, reads only.
struct DeviceScan {
    /// A unit that answered.
    struct Finding: Encodable {
        var host: String
        var port: Int
        var unit: Int
        /// The vendor, product and revision of function 43, where the device has it.
        var identification: [String]?
        /// The profiles that fit, the best first.
        var profiles: [Match]
    }

    /// A profile that fits a unit.
    struct Match: Encodable {
        /// Why it is believed to fit.
        enum Reason: String, Encodable {
            /// The device named itself as the profile wants.
            case named
            /// All values of the profile could be read and are plausible.
            case plausible
        }

        var name: String
        var kind: String
        var reason: Reason
        /// What the device said about itself.
        var identity: String
    }

    var port: Int
    var units: [UInt8]
    var timeout: Duration
    var pause: Duration
    var meters: [MeterProfile]
    var chargers: [ChargerProfile]

    /// Looks at one host.
    ///
    /// - Returns: The units that answer; none for a host that refuses connections or is not there.
    func look(at host: String) async -> [Finding] {
        var configuration = ModbusClientConfiguration(host: host, port: port)
        configuration.requestTimeout = timeout
        configuration.connectTimeout = timeout
        configuration.pauseBetweenRequests = pause
        configuration.reconnectDelays = [.milliseconds(1)]
        // Answers are told apart by number, so units that are silent need not cost the connection.
        configuration.timeoutsBeforeReconnect = 10
        let client = ModbusClient(configuration)
        var findings: [Finding] = []
        do throws(ModbusClientError) {
            try await client.connect()
            for unit in units where !Task.isCancelled {
                if try await answers(client, unit) { findings.append(await finding(client, host, unit)) }
            }
        } catch {
            // Nobody there, or nobody any more: what was found stays found.
        }
        await client.close()
        return findings
    }

    /// Whether a unit answers at all; a gateway that does not reach it answers for itself.
    private func answers(_ client: ModbusClient, _ unit: UInt8) async throws(ModbusClientError) -> Bool {
        do {
            switch try await client.send(.readHoldingRegisters(address: 0, count: 1), unit: unit) {
            case .exception(_, let code): return !code.isUnreachable
            default: return true
            }
        } catch {
            switch error {
            case .timeout: return false
            case .badResponse, .wrongUnit: return true
            default: throw error
            }
        }
    }

    private func finding(_ client: ModbusClient, _ host: String, _ unit: UInt8) async -> Finding {
        Finding(
            host: host,
            port: port,
            unit: Int(unit),
            identification: await identification(client, unit),
            profiles: await matches(client, unit)
        )
    }

    private func identification(_ client: ModbusClient, _ unit: UInt8) async -> [String]? {
        let request = Request.readDeviceIdentification(.basic, object: 0)
        // A device without this function says so or nothing; both mean the same here.
        guard let response = try? await client.send(request, unit: unit),
            case .readDeviceIdentification(let page) = response
        else { return nil }
        return page.objects.map { String(decoding: $0.value, as: UTF8.self) }
    }

    private func matches(_ client: ModbusClient, _ unit: UInt8) async -> [Match] {
        let timekeeper = Timekeeper(ContinuousClock())
        var matches: [Match] = []
        for profile in meters where !Task.isCancelled {
            let meter = Meter(profile: profile, client: client, unit: unit, timekeeper: timekeeper)
            guard let identity = try? await meter.identify() else { continue }
            let isNamed = identity.isTelling(profile.identification)
            if !isNamed, await (try? meter.read()) == nil { continue }
            matches.append(Match(profile.header, "meter", isNamed, identity))
        }
        for profile in chargers where profile.stationUnit == unit && !Task.isCancelled {
            let charger = Charger(profile: profile, client: client, timekeeper: timekeeper)
            guard let identity = try? await charger.identify() else { continue }
            let isNamed = identity.isTelling(profile.identification)
            if !isNamed, await (try? charger.readStatus()) == nil { continue }
            matches.append(Match(profile.header, "station", isNamed, identity))
        }
        return matches.filter { $0.reason == .named } + matches.filter { $0.reason == .plausible }
    }
}

extension DeviceScan.Match {
    fileprivate init(_ header: ProfileHeader, _ kind: String, _ isNamed: Bool, _ identity: DeviceIdentity) {
        self.init(name: header.id, kind: kind, reason: isNamed ? .named : .plausible, identity: "\(identity)")
    }
}

extension DeviceIdentity {
    /// Whether one of the answers tells this device from others.
    fileprivate func isTelling(_ fields: [IdentificationField]) -> Bool {
        fields.contains { field in
            if case .anything = field.expectation { false } else { answers[field.name] != nil }
        }
    }
}
