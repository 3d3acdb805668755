// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Modbus

extension RegisterType: ExpressibleByArgument {}

/// How numbers lie in registers.
struct NumberOptions: ParsableArguments {
    /// How the bytes of a long number lie in its registers.
    enum Order: String, ExpressibleByArgument, CaseIterable {
        case high
        case low
        case abcd = "ABCD"
        case cdab = "CDAB"
        case badc = "BADC"
        case dcba = "DCBA"
    }

    @Option(help: "The type of the numbers: u16, s16, u32, s32, u64, s64, f32, f64, mod10u2 … mod10s4, bcd16 … bcd64.")
    var type: RegisterType?

    @Option(help: "Which part of a long number comes first: high or low, or the order of its bytes, such as CDAB.")
    var order = Order.high

    /// The order in the terms of the library.
    var byteOrder: ByteOrder {
        switch order {
        case .high, .abcd: .abcd
        case .low, .cdab: .cdab
        case .badc: .badc
        case .dcba: .dcba
        }
    }
}
