// SPDX-License-Identifier: Apache-2.0
import Devices
import Documents
import Quantities
import Testing

@Suite("Meter decoder")
struct MeterDecoderTests {
    /// A meter with currents in mA at 0, 1, 2, voltages in 0.1 V at 3, 4, 5, powers in W at 6, 7, 8, total at 9.
    private static func profile(sign: String, powers: Bool = true, optional: Bool = false) throws -> MeterProfile {
        let text = """
            schema: 1
            kind: meter
            id: sample
            vendor: Example
            models: [One]
            word_order: high_word_first
            current_sign: \(sign)
            quantities:
              current: { addresses: [0, 1, 2], type: s16, unit: mA }
              voltage: { addresses: [3, 4, 5], type: u16, scale: 0.1, unit: V }
              \(powers ? "power: { addresses: [6, 7, 8], type: s16, unit: W, optional: \(optional) }" : "")
              total_power: { address: 9, type: s16, unit: W, optional: true }
            confidence: low
            source: A test
            """
        return try MeterProfile(document: Document(text: text, file: "m.yaml"), name: "sample")
    }

    private static func image(
        currents: [Int16] = [1000, 2000, 3000],
        voltages: [UInt16] = [2300, 2300, 2300],
        powers: [Int16] = [230, 460, 690],
        total: Int16 = 1380
    ) -> RegisterImage {
        var image = RegisterImage()
        let words = currents.map(UInt16.init(bitPattern:)) + voltages + powers.map(UInt16.init(bitPattern:))
        image.add(words + [UInt16(bitPattern: total)], at: 0)
        return image
    }

    private static func currents(
        _ sign: String,
        _ image: RegisterImage,
        isInverted: Bool = false
    ) throws -> [Int] {
        let decoder = MeterDecoder(profile: try profile(sign: sign), isInverted: isInverted)
        return try decoder.reading(image, sampledAt: .start).currents.values.map(\.milliamperes)
    }

    @Test(
        "The direction of a magnitude comes from the power of the same phase; near zero it is import",
        arguments: [
            ([230, -460, 690], [1000, -2000, 3000]),
            ([-230, -460, -690], [-1000, -2000, -3000]),
            // 5 % of 230 VA is 11.5 W.
            ([-11, -460, 690], [1000, -2000, 3000]),
            ([-12, -460, 690], [-1000, -2000, 3000]),
            ([0, 0, 0], [1000, 2000, 3000]),
        ]
    )
    func signFromPower(powers: [Int16], expected: [Int]) throws {
        #expect(try Self.currents("power", Self.image(powers: powers)) == expected)
    }

    @Test("A register with a sign of its own is taken as it is, whatever the powers say")
    func signFromRegister() throws {
        let image = Self.image(currents: [1000, -2000, 3000], powers: [-230, 460, -690])
        #expect(try Self.currents("register", image) == [1000, -2000, 3000])
        #expect(try Self.currents("register", image, isInverted: true) == [-1000, 2000, -3000])
    }

    @Test("A magnitude that comes with a sign is a magnitude all the same")
    func signedMagnitude() throws {
        #expect(try Self.currents("power", Self.image(currents: [-1000, 2000, -3000])) == [1000, 2000, 3000])
    }

    @Test("An inverted meter gives opposite powers and directions, and exchanges its counters")
    func inverted() throws {
        let image = Self.image()
        #expect(try Self.currents("power", image, isInverted: true) == [-1000, -2000, -3000])
        let decoder = MeterDecoder(profile: try Self.profile(sign: "power"), isInverted: true)
        let reading = try decoder.reading(image, sampledAt: .start)
        #expect(reading.powers?.values.map(\.watts) == [-230, -460, -690])
        #expect(reading.totalPower?.watts == -1380)
    }

    @Test("One missing value rejects the whole reading and is named")
    func missing() throws {
        let decoder = MeterDecoder(profile: try Self.profile(sign: "power"))
        for (image, quantity) in [
            (Self.image(currents: [1000, .min, 3000]), Quantity.current(.l2)),
            (Self.image(voltages: [2300, 2300, 0xFFFF]), .voltage(.l3)),
            (Self.image(powers: [.min, 460, 690]), .power(.l1)),
            (RegisterImage(), .current(.l1)),
        ] {
            #expect(throws: ReadingFault.notAvailable(quantity)) { try decoder.reading(image, sampledAt: .start) }
        }
    }

    @Test("Without the optional powers every current counts as import, which is the safe side")
    func withoutPowers() throws {
        let decoder = MeterDecoder(profile: try Self.profile(sign: "power", optional: true))
        let reading = try decoder.reading(
            Self.image(currents: [1000, -2000, 3000], powers: [-230, .min, -690]),
            sampledAt: .start
        )
        #expect(reading.currents.values.map(\.milliamperes) == [1000, 2000, 3000])
        #expect(reading.powers == nil)
        #expect(reading.totalPower?.watts == 1380)
    }

    @Test("A missing total is the sum of the phases")
    func total() throws {
        let decoder = MeterDecoder(profile: try Self.profile(sign: "power"))
        #expect(try decoder.reading(Self.image(total: .min), sampledAt: .start).totalPower?.watts == 1380)
    }
}
