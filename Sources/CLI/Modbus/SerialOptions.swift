// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import ModbusSerial

extension SerialConfiguration.Parity: ExpressibleByArgument {}

/// A serial line, and how its bits go over it.
struct SerialOptions: ParsableArguments {
    @Option(help: "A serial port instead of --host, such as /dev/ttyUSB0.", completion: .file())
    var serial: String?

    @Option(help: "With --serial: bits a second.")
    var baud = 19_200

    @Option(help: "With --serial: none, even or odd.")
    var parity = SerialConfiguration.Parity.even

    @Option(help: "With --serial: data bits, 7 or 8; 8, or 7 with --ascii, when left out.")
    var dataBits: Int?

    @Option(help: "With --serial: stop bits, 1 or 2; 2 when there is no parity, else 1, when left out.")
    var stopBits: Int?

    @Flag(help: "With --serial: text frames (ASCII) instead of RTU.")
    var ascii = false

    func validate() throws {
        guard (50...4_000_000).contains(baud) else {
            throw ValidationError("--baud is 50 to 4000000, not \(baud)")
        }
        if let stopBits, SerialConfiguration.StopBits(rawValue: stopBits) == nil {
            throw ValidationError("--stop-bits is 1 or 2, not \(stopBits)")
        }
        if let dataBits, dataBits != 8, !(ascii && dataBits == 7) {
            throw ValidationError("--data-bits is 8, or with --ascii 7 or 8, not \(dataBits)")
        }
    }

    /// How frames are told apart.
    var framing: SerialFraming { ascii ? .ascii : .rtu }

    /// The port; `nil` without `--serial`.
    var configuration: SerialConfiguration? {
        serial.map { path in
            var configuration = SerialConfiguration(path: path, bitRate: baud, parity: parity)
            configuration.dataBits = dataBits.flatMap(SerialConfiguration.DataBits.init) ?? (ascii ? .seven : .eight)
            if let bits = stopBits.flatMap(SerialConfiguration.StopBits.init) { configuration.stopBits = bits }
            return configuration
        }
    }
}
