// SPDX-License-Identifier: Apache-2.0
import Devices
import Modbus
import Quantities

/// Puts the registers of a meter into a server as a profile describes them.
struct MeterImage {
    /// Currents as a reading gives them, voltages, powers; one phase exports.
    static let currents = PerPhase(10.0, -6.5, 3.2)
    static let voltages = PerPhase(231.4, 229.8, 230.6)
    static let powers = PerPhase(2200.0, -1400.0, 700.0)
    static let frequency = 50.1

    let profile: MeterProfile
    let server: RegisterServer
    let unit: UInt8

    init(_ profile: MeterProfile, in server: RegisterServer, unit: UInt8? = nil) {
        self.profile = profile
        self.server = server
        self.unit = unit ?? profile.unit
    }

    /// Where addresses of measurements count from.
    var base: Int { profile.sunSpec == nil ? 0 : 40_070 }
    private var identificationBase: Int { profile.sunSpec == nil ? 0 : 40_002 }

    /// Fills the whole map: blocks, identification, values of a plausible instant.
    func fill() {
        if let model = profile.sunSpec?.models.first { fillSunSpec(UInt16(model)) }
        for block in profile.pollBlocks + profile.slowBlocks {
            server.set([UInt16](repeating: 0, count: block.count), at: base + block.address, unit: unit)
        }
        for field in profile.identification { identify(field) }
        for phase in Phase.allCases {
            let current = MeterImage.currents[phase]
            set(.current(phase), profile.currentSign == .power ? abs(current) : current)
            set(.voltage(phase), MeterImage.voltages[phase])
            set(.power(phase), MeterImage.powers[phase])
        }
        set(.totalPower, MeterImage.powers.values.reduce(0, +))
        set(.frequency, MeterImage.frequency)
        set(.energyImport, 12_340)
        set(.energyExport, 5_670)
    }

    /// Sets one value; a factor in a register gets a usual exponent.
    func set(_ quantity: Quantity, _ value: Double) {
        guard let field = profile.fields[quantity] else { return }
        let factor: Double
        switch field.scale {
        case .factor(let number): factor = number
        case .exponent(let address, let number):
            let exponent = MeterImage.exponent(quantity)
            server.set([UInt16(bitPattern: Int16(exponent))], at: base + address, unit: unit)
            factor = number * (exponent == -2 ? 0.01 : exponent == -1 ? 0.1 : 1)
        }
        guard let words = field.type.encode(value / factor, order: profile.header.wordOrder) else { return }
        set(words, of: quantity)
    }

    /// Sets the registers of one value as they are.
    func set(_ words: [UInt16], of quantity: Quantity) {
        guard let field = profile.fields[quantity] else { return }
        server.set(words, at: base + field.address, unit: unit)
    }

    private static func exponent(_ quantity: Quantity) -> Int {
        switch quantity {
        case .current, .frequency: -2
        case .voltage: -1
        case .power, .totalPower, .energyImport, .energyExport: 0
        }
    }

    private func fillSunSpec(_ model: UInt16) {
        let length: UInt16 = model == 213 ? 124 : 105
        server.set([0x5375, 0x6E53, 1, 66] + [UInt16](repeating: 0, count: 66), at: 40_000, unit: unit)
        server.set([model, length] + [UInt16](repeating: 0, count: Int(length)), at: base, unit: unit)
        server.set([0xFFFF, 0], at: base + 2 + Int(length), unit: unit)
    }

    /// Gives the answer to one identification field that the profile expects.
    func identify(_ field: IdentificationField, as answer: String? = nil) {
        let text: String =
            switch field.expectation {
            case .anything: "12345"
            case .prefix(let texts): texts.first?.lowercased() ?? ""
            case .range(let range): String(range.lowerBound)
            }
        let words = MeterImage.words(answer ?? text, field.content, order: profile.header.wordOrder)
        server.set(words, at: identificationBase + field.address, unit: unit)
    }

    static func words(_ text: String, _ content: IdentificationField.Content, order: ByteOrder) -> [UInt16] {
        let bytes = Array(text.utf8)
        switch content {
        case .number(let type):
            return type.encode(Double(text) ?? 0, order: order) ?? []
        case .wideText(let count):
            return (0..<count).map { $0 < bytes.count ? UInt16(bytes[$0]) : 0 }
        case .text(let count):
            return (0..<count).map { index in
                let pair = (0...1).map { 2 * index + $0 < bytes.count ? UInt16(bytes[2 * index + $0]) : 0 }
                return pair[0] << 8 | pair[1]
            }
        }
    }
}
