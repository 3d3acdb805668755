// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// A serial port and how its bits go over the line.
///
/// The defaults are the standard's: 19200 bit/s, 8 data bits, even parity, one stop bit (serial line guide, sections
/// 2.5.1 and 3.2).
public struct SerialConfiguration: Hashable, Sendable {
    /// The check bit of a character.
    public enum Parity: String, Hashable, Sendable, CaseIterable {
        /// An even number of ones; the default, which every device has (10.4).
        case even
        /// An odd number of ones.
        case odd
        /// No check bit; the standard then asks for two stop bits, and many devices send one.
        case none
    }

    /// The bits at the end of a character.
    public enum StopBits: Int, Hashable, Sendable, CaseIterable {
        /// One.
        case one = 1
        /// Two.
        case two = 2
    }

    /// The bits of a character that carry data.
    public enum DataBits: Int, Hashable, Sendable, CaseIterable {
        /// Seven, for text frames only.
        case seven = 7
        /// Eight.
        case eight = 8
    }

    /// How the kernel switches an RS-485 transceiver between sending and listening, by the line RTS (10.22).
    public struct DirectionControl: Hashable, Sendable {
        /// Milliseconds between switching to sending and the first bit.
        public var delayBeforeSend: Int
        /// Milliseconds between the last bit and switching to listening.
        public var delayAfterSend: Int
        /// Whether RTS is on while sending; off while listening then, and the other way round.
        public var isRTSOnWhileSending: Bool

        /// Describes the switching; the delays are kept between 0 and the 100 ms that the kernel permits.
        public init(delayBeforeSend: Int = 0, delayAfterSend: Int = 0, isRTSOnWhileSending: Bool = true) {
            self.delayBeforeSend = min(max(delayBeforeSend, 0), 100)
            self.delayAfterSend = min(max(delayAfterSend, 0), 100)
            self.isRTSOnWhileSending = isRTSOnWhileSending
        }
    }

    /// The port's file, such as `/dev/ttyUSB0`; a name below `/dev/serial/by-id` stays the same when adapters are
    /// plugged in another order.
    public var path: String
    /// Bits in a second; rates without a name of their own are set where the driver can make them.
    public var bitRate: Int
    /// The bits of a character that carry data.
    public var dataBits: DataBits
    /// The check bit.
    public var parity: Parity
    /// The bits at the end of a character.
    public var stopBits: StopBits
    /// Lets the kernel switch the direction; `nil` for adapters that do it themselves, as most do.
    public var directionControl: DirectionControl?
    /// Whether the adapter hears what it sends, so that it has to be taken out of what comes (10.21).
    public var stripsEcho: Bool

    /// Describes a port.
    ///
    /// - Parameters:
    ///   - path: The port's file.
    ///   - bitRate: Bits in a second.
    ///   - dataBits: Seven for text frames only.
    ///   - parity: The check bit.
    ///   - stopBits: `nil` for what the standard asks: two without parity, else one.
    ///   - directionControl: Lets the kernel switch an RS-485 transceiver.
    ///   - stripsEcho: Whether the adapter hears what it sends.
    public init(
        path: String,
        bitRate: Int = 19200,
        dataBits: DataBits = .eight,
        parity: Parity = .even,
        stopBits: StopBits? = nil,
        directionControl: DirectionControl? = nil,
        stripsEcho: Bool = false
    ) {
        self.path = path
        self.bitRate = bitRate
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits ?? (parity == .none ? .two : .one)
        self.directionControl = directionControl
        self.stripsEcho = stripsEcho
    }

    /// The silences of the line; a rate that is no rate counts as 1 bit/s, and opening the port refuses it.
    public var timing: SerialTiming {
        let bits = 1 + dataBits.rawValue + (parity == .none ? 0 : 1) + stopBits.rawValue
        return SerialTiming(bitRate: max(1, bitRate), bitsPerCharacter: bits)
    }

    /// The settings as people write them, such as "19200 8E1".
    public var settings: String {
        "\(bitRate) \(dataBits.rawValue)\(parity.rawValue.prefix(1).uppercased())\(stopBits.rawValue)"
    }
}
