// SPDX-License-Identifier: Apache-2.0
import Devices
import Documents
import Modbus
import Testing

@Suite("Profile files")
struct ProfileDocumentTests {
    private static let meter = """
        schema: 1
        kind: meter
        id: sample
        vendor: Example
        models: [One]
        word_order: high_word_first
        current_sign: power
        rating: 80
        quantities:
          current: { addresses: [0, 2, 4], type: u32, scale: 0.001, unit: A }
          power: { addresses: [6, 8, 10], type: s32, unit: W }
        confidence: low
        source: A test
        """

    private static let charger = """
        schema: 1
        kind: charger
        id: sample
        vendor: Example
        models: [One]
        word_order: high_word_first
        units: { station: 200, sockets: [1, 2] }
        poll_period: 1
        setpoint: { address: 10, type: f32, unit: A, resolution: 0.1, minimum: 6, pause: 0 }
        fail_safe: lifetime
        validity: { usual: 60, refresh: 25 }
        socket: { current: { addresses: [0, 2, 4], type: f32, unit: A } }
        confidence: low
        source: A test
        """

    private static func faults(meter text: String) -> [String] {
        do {
            _ = try MeterProfile(document: Document(text: text, file: "m.yaml"), name: "sample")
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    private static func faults(charger text: String) -> [String] {
        do {
            _ = try ChargerProfile(document: Document(text: text, file: "c.yaml"), name: "sample")
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    private static func changed(_ text: String, _ line: Int, _ new: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[line - 1] = new
        return lines.joined(separator: "\n")
    }

    @Test("The samples are correct")
    func samples() {
        #expect(Self.faults(meter: Self.meter) == [])
        #expect(Self.faults(charger: Self.charger) == [])
    }

    @Test("A profile names any of the four orders of bytes, and a value may differ from it")
    func byteOrders() throws {
        var text = Self.changed(Self.meter, 6, "word_order: DCBA")
        text = Self.changed(
            text,
            11,
            "  power: { addresses: [6, 8, 10], type: mod10s2, word_order: low_word_first, unit: W }"
        )
        let profile = try MeterProfile(document: Document(text: text, file: "m.yaml"), name: "sample")
        #expect(profile.header.wordOrder == .dcba)
        #expect(profile.fields.values.filter { $0.order == .lowWordFirst && $0.type == .mod10s2 }.count == 3)
    }

    @Test(
        "A wrong line of a meter profile is reported with file, line and key",
        arguments: [
            (1, "schema: 2", "m.yaml:1: schema: 2 is above the highest permitted 1; write a number from 1 to 1"),
            (2, "kind: charger", "m.yaml:2: kind: charger is not the kind of this folder; write meter"),
            (3, "id: other", "m.yaml:3: id: other is not the name of the file; write sample, or rename the file"),
            (4, "vendro: X", "m.yaml:4: vendro: is not a known key; did you mean \"vendor\"?"),
            (5, "models: []", "m.yaml:5: models: is an empty list"),
            (
                6, "word_order: high",
                "m.yaml:6: word_order: high is not one of high_word_first, low_word_first, ABCD, CDAB, BADC, DCBA"
            ),
            (
                7, "current_sign: regster",
                "m.yaml:7: current_sign: regster is not one of register, power; did you mean \"register\"?"
            ),
            (8, "rating: \"80\"", "m.yaml:8: rating: 80 is a text because of its quotes; write 80 without quotes"),
            (8, "rating: 0x50", "m.yaml:8: rating: 0x50 is not a number; write 80 (decimal)"),
            (8, "rating: 80,0", "m.yaml:8: rating: 80,0 is not a number; write 80.0 with a point"),
            (8, "rating: .nan", "m.yaml:8: rating: .nan is not a number; write a finite number"),
            (
                8, "rating: 9223372036854775808",
                "m.yaml:8: rating: 9223372036854775808 is above the highest permitted 10000 A; write a number from 1 to 10000"
            ),
            (
                10, "  current: { addresses: [0, 2], type: u32, unit: A }",
                "m.yaml:10: quantities.current.addresses: must hold the addresses of L1, L2 and L3"
            ),
            (
                10, "  current: { addresses: [0, 2, 2], type: u32, unit: A }",
                "m.yaml:10: quantities.current.addresses: names one address twice; write the address of each phase"
            ),
            (
                10, "  current: { addresses: [0, 2, 65536], type: u32, unit: A }",
                "m.yaml:10: quantities.current.addresses[2]: 65536 is above the highest permitted 65535; write a number from 0 to 65535"
            ),
            (
                10, "  current: { addresses: [0, 2, 65535], type: u32, unit: A }",
                "m.yaml:10: quantities.current.addresses: reaches beyond the last register, 65535"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u33, unit: A }",
                "m.yaml:10: quantities.current.type: u33 is not one of u16, s16, u32, s32, u64, s64, f32, f64, mod10u2, mod10u3, "
                    + "mod10u4, mod10s2, mod10s3, mod10s4, bcd16, bcd32, bcd64; did you mean \"u32\"?"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u32, unit: V }",
                "m.yaml:10: quantities.current.unit: V is not one of A, mA"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u32, unit: A, scale: 0 }",
                "m.yaml:10: quantities.current.scale: 0 would make every value zero"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u32, unit: A, scale: 1, scale_exponent: 9 }",
                "m.yaml:10: quantities.current.scale: 1 is written beside scale_exponent; keep one of them"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u32, unit: A, scale_exponent: 400 }",
                "m.yaml:10: quantities.current.addresses: needs 401 registers in one request with its scale, more than the 125 permitted"
            ),
            (
                10, "  current: { addresses: [0, 2, 4], type: u32, unit: A, sentinels: [all_one] }",
                "m.yaml:10: quantities.current.sentinels[0]: all_one is not one of all_ones, lowest, highest, zero; did you mean \"all_ones\"?"
            ),
            (
                10, "  voltage: { addresses: [0, 2, 4], type: u32, unit: V }",
                "m.yaml:10: quantities.current: is missing"
            ),
            (
                12, "confidence: total",
                "m.yaml:12: confidence: total is not one of high, medium, low"
            ),
            (13, "source:", "m.yaml:13: source: has no value"),
            (13, "sources: A test", "m.yaml:13: sources: is not a known key; did you mean \"source\"?"),
            (
                13, "source: A test\nblocks: [{ address: 0, registers: 5 }]",
                "m.yaml:14: blocks: cut the current L3 in two: a block ends inside registers 4..<6"
            ),
            (
                13, "source: A test\nidentification: [{ name: x, address: 1 }]",
                "m.yaml:14: identification[0].registers: is missing; write type for a number, registers for a text"
            ),
            (
                13, "source: A test\nidentification: [{ name: x, address: 1, type: u16, from: 3, to: 2 }]",
                "m.yaml:14: identification[0].to: 2 is below from"
            ),
            (
                13, "source: A test\nport: 0",
                "m.yaml:14: port: 0 is below the lowest permitted 1; write a number from 1 to 65535"
            ),
            (
                13, "source: A test\nunit: 256",
                "m.yaml:14: unit: 256 is above the highest permitted 255; write a number from 0 to 255"
            ),
            (
                13, "source: A test\nport: 1\nport: 2",
                "m.yaml:14: port: is written twice in the same group; keep one of them"
            ),
            (
                13, "source: A test\nsunspec: { models: [] , markers: 7 }",
                "m.yaml:14: sunspec.markers: must be a list, not the value 7; write [a, b] or one \"- a\" a line"
            ),
        ]
    )
    func wrongMeterLine(line: Int, new: String, message: String) {
        #expect(Self.faults(meter: Self.changed(Self.meter, line, new)).contains(message))
    }

    @Test("A direction from power needs the power of each phase")
    func missingPower() {
        let faults = Self.faults(meter: Self.changed(Self.meter, 11, ""))
        #expect(faults.first?.hasPrefix("m.yaml:7: current_sign: power needs the power of each phase") == true)
    }

    @Test(
        "A wrong line of a station profile is reported with file, line and key",
        arguments: [
            (7, "units: { station: 200, sockets: [1, 1] }", "c.yaml:7: units.sockets: names one unit twice"),
            (7, "units: { station: 256, sockets: [] }", "c.yaml:7: units.sockets: is an empty list"),
            (
                8, "poll_period: 0",
                "c.yaml:8: poll_period: 0 is below the lowest permitted 0.1 s; write a number from 0.1 to 600"
            ),
            (
                9, "setpoint: { address: 10, type: f32, unit: A, resolution: 0.1, minimum: 6, pause: 6 }",
                "c.yaml:9: setpoint.pause: 6 is not below the minimum, so it would not pause"
            ),
            (
                9, "setpoint: { address: 10, type: f32, unit: A, resolution: 0, minimum: 6, pause: 0 }",
                "c.yaml:9: setpoint.resolution: 0 is below the lowest permitted 0.001 A; write a number from 0.001 to 10"
            ),
            (11, "notes: none", "c.yaml:10: fail_safe: lifetime needs validity; say how long a setpoint counts"),
            (
                11, "validity: { usual: 60, refresh: 31 }",
                "c.yaml:11: validity.refresh: 31 is more than half of usual; one lost write would let the setpoint lapse"
            ),
        ]
    )
    func wrongChargerLine(line: Int, new: String, message: String) {
        let faults = Self.faults(charger: Self.changed(Self.charger, line, new))
        #expect(faults.contains(message), "\(faults)")
    }

    @Test("Every fault of a profile is reported at once")
    func everyFault() {
        var text = Self.changed(Self.meter, 1, "schema: 9")
        text = Self.changed(text, 6, "word_order: 3")
        text = Self.changed(text, 10, "  current: { addresses: [0, 2, 4], type: x, unit: A, typ: u16 }")
        #expect(Self.faults(meter: text).count == 4)
    }

    @Test("A profile cut anywhere, or with any bit flipped, is a profile or a list of faults")
    func damaged() throws {
        for text in [Self.meter, Self.charger] {
            let bytes = Array(text.utf8)
            for length in 0..<bytes.count { Self.read(Array(bytes[..<length])) }
            for position in bytes.indices {
                var changed = bytes
                changed[position] ^= UInt8(1 << (position % 8))
                Self.read(changed)
            }
        }
    }

    private static func read(_ bytes: [UInt8]) {
        guard let document = try? Document(bytes: bytes, file: "x") else { return }
        // Only crashes and endless loops matter here; faults are what damaged files are expected to have.
        _ = try? MeterProfile(document: document, name: "sample")
        _ = try? ChargerProfile(document: document, name: "sample")
    }
}
