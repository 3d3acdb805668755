// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices

/// The command `headroom modbus scan`.
struct ModbusScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find Modbus TCP devices and units, and say which profiles fit.",
        discussion: """
            Only reads, with one connection to each host and one request at a time. A unit counts as found when it \
            answers anything; devices that answer to any unit are found once for each unit asked. A profile fits when \
            the device names itself as the profile wants (named), or when all its values can be read and are plausible \
            (plausible); several may fit, the best comes first. Look at your own network only.

            Ends with 69 when nothing answers.

              headroom modbus scan 192.168.0.4
              headroom modbus scan 192.168.0.0/24 --units 1-5,255
              headroom modbus scan 192.168.0.10-20 --port 1502 --json
            """
    )

    /// How many hosts are looked at together.
    private static let hostsAtOnce = 32

    @Argument(help: "A host, or a range of IPv4 addresses: 192.168.0.0/24 or 192.168.0.10-20.")
    var target: String

    @Option(help: "The TCP port.")
    var port = 502

    @Option(help: "The units to ask, such as 1-10,255; the usual ones of the profiles, 1 and 255 when left out.")
    var units: UnitList?

    @Option(help: "How long a connection and an answer may take, in seconds.")
    var timeout = 0.5

    @Option(help: "The pause between two requests to a host, in seconds.")
    var pause = 0.02

    @Option(help: "The folder with the profiles, when it is not the shipped one.", completion: .directory)
    var profiles: String?

    @Flag(help: "Print one JSON object for each unit found.")
    var json = false

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port is 1 to 65535, not \(port)") }
        guard (0.05...10).contains(timeout) else {
            throw ValidationError("--timeout is 0.05 to 10 seconds, not \(timeout)")
        }
        guard (0...5).contains(pause) else { throw ValidationError("--pause is 0 to 5 seconds, not \(pause)") }
        _ = try hosts
    }

    private var hosts: [String] {
        get throws {
            do throws(HostRangeError) {
                return try HostRange(target).hosts
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }

    func run() async throws {
        let hosts = try hosts
        let scan = try makeScan()
        let ending = await Ending()
        let findings = try await ending.after { [target] in
            await Progress.telling("looking at \(target)") { await look(at: hosts, with: scan) }
        }
        for finding in findings { try show(finding) }
        guard !findings.isEmpty else {
            throw Console.fail("headroom: nothing answers Modbus at \(target), port \(port)", .unreachable)
        }
    }

    private func makeScan() throws -> DeviceScan {
        do throws(ProfileError) {
            let catalogue = try ProfileCatalogue(folder: profiles)
            var meters: [MeterProfile] = []
            for name in catalogue.meterNames { meters.append(try catalogue.meter(name)) }
            var chargers: [ChargerProfile] = []
            for name in catalogue.chargerNames { chargers.append(try catalogue.charger(name)) }
            let usual = Set(meters.map(\.unit) + chargers.map(\.stationUnit) + [1, 255])
            return DeviceScan(
                port: port,
                units: (units?.units ?? usual).sorted(),
                timeout: .seconds(timeout),
                pause: .seconds(pause),
                meters: meters,
                chargers: chargers
            )
        } catch {
            throw Console.fail("headroom: \(error)", .badData)
        }
    }

    /// Looks at many hosts, a few at a time, and keeps their order.
    private func look(at hosts: [String], with scan: DeviceScan) async -> [DeviceScan.Finding] {
        await withTaskGroup(of: (Int, [DeviceScan.Finding]).self) { group in
            var found: [Int: [DeviceScan.Finding]] = [:]
            var next = 0
            for index in hosts.indices.prefix(ModbusScanCommand.hostsAtOnce) {
                group.addTask { (index, await scan.look(at: hosts[index])) }
                next = index + 1
            }
            while let (index, findings) = await group.next() {
                found[index] = findings
                guard next < hosts.count, !Task.isCancelled else { continue }
                let index = next
                next += 1
                group.addTask { (index, await scan.look(at: hosts[index])) }
            }
            return hosts.indices.flatMap { found[$0] ?? [] }
        }
    }

    private func show(_ finding: DeviceScan.Finding) throws {
        if json { return try Console.printJSON(finding) }
        let place = (finding.host.contains(":") ? "[\(finding.host)]" : finding.host) + ":\(finding.port)"
        let says = finding.identification.map { ", says \($0.joined(separator: ", "))" } ?? ""
        Console.print("\(place) unit \(finding.unit)\(says)")
        if finding.profiles.isEmpty { Console.print("  no profile fits") }
        for match in finding.profiles {
            Console.print("  \(match.kind) \(match.name), \(match.reason.rawValue): \(match.identity)")
        }
    }
}
