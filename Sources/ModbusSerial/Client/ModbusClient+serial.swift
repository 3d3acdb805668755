// SPDX-License-Identifier: Apache-2.0

import Modbus
public import ModbusNIO
public import NIOCore
public import NIOPosix

extension ModbusClient {
    /// Creates a client of the devices on a serial line.
    ///
    /// Units are 1 to 247; unit 0 addresses all devices, which carry a write out and do not answer. The port is opened
    /// with the first request. One that is unplugged fails the requests with `ModbusClientError.connectFailed` and
    /// the reason, and is opened again as soon as it is back and the pause of
    /// `ModbusClientConfiguration.reconnectDelays` is over.
    ///
    /// - Parameters:
    ///   - port: The port and how its bits go over the line.
    ///   - framing: How frames are told apart.
    ///   - limits: Times, retries and the like; host and port in them mean nothing.
    ///   - group: Gives the event loop on which the client lives.
    /// - Returns: A client that has the line for itself.
    public static func serial(
        _ port: SerialConfiguration,
        framing: SerialFraming = .rtu,
        limits: ModbusClientConfiguration = .serialLimits,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) -> ModbusClient {
        let frames: Framing =
            switch framing {
            case .rtu: .rtu(port.timing)
            case .ascii: .ascii(betweenFrames: TimeAmount(port.timing.betweenFrames))
            }
        return ModbusClient(
            limits,
            framing: frames,
            loop: group.next(),
            connector: Connector { loop, prepare in
                SerialPort.open(port, on: loop, prepare: prepare).flatMapErrorThrowing { error in
                    throw ModbusClientError.connectFailed("\(error)")
                }
            }
        )
    }
}

extension ModbusClientConfiguration {
    /// Limits for a serial line: a timeout does not close the port, as closing it would help nobody.
    ///
    /// The line is silent before the next request, so that a late answer is not taken for its answer.
    public static var serialLimits: ModbusClientConfiguration {
        var limits = ModbusClientConfiguration(host: "serial line")
        limits.timeoutsBeforeReconnect = .max
        return limits
    }
}
