// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Modbus

extension RegisterType: ExpressibleByArgument {}

/// How numbers lie in registers.
struct NumberOptions: ParsableArguments {
    /// Which register of a long number is the high one.
    enum Order: String, ExpressibleByArgument, CaseIterable {
        case high
        case low
    }

    @Option(help: "The type of the numbers: u16, s16, u32, s32, u64, s64, f32 or f64.")
    var type: RegisterType?

    @Option(help: "Which part of a long number comes first: high or low.")
    var order = Order.high

    /// The order in the terms of the library.
    var wordOrder: WordOrder { order == .high ? .highWordFirst : .lowWordFirst }
}
