// SPDX-License-Identifier: Apache-2.0
import Modbus
import Quantities
import TestSupport
import Testing

@testable import Devices

@Suite("Setpoints")
struct SetpointEncodingTests {
    private static func encoding(
        _ type: RegisterType,
        scale: Double = 1,
        resolution: Int = 100,
        maximum: Amperes? = nil
    ) -> SetpointEncoding {
        SetpointEncoding(
            setpoint: ChargerProfile.Setpoint(
                field: RegisterField(address: 1210, type: type, scale: .factor(scale)),
                resolution: Amperes(milliamperes: resolution),
                minimum: Amperes(6),
                maximum: maximum,
                pause: .zero
            ),
            order: .highWordFirst
        )
    }

    @Test(
        "Orders round down to the step; below the minimum they pause",
        arguments: [
            (16_000, 16_000), (16_099, 16_000), (6_000, 6_000), (5_999, 0), (5_900, 0), (0, 0), (-5_000, 0),
            (6_050, 6_000), (32_999, 32_900),
        ]
    )
    func rounding(order: Int, written: Int) {
        #expect(Self.encoding(.f32).written(for: Amperes(milliamperes: order)).milliamperes == written)
    }

    @Test("A station's maximum is never passed")
    func maximum() {
        let encoding = Self.encoding(.f32, maximum: Amperes(32))
        #expect(encoding.written(for: Amperes(63)) == Amperes(32))
    }

    @Test("No encoding of any order decodes above the order, for every type and scale")
    func neverAbove() throws {
        let forms: [(RegisterType, Double)] = [
            (.f32, 1), (.f64, 1), (.u16, 0.1), (.u16, 1), (.u16, 0.01), (.u32, 0.001), (.s16, 0.1), (.s32, 0.001),
            (.u64, 0.001), (.s64, 1), (.f32, 0.001),
        ]
        for (type, scale) in forms {
            let encoding = Self.encoding(type, scale: scale)
            for milliamperes in stride(from: 0, through: 80_000, by: 37) {
                let order = Amperes(milliamperes: milliamperes)
                let written = encoding.written(for: order)
                let words = try #require(encoding.registers(for: written))
                let decoded = try #require(type.decode(words, order: .highWordFirst)).double * scale
                #expect(written <= order)
                #expect(decoded <= order.amperes + 1e-12, "\(type) \(scale) \(order)")
                #expect(decoded > written.amperes - max(scale, 0.001), "\(type) \(scale) \(order)")
            }
        }
    }

    @Test("A value that does not fit its register is not written")
    func unfit() {
        #expect(Self.encoding(.u16, scale: 0.0001).registers(for: Amperes(80)) == nil)
        #expect(Self.encoding(.u16, scale: -1).registers(for: Amperes(16)) == nil)
    }
}
