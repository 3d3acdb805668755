// SPDX-License-Identifier: Apache-2.0
public import ModbusNIO
public import Quantities

/// A meter in software, whatever its register map: it is told what flows, and answers Modbus requests.
///
/// ``VirtualCountis`` is one. A meter with another map is another type in this folder, over the same ``MeterModel``.
public protocol GridMeter: ModbusResponder {
    /// What is wrong with it.
    var faults: MeterFaults { get set }
    /// Where and how its server listens.
    ///
    /// - Parameter port: The TCP port; 0 lets the system choose.
    /// - Returns: The device's limits.
    func serverConfiguration(port: Int) -> ModbusServerConfiguration
    /// Takes what flows from an instant on; energies count what flowed until then.
    func measure(_ supply: Supply, at instant: Instant)
}
