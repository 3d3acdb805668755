// SPDX-License-Identifier: Apache-2.0
internal import Modbus
public import ModbusNIO
public import Quantities

/// Reads one meter through its profile.
///
/// Every reading is checked, and the device is asked who it is before the first reading, after every new connection and
/// every ten minutes. One task at a time reads; a second call while one is under way waits for nothing and may ask the
/// device twice.
public actor Meter {
    /// What a site says about its meter beyond the profile.
    public struct Configuration: Sendable {
        /// Whether the meter hangs the wrong way round.
        public var isInverted = false
        /// The serial number that was seen at commissioning; another one is another meter (M14).
        public var expectedSerial: String?
        /// What a believable reading is; rating and resolution come from the profile where unset.
        public var checks = ReadingChecks.Configuration()

        /// The usual configuration.
        public init() {}
    }

    /// How often the device is asked who it is (hazards M12, M14).
    public static let identificationPeriod = Duration.seconds(600)
    /// How often counters are read; they are needed for display and to notice a meter that stands still.
    public static let slowPeriod = Duration.seconds(10)

    /// The map of the meter.
    public nonisolated let profile: MeterProfile
    private let link: DeviceLink
    private let timekeeper: Timekeeper
    private let configuration: Configuration
    private let pollBlocks: [ReadBlock]
    private let slowBlocks: [ReadBlock]
    private var checks: ReadingChecks
    private var identified: Identified?
    /// What the device said first; another answer later is another device or another firmware (M12).
    private var firstIdentity: DeviceIdentity?
    private var slow: (image: RegisterImage, at: Instant)?
    /// Slow blocks that the meter refused: values this variant does not have.
    private var refused: Set<ReadBlock> = []

    /// The warnings of the last good reading.
    public private(set) var warnings: [ReadingWarning] = []

    private struct Identified {
        let identity: DeviceIdentity
        let base: Int
        let at: Instant
        let connections: Int
    }

    /// Creates a meter; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - profile: The map of the meter.
    ///   - client: The connection to it; stays the caller's to close.
    ///   - unit: The unit identifier; the profile's usual one when left out.
    ///   - timekeeper: Tells when readings were taken.
    ///   - configuration: What the site says about the meter.
    public init(
        profile: MeterProfile,
        client: ModbusClient,
        unit: UInt8? = nil,
        timekeeper: Timekeeper,
        configuration: Configuration = Configuration()
    ) {
        self.profile = profile
        link = DeviceLink(client: client, unit: unit ?? profile.unit)
        self.timekeeper = timekeeper
        self.configuration = configuration
        pollBlocks = profile.pollBlocks
        slowBlocks = profile.slowBlocks
        var checks = configuration.checks
        checks.rating = checks.rating ?? profile.rating
        let resolution = profile.fields[.power(.l1)]?.resolution ?? 0
        checks.powerResolution = max(checks.powerResolution, Watts(resolution) ?? Watts(milliwatts: 0))
        self.checks = ReadingChecks(checks)
    }

    /// Asks the device who it is and compares the answers with the profile and with the commissioning.
    ///
    /// - Throws: ``ReadingFault/wrongDevice(expected:found:)`` when they differ, and the faults of the exchange.
    public func identify() async throws(ReadingFault) -> DeviceIdentity {
        try await ensureIdentity(anew: true).identity
    }

    /// Reads the meter once.
    ///
    /// - Returns: A reading that passed every check.
    /// - Throws: ``ReadingFault`` when there is none; the meter's last reading must not be used in its place.
    public func read() async throws(ReadingFault) -> MeterReading {
        let before = try await ensureIdentity()
        try await readSlowBlocks(base: before.base)
        let sent = timekeeper.now
        let image = try await read(pollBlocks, base: before.base)
        let received = timekeeper.now
        // The connection may have been made anew on the way, perhaps to another device.
        let identified = try await ensureIdentity()
        guard identified.base == before.base else {
            throw .wrongDevice(expected: "model at \(before.base)", found: "model at \(identified.base)")
        }
        let decoder = MeterDecoder(
            profile: profile,
            base: identified.base,
            isInverted: configuration.isInverted
        )
        let reading = try decoder.reading(
            image,
            slow: slow?.image ?? RegisterImage(),
            sampledAt: sent + sent.duration(to: received) / 2
        )
        warnings = []
        warnings = try checks.check(reading)
        return reading
    }

    private func ensureIdentity(anew: Bool = false) async throws(ReadingFault) -> Identified {
        if !anew, let identified, timekeeper.now - identified.at < Meter.identificationPeriod {
            let connections = await link.connections
            if connections == identified.connections { return identified }
        }
        identified = nil
        let (base, identificationBase) = try await findBases()
        let identity = try await askIdentity(base: identificationBase)
        try compare(identity)
        firstIdentity = identity
        let fresh = Identified(
            identity: identity,
            base: base,
            at: timekeeper.now,
            connections: await link.connections
        )
        identified = fresh
        return fresh
    }

    private var expectation: String { "\(profile.header.vendor) \(profile.header.models.first ?? profile.id)" }

    private func askIdentity(base: Int) async throws(ReadingFault) -> DeviceIdentity {
        do {
            return try await link.identify(
                profile.identification,
                base: base,
                order: profile.header.wordOrder,
                expected: expectation
            )
        } catch {
            switch error {
            case .link(let error): throw fault(error)
            case .wrongDevice(let expected, let found): throw .wrongDevice(expected: expected, found: found)
            }
        }
    }

    private func compare(_ identity: DeviceIdentity) throws(ReadingFault) {
        if let expected = configuration.expectedSerial, identity.serial != expected {
            throw .wrongDevice(expected: "serial number \(expected)", found: identity.serial ?? "no serial number")
        }
        if let firstIdentity, firstIdentity != identity {
            throw .wrongDevice(expected: "\(firstIdentity)", found: "\(identity)")
        }
    }

    /// The first registers that the addresses of measurements and of identification count from.
    private func findBases() async throws(ReadingFault) -> (measurements: Int, identification: Int) {
        guard let sunSpec = profile.sunSpec else { return (0, 0) }
        var walk = SunSpecWalk(markers: sunSpec.markers)
        while let block = walk.next {
            do {
                walk.take(try await link.read(block, profile.header.function))
            } catch {
                guard fault(error).isPermanent else { throw fault(error) }
                walk.take(nil)
            }
        }
        let common = walk.models.first { $0.id == SunSpecModel.common }
        let model = walk.models.first { sunSpec.models.contains($0.id) }
        guard let common, let model else {
            let wanted = sunSpec.models.map(String.init).joined(separator: ", ")
            let present = walk.models.map { String($0.id) }.joined(separator: ", ")
            throw .wrongDevice(
                expected: "a SunSpec meter with model \(wanted)",
                found: walk.isSunSpec ? "a SunSpec device with models \(present)" : "no SunSpec marker"
            )
        }
        return (model.base, common.base)
    }

    private func readSlowBlocks(base: Int) async throws(ReadingFault) {
        let now = timekeeper.now
        if let slow, slow.at.duration(to: now) < Meter.slowPeriod { return }
        var image = RegisterImage()
        for block in slowBlocks where !refused.contains(block) {
            do {
                let words = try await link.read(shifted(block, base), profile.header.function)
                image.add(words, at: base + block.address)
            } catch {
                // Counters are for display: a variant without them is still a meter.
                guard fault(error).isPermanent else { throw fault(error) }
                refused.insert(block)
            }
        }
        slow = (image, now)
    }

    private func read(_ blocks: [ReadBlock], base: Int) async throws(ReadingFault) -> RegisterImage {
        var image = RegisterImage()
        for block in blocks {
            do {
                let words = try await link.read(shifted(block, base), profile.header.function)
                image.add(words, at: base + block.address)
            } catch {
                throw fault(error)
            }
        }
        return image
    }

    private func shifted(_ block: ReadBlock, _ base: Int) -> ReadBlock {
        ReadBlock(address: base + block.address, count: block.count)
    }

    private func fault(_ error: ModbusClientError) -> ReadingFault {
        switch error {
        case .exception(let code): .exception(code)
        default: .noAnswer(error.description)
        }
    }
}
